//! Every function is called as it should not be; what is said then must be said in our words.
#![allow(clippy::unwrap_used, reason = "tests")]

use auditlake_functions::list_functions;
use auditlake_model::{Error, ErrorKind};

use crate::testing::{empty_session, run};

/// Lists of arguments, of which few functions take more than one or two.
const ARGUMENTS: &[&str] = &[
    "",
    "'x'",
    "1",
    "ARRAY['x']",
    "true",
    "TIMESTAMP '2026-01-01 00:00:00'",
    "MAP(ARRAY['a'], ARRAY[1])",
    "ROW(1, 'x')",
    "X'00'",
    "x -> x",
    "'x', 'x'",
    "1, 'x'",
    "ARRAY['x'], TIMESTAMP '2026-01-01 00:00:00'",
    "TIMESTAMP '2026-01-01 00:00:00', ROW(1)",
    "'x', true, ARRAY[1]",
    "1, 1, 1, 1, 1, 1, 1, 1, 1",
];

/// Words that mean something to developers of the engine alone.
const ENGINE_WORDS: &[&str] = &[
    "Internal error",
    "This issue was likely caused",
    "coerce_types",
    "Signature",
    "Utf8",
    "Arrow",
    "DataFusion",
    "Int64",
    "Float64",
    "Boolean",
    "Timestamp(",
    "Struct(",
    "List(",
    "Error during planning",
    "Execution error",
    "UserDefined",
    "return_type",
    "Candidate functions",
];

/// Returns what is wrong with an error.
fn fault(error: &Error) -> Option<String> {
    let said = [Some(error.message()), error.detail(), error.hint()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(" / ");
    let is_ours = error.kind() != ErrorKind::Internal && !ENGINE_WORDS.iter().any(|word| said.contains(word));
    (!is_ours).then_some(said)
}

#[tokio::test]
async fn wrong_calls_are_refused_in_our_words() {
    let state = empty_session();
    let mut faults = Vec::new();
    for function in list_functions(&state) {
        for arguments in ARGUMENTS {
            let sql = format!("SELECT {}({arguments})", function.name);
            if let Err(error) = run(&state, &sql).await
                && let Some(said) = fault(&error)
            {
                faults.push(format!("{sql}: {said}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} calls:\n{}", faults.len(), faults.join("\n"));
}
