//! Passwords that were right lately, so that a client which sends them with every request does not pay argon2 each
//! time.
//!
//! Known by an HMAC under a key that only this process has, and only for as long as the password stays the same.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::time::Duration;

use auditlake_model::{Result, Timestamp};
use parking_lot::Mutex;
use ring::hmac;

use crate::secret::{Secret, random_bytes};

/// The most passwords that are known.
const MAX_ENTRIES: usize = 1024;
/// How long one is known.
const KNOWN_FOR: Duration = Duration::from_mins(10);

/// The table of passwords.
pub(super) struct Verified {
    key: hmac::Key,
    entries: Mutex<HashMap<[u8; 32], Entry>>,
}

#[derive(Clone)]
struct Entry {
    generation: String,
    at: Timestamp,
}

impl Verified {
    pub(super) fn try_new() -> Result<Self> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random_bytes::<32>()?);
        Ok(Self { key, entries: Mutex::default() })
    }

    /// Tells whether this password of this user was right lately and still is, being of `generation`.
    pub(super) fn contains(&self, user: &str, password: &Secret, generation: &str, now: Timestamp) -> bool {
        let entries = self.entries.lock();
        let entry = entries.get(&self.tag(user, password));
        entry.is_some_and(|entry| entry.generation == generation && entry.is_fresh(now))
    }

    /// Notes that the password was right.
    pub(super) fn insert(&self, user: &str, password: &Secret, generation: &str, now: Timestamp) {
        let entry = Entry { generation: generation.to_owned(), at: now };
        let mut entries = self.entries.lock();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, entry| entry.is_fresh(now));
        }
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(self.tag(user, password), entry);
    }

    fn tag(&self, user: &str, password: &Secret) -> [u8; 32] {
        // No user name holds a colon.
        let text = format!("{user}:{}", password.expose());
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.key, text.as_bytes()).as_ref());
        tag
    }
}

impl Entry {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now >= self.at && now.saturating_duration_since(self.at) < KNOWN_FOR
    }
}

impl Debug for Verified {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("entries", &self.entries.lock().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_for_a_while_and_for_its_generation() {
        let verified = Verified::try_new().unwrap();
        let (password, now) = (Secret::new("correct horse"), Timestamp::EPOCH);
        verified.insert("ann", &password, "g1", now);
        assert!(verified.contains("ann", &password, "g1", now));
        assert!(!verified.contains("bob", &password, "g1", now));
        assert!(!verified.contains("ann", &Secret::new("correct"), "g1", now));
        assert!(!verified.contains("ann", &password, "g2", now));
        assert!(!verified.contains("ann", &password, "g1", now.saturating_add(KNOWN_FOR)));
        (0..5000).for_each(|number| verified.insert("ann", &Secret::new(number.to_string()), "g1", now));
        assert!(verified.entries.lock().len() <= MAX_ENTRIES);
    }
}
