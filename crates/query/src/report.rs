//! What the scans of one query have to read and did read.
//!
//! Pruning is counted when the plan is made ([`ScanReport`]), reading while it runs ([`Progress`]).

use std::collections::BTreeMap;

use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use parking_lot::Mutex;

use crate::catalog::TableEntry;
use crate::provenance::PinnedTable;
use crate::source::{ScanGroup, ScanSource};

/// Files that one scan of one group was left with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanEntry {
    /// Name of the store.
    pub store: String,
    /// Version of the store.
    pub version: u64,
    /// Files of the group.
    pub files_total: u64,
    /// Files that statistics did not rule out.
    pub files_read: u64,
    /// Bytes of those files.
    pub file_bytes: u64,
}

impl ScanEntry {
    /// Counts the scan of the files `keep` of `group`.
    pub(crate) fn new(source: &ScanSource, group: &ScanGroup, keep: &[usize]) -> Self {
        Self {
            store: source.name.clone(),
            version: source.version,
            files_total: group.files().len() as u64,
            files_read: keep.len() as u64,
            file_bytes: keep.iter().map(|file| group.files()[*file].size_bytes).sum(),
        }
    }

    /// Returns the files that statistics ruled out.
    pub fn files_pruned(&self) -> u64 {
        self.files_total - self.files_read
    }
}

/// Collects the scans of one query while it is planned.
#[derive(Debug, Default)]
pub struct ScanReport {
    entries: Mutex<Vec<ScanEntry>>,
    pinned: Mutex<Vec<PinnedTable>>,
    saved: Mutex<Vec<TableEntry>>,
}

impl ScanReport {
    pub(crate) fn add(&self, entry: ScanEntry) {
        self.entries.lock().push(entry);
    }

    /// Forgets everything, before the query is planned anew.
    pub(crate) fn clear(&self) {
        self.entries.lock().clear();
        self.pinned.lock().clear();
        self.saved.lock().clear();
    }

    /// Notes that the query is pinned to a version of a table.
    pub(crate) fn pin(&self, table: PinnedTable) {
        self.pinned.lock().push(table);
    }

    /// Returns the tables that the query names, in the order in which they were opened.
    pub fn pinned(&self) -> Vec<PinnedTable> {
        self.pinned.lock().clone()
    }

    /// Notes that the query uses a saved query or a reference table as it is now.
    pub(crate) fn use_saved(&self, entry: TableEntry) {
        self.saved.lock().push(entry);
    }

    /// Returns the saved queries and reference tables that the query uses, those inside of others too.
    pub(crate) fn saved(&self) -> Vec<TableEntry> {
        self.saved.lock().clone()
    }

    /// Returns one entry for each store, its groups and repeated scans added up.
    pub fn by_store(&self) -> Vec<ScanEntry> {
        let mut stores: BTreeMap<(String, u64), ScanEntry> = BTreeMap::new();
        for entry in self.entries.lock().iter() {
            let key = (entry.store.clone(), entry.version);
            match stores.get_mut(&key) {
                None => {
                    stores.insert(key, entry.clone());
                }
                Some(sum) => {
                    sum.files_total += entry.files_total;
                    sum.files_read += entry.files_read;
                    sum.file_bytes += entry.file_bytes;
                }
            }
        }
        stores.into_values().collect()
    }
}

/// What a query has read so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rows that scans looked at; rows skipped by statistics and indexes do not count.
    pub events_scanned: u64,
    /// Rows that passed the filters on their scan.
    pub events_matched: u64,
    /// Compressed bytes read from data files, footers not counted when they were cached.
    pub bytes_scanned: u64,
    /// Files of all scanned stores.
    pub files_total: u64,
    /// Files that pruning left to read.
    pub files_read: u64,
    /// Files of those that are through.
    pub files_done: u64,
    /// Rows handed out.
    pub rows_returned: u64,
}

impl Progress {
    /// Adds up the metrics of a running or finished plan.
    pub(crate) fn of(plan: &dyn ExecutionPlan, report: &ScanReport) -> Self {
        let mut progress = Self::default();
        add_metrics(plan, None, &mut progress);
        for entry in report.by_store() {
            progress.files_total += entry.files_total;
            progress.files_read += entry.files_read;
        }
        // A file that several threads read in parts counts more than once.
        progress.files_done = progress.files_done.min(progress.files_read);
        progress
    }
}

/// Walks the plan; `filter` is the number of rows that a filter right above passes, if there is one.
fn add_metrics(plan: &dyn ExecutionPlan, filtered: Option<u64>, progress: &mut Progress) {
    let metrics = plan.metrics();
    if plan.downcast_ref::<DataSourceExec>().is_some() {
        let Some(metrics) = metrics else { return };
        let passed = metrics.output_rows().unwrap_or(0) as u64;
        progress.events_scanned += passed + count(&metrics, "pushdown_rows_pruned");
        progress.events_matched += filtered.unwrap_or(passed);
        progress.bytes_scanned += count(&metrics, "bytes_scanned");
        progress.files_done += count(&metrics, "files_processed");
        return;
    }
    let passed = metrics.and_then(|metrics| metrics.output_rows()).map(|rows| rows as u64);
    let filtered = match plan.name() {
        "FilterExec" => passed,
        // These only move rows, and may stand between a filter and its scan.
        "RepartitionExec" | "CoalescePartitionsExec" | "CooperativeExec" | "ProjectionExec" => filtered,
        _ => None,
    };
    for child in plan.children() {
        add_metrics(child.as_ref(), filtered, progress);
    }
}

fn count(metrics: &MetricsSet, name: &str) -> u64 {
    metrics.sum_by_name(name).map_or(0, |value| value.as_usize() as u64)
}
