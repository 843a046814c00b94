//! What tells one event from another.

use ring::digest::{SHA256, digest};
use xxhash_rust::xxh3::xxh3_64;

use crate::json::canonical::write_canonical;
use crate::json::hash::HashError;
use crate::json::scan::Cursor;

/// Identity of an event: two events are the same if and only if both hashes are equal.
///
/// Equal `id_hash` with different `content_hash` is another event under a used id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// XXH3-64 of the eventID; without one, the first 8 bytes of the SHA-256 of the canonical JSON, big-endian.
    pub id_hash: u64,
    /// Hash of the event as JSON: white space, escapes and member order do not count, digits do.
    pub content_hash: u64,
}

/// Returns the hash of an eventID.
pub fn id_hash_of(event_id: &str) -> u64 {
    xxh3_64(event_id.as_bytes())
}

/// Returns the id hash of an event without eventID.
pub(crate) fn id_hash_of_json(text: &str, max_depth: usize) -> Result<u64, HashError> {
    let mut canonical = String::with_capacity(text.len());
    write_canonical(&mut Cursor::new(text), max_depth, &mut canonical)?;
    let sha256 = digest(&SHA256, canonical.as_bytes());
    let first = sha256.as_ref().first_chunk::<8>().copied().unwrap_or_default();
    Ok(u64::from_be_bytes(first))
}
