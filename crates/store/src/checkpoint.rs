//! The ingest checkpoint: which source objects an event data store has taken, with their custody.
//!
//! ```text
//! Delta txn "auditlake.ingest" --> _ingest/<number>.parquet   objects of one commit
//!                                       footer: live predecessors, quarantine files
//! ```
//! A checkpoint file is immutable and is named by the transaction of the same commit as the rows, so
//! rows and "this object is done" become visible together. Its footer names the older files that are
//! still live; a new file takes the rows of small predecessors into itself, so that a store with a
//! million commits still has a handful of live files.

use std::collections::BTreeMap;
use std::sync::Arc;

use auditlake_model::{Error, Result};
use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::checkpoint_file::{CheckpointFile, CheckpointHeader};
use crate::custody::{FilteredEvents, IngestedObject, ObjectIdentity, TakingRules};
use crate::location::from_object_store;

/// Live files above which small ones are merged.
const MAX_LIVE_FILES: usize = 8;

/// The source objects that a store has taken, as far as the loaded version knows.
#[derive(Debug, Default)]
pub struct IngestCheckpoint {
    pointer: Option<i64>,
    /// Live files and their rows.
    live: BTreeMap<i64, u64>,
    quarantine_files: Vec<i64>,
    /// Objects of which nothing was left out.
    whole: HashSet<ObjectIdentity>,
    /// The newest reading of the others.
    partly: HashMap<ObjectIdentity, Reading>,
}

/// How much of a source object a store has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was never read.
    Nothing,
    /// It was read, and another reading may bring more events.
    Part,
    /// All that the store takes of it.
    All,
}

/// What one reading of an object left out, and why.
#[derive(Debug, Clone, Copy)]
struct Reading {
    left_out: FilteredEvents,
    rules: TakingRules,
}

/// A checkpoint file that is ready for upload.
#[derive(Debug)]
pub(crate) struct NextCheckpoint {
    pub(crate) number: i64,
    pub(crate) bytes: Bytes,
}

impl IngestCheckpoint {
    /// Moves to the checkpoint file that `pointer` names, reading only files not read before.
    pub async fn advance(
        &mut self,
        store: &Arc<dyn ObjectStore>,
        folder: &Path,
        pointer: Option<i64>,
    ) -> Result<()> {
        let Some(number) = pointer.filter(|_| pointer != self.pointer) else { return Ok(()) };
        let newest = read_file(store, folder, number).await?;
        let mut live = BTreeMap::from([(number, newest.objects.len() as u64)]);
        // Numbers grow with time, so the newest reading of an object is remembered last.
        let mut predecessors = newest.header.predecessors.clone();
        predecessors.sort_unstable();
        for predecessor in &predecessors {
            let rows = match self.live.get(predecessor) {
                Some(rows) => *rows,
                None => {
                    let file = read_file(store, folder, *predecessor).await?;
                    self.remember(&file.objects);
                    file.objects.len() as u64
                }
            };
            live.insert(*predecessor, rows);
        }
        self.remember(&newest.objects);
        self.live = live;
        self.quarantine_files = newest.header.quarantine_files;
        self.pointer = Some(number);
        Ok(())
    }

    /// Tells how much of the object a store with these rules has taken.
    pub fn taken(&self, identity: &ObjectIdentity, rules: &TakingRules) -> Taken {
        match self.partly.get(identity) {
            _ if self.whole.contains(identity) => Taken::All,
            None => Taken::Nothing,
            Some(reading) if reading.is_done_under(rules) => Taken::All,
            Some(_) => Taken::Part,
        }
    }

    /// Returns the number of objects read.
    pub fn len(&self) -> usize {
        self.whole.len() + self.partly.len()
    }

    /// Tells whether no object was read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the numbers of the live checkpoint files.
    pub fn live_files(&self) -> impl Iterator<Item = i64> + '_ {
        self.live.keys().copied()
    }

    /// Returns the numbers of the files that hold quarantined records.
    pub fn quarantine_files(&self) -> &[i64] {
        &self.quarantine_files
    }

    /// Builds the checkpoint file that a commit of `objects` points to.
    ///
    /// `salt` (20 bits used) keeps the names of two racing writers apart.
    pub(crate) async fn next(
        &self,
        store: &Arc<dyn ObjectStore>,
        folder: &Path,
        objects: &[IngestedObject],
        has_quarantine: bool,
        salt: u64,
    ) -> Result<NextCheckpoint> {
        let number = next_number(self.pointer, salt);
        let (kept, merged) = choose_merge(&self.live, objects.len() as u64);
        let mut rows = Vec::new();
        for old in merged.into_iter().rev() {
            rows.extend(read_file(store, folder, old).await?.objects);
        }
        rows.extend_from_slice(objects);
        let mut quarantine_files = self.quarantine_files.clone();
        if has_quarantine {
            quarantine_files.push(number);
        }
        let header = CheckpointHeader { predecessors: kept, quarantine_files };
        Ok(NextCheckpoint { number, bytes: CheckpointFile { header, objects: rows }.encode()? })
    }

    fn remember(&mut self, objects: &[IngestedObject]) {
        for object in objects {
            let identity = object.source.identity();
            let reading = Reading { left_out: object.filtered, rules: object.rules };
            if reading.is_whole() {
                self.partly.remove(&identity);
                self.whole.insert(identity);
            } else if !self.whole.contains(&identity) {
                self.partly.insert(identity, reading);
            }
        }
    }
}

impl Reading {
    /// Tells whether no other rules could bring more events. The class of a store, and with it the categories
    /// that it takes, never changes.
    fn is_whole(&self) -> bool {
        let left_out = &self.left_out;
        left_out.by_time_range + left_out.by_selector + left_out.by_retention == 0
    }

    /// Tells whether reading the object again under `rules` could bring no event that this reading left out.
    ///
    /// What was outside `--since` and `--until` may always be asked for later. Reading twice is safe: events
    /// taken before are duplicates then.
    fn is_done_under(&self, rules: &TakingRules) -> bool {
        let left_out = &self.left_out;
        left_out.by_time_range == 0
            && (left_out.by_selector == 0 || rules.selectors == self.rules.selectors)
            && (left_out.by_retention == 0 || !rules.keeps_longer_than(&self.rules))
    }
}

/// Reads every object that the store has taken; order is by checkpoint file.
pub async fn read_objects(
    store: &Arc<dyn ObjectStore>,
    folder: &Path,
    checkpoint: &IngestCheckpoint,
) -> Result<Vec<IngestedObject>> {
    let mut objects = Vec::with_capacity(checkpoint.len());
    for number in checkpoint.live_files() {
        objects.extend(read_file(store, folder, number).await?.objects);
    }
    Ok(objects)
}

/// Returns the path of a checkpoint file, from the root of the lake's object store.
pub(crate) fn checkpoint_path(folder: &Path, number: i64) -> Path {
    folder.clone().join("_ingest").join(format!("{number:020}.parquet"))
}

/// Returns the path of the quarantine file of the same commit.
pub(crate) fn quarantine_path(folder: &Path, number: i64) -> Path {
    folder.clone().join("_ingest").join(format!("{number:020}.quarantine.parquet"))
}

async fn read_file(store: &Arc<dyn ObjectStore>, folder: &Path, number: i64) -> Result<CheckpointFile> {
    let path = checkpoint_path(folder, number);
    let read = async { store.get(&path).await?.bytes().await };
    let bytes = read.await.map_err(|e| from_object_store("read ingest checkpoint", e))?;
    CheckpointFile::decode(bytes).map_err(|e: Error| e.with_context("file", &path))
}

/// A sequence number in the upper bits, so that numbers grow, and random lower bits.
fn next_number(pointer: Option<i64>, salt: u64) -> i64 {
    let sequence = pointer.map_or(0, |number| number >> 20) + 1;
    let salt = i64::try_from(salt & 0xF_FFFF).unwrap_or_default();
    sequence << 20 | salt
}

/// Splits the live files into those kept and those whose rows the new file takes in.
///
/// Merging takes the newest files as long as each is at most twice the rows gathered so far: every
/// row is rewritten only when its file at least grows by half, so O(log n) times.
fn choose_merge(live: &BTreeMap<i64, u64>, new_rows: u64) -> (Vec<i64>, Vec<i64>) {
    if live.len() < MAX_LIVE_FILES {
        return (live.keys().copied().collect(), Vec::new());
    }
    let mut gathered = new_rows.max(1);
    let mut merged = Vec::new();
    for (number, rows) in live.iter().rev() {
        // Above the limit at least one file goes, whatever its size.
        if *rows > gathered.saturating_mul(2) && !merged.is_empty() {
            break;
        }
        gathered += rows;
        merged.push(*number);
    }
    let kept = live.keys().copied().filter(|number| !merged.contains(number)).collect();
    (kept, merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_whatever_the_salt() {
        let first = next_number(None, u64::MAX);
        let second = next_number(Some(first), 0);
        assert!(second > first);
    }

    #[test]
    fn a_thousand_commits_leave_a_handful_of_live_files() {
        let mut live = BTreeMap::new();
        let mut rewritten = 0;
        for number in 0..1_000_i64 {
            let (kept, merged) = choose_merge(&live, 10);
            let taken: u64 = merged.iter().map(|m| live[m]).sum();
            rewritten += taken;
            let mut next: BTreeMap<i64, u64> = kept.iter().map(|k| (*k, live[k])).collect();
            next.insert(number, 10 + taken);
            live = next;
        }
        assert_eq!(live.values().sum::<u64>(), 10_000);
        assert!(live.len() <= MAX_LIVE_FILES + 1, "{live:?}");
        assert!(rewritten < 10_000 * 12, "{rewritten}");
    }
}
