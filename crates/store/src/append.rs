//! Appends events to an event data store: rows, key files, ingest checkpoint, one commit.
//!
//! ```text
//! chunks --plan (dedupe)--> parts, key files --upload--> checkpoint file --upload--> Delta commit
//!            ^                                                                          |
//!            +---------------- refresh, plan again <------------ stale -----------------+
//! ```
//! Until the commit nothing is visible; after it everything is: rows and the record that their objects
//! are done. A writer that loses the race plans again against what the winner wrote, so an event that two
//! importers read at once is stored once.

use std::collections::{BTreeMap, HashMap as StdHashMap};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_events::EventKey;
use auditlake_events::schema::event_schema;
use auditlake_model::{Error, EventDataStoreId, EventDataStoreSettings, EventDate, Result};
use bytes::Bytes;
use deltalake_core::kernel::{Action, Add};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::checkpoint::{IngestCheckpoint, NextCheckpoint, Taken, checkpoint_path, quarantine_path};
use crate::checkpoint_file::encode_quarantine;
use crate::custody::{IngestedObject, ObjectIdentity, TakingRules};
use crate::dedupe::{AppendPlan, DayRows, EventChunk, plan_append};
use crate::key_cache::KeyCache;
use crate::keys::{KeyFile, key_file_path};
use crate::lake::Lake;
use crate::location::from_object_store;
use crate::part::{EncodedPart, encode_rows, hex};
use crate::snapshot::{
    DataFile, EVENT_DATE, Snapshot, TAG_INGEST_VERSION, TAG_PROMOTED, TAG_SHA256, settings_of,
};
use crate::table::{CommitOutcome, LogTable};

/// Attempts at one commit before giving up; each lost attempt means that somebody else got on.
const MAX_COMMIT_ATTEMPTS: u32 = 200;
/// Parts encoded at once.
const CONCURRENT_ENCODINGS: usize = 2;
/// Hive's name for a missing partition value, which Delta uses too.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// What one commit added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppendOutcome {
    /// The version that shows the rows; `None` when there was nothing to commit.
    pub version: Option<u64>,
    /// The objects taken, with final counts.
    pub objects: Vec<IngestedObject>,
    /// Objects left out because they are in the ingest checkpoint already.
    pub objects_skipped: u64,
    /// Data files written.
    pub files_written: u64,
    /// Their bytes.
    pub bytes_written: u64,
}

/// Appends to one event data store. One writer commits one thing at a time.
#[derive(Debug)]
pub struct EdsWriter {
    lake: Lake,
    folder: Path,
    table: LogTable,
    schema: SchemaRef,
    promoted: String,
    checkpoint: IngestCheckpoint,
    keys: KeyCache,
    /// Files of the loaded version, by day.
    files: BTreeMap<Option<EventDate>, Vec<DataFile>>,
    settings: EventDataStoreSettings,
    rules: TakingRules,
}

/// A part that is uploaded but not yet committed.
#[derive(Debug)]
struct UploadedPart {
    /// The rows it holds: a later plan with the same rows uses it again.
    rows: DayRows,
    path: String,
    size_bytes: i64,
    sha256: [u8; 32],
    stats: String,
    keys: Arc<KeyFile>,
}

impl EdsWriter {
    /// Opens a store for appending.
    ///
    /// # Errors
    /// `NotFound` when the store does not exist, `Corrupt` when its log or checkpoint is damaged.
    pub async fn open(lake: &Lake, id: EventDataStoreId) -> Result<Self> {
        let folder = lake.store_path(id);
        let table = LogTable::load(lake.log_store(id)).await?;
        let settings = settings_of(&table)?;
        let schema = event_schema(settings.category_class, &settings.promoted);
        let promoted: Vec<String> = settings.promoted.iter().map(|path| path.hidden_column()).collect();
        let mut writer = Self {
            keys: KeyCache::new(lake.object_store(), folder.clone()),
            lake: lake.clone(),
            folder,
            table,
            schema,
            promoted: promoted.join(","),
            checkpoint: IngestCheckpoint::default(),
            files: BTreeMap::new(),
            rules: TakingRules::of(&settings),
            settings,
        };
        writer.catch_up().await?;
        Ok(writer)
    }

    /// Returns the store's settings at the loaded version.
    pub fn settings(&self) -> &EventDataStoreSettings {
        &self.settings
    }

    /// Returns the schema that chunks must have.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Tells whether the store has taken the object as far as its settings allow, by what this writer has seen.
    pub fn has_taken(&self, identity: &ObjectIdentity) -> bool {
        self.checkpoint.taken(identity, &self.rules) == Taken::All
    }

    /// Appends the events of `chunks` that are new and marks their objects as done, in one commit.
    ///
    /// Objects that the store has taken are left out whole. Without any new object nothing is committed.
    ///
    /// # Errors
    /// Storage errors as they come; `Conflict` when other writers won every attempt;
    /// `InvalidEventDataStoreStatusException` when the store was deleted or stopped meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future may leave uploaded files that no version names; maintenance removes them.
    /// The commit itself happens whole or not at all.
    pub async fn append(&mut self, chunks: Arc<Vec<EventChunk>>) -> Result<AppendOutcome> {
        let mut uploaded: StdHashMap<Option<EventDate>, UploadedPart> = StdHashMap::new();
        for attempt in 0..MAX_COMMIT_ATTEMPTS {
            self.refuse_closed_store()?;
            let plan = self.plan(&chunks).await?;
            if plan.objects.is_empty() {
                self.discard(uploaded.into_values().collect()).await;
                return Ok(AppendOutcome { objects_skipped: plan.objects_skipped, ..Default::default() });
            }
            self.upload_parts(&chunks, &plan, &mut uploaded).await?;
            let next = self.upload_checkpoint(&plan).await?;
            let actions = self.add_actions(&uploaded)?;
            let operation = DeltaOperation::Write {
                mode: SaveMode::Append,
                partition_by: Some(vec![EVENT_DATE.to_owned()]),
                predicate: None,
            };
            let before = self.table.version()?;
            let outcome = self.table.try_commit(actions, operation, Some(next.number)).await?;
            let version = match outcome {
                CommitOutcome::Committed(version) => Some(version),
                CommitOutcome::Stale => self.after_lost_race(before, next.number, attempt).await?,
            };
            if let Some(version) = version {
                return self.finish_append(version, plan, uploaded).await;
            }
        }
        self.discard(uploaded.into_values().collect()).await;
        Err(Error::conflict("commit to event data store")
            .with_context("attempts", MAX_COMMIT_ATTEMPTS)
            .with_hint("Other writers commit all the time; run the import again when they are done."))
    }

    /// Writes a Delta checkpoint, so that readers need not replay every commit; call it once an import.
    pub async fn finish(&mut self) -> Result<()> {
        self.table.refresh().await?;
        self.table.write_checkpoint().await
    }

    /// Refreshes after a lost race and returns the version if the commit was ours after all.
    async fn after_lost_race(&mut self, before: u64, number: i64, attempt: u32) -> Result<Option<u64>> {
        // Only the version right after the planned base can be ours.
        if self.table.pointer_of_commit(before + 1).await? == Some(number) {
            self.table.refresh().await?;
            return Ok(Some(before + 1));
        }
        self.delete(&checkpoint_path(&self.folder, number)).await;
        self.delete(&quarantine_path(&self.folder, number)).await;
        if attempt > 0 {
            tokio::time::sleep(self.lake.pause(attempt)).await;
        }
        self.table.refresh().await?;
        self.catch_up().await?;
        Ok(None)
    }

    async fn catch_up(&mut self) -> Result<()> {
        let pointer = self.table.ingest_pointer().await?;
        self.checkpoint.advance(&self.lake.object_store(), &self.folder, pointer).await?;
        self.settings = settings_of(&self.table)?;
        self.rules = TakingRules::of(&self.settings);
        let snapshot = Snapshot::from_table(&self.table, &self.folder)?;
        self.files.clear();
        for file in snapshot.files {
            self.files.entry(file.event_date).or_default().push(file);
        }
        Ok(())
    }

    /// Refuses a store that takes no events.
    ///
    /// # Errors
    /// `Conflict` with the error name of the API.
    pub fn refuse_closed_store(&self) -> Result<()> {
        if self.settings.deleted_at.is_some() {
            return Err(Error::conflict("import into an event data store that is pending deletion")
                .with_code("InactiveEventDataStoreException")
                .with_context("store", &self.settings.name)
                .with_hint(format!("Restore it with `auditlake store restore {}`.", self.settings.name)));
        }
        if !self.settings.ingestion {
            return Err(Error::conflict("import into an event data store whose ingestion is stopped")
                .with_code("InvalidEventDataStoreStatusException")
                .with_context("store", &self.settings.name)
                .with_hint(format!(
                    "Start it with `auditlake store start-ingestion {}`.",
                    self.settings.name
                )));
        }
        Ok(())
    }

    async fn plan(&mut self, chunks: &Arc<Vec<EventChunk>>) -> Result<AppendPlan> {
        let mut stored = hashbrown::HashMap::new();
        for date in chunks.iter().flat_map(|chunk| &chunk.event_dates) {
            if stored.contains_key(date) {
                continue;
            }
            let files = self.files.get(date).map_or(&[][..], Vec::as_slice);
            stored.insert(*date, self.keys.load(files, &self.schema).await?);
        }
        plan_append(chunks, |identity| self.checkpoint.taken(identity, &self.rules), &stored)
    }

    /// Uploads a part for each day whose rows are not uploaded yet, and drops parts that a new plan has
    /// made wrong.
    async fn upload_parts(
        &self,
        chunks: &Arc<Vec<EventChunk>>,
        plan: &AppendPlan,
        uploaded: &mut StdHashMap<Option<EventDate>, UploadedPart>,
    ) -> Result<()> {
        self.discard(take_outdated(plan, uploaded)).await;
        let mut missing: Vec<(Option<EventDate>, DayRows)> = Vec::new();
        for (date, rows) in &plan.days {
            if !uploaded.contains_key(date) {
                missing.push((*date, rows.clone()));
            }
        }
        // Two days at once fill two cores; more would only hold more memory.
        let mut running: JoinSet<Result<(Option<EventDate>, EncodedDay)>> = JoinSet::new();
        let mut waiting = missing.into_iter();
        loop {
            while running.len() < CONCURRENT_ENCODINGS
                && let Some((date, rows)) = waiting.next()
            {
                let (chunks, schema) = (Arc::clone(chunks), Arc::clone(&self.schema));
                running.spawn_blocking(move || Ok((date, encode_day(&chunks, rows, &schema)?)));
            }
            let Some(encoded) = running.join_next().await else { return Ok(()) };
            let (date, day) = encoded.map_err(|e| Error::internal("encode part").with_source(e))??;
            let part = self.upload_part(date, day).await?;
            uploaded.insert(date, part);
        }
    }

    async fn upload_part(&self, date: Option<EventDate>, day: EncodedDay) -> Result<UploadedPart> {
        let path = part_path(date, self.lake.ids().uuid());
        let size_bytes = i64::try_from(day.part.bytes.len()).unwrap_or(i64::MAX);
        self.put(&self.in_store(&key_file_path(&path)), day.keys.encode()).await?;
        self.put(&self.in_store(&Path::from(path.as_str())), day.part.bytes).await?;
        Ok(UploadedPart {
            rows: day.rows,
            path,
            size_bytes,
            sha256: day.part.sha256,
            stats: day.part.stats,
            keys: Arc::new(day.keys),
        })
    }

    async fn upload_checkpoint(&self, plan: &AppendPlan) -> Result<NextCheckpoint> {
        let store = self.lake.object_store();
        let salt = self.lake.ids().uuid().as_u64_pair().1;
        let has_quarantine = !plan.quarantined.is_empty();
        let next = self.checkpoint.next(&store, &self.folder, &plan.objects, has_quarantine, salt).await?;
        if has_quarantine {
            let bytes = encode_quarantine(&plan.quarantined)?;
            self.put(&quarantine_path(&self.folder, next.number), bytes).await?;
        }
        self.put(&checkpoint_path(&self.folder, next.number), next.bytes.clone()).await?;
        Ok(next)
    }

    fn add_actions(&self, uploaded: &StdHashMap<Option<EventDate>, UploadedPart>) -> Result<Vec<Action>> {
        let now_ms = self.lake.clock().now().as_micros() / 1000;
        let version = self.table.version()? + 1;
        let add = |(date, part): (&Option<EventDate>, &UploadedPart)| {
            Action::Add(Add {
                path: part.path.clone(),
                partition_values: [(EVENT_DATE.to_owned(), partition_text(*date))].into(),
                size: part.size_bytes,
                modification_time: now_ms,
                data_change: true,
                stats: Some(part.stats.clone()),
                tags: Some(
                    [
                        (TAG_SHA256.to_owned(), Some(hex(&part.sha256))),
                        (TAG_PROMOTED.to_owned(), Some(self.promoted.clone())),
                        (TAG_INGEST_VERSION.to_owned(), Some(version.to_string())),
                    ]
                    .into(),
                ),
                ..Default::default()
            })
        };
        Ok(uploaded.iter().map(add).collect())
    }

    /// Brings the writer's own knowledge to the new version and sums up.
    async fn finish_append(
        &mut self,
        version: u64,
        plan: AppendPlan,
        uploaded: StdHashMap<Option<EventDate>, UploadedPart>,
    ) -> Result<AppendOutcome> {
        let outcome = AppendOutcome {
            version: Some(version),
            objects: plan.objects,
            objects_skipped: plan.objects_skipped,
            files_written: uploaded.len() as u64,
            bytes_written: uploaded.values().map(|part| part.size_bytes.unsigned_abs()).sum(),
        };
        for part in uploaded.into_values() {
            self.keys.insert(&part.path, part.keys);
        }
        self.catch_up().await?;
        Ok(outcome)
    }

    fn in_store(&self, path: &Path) -> Path {
        self.folder.parts().chain(path.parts()).collect()
    }

    async fn put(&self, path: &Path, bytes: Bytes) -> Result<()> {
        let put = self.lake.object_store().put(path, PutPayload::from_bytes(bytes)).await;
        put.map(|_| ()).map_err(|e| from_object_store("write to event data store", e))
    }

    /// Removes uploaded parts that will not be committed.
    async fn discard(&self, parts: Vec<UploadedPart>) {
        for part in parts {
            self.delete(&self.in_store(&Path::from(part.path.as_str()))).await;
            self.delete(&self.in_store(&key_file_path(&part.path))).await;
        }
    }

    /// Removes a file that no version names; what stays is an orphan that maintenance removes.
    async fn delete(&self, path: &Path) {
        if let Err(error) = self.lake.object_store().delete(path).await {
            tracing::debug!(%path, %error, "left an orphan file");
        }
    }
}

/// Takes out the parts whose rows the plan no longer wants.
fn take_outdated(
    plan: &AppendPlan,
    uploaded: &mut StdHashMap<Option<EventDate>, UploadedPart>,
) -> Vec<UploadedPart> {
    let is_outdated =
        |date: &Option<EventDate>, part: &mut UploadedPart| plan.days.get(date) != Some(&part.rows);
    uploaded.extract_if(is_outdated).map(|(_, part)| part).collect()
}

/// A day's part before upload.
#[derive(Debug)]
struct EncodedDay {
    rows: DayRows,
    part: EncodedPart,
    keys: KeyFile,
}

fn encode_day(chunks: &[EventChunk], rows: DayRows, schema: &SchemaRef) -> Result<EncodedDay> {
    let batches: Vec<&RecordBatch> = chunks.iter().map(|chunk| &chunk.rows).collect();
    let part = encode_rows(&batches, &rows.rows, schema)?;
    let keys: Vec<EventKey> = rows.rows.iter().map(|(chunk, row)| chunks[*chunk].keys[*row]).collect();
    Ok(EncodedDay { rows, part, keys: KeyFile::new(keys) })
}

/// Returns the partition value of a day as the Delta log spells it.
pub(crate) fn partition_text(date: Option<EventDate>) -> Option<String> {
    date.map(|date| date.to_string())
}

/// Returns a fresh name for a data file of `date`, from the store's folder.
pub(crate) fn part_path(date: Option<EventDate>, id: Uuid) -> String {
    format!("{EVENT_DATE}={}/part-{id}.parquet", partition_text(date).as_deref().unwrap_or(NULL_PARTITION))
}
