//! Counters that a running import keeps and anybody may read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use auditlake_model::{IdGenerator, ImportId};

use crate::pace::Pace;

/// Progress of one import. Counters only grow; a reader may see them at slightly different moments.
#[derive(Debug, Default)]
pub struct ImportProgress {
    /// Id of the import: chosen by the caller, or by the import when it starts.
    import_id: OnceLock<ImportId>,
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
    /// How it gives way to others.
    pace: Arc<Pace>,
}

impl ImportProgress {
    /// Creates the counters of an import that is to have this id, for callers that have to name it from the start.
    pub fn of(import_id: ImportId) -> Self {
        Self { import_id: OnceLock::from(import_id), ..Self::default() }
    }

    /// Lets the import keep a pace that others set.
    #[must_use]
    pub fn paced_by(mut self, pace: Arc<Pace>) -> Self {
        self.pace = pace;
        self
    }

    pub(crate) fn pace(&self) -> &Arc<Pace> {
        &self.pace
    }

    /// Returns the id of the import; `None` before it started, unless the caller chose it.
    pub fn import_id(&self) -> Option<ImportId> {
        self.import_id.get().copied()
    }

    /// Returns the id of the import, making one if the caller chose none.
    pub(crate) fn start(&self, ids: &dyn IdGenerator) -> ImportId {
        *self.import_id.get_or_init(|| ImportId::generate(ids))
    }

    pub(crate) fn add(counter: &AtomicU64, value: u64) {
        counter.fetch_add(value, Ordering::Relaxed);
    }

    /// Reads a counter.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
