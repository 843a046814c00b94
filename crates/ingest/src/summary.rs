//! What an import came to.

use std::collections::BTreeMap;

use auditlake_model::{EventDataStoreId, ImportId, ImportState, Timestamp};
use auditlake_store::{AppendOutcome, FilteredEvents};
use serde::Serialize;

use crate::failure::ImportFailure;

/// Failures listed in a summary; `files_failed` counts all of them, and the records keep all.
const MAX_LISTED_FAILURES: usize = 1_000;

/// Objects of one kind that the store does not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherObjects {
    /// How many.
    pub count: u64,
    /// What would take them, if anything would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What an import came to.
///
/// `files_found = files_read + files_skipped + files_failed` and
/// `events_read = events_stored + duplicates + filtered + quarantined`; conflicts are among the stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportSummary {
    /// Id of the import.
    pub import_id: ImportId,
    /// The store's id.
    pub store_id: EventDataStoreId,
    /// The store's name.
    pub store: String,
    /// How it ended.
    pub state: ImportState,
    /// Whether it only told what it would read.
    pub dry_run: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// Objects that the store takes.
    pub files_found: u64,
    /// Objects read and committed (dry run: that would be read).
    pub files_read: u64,
    /// Objects left out because the store has them.
    pub files_skipped: u64,
    /// Objects that failed.
    pub files_failed: u64,
    /// Records read.
    pub events_read: u64,
    /// Events stored.
    pub events_stored: u64,
    /// Records left out by rule.
    pub events_filtered: u64,
    /// ... because they match no advanced event selector.
    pub filtered_by_selector: u64,
    /// ... because they are past the retention period.
    pub filtered_by_retention: u64,
    /// ... because they are outside `--since` and `--until`.
    pub filtered_by_time_range: u64,
    /// ... because the store does not take their category.
    pub filtered_by_category: u64,
    /// Records left out because the same event is stored.
    pub events_duplicate: u64,
    /// Stored events whose eventID a different event has.
    pub events_conflicting: u64,
    /// Records kept in quarantine.
    pub events_quarantined: u64,
    /// Bytes read, as stored (compressed).
    pub bytes_read: u64,
    /// Bytes read, uncompressed.
    pub bytes_uncompressed: u64,
    /// Bytes of data files written.
    pub bytes_written: u64,
    /// Data files written.
    pub data_files_written: u64,
    /// Commits made.
    pub commits: u64,
    /// Digest files kept for the first time.
    pub digests_kept: u64,
    /// Objects that the store does not take, by kind.
    pub other_objects: BTreeMap<String, OtherObjects>,
    /// Elapsed time.
    pub seconds: f64,
    /// The first failures.
    pub failures: Vec<ImportFailure>,
    /// Why the end of the import could not be written to `system.imports`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_error: Option<String>,
}

impl ImportSummary {
    pub(crate) fn new(
        import_id: ImportId,
        store_id: EventDataStoreId,
        store: &str,
        dry_run: bool,
        started_at: Timestamp,
    ) -> Self {
        Self {
            import_id,
            store_id,
            store: store.to_owned(),
            state: ImportState::InProgress,
            dry_run,
            started_at,
            files_found: 0,
            files_read: 0,
            files_skipped: 0,
            files_failed: 0,
            events_read: 0,
            events_stored: 0,
            events_filtered: 0,
            filtered_by_selector: 0,
            filtered_by_retention: 0,
            filtered_by_time_range: 0,
            filtered_by_category: 0,
            events_duplicate: 0,
            events_conflicting: 0,
            events_quarantined: 0,
            bytes_read: 0,
            bytes_uncompressed: 0,
            bytes_written: 0,
            data_files_written: 0,
            commits: 0,
            digests_kept: 0,
            other_objects: BTreeMap::new(),
            seconds: 0.0,
            failures: Vec::new(),
            record_error: None,
        }
    }

    /// Tells whether something could not be imported.
    pub fn is_partial(&self) -> bool {
        self.files_failed > 0 || self.events_quarantined > 0
    }

    pub(crate) fn add_failure(&mut self, failure: ImportFailure) {
        self.files_failed += 1;
        if self.failures.len() < MAX_LISTED_FAILURES {
            self.failures.push(failure);
        }
    }

    pub(crate) fn add_other(&mut self, kind: &str, hint: Option<String>) {
        let other = self.other_objects.entry(kind.to_owned()).or_insert(OtherObjects { count: 0, hint });
        other.count += 1;
    }

    /// Adds what one commit did. Counts come from the commit, so that a killed import claims nothing
    /// that is not in the store.
    pub(crate) fn add_commit(&mut self, outcome: &AppendOutcome) {
        self.commits += u64::from(outcome.version.is_some());
        self.files_skipped += outcome.objects_skipped;
        self.bytes_written += outcome.bytes_written;
        self.data_files_written += outcome.files_written;
        for object in &outcome.objects {
            self.files_read += 1;
            self.bytes_read += object.source.size_bytes;
            self.bytes_uncompressed += object.uncompressed_bytes;
            self.events_read += object.records;
            self.events_stored += object.stored;
            self.events_duplicate += object.duplicates;
            self.events_conflicting += object.conflicts;
            self.events_quarantined += object.quarantined;
            self.add_filtered(&object.filtered);
        }
    }

    fn add_filtered(&mut self, filtered: &FilteredEvents) {
        self.events_filtered += filtered.total();
        self.filtered_by_selector += filtered.by_selector;
        self.filtered_by_retention += filtered.by_retention;
        self.filtered_by_time_range += filtered.by_time_range;
        self.filtered_by_category += filtered.by_category;
    }
}
