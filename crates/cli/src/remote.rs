//! What a server of ours says, as the commands know it: requests and answers of the control services.

pub(crate) mod imports;
pub(crate) mod saved;
pub(crate) mod stores;

use auditlake_model::Error;

/// Returns the error of an answer that a server of this version does not give.
pub(crate) fn strange(what: &str) -> Error {
    Error::unsupported(format!("the server tells of {what} in a form that this program does not know"))
        .with_hint("Use the auditlake of the server's version.")
}
