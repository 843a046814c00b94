//! Bearer tokens of sessions: signed, and kept nowhere on the server.

use auditlake_model::{Error, Result, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::keys::SigningKeys;
use crate::secret::Secret;

/// What the signature is for.
const PURPOSE: &str = "session";

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Session {
    /// Name of the principal.
    pub(super) user: String,
    /// Id of the session.
    pub(super) id: String,
    /// The first instant at which it is over, in microseconds.
    pub(super) expires_at: i64,
    /// What it was opened with, and ends with.
    pub(super) opened_by: OpenedBy,
}

/// What a session was opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum OpenedBy {
    /// Nothing: there were no users.
    Nothing,
    /// The password of this generation.
    Password(String),
    /// The API token of this id.
    Token(String),
}

impl Session {
    /// Returns the bearer token.
    pub(super) fn to_token(&self, keys: &SigningKeys) -> Result<String> {
        let json = serde_json::to_vec(self).map_err(|e| Error::internal("write session").with_source(e))?;
        Ok(URL_SAFE_NO_PAD.encode(keys.sign(PURPOSE, &json)))
    }

    /// Reads a bearer token.
    ///
    /// # Errors
    /// `Unauthenticated` when it is foreign, altered or expired.
    pub(super) fn from_token(token: &Secret, keys: &SigningKeys, now: Timestamp) -> Result<Self> {
        let foreign = || Error::unauthenticated("the bearer token is not of this server");
        let signed = URL_SAFE_NO_PAD.decode(token.expose()).map_err(|_| foreign())?;
        let json = keys.verify(PURPOSE, &signed).map_err(|_| foreign())?;
        let session: Self = serde_json::from_slice(json).map_err(|_| foreign())?;
        match now < Timestamp::from_micros(session.expires_at) {
            true => Ok(session),
            false => Err(ended()),
        }
    }
}

/// Returns the error of a session that is over.
pub(super) fn ended() -> Error {
    Error::unauthenticated("the session has ended").with_hint("Log in again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_until_it_expires_and_only_by_its_server() {
        let keys = SigningKeys::random().unwrap();
        let opened_by = OpenedBy::Password("g1".to_owned());
        let session = Session { user: "ann".to_owned(), id: "s1".to_owned(), expires_at: 100, opened_by };
        let token = Secret::new(session.to_token(&keys).unwrap());
        let read = |keys, now| Session::from_token(&token, keys, Timestamp::from_micros(now));
        assert_eq!(read(&keys, 99).unwrap(), session);
        assert_eq!(read(&keys, 100).unwrap_err().message(), "the session has ended");
        assert!(read(&SigningKeys::random().unwrap(), 99).is_err());
        let ticket = Secret::new(URL_SAFE_NO_PAD.encode(keys.sign("ticket", b"{}")));
        assert!(Session::from_token(&ticket, &keys, Timestamp::EPOCH).is_err());
    }
}
