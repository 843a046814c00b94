//! Merges small files of a day into one.
//!
//! The merged file holds the same rows: its commit says so (`dataChange` false), so that readers of
//! changes pass over it. Every row gets the store version that first showed it, which until then stood in
//! the tags of its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use auditlake_events::event_keys;
use auditlake_events::schema::{EVENT_TIME, INGEST_VERSION};
use auditlake_model::{Error, EventDate, Result};
use deltalake_core::kernel::{Action, Add};
use deltalake_core::protocol::DeltaOperation;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use super::{MAX_ATTEMPTS, MaintainOutcome, Maintenance};
use crate::append::{part_path, partition_text};
use crate::keys::{KeyFile, key_file_path};
use crate::location::from_object_store;
use crate::part::{EncodedPart, encode_rows, hex};
use crate::read::read_data_file;
use crate::snapshot::{DataFile, EVENT_DATE, Snapshot, TAG_PROMOTED, TAG_SHA256};
use crate::table::CommitOutcome;

/// A merged file, uploaded and not yet committed.
struct Merged {
    path: String,
    part: EncodedPart,
    promoted: Vec<String>,
}

impl Maintenance<'_> {
    pub(super) async fn compact(&mut self, outcome: &mut MaintainOutcome) -> Result<()> {
        for (date, inputs) in
            merge_groups(&self.snapshot()?, self.options.small_file_bytes, self.options.merge_bytes)
        {
            self.merge(date, &inputs, outcome).await?;
        }
        Ok(())
    }

    async fn merge(
        &mut self,
        date: Option<EventDate>,
        inputs: &[DataFile],
        outcome: &mut MaintainOutcome,
    ) -> Result<()> {
        let merged = self.write_merged(date, inputs).await?;
        for attempt in 0..MAX_ATTEMPTS {
            let active = self.snapshot()?.files;
            if !inputs.iter().all(|input| active.iter().any(|file| file.relative_path == input.relative_path))
            {
                // Expired or compacted by somebody else: their files are the truth now.
                break;
            }
            let operation = DeltaOperation::Optimize {
                predicate: None,
                target_size: i64::try_from(self.options.merge_bytes).unwrap_or(i64::MAX),
            };
            let actions = self.merge_actions(date, inputs, &merged);
            let committed = self.table.try_commit(actions, operation, None).await?;
            if matches!(committed, CommitOutcome::Committed(_)) || self.is_active(&merged.path).await? {
                outcome.files_merged += inputs.len() as u64;
                outcome.files_written += 1;
                return Ok(());
            }
            tokio::time::sleep(self.lake.pause(attempt)).await;
            self.table.refresh().await?;
        }
        self.delete_quietly(&self.in_store(&Path::from(merged.path.as_str()))).await;
        self.delete_quietly(&self.in_store(&key_file_path(&merged.path))).await;
        Ok(())
    }

    /// Tells whether the newest version holds the file: a commit with an open outcome may have landed.
    async fn is_active(&mut self, path: &str) -> Result<bool> {
        self.table.refresh().await?;
        Ok(self.snapshot()?.files.iter().any(|file| file.relative_path == path))
    }

    async fn write_merged(&self, date: Option<EventDate>, inputs: &[DataFile]) -> Result<Merged> {
        let schema = self.snapshot()?.schema;
        let store = self.lake.object_store();
        let mut batches = Vec::new();
        for input in inputs {
            for batch in read_data_file(&store, input, &schema).await? {
                batches.push(with_ingest_version(&batch, input.ingest_version)?);
            }
        }
        let (part, keys) = tokio::task::spawn_blocking(move || -> Result<(EncodedPart, KeyFile)> {
            let part = encode_rows(&batches.iter().collect::<Vec<_>>(), &time_order(&batches)?, &schema)?;
            let mut keys = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
            for batch in &batches {
                keys.extend(event_keys(batch)?);
            }
            Ok((part, KeyFile::new(keys)))
        })
        .await
        .map_err(|e| Error::internal("merge data files").with_source(e))??;
        let path = part_path(date, self.lake.ids().uuid());
        self.put(&key_file_path(&path), keys.encode()).await?;
        self.put(&Path::from(path.as_str()), part.bytes.clone()).await?;
        Ok(Merged { path, part, promoted: common_promoted(inputs) })
    }

    fn merge_actions(&self, date: Option<EventDate>, inputs: &[DataFile], merged: &Merged) -> Vec<Action> {
        let now_ms = self.lake.clock().now().as_millis();
        let mut actions: Vec<Action> =
            inputs.iter().map(|file| Action::Remove(file.remove_action(now_ms, false))).collect();
        actions.push(Action::Add(Add {
            path: merged.path.clone(),
            partition_values: [(EVENT_DATE.to_owned(), partition_text(date))].into(),
            size: i64::try_from(merged.part.bytes.len()).unwrap_or(i64::MAX),
            modification_time: now_ms,
            data_change: false,
            stats: Some(merged.part.stats.clone()),
            tags: Some(
                [
                    (TAG_SHA256.to_owned(), Some(hex(&merged.part.sha256))),
                    (TAG_PROMOTED.to_owned(), Some(merged.promoted.join(","))),
                ]
                .into(),
            ),
            ..Default::default()
        }));
        actions
    }

    async fn put(&self, path: &Path, bytes: bytes::Bytes) -> Result<()> {
        let put = self.lake.object_store().put(&self.in_store(path), PutPayload::from_bytes(bytes)).await;
        put.map(|_| ()).map_err(|e| from_object_store("write merged data file", e))
    }

    pub(super) async fn delete_quietly(&self, path: &Path) {
        if let Err(error) = self.lake.object_store().delete(path).await {
            tracing::debug!(%path, %error, "left an orphan file");
        }
    }
}

/// Groups small files by day, each group within `merge_bytes` and worth merging.
fn merge_groups(
    snapshot: &Snapshot,
    small_file_bytes: u64,
    merge_bytes: u64,
) -> Vec<(Option<EventDate>, Vec<DataFile>)> {
    let mut days: BTreeMap<Option<EventDate>, Vec<&DataFile>> = BTreeMap::new();
    for file in snapshot.files.iter().filter(|file| file.size_bytes < small_file_bytes) {
        days.entry(file.event_date).or_default().push(file);
    }
    let mut groups = Vec::new();
    for (date, mut files) in days {
        files.sort_by(|a, b| (a.size_bytes, &a.relative_path).cmp(&(b.size_bytes, &b.relative_path)));
        let (mut group, mut bytes) = (Vec::new(), 0);
        for file in files {
            if bytes + file.size_bytes > merge_bytes && !group.is_empty() {
                groups.push((date, std::mem::take(&mut group)));
                bytes = 0;
            }
            bytes += file.size_bytes;
            group.push(file.clone());
        }
        groups.push((date, group));
    }
    groups.retain(|(_, group)| group.len() > 1);
    groups
}

/// Writes the version of a file's tag into the rows that carry none.
fn with_ingest_version(batch: &RecordBatch, version: Option<i64>) -> Result<RecordBatch> {
    let failed = |e| Error::internal("merge data files").with_source(e);
    let Some(version) = version else { return Ok(batch.clone()) };
    let index = batch.schema().index_of(INGEST_VERSION).map_err(failed)?;
    let known = batch.column(index).as_primitive::<Int64Type>();
    let filled: Int64Array = (0..known.len())
        .map(|row| Some(if known.is_valid(row) { known.value(row) } else { version }))
        .collect();
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    columns[index] = Arc::new(filled);
    RecordBatch::try_new(batch.schema(), columns).map_err(failed)
}

/// Returns batch and row of every row, by eventTime; rows without one come first, equal times keep their order.
fn time_order(batches: &[RecordBatch]) -> Result<Vec<(usize, usize)>> {
    let mut order = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (number, batch) in batches.iter().enumerate() {
        let times = batch
            .column_by_name(EVENT_TIME)
            .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>())
            .ok_or_else(|| Error::internal("merge files without eventTime"))?;
        order.extend(
            (0..batch.num_rows()).map(|row| (times.is_valid(row).then(|| times.value(row)), (number, row))),
        );
    }
    order.sort_by_key(|(time, _)| *time);
    Ok(order.into_iter().map(|(_, place)| place).collect())
}

/// A merged file holds a promoted column only if all of its rows had it filled.
fn common_promoted(inputs: &[DataFile]) -> Vec<String> {
    let Some((first, others)) = inputs.split_first() else { return Vec::new() };
    let in_all = |name: &&String| others.iter().all(|file| file.promoted.contains(*name));
    first.promoted.iter().filter(in_all).cloned().collect()
}
