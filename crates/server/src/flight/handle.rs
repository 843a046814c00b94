//! Signed blobs that clients carry for us: prepared statements and tickets.
//!
//! Nothing about a statement is kept on the server that a client could not bring back, so a restart (with keys
//! from the config) or another replica changes nothing. A blob is no capability: whoever brings it must be the
//! principal that it was made for, and is authorised anew.

use auditlake_access::SigningKeys;
use auditlake_dialect::ParameterSlot;
use auditlake_model::{Error, Result, Timestamp};
use auditlake_query::saving::SavedUses;
use auditlake_query::{Parameters, PinnedTable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::options::SessionOptions;

/// What is signed as a prepared statement.
pub(crate) const STATEMENT: &str = "flight statement";
/// What is signed as a ticket.
pub(crate) const TICKET: &str = "flight ticket";

/// A statement that a client prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatementHandle {
    /// Its text.
    pub(crate) sql: String,
    /// Who prepared it.
    pub(crate) principal: String,
    /// The options that it was prepared under.
    pub(crate) options: SessionOptions,
    /// Its parameters.
    pub(crate) slots: Vec<ParameterSlot>,
    /// Their values, once they are bound, as `name:type=value`.
    pub(crate) values: Option<Vec<String>>,
    /// Tells two handles of the same text apart.
    pub(crate) nonce: String,
    /// When it ends, in microseconds since 1970.
    pub(crate) expires: i64,
}

/// A result that a client may fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ticket {
    /// The statement, with the values of its parameters.
    pub(crate) statement: StatementHandle,
    /// The versions that it reads.
    pub(crate) pins: Vec<PinnedTable>,
    /// What it uses of what is saved; it has no versions to go back to.
    pub(crate) saved: SavedUses,
}

impl StatementHandle {
    /// Returns the values of the parameters; none while they are open.
    ///
    /// # Errors
    ///
    /// `Invalid` for values that we cannot have signed.
    pub(crate) fn parameters(&self) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for assignment in self.values.iter().flatten() {
            parameters.assign_slot(assignment)?;
        }
        Ok(parameters)
    }

    /// Tells whether a parameter has no value yet.
    pub(crate) fn is_open(&self) -> bool {
        !self.slots.is_empty() && self.values.is_none()
    }
}

/// Signs a blob.
///
/// # Errors
///
/// `Internal` when it cannot be written as JSON.
pub(crate) fn seal<T: Serialize>(keys: &SigningKeys, purpose: &str, value: &T) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value).map_err(|e| Error::internal("write handle").with_source(e))?;
    Ok(keys.sign(purpose, &json))
}

/// Reads a blob that we signed.
///
/// # Errors
///
/// `Invalid` when it is foreign or altered.
pub(crate) fn unseal<T: DeserializeOwned>(keys: &SigningKeys, purpose: &str, signed: &[u8]) -> Result<T> {
    let foreign = || Error::invalid(format!("the {purpose} is not one of this server, or was altered"));
    let json = keys.verify(purpose, signed).map_err(|_| {
        foreign().with_hint("Prepare or run the statement again; keys from the config outlive a restart.")
    })?;
    serde_json::from_slice(json).map_err(|e| foreign().with_source(e))
}

/// Checks that a handle is still good, and its bearer who it was made for.
///
/// # Errors
///
/// `NotFound` when it has expired, `PermissionDenied` when it is somebody else's.
pub(crate) fn check(handle: &StatementHandle, principal: &str, now: Timestamp) -> Result<()> {
    if handle.principal != principal {
        return Err(Error::permission_denied("the ticket was made for somebody else")
            .with_code("AccessDeniedException"));
    }
    match now.as_micros() < handle.expires {
        true => Ok(()),
        false => Err(Error::not_found("the ticket has expired").with_hint("Run the statement again.")),
    }
}
