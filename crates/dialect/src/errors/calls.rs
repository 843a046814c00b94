//! Calls with arguments that a function does not take, said with what it takes.

use auditlake_functions::FunctionInfo;
use auditlake_model::Error;

use super::types::words_of;
use crate::INVALID_STATEMENT;

/// A call that the engine refused, as its message tells it.
pub(super) struct Refused<'a> {
    pub(super) function: &'a str,
    /// The types of the arguments, if the message tells them.
    types: Option<&'a str>,
    /// What the function itself said.
    reason: Option<&'a str>,
}

impl<'a> Refused<'a> {
    /// Reads the engine's message; `None` if it is about something else.
    pub(super) fn parse(message: &'a str) -> Option<Self> {
        let Some((said, call)) =
            message.split_once("No function matches the given name and argument types '")
        else {
            return Self::parse_coercion(message);
        };
        let (function, types) =
            call.split_once("'. You might need").unwrap_or((call, "")).0.split_once('(')?;
        let reason = said.split_once("user-defined coercion failed with: ").map(|(_, reason)| plain(reason));
        Some(Self { function, types: Some(types.strip_suffix(')').unwrap_or(types)), reason })
    }

    /// Reads what the engine says where it looks at arguments alone.
    fn parse_coercion(message: &'a str) -> Option<Self> {
        let message = plain(message);
        if let Some(rest) = message.strip_prefix("Failed to coerce arguments to satisfy a call to '") {
            let (function, rest) = rest.split_once("' function: coercion from ")?;
            let (types, _) = rest.split_once(" to the signature ")?;
            return Some(Self { function, types: Some(types), reason: None });
        }
        let (function, reason) =
            message.strip_prefix("Function '")?.split_once("' user-defined coercion failed with: ")?;
        Some(Self { function, types: None, reason: Some(plain(reason)) })
    }

    /// Says it in our words; `known` are the words about the function.
    pub(super) fn explain(&self, known: Option<&FunctionInfo>) -> Error {
        let message = match self.types.map(words_of).as_deref() {
            None => format!("`{}` does not take these arguments", self.function),
            Some("") => format!("`{}` wants arguments", self.function),
            Some(types) => format!("`{}` does not take ({types})", self.function),
        };
        let mut error = Error::invalid(message).with_code(INVALID_STATEMENT);
        // Where a list of types of the engine begins, what was meant has been said.
        let reason = self.reason.map(|reason| {
            let ends = ["; not ", ", not ", "; got ", ", got "].map(|end| reason.find(end));
            &reason[..ends.into_iter().flatten().min().unwrap_or(reason.len())]
        });
        let reason = reason.map(|reason| reason.split("\nThis issue was likely").next().unwrap_or(reason));
        // What quotes errors of its own is no reason that a user could follow.
        if let Some(reason) = reason.filter(|reason| !reason.is_empty() && !reason.contains("rror")) {
            error = error.with_detail(sentence(reason));
        }
        match self.hint(known) {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    fn hint(&self, known: Option<&FunctionInfo>) -> Option<String> {
        let is_row = self.types.is_some_and(|types| words_of(types).starts_with("row"));
        if is_row && self.function.starts_with("json_") {
            return Some("A row is no JSON: write a dot, as in `userIdentity.arn`.".to_owned());
        }
        let known = known.filter(|known| !known.signature.ends_with("(..)"))?;
        Some(format!("Write `{}`.", known.signature))
    }
}

/// Takes off what the engine puts before a message on its way.
pub(super) fn plain(message: &str) -> &str {
    const KINDS: [&str; 7] = [
        "Error during planning: ",
        "Execution error: ",
        "Internal error: ",
        "External error: ",
        "This feature is not implemented: ",
        "Optimizer rule 'simplify_expressions' failed",
        "caused by",
    ];
    let mut rest = message.trim();
    while let Some(shorter) = KINDS.iter().find_map(|kind| rest.strip_prefix(kind)) {
        rest = shorter.trim();
    }
    rest
}

fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    format!("{text}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_is_said_in_our_words() {
        let message = "Execution error: Function 'json_extract' user-defined coercion failed with: Error during planning: \
                       json_extract takes JSON text and a path, not [Struct(..)] No function matches the given name and \
                       argument types 'json_extract(Struct(\"type\": Utf8View), Utf8)'. You might need to add explicit \
                       type casts.\n\tCandidate functions:\n\tjson_extract(UserDefined)";
        let error = Refused::parse(message).unwrap().explain(None);
        assert_eq!(error.message(), "`json_extract` does not take (row, varchar)");
        assert_eq!(error.detail(), Some("json_extract takes JSON text and a path."));
        assert!(error.hint().is_some_and(|hint| hint.contains("userIdentity.arn")));
    }

    #[test]
    fn the_words_about_a_function_tell_what_it_takes() {
        let known = FunctionInfo {
            name: "upper".to_owned(),
            signature: "upper(text)".to_owned(),
            help: String::new(),
        };
        let message = "Function 'upper' expects 1 arguments but received 2. No function matches the given name and \
                       argument types 'upper(Int64, Int64)'. You might need to add explicit type casts.";
        let error = Refused::parse(message).unwrap().explain(Some(&known));
        assert_eq!(error.message(), "`upper` does not take (bigint, bigint)");
        assert_eq!(error.hint(), Some("Write `upper(text)`."));
        assert!(Refused::parse("something else").is_none());
    }
}
