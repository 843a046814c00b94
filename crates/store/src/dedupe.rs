//! Decides, without I/O, which rows of a commit are new.
//!
//! ```text
//! chunks (decoded rows of some objects) --skip objects already taken-->
//!   rows --same event earlier in this commit?--> duplicate
//!        --same event stored (key files of its day)?--> duplicate
//!        --other event under the same id?--> kept, counted as conflict
//!   --> one plan a day, rows ordered by eventTime
//! ```
//! The same event always has the same eventTime, so the key files of its own day tell everything about
//! duplicates. A different event under a used eventID is found when it falls on the same day or comes in
//! the same commit.
//!
//! # Source
//! ARCHITECTURE.md decision 7.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use auditlake_events::EventKey;
use auditlake_model::{EventDate, Result};
use hashbrown::{HashMap, HashSet};

use crate::checkpoint::Taken;
use crate::custody::{IngestedObject, ObjectIdentity, QuarantinedRecord};
use crate::keys::{KeyFile, Stored};

/// Decoded rows of one or more source objects.
///
/// `rows`, `event_dates` and `keys` are parallel; the objects' row ranges follow each other and cover
/// all rows.
#[derive(Debug, Clone)]
pub struct EventChunk {
    /// Events in the order of their objects; schema of `auditlake_events::schema::event_schema`.
    pub rows: RecordBatch,
    /// Partition of each row; `None` without a readable eventTime.
    pub event_dates: Vec<Option<EventDate>>,
    /// Identity of each row.
    pub keys: Vec<EventKey>,
    /// The objects that the rows come from.
    pub objects: Vec<ChunkObject>,
}

/// One source object of a chunk.
#[derive(Debug, Clone)]
pub struct ChunkObject {
    /// The object; `stored`, `duplicates` and `conflicts` are filled at commit.
    pub object: IngestedObject,
    /// Its rows in the chunk.
    pub rows: Range<usize>,
    /// Its records that cannot be events.
    pub quarantined: Vec<QuarantinedRecord>,
}

/// A row: chunk and row number in it, as `arrow::compute::interleave` takes them.
pub(crate) type RowRef = (usize, usize);

/// The rows that a commit adds to one day, in file order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DayRows {
    pub(crate) rows: Vec<RowRef>,
}

/// What a commit would do against one version of the store.
#[derive(Debug, Default)]
pub(crate) struct AppendPlan {
    pub(crate) days: BTreeMap<Option<EventDate>, DayRows>,
    /// Objects that the commit takes, with final counts.
    pub(crate) objects: Vec<IngestedObject>,
    pub(crate) quarantined: Vec<QuarantinedRecord>,
    /// Objects that somebody else has taken meanwhile, or that came twice.
    pub(crate) objects_skipped: u64,
}

/// Where one candidate row belongs.
struct Candidate {
    row: RowRef,
    key: EventKey,
    date: Option<EventDate>,
    time: Option<i64>,
    /// Index into the plan's objects.
    object: usize,
}

/// Plans the commit of `chunks`.
///
/// `taken` tells what the ingest checkpoint knows of an object; `stored` holds the key files of every
/// day that the chunks touch.
pub(crate) fn plan_append(
    chunks: &[EventChunk],
    taken: impl Fn(&ObjectIdentity) -> Taken,
    stored: &HashMap<Option<EventDate>, Vec<Arc<KeyFile>>>,
) -> Result<AppendPlan> {
    let mut plan = AppendPlan::default();
    let candidates = candidates(chunks, taken, &mut plan)?;
    let mut new: Vec<Candidate> = Vec::with_capacity(candidates.len());
    let mut events: HashSet<(u64, u64)> = HashSet::with_capacity(candidates.len());
    let mut ids: HashSet<u64> = HashSet::with_capacity(candidates.len());
    for candidate in candidates {
        let key = candidate.key;
        let known = stored.get(&candidate.date).map_or(Stored::Absent, |files| lookup(files, &key));
        let object = &mut plan.objects[candidate.object];
        let is_new_event = events.insert((key.id_hash, key.content_hash));
        let is_new_id = ids.insert(key.id_hash);
        if !is_new_event || known == Stored::Same {
            object.duplicates += 1;
            continue;
        }
        if !is_new_id || known == Stored::Different {
            object.conflicts += 1;
        }
        object.stored += 1;
        new.push(candidate);
    }
    // Rows without a time come first; equal times keep the order of arrival.
    new.sort_by_key(|candidate| (candidate.date, candidate.time));
    for candidate in new {
        plan.days.entry(candidate.date).or_default().rows.push(candidate.row);
    }
    Ok(plan)
}

/// Lists the rows of objects not yet taken, filling `plan` with those objects.
fn candidates(
    chunks: &[EventChunk],
    taken: impl Fn(&ObjectIdentity) -> Taken,
    plan: &mut AppendPlan,
) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let mut in_this_commit = HashSet::new();
    for (chunk_number, chunk) in chunks.iter().enumerate() {
        let times = event_times(&chunk.rows)?;
        for part in &chunk.objects {
            let identity = part.object.source.identity();
            let taken = taken(&identity);
            if taken == Taken::All || !in_this_commit.insert(identity) {
                plan.objects_skipped += 1;
                continue;
            }
            let object = plan.objects.len();
            plan.objects.push(part.object.clone());
            if taken == Taken::Nothing {
                // An earlier reading has put them into quarantine.
                plan.quarantined.extend(part.quarantined.iter().cloned());
            }
            candidates.extend(part.rows.clone().map(|row| Candidate {
                row: (chunk_number, row),
                key: chunk.keys[row],
                date: chunk.event_dates[row],
                time: times.is_valid(row).then(|| times.value(row)),
                object,
            }));
        }
    }
    Ok(candidates)
}

fn event_times(rows: &RecordBatch) -> Result<&arrow::array::TimestampMicrosecondArray> {
    rows.column_by_name("eventTime")
        .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| {
            auditlake_model::Error::internal("plan append").with_detail("the chunk has no eventTime")
        })
}

fn lookup(files: &[Arc<KeyFile>], key: &EventKey) -> Stored {
    let mut found = Stored::Absent;
    for file in files {
        match file.lookup(key) {
            Stored::Same => return Stored::Same,
            Stored::Different => found = Stored::Different,
            Stored::Absent => {}
        }
    }
    found
}
