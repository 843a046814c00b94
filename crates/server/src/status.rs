//! Errors of ours as gRPC statuses.
//!
//! | kind | code |
//! |---|---|
//! | `Invalid` | `INVALID_ARGUMENT` |
//! | `NotFound`, `AlreadyExists` | the same |
//! | `Conflict` | `FAILED_PRECONDITION`; `ABORTED` when trying again may help |
//! | `Unauthenticated`, `PermissionDenied`, `Unavailable` | the same |
//! | `ResourcesExhausted` | `RESOURCE_EXHAUSTED` |
//! | `Cancelled`, `TimedOut` | `CANCELLED`, `DEADLINE_EXCEEDED` |
//! | `Unsupported` | `UNIMPLEMENTED`; of a statement `INVALID_ARGUMENT`, since drivers take the other for a lack of theirs |
//! | `Corrupt` | `DATA_LOSS` |
//! | `Internal` | `INTERNAL` |
//!
//! The message travels in an HTTP trailer, percent-encoded, and clients refuse long ones (spec flight-sql 1.9): it
//! is one line of at most [`MAX_MESSAGE_BYTES`]. Details carry `google.rpc.ErrorInfo`, whose reason is Lake's name
//! of the error, and whose metadata is its context (`line` and `column` of a fault in a statement among it), `hint`,
//! `detail`, and for our own client `message_bytes` and `context_bytes`: where the error's own words and its context
//! end in the message.

use std::collections::HashMap;

use auditlake_model::{Error, ErrorKind};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// Longest message of a status, before it is percent-encoded.
pub const MAX_MESSAGE_BYTES: usize = 1_400;
/// Longest value in the details of a status.
const MAX_DETAIL_BYTES: usize = 400;
/// Most keys of an error's context in the details of a status.
const MAX_CONTEXT: usize = 8;
/// Domain of the reasons in `google.rpc.ErrorInfo`.
pub const ERROR_DOMAIN: &str = "auditlake";

/// Lake's name for a statement that is not to be run.
const INVALID_STATEMENT: &str = "InvalidQueryStatementException";

/// Returns the code for a kind of error.
pub fn code_of(error: &Error) -> Code {
    match error.kind() {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::AlreadyExists => Code::AlreadyExists,
        ErrorKind::Conflict if error.is_retryable() => Code::Aborted,
        ErrorKind::Conflict => Code::FailedPrecondition,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::ResourcesExhausted => Code::ResourceExhausted,
        ErrorKind::Cancelled => Code::Cancelled,
        ErrorKind::TimedOut => Code::DeadlineExceeded,
        ErrorKind::Unsupported if error.code() == Some(INVALID_STATEMENT) => Code::InvalidArgument,
        ErrorKind::Unsupported => Code::Unimplemented,
        ErrorKind::Corrupt => Code::DataLoss,
        _ => Code::Internal,
    }
}

/// Returns the status that says what `error` says: report and hint in the message, the rest in the details.
pub fn to_status(error: &Error) -> Status {
    let message = message(error, MAX_MESSAGE_BYTES);
    let details = details(error, &message);
    Status::with_error_details(code_of(error), message, details)
}

/// Returns the status of [`to_status`], which names the request as the server's log does.
pub fn to_status_of(error: &Error, request_id: &str) -> Status {
    let suffix = format!(" (request: {})", short(request_id, 64));
    let message = message(error, MAX_MESSAGE_BYTES - suffix.len());
    let mut details = details(error, &message);
    details.set_request_info(request_id, "");
    Status::with_error_details(code_of(error), message + &suffix, details)
}

fn message(error: &Error, limit: usize) -> String {
    let mut message = error.report();
    if let Some(hint) = error.hint() {
        message.push_str(". ");
        message.push_str(hint);
    }
    short(&message, limit)
}

fn details(error: &Error, message: &str) -> ErrorDetails {
    let mut metadata: HashMap<String, String> = HashMap::new();
    // The last ones: the place in the statement is added where the statement is known.
    for (key, value) in error.context().iter().rev().take(MAX_CONTEXT).rev() {
        metadata.insert((*key).to_owned(), short(value, MAX_DETAIL_BYTES));
    }
    for (key, text) in [("hint", error.hint()), ("detail", error.detail())] {
        if let Some(text) = text {
            metadata.insert(key.to_owned(), short(text, MAX_DETAIL_BYTES));
        }
    }
    if let Some((message_end, context_end)) = parts(error, message) {
        metadata.insert("message_bytes".to_owned(), message_end.to_string());
        metadata.insert("context_bytes".to_owned(), context_end.to_string());
    }
    let reason = error.code().map_or_else(|| error.kind().as_str().to_ascii_uppercase(), ToOwned::to_owned);
    ErrorDetails::with_error_info(reason, ERROR_DOMAIN, metadata)
}

/// Returns where the words of the error itself end in the status's message, and where its context does.
///
/// Our own client takes the message apart there; `None` when it was cut before.
fn parts(error: &Error, message: &str) -> Option<(usize, usize)> {
    let own = short(&error.to_string(), MAX_MESSAGE_BYTES);
    let rest = message.strip_prefix(&own)?;
    if error.context().is_empty() {
        return Some((own.len(), own.len()));
    }
    let pairs: Vec<String> = error.context().iter().map(|(key, value)| format!("{key}: {value}")).collect();
    let context = format!(" {}", short(&format!("({})", pairs.join(", ")), MAX_MESSAGE_BYTES));
    rest.starts_with(&context).then_some((own.len(), own.len() + context.len()))
}

/// Cuts a text to `limit` bytes on one line, with a mark where it was cut.
pub fn short(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    for part in text.split(|c: char| c.is_control()).map(str::trim).filter(|part| !part.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(part);
        if line.len() > limit {
            line.truncate(line.floor_char_boundary(limit.saturating_sub('…'.len_utf8())));
            line.push('…');
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_short_line() {
        let error = Error::invalid(format!("no column\n  {}", "ä".repeat(5_000))).with_hint("Look.");
        let status = to_status(&error);
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().len() <= MAX_MESSAGE_BYTES, "{}", status.message().len());
        assert!(status.message().starts_with("no column ä"));
        assert!(!status.message().contains('\n'));
    }

    #[test]
    fn the_reason_is_lakes_name_of_the_error() {
        let error = Error::not_found("no event data store `x`").with_code("EventDataStoreNotFoundException");
        let status = to_status(&error.with_context("lake", "/data"));
        let info = status.get_error_details().error_info().cloned().unwrap();
        assert_eq!(info.reason, "EventDataStoreNotFoundException");
        assert_eq!(info.domain, "auditlake");
        assert_eq!(info.metadata["lake"], "/data");
    }

    #[test]
    fn the_message_can_be_taken_apart() {
        let source = Error::unavailable("disk is full");
        let error = Error::invalid("no column `ä`").with_code("InvalidQueryStatementException");
        let error =
            error.with_context("line", 1).with_context("column", 8).with_source(source).with_hint("Look.");
        let status = to_status(&error);
        let info = status.get_error_details().error_info().cloned().unwrap();
        let end = |key: &str| info.metadata[key].parse::<usize>().unwrap();
        let message = status.message();
        assert_eq!(&message[..end("message_bytes")], "InvalidQueryStatementException: no column `ä`");
        assert_eq!(&message[end("message_bytes")..end("context_bytes")], " (line: 1, column: 8)");
        assert_eq!(&message[end("context_bytes")..], ": disk is full. Look.");
        assert_eq!((info.metadata["line"].as_str(), info.metadata["column"].as_str()), ("1", "8"));
    }

    #[test]
    fn short_keeps_characters_whole() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("äöü\n\nß", 100), "äöü ß");
        assert!(short(&"€".repeat(100), 50).len() <= 50);
    }
}
