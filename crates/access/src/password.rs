//! Passwords: what a new one must be, and the argon2id hash that is kept of it.

use std::fmt::{self, Debug, Formatter};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use auditlake_model::{Error, Result};

use crate::secret::{Secret, random_bytes};
use crate::token;

/// Memory of one check, in KiB. Memory and passes are the least that OWASP's password storage guide asks for:
/// some ten milliseconds of one core.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The most that a stored hash may ask for, so that a damaged document cannot take the machine's memory.
const MAX_MEMORY_KIB: u32 = 1 << 20;
const MAX_PASSES: u32 = 64;
const MAX_LANES: u32 = 16;

const MIN_CHARS: usize = 8;
const MAX_BYTES: usize = 1024;

/// Checks a password that somebody chose.
///
/// # Errors
/// `Invalid`, without the password.
pub(crate) fn check_new(password: &Secret) -> Result<()> {
    let text = password.expose();
    let problem = if text.chars().count() < MIN_CHARS {
        format!("the password has fewer than {MIN_CHARS} characters")
    } else if text.len() > MAX_BYTES {
        format!("the password has more than {MAX_BYTES} bytes")
    } else if text.chars().any(char::is_control) {
        "the password holds a control character".to_owned()
    } else if token::looks_like_one(text) {
        format!("the password begins like a token, with `{}`", token::PREFIX)
    } else {
        return Ok(());
    };
    Err(Error::invalid(problem).with_hint("Choose another; long phrases are easy to keep in mind."))
}

/// What is kept of a password: argon2id as a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password. Takes tens of milliseconds of one core; call it on a blocking thread.
    ///
    /// # Errors
    /// `Unavailable` when there are no random bytes, `Internal` when argon2 refuses.
    pub(crate) fn of(password: &Secret) -> Result<Self> {
        let refused = |e: &dyn fmt::Display| Error::internal(format!("hash password: {e}"));
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| refused(&e))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = random_bytes::<16>()?;
        let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.map(|hash| Self(hash.to_string())).map_err(|e| refused(&e))
    }

    /// Reads a PHC string.
    ///
    /// # Errors
    /// `Corrupt` when it is none, is of another algorithm, or asks for too much.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        match is_usable(text) {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::corrupt("parse password hash")),
        }
    }

    /// Returns the PHC string.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the hash is of `password`. As slow as [`PasswordHash::of`].
    pub(crate) fn is_of(&self, password: &Secret) -> bool {
        Argon2::default().verify_password(password.expose().as_bytes(), self.as_str()).is_ok()
    }
}

impl Debug for PasswordHash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

fn is_usable(text: &str) -> bool {
    let Ok(hash) = argon2::PasswordHash::new(text) else { return false };
    let Ok(params) = Params::try_from(&hash) else { return false };
    let bounded =
        params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES;
    hash.algorithm == argon2::ARGON2ID_IDENT && hash.salt.is_some() && hash.hash.is_some() && bounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_password_only() {
        let hash = PasswordHash::of(&Secret::new("correct horse")).unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let read = PasswordHash::parse(hash.as_str()).unwrap();
        assert!(read.is_of(&Secret::new("correct horse")));
        assert!(!read.is_of(&Secret::new("correct horsf")));
        assert_eq!(format!("{read:?}"), "PasswordHash(..)");
    }

    #[test]
    fn damaged_and_greedy_hashes_are_refused() {
        let salt_and_hash = "c29tZXNhbHRzb21lc2FsdA$ZHVtbXlkdW1teWR1bW15ZHVtbXlkdW1teWR1bW0";
        assert!(is_usable(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt_and_hash}")));
        for text in [
            "",
            "hunter2",
            "$argon2id$v=19$m=19456,t=2,p=1",
            &format!("$argon2i$v=19$m=19456,t=2,p=1${salt_and_hash}"),
            &format!("$argon2id$v=19$m=4000000,t=2,p=1${salt_and_hash}"),
            &format!("$argon2id$v=19$m=19456,t=9999,p=1${salt_and_hash}"),
        ] {
            assert!(PasswordHash::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn new_passwords_follow_the_rules_and_errors_keep_them_secret() {
        check_new(&Secret::new("correct horse battery")).unwrap();
        check_new(&Secret::new("pässwörter")).unwrap();
        for text in ["short", &"x".repeat(1025), "two\nlines of text", "al_0123456789"] {
            let error = check_new(&Secret::new(text)).unwrap_err();
            assert!(!format!("{error:?}").contains(text), "{error:?}");
        }
    }
}
