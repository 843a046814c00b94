//! Random JSON texts, with all that makes JSON hard: names that repeat, escapes, text that looks like JSON.

use proptest::prelude::*;
use proptest::strategy::Union;

/// A JSON value as text; strings may look like JSON.
fn json_value() -> impl Strategy<Value = String> {
    let leaf = Union::new(
        [
            "null",
            "true",
            "1",
            "1.50",
            "-2e3",
            "\"x\"",
            "\"\"",
            "\"{\"",
            "\"[1]\"",
            "\"{\\\"a\\\":1}\"",
            "\"\\u0078\"",
            "\"\\ud800\"",
            "\"null\"",
            "\"a longer text than fits a view\"",
            "{}",
            "[]",
            "[ 1 , 2 ]",
        ]
        .map(|text| Just(text.to_owned())),
    );
    leaf.prop_recursive(3, 12, 4, |inner| {
        let array =
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(",")));
        prop_oneof![array, members(inner)]
    })
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    // Names differ in case, repeat, and are written with escapes.
    let name = prop_oneof!["a", "A", "b", "bucketName", "BucketName", "buc\\\\u006betName", "a\\.b", "a_b"];
    proptest::collection::vec((name, value), 0..6).prop_map(|members| {
        let members = members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect::<Vec<_>>();
        format!("{{{}}}", members.join(" , "))
    })
}

/// Returns a strategy for the text of a JSON object.
pub fn json_object() -> impl Strategy<Value = String> {
    members(json_value())
}
