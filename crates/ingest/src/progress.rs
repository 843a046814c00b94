//! Counters that a running import keeps and anybody may read.

use std::sync::atomic::{AtomicU64, Ordering};

/// Progress of one import. Counters only grow; a reader may see them at slightly different moments.
#[derive(Debug, Default)]
pub struct ImportProgress {
    /// Objects to read that were found so far.
    pub files_found: AtomicU64,
    /// Their bytes, compressed.
    pub bytes_found: AtomicU64,
    /// Objects read, failed ones included.
    pub files_read: AtomicU64,
    /// Bytes read, compressed.
    pub bytes_read: AtomicU64,
    /// Records read.
    pub events_read: AtomicU64,
    /// Events stored and committed.
    pub events_stored: AtomicU64,
    /// Objects that failed.
    pub files_failed: AtomicU64,
}

impl ImportProgress {
    pub(crate) fn add(counter: &AtomicU64, value: u64) {
        counter.fetch_add(value, Ordering::Relaxed);
    }

    /// Reads a counter.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
