//! gRPC statuses as errors of ours, the reverse of the server's `status` module.
//!
//! | part of the error | comes from |
//! |---|---|
//! | kind | code, and the reason when it names a kind |
//! | code | `google.rpc.ErrorInfo.reason`, when it is a name of Lake's |
//! | context, hint, detail | the metadata there |
//! | message | the status's message, less code, context and hint |

use std::error::Error as StdError;

use auditlake_model::{Error, ErrorKind};
use tonic::{Code, Status};
use tonic_types::{ErrorInfo, StatusExt as _};

/// Domain of the reasons that are ours.
const ERROR_DOMAIN: &str = "auditlake";
/// Metadata that is no context: where message and context end in the status's message.
const MESSAGE_BYTES: &str = "message_bytes";
const CONTEXT_BYTES: &str = "context_bytes";
const HINT: &str = "hint";
const DETAIL: &str = "detail";
/// The key of a limit that was reached, and its value for the one that a client can lower.
const LIMIT: &str = "limit";
const TIME_LIMIT: &str = "time_limit";
/// What helps against a server's refusal.
const GRANT: &str = "Ask an admin of the server for the right: `auditlake user grant`.";

/// Names of errors that Lake and AWS know.
const CODES: &[&str] = &[
    "AccessDeniedException",
    "AccountHasOngoingImportException",
    "EventDataStoreARNInvalidException",
    "EventDataStoreAlreadyExistsException",
    "EventDataStoreHasOngoingImportException",
    "EventDataStoreNotFoundException",
    "EventDataStoreTerminationProtectedException",
    "ImportNotFoundException",
    "InactiveEventDataStoreException",
    "InactiveQueryException",
    "InvalidDateRangeException",
    "InvalidEventDataStoreCategoryException",
    "InvalidEventDataStoreStatusException",
    "InvalidEventSelectorsException",
    "InvalidImportSourceException",
    "InvalidImportStatusException",
    "InvalidMaxResultsException",
    "InvalidNextTokenException",
    "InvalidParameterException",
    "InvalidQueryStatementException",
    "InvalidQueryStatusException",
    "LimitExceededException",
    "MaxConcurrentQueriesException",
    "MaxQueryCountException",
    "NoSuchEntityException",
    "QueryIdNotFoundException",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
    "ThrottlingException",
];

/// Keys of the context that errors of ours have.
const KEYS: &[&str] = &[
    "argument",
    "arn",
    "bucket",
    "column",
    "condition",
    "event data store",
    "file",
    "folder",
    "format",
    "grant",
    "import",
    "key",
    "lake",
    "limit",
    "line",
    "location",
    "name",
    "object",
    "operator",
    "parameter",
    "path",
    "prefix",
    "principal",
    "property",
    "query",
    "row",
    "source",
    "start",
    "store",
    "table",
    "text",
    "token",
    "type",
    "user",
    "value",
    "variable",
];

/// Returns what a status says.
pub fn from_status(status: &Status) -> Error {
    let details = status.get_error_details();
    let Some(info) = details.error_info().filter(|info| info.domain == ERROR_DOMAIN) else {
        return foreign(status);
    };
    let request = details.request_info().map_or("", |request| request.request_id.as_str());
    let suffix = format!(" (request: {request})");
    let error = ours(status, status.message().strip_suffix(&suffix).unwrap_or(status.message()), info);
    match error.kind() {
        // What the server's people look for in its log.
        ErrorKind::Internal | ErrorKind::Corrupt if !request.is_empty() => {
            error.with_context("request", request)
        }
        _ => error,
    }
}

/// Reads a status that a server of ours made.
fn ours(status: &Status, text: &str, info: &ErrorInfo) -> Error {
    let code = CODES.iter().find(|code| **code == info.reason).copied();
    let parts = Parts::of(text, info, code);
    let mut message = parts.message;
    let mut context: Vec<(&'static str, &String)> = Vec::new();
    for (key, value) in &info.metadata {
        match KEYS.iter().find(|known| *known == key) {
            Some(known) => context.push((known, value)),
            None if [MESSAGE_BYTES, CONTEXT_BYTES, HINT, DETAIL].contains(&key.as_str()) => {}
            // A later version's; it must not get lost.
            None if parts.was_split => message.push_str(&format!(" ({key}: {value})")),
            None => {}
        }
    }
    // In the order in which the server named them.
    context.sort_by_key(|(key, _)| (parts.context.find(&format!("{key}: ")).unwrap_or(usize::MAX), *key));
    let mut error = Error::new(kind_of(status, &info.reason), message);
    if status.code() == Code::Aborted {
        error = error.with_retryable(true);
    }
    if let Some(code) = code.filter(|_| parts.was_split) {
        error = error.with_code(code);
    }
    for (key, value) in context.into_iter().filter(|_| parts.was_split) {
        error = error.with_context(named_here(key, value), value);
    }
    if let Some(detail) = info.metadata.get(DETAIL) {
        error = error.with_detail(detail);
    }
    match info.metadata.get(HINT) {
        Some(hint) => error.with_hint(hint),
        None if error.kind() == ErrorKind::PermissionDenied => error.with_hint(GRANT),
        None => error,
    }
}

/// Returns what a key of the context is called here: of a server's limits, only the time limit can be set from here.
fn named_here(key: &'static str, value: &str) -> &'static str {
    match key {
        LIMIT if value != TIME_LIMIT => "server limit",
        _ => key,
    }
}

/// The parts of a status's message.
struct Parts<'a> {
    message: String,
    context: &'a str,
    /// Whether the server told where they end; else the message holds all of them.
    was_split: bool,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str, info: &ErrorInfo, code: Option<&str>) -> Self {
        let number = |key: &str| info.metadata.get(key).and_then(|value| value.parse::<usize>().ok());
        let hint = info.metadata.get(HINT).map_or("", String::as_str);
        let without_hint = text.strip_suffix(hint).filter(|_| !hint.is_empty());
        let body = without_hint.map_or(text, |text| text.strip_suffix(". ").unwrap_or(text));
        let split = || {
            let (message_end, context_end) = (number(MESSAGE_BYTES)?, number(CONTEXT_BYTES)?);
            let head = body.get(..message_end)?;
            let message = code.and_then(|code| head.strip_prefix(code)?.strip_prefix(": ")).unwrap_or(head);
            Some((message, body.get(message_end..context_end)?, body.get(context_end..)?))
        };
        match split() {
            Some((message, context, sources)) => {
                Self { message: format!("{message}{sources}"), context, was_split: true }
            }
            None => Self { message: body.to_owned(), context: "", was_split: false },
        }
    }
}

fn kind_of(status: &Status, reason: &str) -> ErrorKind {
    let by_reason = ErrorKind::ALL.iter().find(|kind| kind.as_str().eq_ignore_ascii_case(reason)).copied();
    by_reason.unwrap_or_else(|| kind_of_code(status.code()))
}

/// Returns the kind for a code.
fn kind_of_code(code: Code) -> ErrorKind {
    match code {
        Code::InvalidArgument => ErrorKind::Invalid,
        Code::NotFound => ErrorKind::NotFound,
        Code::AlreadyExists => ErrorKind::AlreadyExists,
        Code::FailedPrecondition | Code::Aborted => ErrorKind::Conflict,
        Code::Unauthenticated => ErrorKind::Unauthenticated,
        Code::PermissionDenied => ErrorKind::PermissionDenied,
        Code::Unavailable => ErrorKind::Unavailable,
        // What tonic says about a message above the limit.
        Code::ResourceExhausted | Code::OutOfRange => ErrorKind::ResourcesExhausted,
        Code::Cancelled => ErrorKind::Cancelled,
        Code::DeadlineExceeded => ErrorKind::TimedOut,
        Code::Unimplemented => ErrorKind::Unsupported,
        Code::DataLoss => ErrorKind::Corrupt,
        Code::Ok | Code::Unknown | Code::Internal => ErrorKind::Internal,
    }
}

/// Reads a status of another server, of a proxy, or of the connection itself.
fn foreign(status: &Status) -> Error {
    if let Some(source) = status.source() {
        return lost(source);
    }
    let message = match status.message() {
        "" => format!("the server answers {:?} and nothing else", status.code()),
        text => text.to_owned(),
    };
    Error::new(kind_of_code(status.code()), message)
}

/// Says that a connection broke, or could not be made again.
fn lost(source: &(dyn StdError + 'static)) -> Error {
    let root = crate::diagnose::sources(source).last().map(ToString::to_string);
    Error::unavailable("the connection to the server is lost").with_source(root.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    fn status(code: Code, message: &str, reason: &str, metadata: &[(&str, &str)]) -> Status {
        let metadata: HashMap<String, String> =
            metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Status::with_error_details(
            code,
            message,
            ErrorDetails::with_error_info(reason, ERROR_DOMAIN, metadata),
        )
    }

    #[test]
    fn an_error_comes_back_with_its_parts() {
        let message =
            "InvalidQueryStatementException: no column `nme` (line: 1, column: 8). Did you mean `name`?";
        let metadata = [
            ("message_bytes", "47"),
            ("context_bytes", "68"),
            ("column", "8"),
            ("line", "1"),
            ("hint", "Did you mean `name`?"),
        ];
        let status = status(Code::InvalidArgument, message, "InvalidQueryStatementException", &metadata);
        let error = from_status(&status);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.message(), "no column `nme`");
        assert_eq!(error.code(), Some("InvalidQueryStatementException"));
        assert_eq!(error.context(), [("line", "1".to_owned()), ("column", "8".to_owned())]);
        assert_eq!(error.hint(), Some("Did you mean `name`?"));
        assert_eq!(format!("{}. {}", error.report(), error.hint().unwrap()), message);
    }

    #[test]
    fn sources_and_unknown_context_stay_in_the_message() {
        let metadata = [("message_bytes", "4"), ("context_bytes", "17"), ("moon", "full")];
        let error = from_status(&status(
            Code::Unavailable,
            "read (moon: full): disk is gone",
            "UNAVAILABLE",
            &metadata,
        ));
        assert_eq!(error.message(), "read: disk is gone (moon: full)");
    }

    #[test]
    fn a_cut_message_is_taken_whole() {
        let metadata = [("message_bytes", "400"), ("context_bytes", "500"), ("line", "1")];
        let error = from_status(&status(Code::NotFound, "no table …", "NOT_FOUND", &metadata));
        assert_eq!((error.kind(), error.report().as_str()), (ErrorKind::NotFound, "no table …"));
    }

    #[test]
    fn the_reason_tells_kinds_apart_that_share_a_code() {
        let kind = |code, reason| from_status(&status(code, "x", reason, &[])).kind();
        assert_eq!(kind(Code::FailedPrecondition, "CONFLICT"), ErrorKind::Conflict);
        assert_eq!(kind(Code::Unknown, "CORRUPT"), ErrorKind::Corrupt);
        assert!(from_status(&status(Code::Aborted, "x", "CONFLICT", &[])).is_retryable());
    }

    #[test]
    fn other_servers_are_understood_by_their_codes() {
        assert_eq!(from_status(&Status::not_found("gone")).kind(), ErrorKind::NotFound);
        assert_eq!(
            from_status(&Status::unknown("")).message(),
            "the server answers Unknown and nothing else"
        );
        let broken = std::io::Error::other("broken pipe");
        let error = from_status(&Status::from_error(Box::new(broken)));
        assert_eq!(error.report(), "the connection to the server is lost: broken pipe");
        assert!(error.is_retryable());
    }
}
