//! Errors about how a function is called, and about the values it is called with.

use auditlake_model::Error;
use datafusion::common::DataFusionError;

use crate::engine_error::{INVALID_STATEMENT, into_datafusion};

/// Key under which an error names the function it is about, so that its place in the statement can be found.
const NAME: &str = "name";

/// Returns an error about a call that cannot be planned, with how the function is called.
pub(crate) fn wrong_call(name: &str, signature: &str, message: impl Into<String>) -> DataFusionError {
    let error = Error::invalid(message.into()).with_code(INVALID_STATEMENT).with_context(NAME, name);
    into_datafusion(error.with_hint(format!("Call it as `{signature}`.")))
}

/// Returns an error about a value that a function does not take.
pub(crate) fn wrong_value(name: &str, message: impl Into<String>) -> DataFusionError {
    let error = Error::invalid(message.into()).with_code(INVALID_STATEMENT).with_context(NAME, name);
    into_datafusion(error)
}
