//! Deletes files that no version needs any more.
//!
//! | file | goes when |
//! |---|---|
//! | data file out of the log | removed longer ago than `keep_removed` |
//! | data file of no commit, key file of neither | older than `orphan_age` |
//! | ingest checkpoint that is not live | older than `orphan_age` |
//!
//! The log itself is never touched here.

use std::collections::{HashMap, HashSet};

use auditlake_model::{Result, Timestamp};
use futures::TryStreamExt;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::{MaintainOutcome, Maintenance};
use crate::checkpoint::{IngestCheckpoint, checkpoint_path, quarantine_path};
use crate::keys::key_file_path;
use crate::location::from_object_store;
use crate::table::delta_error;

impl Maintenance<'_> {
    pub(super) async fn sweep(&mut self, outcome: &mut MaintainOutcome) -> Result<()> {
        self.table.refresh().await?;
        let needed = self.needed_files().await?;
        let removed_at = self.removed_files().await?;
        let now = self.lake.clock().now();
        let listed = self.lake.object_store().list(Some(self.folder)).try_collect::<Vec<ObjectMeta>>().await;
        let listed = listed.map_err(|e| from_object_store("list event data store", e))?;
        let log = self.folder.clone().join("_delta_log");
        for meta in listed {
            if meta.location.prefix_matches(&log) || needed.contains(&meta.location) {
                continue;
            }
            let written_at = Timestamp::from_millis(meta.last_modified.timestamp_millis());
            let (since, wait) = match removed_at.get(&meta.location) {
                Some(at) => (*at, self.options.keep_removed),
                None => (written_at, self.options.orphan_age),
            };
            if now.saturating_duration_since(since) > wait {
                self.delete_quietly(&meta.location).await;
                outcome.files_deleted += 1;
            }
        }
        Ok(())
    }

    /// Lists what the newest version reads.
    async fn needed_files(&self) -> Result<HashSet<Path>> {
        let mut needed = HashSet::new();
        for file in self.snapshot()?.files {
            needed.insert(self.in_store(&key_file_path(&file.relative_path)));
            needed.insert(file.path);
        }
        let mut checkpoint = IngestCheckpoint::default();
        let pointer = self.table.ingest_pointer().await?;
        checkpoint.advance(&self.lake.object_store(), self.folder, pointer).await?;
        needed.extend(checkpoint.live_files().map(|number| checkpoint_path(self.folder, number)));
        needed
            .extend(checkpoint.quarantine_files().iter().map(|number| quarantine_path(self.folder, *number)));
        Ok(needed)
    }

    /// Returns when each file that left the log did so; its key file goes with it.
    async fn removed_files(&self) -> Result<HashMap<Path, Timestamp>> {
        let log_store = self.table.log_store();
        let mut tombstones = self.table.state()?.all_tombstones(log_store.as_ref());
        let mut removed = HashMap::new();
        while let Some(tombstone) =
            tombstones.try_next().await.map_err(|e| delta_error("read removed files", e))?
        {
            let Some(at) = tombstone.deletion_timestamp() else { continue };
            let path = tombstone.path();
            let at = Timestamp::from_millis(at);
            removed.insert(self.in_store(&Path::from(path.as_ref())), at);
            removed.insert(self.in_store(&key_file_path(&path)), at);
        }
        Ok(removed)
    }
}
