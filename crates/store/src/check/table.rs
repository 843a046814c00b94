//! Checking one table: its log, data files, ingest checkpoint and what else lies in its folder.

use std::collections::{BTreeMap, HashSet};

use auditlake_model::{Error, ErrorKind, Result, Timestamp};
use deltalake_core::kernel::Add;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectMeta;
use object_store::path::Path;

use super::hash::hash_object;
use super::{CheckReport, FindingKind, is_old};
use crate::checkpoint::{IngestCheckpoint, checkpoint_path, quarantine_path};
use crate::keys::key_file_path;
use crate::lake::Lake;
use crate::location::from_object_store;
use crate::snapshot::{TAG_SHA256, active_adds};
use crate::table::{LogTable, delta_error};

/// Files that are hashed at the same time.
const CONCURRENT_HASHES: usize = 4;
/// Folder of the Delta log, which the Delta protocol looks after.
const LOG_FOLDER: &str = "_delta_log";

/// The files in a table's folder.
type Listing = BTreeMap<Path, ObjectMeta>;

impl Lake {
    /// Returns the folders of all event data stores and system tables.
    pub(super) async fn table_folders(&self) -> Result<Vec<Path>> {
        let mut folders: Vec<Path> =
            self.store_ids().await?.into_iter().map(|id| self.store_path(id)).collect();
        folders.extend(self.system_folders().await?);
        folders.sort();
        Ok(folders)
    }

    pub(super) async fn check_table(
        &self,
        folder: &Path,
        deep: bool,
        orphan_before: Timestamp,
        report: &mut CheckReport,
    ) -> Result<()> {
        let store = self.object_store();
        let listed: Vec<ObjectMeta> =
            store.list(Some(folder)).try_collect().await.map_err(|e| from_object_store("list files", e))?;
        let listing: Listing = listed.into_iter().map(|meta| (meta.location.clone(), meta)).collect();
        let mut known = HashSet::new();
        match LogTable::load(self.log_store_at(folder)).await {
            Ok(table) => {
                report.tables += 1;
                let promised = self.promised_files(&table, folder, report).await;
                known = promised.unwrap_or_else(|error| {
                    report.add(FindingKind::Unreadable, folder, 0, error.report());
                    // Without the promises, nothing can be called an orphan.
                    listing.keys().cloned().collect()
                });
                self.check_data_files(&active_adds(&table)?, folder, &listing, deep, report).await;
            }
            // A purge that was cut short, or a creation: all that is left are orphans.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                report.add(FindingKind::Unreadable, &folder.clone().join(LOG_FOLDER), 0, error.report());
                return Ok(());
            }
        }
        let log = folder.clone().join(LOG_FOLDER);
        let strangers = listing.values().filter(|meta| !known.contains(&meta.location));
        for meta in strangers.filter(|meta| !meta.location.prefix_matches(&log)) {
            if is_old(meta.last_modified, orphan_before) {
                report.add(FindingKind::Orphan, &meta.location, meta.size, "no version names it");
            }
        }
        Ok(())
    }

    /// Returns every file that the table names, removed data files too, since a pinned snapshot may
    /// still read those.
    ///
    /// The ingest checkpoint is checked on the way.
    async fn promised_files(
        &self,
        table: &LogTable,
        folder: &Path,
        report: &mut CheckReport,
    ) -> Result<HashSet<Path>> {
        let below = |relative: &str| -> Path { folder.parts().chain(Path::from(relative).parts()).collect() };
        let mut data_files: Vec<String> = active_adds(table)?.into_iter().map(|add| add.path).collect();
        let log_store = table.log_store();
        let mut tombstones = table.state()?.all_tombstones(log_store.as_ref());
        while let Some(tombstone) = tombstones.next().await {
            let tombstone = tombstone.map_err(|e| delta_error("read removed files", e))?;
            data_files.push(tombstone.path().into_owned());
        }
        let mut known = HashSet::new();
        for data_file in data_files {
            known.insert(below(&data_file));
            known.insert(below(key_file_path(&data_file).as_ref()));
        }
        for path in self.checkpoint_files(table, folder, report).await? {
            known.insert(path);
        }
        Ok(known)
    }

    /// Reads the ingest checkpoint and returns its files; what cannot be read is a finding.
    async fn checkpoint_files(
        &self,
        table: &LogTable,
        folder: &Path,
        report: &mut CheckReport,
    ) -> Result<Vec<Path>> {
        let pointer = table.ingest_pointer().await?;
        let store = self.object_store();
        let mut checkpoint = IngestCheckpoint::default();
        if let Err(error) = checkpoint.advance(&store, folder, pointer).await {
            let path = pointer.map_or_else(|| folder.clone(), |number| checkpoint_path(folder, number));
            report.add(kind_of(&error), &path, 0, error.report());
            return Err(Error::corrupt("the ingest checkpoint cannot be followed"));
        }
        let mut files: Vec<Path> =
            checkpoint.live_files().map(|number| checkpoint_path(folder, number)).collect();
        for number in checkpoint.quarantine_files() {
            let path = quarantine_path(folder, *number);
            report.files += 1;
            if let Err(error) = hash_object(store.as_ref(), &path).await {
                report.add(kind_of(&error), &path, 0, "holds quarantined records");
            }
            files.push(path);
        }
        report.files += checkpoint.live_files().count() as u64;
        Ok(files)
    }

    async fn check_data_files(
        &self,
        adds: &[Add],
        folder: &Path,
        listing: &Listing,
        deep: bool,
        report: &mut CheckReport,
    ) {
        let mut to_hash = Vec::new();
        for add in adds {
            let path: Path = folder.parts().chain(Path::from(add.path.as_str()).parts()).collect();
            let promised_bytes = add.size.unsigned_abs();
            report.files += 1;
            report.bytes += promised_bytes;
            match listing.get(&path) {
                None => report.add(FindingKind::Missing, &path, 0, lost_rows(add)),
                Some(meta) if meta.size != promised_bytes => {
                    let detail = format!("has {} bytes, {promised_bytes} were committed", meta.size);
                    report.add(FindingKind::Changed, &path, meta.size, detail);
                }
                Some(_) => {
                    match add.tags.as_ref().and_then(|tags| tags.get(TAG_SHA256)).and_then(Clone::clone) {
                        Some(promised) if deep => to_hash.push((path, promised)),
                        None if deep => report.files_without_hash += 1,
                        _ => {}
                    }
                }
            }
        }
        self.check_hashes(to_hash, report).await;
    }

    async fn check_hashes(&self, files: Vec<(Path, String)>, report: &mut CheckReport) {
        let store = self.object_store();
        let hashes = files.into_iter().map(|(path, promised)| {
            let store = &store;
            async move { (hash_object(store.as_ref(), &path).await, path, promised) }
        });
        let mut hashes = futures::stream::iter(hashes).buffer_unordered(CONCURRENT_HASHES);
        while let Some((outcome, path, promised)) = hashes.next().await {
            match outcome {
                Ok((hash, size_bytes)) => {
                    report.bytes_hashed += size_bytes;
                    if hash != promised {
                        let detail = format!("has SHA-256 {hash}, {promised} was committed");
                        report.add(FindingKind::Changed, &path, size_bytes, detail);
                    }
                }
                Err(error) => report.add(kind_of(&error), &path, 0, error.report()),
            }
        }
    }
}

fn kind_of(error: &Error) -> FindingKind {
    match error.kind() {
        ErrorKind::NotFound => FindingKind::Missing,
        _ => FindingKind::Unreadable,
    }
}

/// Says what is lost with a data file.
fn lost_rows(add: &Add) -> String {
    match add.partition_values.get(crate::snapshot::EVENT_DATE) {
        Some(Some(date)) => format!("held {} bytes of events of {date}", add.size),
        _ => format!("held {} bytes", add.size),
    }
}
