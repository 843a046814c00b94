//! Maintenance of one event data store: expired events, small files, leftovers, purge.
//!
//! ```text
//! pending deletion for 7 days --purge--> gone
//! expired files  --remove commit-->  \
//! small files    --compact commit-->  > left in place for running queries --after a while--> deleted
//! orphans (killed imports)            /
//! ```
//! Beside the stores, [`Lake::tidy`] removes half-written files and the merged files of system tables.
//! Queries run on: a snapshot taken before keeps its files until they have been out of the log for
//! [`MaintainOptions::keep_removed`].

mod compact;
mod expire;
mod purge;
mod sweep;

use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::Schema;
use auditlake_model::{EventDataStoreId, Result};
use object_store::path::Path;
use serde::Serialize;

use crate::lake::Lake;
use crate::snapshot::Snapshot;
use crate::table::LogTable;

/// Lost races after which one step of maintenance is left for the next run.
const MAX_ATTEMPTS: u32 = 20;

/// Bounds of one maintenance run.
#[derive(Debug, Clone, Copy)]
pub struct MaintainOptions {
    /// Files below this size are merged with others of their day.
    pub small_file_bytes: u64,
    /// Input of one merge; bounds the memory, since a merge is decoded whole.
    pub merge_bytes: u64,
    /// How long removed files stay for queries that still read them.
    pub keep_removed: Duration,
    /// How old a file without any commit must be to count as a killed import's leftover.
    pub orphan_age: Duration,
}

impl Default for MaintainOptions {
    /// 16 MiB, 24 MiB (some 160,000 events, 300 MB decoded), 1 day, 1 day.
    fn default() -> Self {
        let day = Duration::from_secs(86_400);
        Self { small_file_bytes: 16 << 20, merge_bytes: 24 << 20, keep_removed: day, orphan_age: day }
    }
}

/// What a maintenance run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MaintainOutcome {
    /// Whether the store was purged; nothing else was done then.
    pub purged: bool,
    /// Files whose events had all expired.
    pub expired_files: u64,
    /// Their events.
    pub expired_events: u64,
    /// Small files that were merged.
    pub files_merged: u64,
    /// Files that they were merged into.
    pub files_written: u64,
    /// Files deleted for good.
    pub files_deleted: u64,
}

/// What a tidying of the lake outside its stores did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TidyOutcome {
    /// Half-written files of killed processes that were deleted.
    pub half_written_files: u64,
    /// Files of system tables that were merged into others and are now deleted.
    pub system_files: u64,
}

impl Lake {
    /// Tidies what belongs to no store: half-written files, and the merged files of system tables.
    ///
    /// # Errors
    /// `PermissionDenied` on a lake that can only be read; those of storage.
    pub async fn tidy(&self, options: &MaintainOptions) -> Result<TidyOutcome> {
        self.ensure_writable().await?;
        let half_written_files = self.remove_leftovers(options.orphan_age).await?;
        let mut outcome = TidyOutcome { half_written_files, system_files: 0 };
        for folder in self.system_folders().await? {
            let Some(name) = folder.filename() else { continue };
            // Files are told apart by their names only, whatever the columns.
            let table = self.system_table(name, Arc::new(Schema::empty()))?;
            outcome.system_files += table.remove_unused_files(options.keep_removed).await?;
        }
        Ok(outcome)
    }

    /// Maintains one store. Each step commits on its own; an interrupted run is continued by the next.
    ///
    /// # Errors
    /// `NotFound` when the store does not exist; those of storage.
    pub async fn maintain(&self, id: EventDataStoreId, options: &MaintainOptions) -> Result<MaintainOutcome> {
        self.ensure_writable().await?;
        let folder = self.store_path(id);
        let mut table = LogTable::load(self.log_store(id)).await?;
        let snapshot = Snapshot::from_table(&table, &folder)?;
        let now = self.clock().now();
        if snapshot.settings.purge_at().is_some_and(|at| at <= now) {
            purge::purge(self, &folder).await?;
            return Ok(MaintainOutcome { purged: true, ..MaintainOutcome::default() });
        }
        let mut outcome = MaintainOutcome::default();
        let mut step = Maintenance { lake: self, folder: &folder, table: &mut table, options };
        step.expire(&mut outcome).await?;
        step.compact(&mut outcome).await?;
        step.sweep(&mut outcome).await?;
        if outcome.expired_files + outcome.files_merged > 0 {
            table.write_checkpoint().await?;
        }
        Ok(outcome)
    }
}

/// The store under maintenance.
struct Maintenance<'a> {
    lake: &'a Lake,
    folder: &'a Path,
    table: &'a mut LogTable,
    options: &'a MaintainOptions,
}

impl Maintenance<'_> {
    fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::from_table(self.table, self.folder)
    }

    fn in_store(&self, path: &Path) -> Path {
        self.folder.parts().chain(path.parts()).collect()
    }
}
