//! API tokens: `al_` and 256 random bits in hex. Their SHA-256 is all that is kept.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Result};
use auditlake_store::{hex, sha256};

use crate::secret::{Secret, random_bytes};

/// What every token begins with, so that leaked ones are found by scanners of secrets.
pub(crate) const PREFIX: &str = "al_";
/// Characters of an id.
const ID_CHARS: usize = 12;

/// Tells whether a text is meant to be a token, known or not.
pub(crate) fn looks_like_one(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Makes a token that nobody has.
///
/// # Errors
/// `Unavailable` when there are no random bytes.
pub(crate) fn generate() -> Result<Secret> {
    Ok(Secret::new(format!("{PREFIX}{}", hex(&random_bytes::<32>()?))))
}

/// What is kept of a token. A plain hash does: there are too many tokens to try.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token.
    pub(crate) fn of(token: &Secret) -> Self {
        Self(sha256(token.expose().as_bytes()))
    }

    /// Reads 64 hex digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !is_lower_hex(text) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// Returns the hash as hex digits.
    pub(crate) fn to_hex(self) -> String {
        hex(&self.0)
    }
}

impl Debug for TokenHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// The public id of a token: 12 hex digits, by which it is listed and revoked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(String);

impl TokenId {
    /// Draws an id.
    pub(crate) fn generate() -> Result<Self> {
        Ok(Self(hex(&random_bytes::<{ ID_CHARS / 2 }>()?)))
    }

    /// Reads an id.
    ///
    /// # Errors
    /// `Invalid`. The text is not repeated, since it may be a token that was pasted by mistake.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.to_ascii_lowercase();
        match text.len() == ID_CHARS && is_lower_hex(&text) {
            true => Ok(Self(text)),
            false => Err(Error::invalid("this is no id of a token")
                .with_hint("`auditlake token list` shows the ids, 12 hex digits each.")),
        }
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for TokenId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TokenId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_their_hashes_are_read_as_written() {
        let (token, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(token, other);
        assert!(token.expose().len() == 67 && looks_like_one(token.expose()));
        let hash = TokenHash::of(&token);
        assert_eq!(TokenHash::parse(&hash.to_hex()), Some(hash));
        assert_ne!(TokenHash::of(&other), hash);
        assert_eq!(TokenHash::parse(&"A".repeat(64)), None);
        assert_eq!(format!("{hash:?}"), "TokenHash(..)");
    }

    #[test]
    fn a_token_pasted_as_an_id_is_not_repeated() {
        let id = TokenId::generate().unwrap();
        assert_eq!(TokenId::parse(&id.as_str().to_ascii_uppercase()).unwrap(), id);
        let token = generate().unwrap();
        let error = TokenId::parse(token.expose()).unwrap_err();
        assert!(!format!("{error:?}").contains(token.expose()));
    }
}
