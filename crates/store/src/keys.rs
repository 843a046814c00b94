//! Key files: the event keys of one data file, kept beside it so that a duplicate check reads 16 bytes
//! an event and no Parquet.
//!
//! A key file is a side index: it can be made again from its data file (`keys_of_data_file`), and a
//! missing one costs time, never correctness.
//!
//! ```text
//! _index/<data file stem>.keys
//! | bytes       | value                                   |
//! | 0..4        | "ALK1"                                  |
//! | 4..12       | number of keys n, u64 little endian     |
//! | 12..12+8n   | id hashes, u64 little endian            |
//! | ..12+16n    | content hashes, in the same order       |
//! ```
//! Keys are sorted by (id hash, content hash).

use auditlake_events::EventKey;
use auditlake_model::{Error, Result};
use bytes::Bytes;
use object_store::path::Path;

const MAGIC: &[u8; 4] = b"ALK1";
const HEADER_BYTES: usize = 12;

/// The sorted event keys of one data file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFile {
    keys: Vec<EventKey>,
}

/// What the stored events say about a new event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// No stored event has its id.
    Absent,
    /// The same event is stored.
    Same,
    /// A different event is stored under its id.
    Different,
}

impl KeyFile {
    /// Takes keys in any order.
    pub fn new(mut keys: Vec<EventKey>) -> Self {
        keys.sort_unstable_by_key(sort_key);
        Self { keys }
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Tells whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Looks an event up.
    pub fn lookup(&self, key: &EventKey) -> Stored {
        let start = self.keys.partition_point(|k| k.id_hash < key.id_hash);
        let mut found = Stored::Absent;
        for stored in self.keys[start..].iter().take_while(|k| k.id_hash == key.id_hash) {
            if stored.content_hash == key.content_hash {
                return Stored::Same;
            }
            found = Stored::Different;
        }
        found
    }

    /// Encodes the key file.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(HEADER_BYTES + 16 * self.keys.len());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&(self.keys.len() as u64).to_le_bytes());
        for key in &self.keys {
            out.extend_from_slice(&key.id_hash.to_le_bytes());
        }
        for key in &self.keys {
            out.extend_from_slice(&key.content_hash.to_le_bytes());
        }
        out.into()
    }

    /// Decodes a key file.
    ///
    /// # Errors
    /// `Corrupt` when the bytes are not a whole key file.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let damaged = || Error::corrupt("read key file").with_context("size_bytes", bytes.len());
        let body = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (count, body) = body.split_at_checked(8).ok_or_else(damaged)?;
        let count = usize::try_from(number(count)).map_err(|_| damaged())?;
        if count.checked_mul(16) != Some(body.len()) {
            return Err(damaged());
        }
        let (ids, contents) = body.split_at(8 * count);
        let keys = ids
            .chunks_exact(8)
            .zip(contents.chunks_exact(8))
            .map(|(id, content)| EventKey { id_hash: number(id), content_hash: number(content) })
            .collect();
        Ok(Self { keys })
    }
}

/// Returns where the key file of a data file lies, from the store's folder.
pub fn key_file_path(data_file: &str) -> Path {
    let name = data_file.rsplit('/').next().unwrap_or(data_file);
    let stem = name.strip_suffix(".parquet").unwrap_or(name);
    Path::from_iter(["_index".to_owned(), format!("{stem}.keys")])
}

fn sort_key(key: &EventKey) -> (u64, u64) {
    (key.id_hash, key.content_hash)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn key(id_hash: u64, content_hash: u64) -> EventKey {
        EventKey { id_hash, content_hash }
    }

    #[test]
    fn lookup_tells_same_from_different_and_absent() {
        let file = KeyFile::new(vec![key(5, 1), key(3, 9), key(5, 7)]);
        assert_eq!(file.lookup(&key(5, 7)), Stored::Same);
        assert_eq!(file.lookup(&key(5, 1)), Stored::Same);
        assert_eq!(file.lookup(&key(5, 2)), Stored::Different);
        assert_eq!(file.lookup(&key(4, 9)), Stored::Absent);
        assert_eq!(KeyFile::default().lookup(&key(0, 0)), Stored::Absent);
    }

    #[test]
    fn encoding_round_trips_and_damage_is_found() {
        let file = KeyFile::new(vec![key(u64::MAX, 1), key(3, u64::MAX), key(0, 0)]);
        let bytes = file.encode();
        assert_eq!(KeyFile::decode(&bytes).unwrap(), file);
        for cut in 0..bytes.len() {
            assert!(KeyFile::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn key_file_lies_beside_the_log() {
        let path = key_file_path("eventDate=2026-01-31/part-1.parquet");
        assert_eq!(path.as_ref(), "_index/part-1.keys");
    }
}
