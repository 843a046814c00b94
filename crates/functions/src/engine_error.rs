//! DataFusion's errors, said in the words of [`auditlake_model::Error`].
//!
//! An error of ours that travelled through the engine (cancelled, a limit, a store that is not there) comes
//! out as it went in. What the engine itself found is sorted by what the caller can do about it.

use std::error::Error as StdError;

use auditlake_model::{Error, ErrorKind};
use datafusion::arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::error::DataFusionError as Df;

/// Lake's name for a statement that cannot be planned or evaluated.
pub const INVALID_STATEMENT: &str = "InvalidQueryStatementException";

/// Puts an error of ours on its way through the engine.
pub fn into_datafusion(error: Error) -> DataFusionError {
    Df::External(Box::new(error))
}

/// Returns the error of ours that says what `error` says; `doing` is a present-tense phrase.
pub fn from_datafusion(doing: &'static str, error: DataFusionError) -> Error {
    match error {
        Df::Context(_, inner) | Df::Diagnostic(_, inner) => from_datafusion(doing, *inner),
        Df::Collection(errors) => match errors.into_iter().next() {
            Some(first) => from_datafusion(doing, first),
            None => Error::internal(doing),
        },
        Df::Shared(shared) => from_shared(doing, &shared),
        Df::External(boxed) => from_boxed(doing, boxed),
        Df::ArrowError(arrow, _) => from_arrow(doing, *arrow),
        Df::ParquetError(parquet) => from_parquet(doing, *parquet),
        Df::ObjectStore(store) => from_object_store(doing, *store),
        Df::IoError(io) => from_io(doing, io),
        Df::ExecutionJoin(join) if join.is_cancelled() => Error::cancelled("query cancelled"),
        other => classify(doing, &other),
    }
}

/// Handles the variants that only carry text.
fn classify(doing: &'static str, error: &DataFusionError) -> Error {
    let message = plain_message(error);
    match error {
        Df::ResourcesExhausted(_) => exhausted(message),
        Df::NotImplemented(_) => Error::unsupported(message).with_code(INVALID_STATEMENT),
        Df::SQL(..) | Df::Plan(_) | Df::SchemaError(..) | Df::Configuration(_) | Df::Execution(_) => {
            Error::invalid(message).with_code(INVALID_STATEMENT)
        }
        _ => match message.split_once(NO_ORDER) {
            Some((_, of)) => {
                let of = of.split(['(', '.']).next().unwrap_or(of);
                Error::invalid(format!("min and max do not compare values of type {of}"))
                    .with_code(INVALID_STATEMENT)
                    .with_hint("Compare a part of it, as in `max(element_at(x, 'key'))`.")
            }
            None => Error::internal(doing).with_detail(message),
        },
    }
}

/// How the engine begins to say that it cannot order values; it calls that a fault of its own.
const NO_ORDER: &str = "Min/Max accumulator not implemented for type ";

/// Memory is reported by the query service in our words; room on disk by the engine, which names its own option.
fn exhausted(message: String) -> Error {
    if message.contains("disk space") {
        return Error::resources_exhausted("query spills more data to disk than allowed")
            .with_context("limit", "temp_limit_bytes")
            .with_hint("Narrow the time range or the columns, or raise the limit.");
    }
    Error::resources_exhausted(message).with_hint("Narrow the time range or the columns, or raise the limit.")
}

/// How the engine asks for a report of what it takes for its fault.
const PLEA: &str = "\nThis issue was likely caused by a bug in DataFusion's code. Please help us to resolve this by filing a \
                    bug report in our issue tracker: https://github.com/apache/datafusion/issues";

/// DataFusion's text without its own kind in front ("Error during planning: ").
fn plain_message(error: &DataFusionError) -> String {
    let message = error.message();
    // A backtrace may follow the first lines; it belongs in a log, not in front of a user.
    let head = message.split_once("\n\nbacktrace:").map_or(&*message, |(head, _)| head);
    head.replace(PLEA, "").trim_end().to_owned()
}

fn from_boxed(doing: &'static str, boxed: Box<dyn StdError + Send + Sync>) -> Error {
    let boxed = match boxed.downcast::<Error>() {
        Ok(ours) => return *ours,
        Err(other) => other,
    };
    let boxed = match boxed.downcast::<DataFusionError>() {
        Ok(inner) => return from_datafusion(doing, *inner),
        Err(other) => other,
    };
    let boxed = match boxed.downcast::<ArrowError>() {
        Ok(inner) => return from_arrow(doing, *inner),
        Err(other) => other,
    };
    match boxed.downcast::<parquet::errors::ParquetError>() {
        Ok(inner) => from_parquet(doing, *inner),
        Err(other) => Error::internal(doing).with_source(other),
    }
}

/// What stands before the error of a filter that is evaluated while a file is read; the engine makes it text.
const IN_FILTER: &str = "Error evaluating filter predicate: ";

/// Returns the error of a filter that a text tells of.
fn from_filter_text(text: &str) -> Option<Error> {
    let (_, told) = text.split_once(IN_FILTER)?;
    let Some(ours) = told.split_once("External(").map(|(_, ours)| ours) else {
        return Some(Error::invalid(told).with_code(INVALID_STATEMENT));
    };
    let kind_of = |kind: &&ErrorKind| ours.strip_prefix(&format!("{kind:?}: ")).is_some();
    let kind = *ErrorKind::ALL.iter().find(kind_of)?;
    let words = ours.split_once(": ")?.1;
    let words = words.strip_suffix(')').unwrap_or(words);
    let (words, hint) = match words.split_once("\nhint: ") {
        Some((words, hint)) => (words, Some(hint.trim_end())),
        None => (words, None),
    };
    let (report, detail) = match words.split_once("\ndetail: ") {
        Some((report, detail)) => (report, Some(detail)),
        None => (words, None),
    };
    let is_statement = report.starts_with(INVALID_STATEMENT);
    let message = report.strip_prefix(INVALID_STATEMENT).map_or(report, |rest| rest.trim_start_matches(": "));
    let mut error = Error::new(kind, message);
    if is_statement || kind == ErrorKind::Invalid {
        error = error.with_code(INVALID_STATEMENT);
    }
    if let Some(detail) = detail {
        error = error.with_detail(detail);
    }
    Some(match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}

/// A shared error cannot be taken apart, so the one of ours inside is copied.
fn from_shared(doing: &'static str, error: &DataFusionError) -> Error {
    match find_ours(error) {
        Some(ours) => copy(ours),
        None => match error.find_root() {
            Df::ObjectStore(store) => object_store_kind(doing, store),
            root => classify(doing, root),
        },
    }
}

/// Walks the chain of sources down to an error of ours.
fn find_ours<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(ours) = error.downcast_ref::<Error>() {
            return Some(ours);
        }
        next = error.source();
    }
    None
}

fn copy(error: &Error) -> Error {
    let mut copied = Error::new(error.kind(), error.message());
    if let Some(code) = error.code() {
        copied = copied.with_code(code);
    }
    if let Some(hint) = error.hint() {
        copied = copied.with_hint(hint);
    }
    if let Some(detail) = error.detail() {
        copied = copied.with_detail(detail);
    }
    copied
}

fn from_arrow(doing: &'static str, error: ArrowError) -> Error {
    match error {
        ArrowError::ExternalError(boxed) => from_boxed(doing, boxed),
        ArrowError::ParquetError(text) => damaged(doing).with_detail(text),
        ArrowError::IoError(_, io) => from_io(doing, io),
        ArrowError::MemoryError(text) => Error::resources_exhausted(text),
        ArrowError::DivideByZero => Error::invalid("division by zero").with_code(INVALID_STATEMENT),
        ArrowError::CastError(text) | ArrowError::ParseError(text) | ArrowError::ComputeError(text) => {
            from_filter_text(&text).unwrap_or_else(|| Error::invalid(text).with_code(INVALID_STATEMENT))
        }
        ArrowError::ArithmeticOverflow(text) => Error::invalid(text).with_code(INVALID_STATEMENT),
        ArrowError::InvalidArgumentError(text) => Error::invalid(text).with_code(INVALID_STATEMENT),
        other => Error::internal(doing).with_source(other),
    }
}

fn from_parquet(doing: &'static str, error: parquet::errors::ParquetError) -> Error {
    match error {
        parquet::errors::ParquetError::External(boxed) => match boxed.downcast::<object_store::Error>() {
            Ok(store) => from_object_store(doing, *store),
            Err(other) => from_boxed(doing, other),
        },
        parquet::errors::ParquetError::ArrowError(text) => {
            from_filter_text(&text).unwrap_or_else(|| damaged(doing).with_detail(text))
        }
        other => damaged(doing).with_source(other),
    }
}

fn damaged(doing: &'static str) -> Error {
    Error::corrupt(doing).with_hint("Run `auditlake lake check` to find damaged files.")
}

fn from_object_store(doing: &'static str, error: object_store::Error) -> Error {
    object_store_kind(doing, &error).with_source(error)
}

fn object_store_kind(doing: &'static str, error: &object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { path, .. } => Error::new(ErrorKind::Corrupt, doing)
            .with_context("file", path)
            .with_detail("a data file of the snapshot is not there")
            .with_hint("Run the query again; if that does not help, run `auditlake lake check`."),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            Error::permission_denied(doing)
        }
        _ => Error::unavailable(doing),
    }
}

fn from_io(doing: &'static str, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::ResourcesExhausted,
        std::io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, doing).with_source(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
    use std::sync::Arc;

    use super::*;

    fn check(error: DataFusionError, kind: ErrorKind, message: &str) {
        let ours = from_datafusion("run query", error);
        assert_eq!(ours.kind(), kind, "{ours:?}");
        assert_eq!(ours.message(), message);
    }

    #[test]
    fn ours_comes_out_as_it_went_in() {
        let cancelled = || into_datafusion(Error::cancelled("query cancelled"));
        check(cancelled(), ErrorKind::Cancelled, "query cancelled");
        check(cancelled().context("sorting"), ErrorKind::Cancelled, "query cancelled");
        check(Df::Shared(Arc::new(cancelled())), ErrorKind::Cancelled, "query cancelled");
        let arrow = ArrowError::ExternalError(Box::new(cancelled()));
        check(Df::ArrowError(Box::new(arrow), None), ErrorKind::Cancelled, "query cancelled");
    }

    #[test]
    fn engine_errors_are_sorted_by_what_the_caller_can_do() {
        check(Df::Plan("no such thing".into()), ErrorKind::Invalid, "no such thing");
        check(Df::ResourcesExhausted("pool".into()), ErrorKind::ResourcesExhausted, "pool");
        check(Df::NotImplemented("MERGE".into()), ErrorKind::Unsupported, "MERGE");
        check(Df::Internal("oops".into()), ErrorKind::Internal, "run query");
        let zero = Df::ArrowError(Box::new(ArrowError::DivideByZero), None);
        check(zero, ErrorKind::Invalid, "division by zero");
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        check(Df::IoError(full), ErrorKind::ResourcesExhausted, "run query");
        let gone = object_store::Error::NotFound { path: "a".into(), source: "b".into() };
        check(Df::ObjectStore(Box::new(gone)), ErrorKind::Corrupt, "run query");
    }

    #[test]
    fn the_error_of_a_filter_in_a_scan_keeps_its_kind_and_words() {
        let ours =
            Error::invalid("Key not present in map: x").with_code(INVALID_STATEMENT).with_hint("Use a dot.");
        let text = format!("{IN_FILTER}{:?}", Df::External(Box::new(ours)));
        let error = from_datafusion("run query", Df::from(ArrowError::ComputeError(text.clone())));
        assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, "Key not present in map: x"));
        assert_eq!((error.code(), error.hint()), (Some(INVALID_STATEMENT), Some("Use a dot.")));
        let boxed = Df::External(Box::new(parquet::errors::ParquetError::ArrowError(text)));
        assert_eq!(from_datafusion("run query", boxed).message(), "Key not present in map: x");
        let cancelled =
            format!("{IN_FILTER}{:?}", Df::External(Box::new(Error::cancelled("query cancelled"))));
        let error = from_datafusion("run query", Df::from(ArrowError::ComputeError(cancelled)));
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        let theirs = format!("{IN_FILTER}{:?}", Df::Execution("odd".to_owned()));
        let error = from_datafusion("run query", Df::from(ArrowError::ComputeError(theirs)));
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}
