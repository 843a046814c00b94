//! A source object that could not be imported.

use auditlake_model::Error;
use serde::Serialize;

/// One object that an import could not take; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportFailure {
    /// Address of the object.
    pub location: String,
    /// Kind of the error, for example `Corrupt`.
    pub error_type: String,
    /// What went wrong and where, on one line.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl ImportFailure {
    /// Describes why `location` could not be imported.
    pub fn new(location: impl Into<String>, error: &Error) -> Self {
        Self {
            location: location.into(),
            error_type: error.kind().as_str().to_owned(),
            message: error.report(),
            hint: error.hint().map(str::to_owned),
        }
    }
}
