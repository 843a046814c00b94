//! The engine's own records (imports, import failures, queries) as Delta tables under `system/<name>/`.
//!
//! ```text
//! append(rows) -> one Parquet file -> one commit        the table is made by the first append
//! read()       -> rows of all files, in the caller's columns
//! ```
//! Rows are only ever appended; a record that changes is appended again and its reader takes the newest.
//! Callers append in batches, since every append is a commit. Small files are merged by the append that
//! makes the 32nd, and a checkpoint follows, so that reading stays cheap without any maintenance.
//!
//! A table's columns only grow: an append with new columns adds them, and files without a column read
//! as null. Readers name the columns they know and never meet those of a newer program.

mod compact;
mod file;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, ErrorKind, Result};
use bytes::Bytes;
use deltalake_core::kernel::{Action, Add, MetadataExt as _};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutMode};
use tokio::sync::Mutex;

use crate::delta_schema::{delta_fields, struct_type};
use crate::lake::Lake;
use crate::location::from_object_store;
use crate::part::{hex, sha256};
use crate::snapshot::{DataFile, TAG_SHA256};
use crate::table::{CommitOutcome, LogTable};
use crate::table_create::{NewTable, create_table};

/// Lost races after which an append gives up.
const MAX_ATTEMPTS: u32 = 100;
/// Files that are read at the same time.
const CONCURRENT_READS: usize = 8;

/// A table of the engine's own records. Clones share one loaded state.
#[derive(Debug, Clone)]
pub struct SystemTable {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    lake: Lake,
    name: String,
    schema: SchemaRef,
    /// The loaded table; `None` until it is known to exist. Appends of one process take turns here.
    table: Mutex<Option<LogTable>>,
}

/// One committed version of a system table.
#[derive(Debug, Clone)]
pub struct SystemSnapshot {
    /// The Delta version.
    pub version: u64,
    /// Active data files; their statistics hold the number of rows only.
    pub files: Vec<DataFile>,
    /// Columns as the caller named them; a file may lack some, which are then null.
    pub schema: SchemaRef,
}

impl Lake {
    /// Returns the system table `name` with the columns that this program knows.
    ///
    /// Nothing is read or made yet.
    ///
    /// # Errors
    /// `Invalid` when the name is not of `a-z` and `_`; `Unsupported` for a column type without a place
    /// in a lake.
    pub fn system_table(&self, name: &str, schema: SchemaRef) -> Result<SystemTable> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return Err(Error::invalid(format!("`{name}` is no name of a system table")));
        }
        delta_fields(&schema)?;
        let inner = Inner { lake: self.clone(), name: name.to_owned(), schema, table: Mutex::default() };
        Ok(SystemTable { inner: Arc::new(inner) })
    }
}

impl SystemTable {
    /// Returns the name below `system`.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Returns the columns that this program knows.
    pub fn schema(&self) -> &SchemaRef {
        &self.inner.schema
    }

    /// Appends rows in one commit and returns its version; no rows commit nothing.
    ///
    /// # Errors
    /// `Invalid` when the columns are not those of [`SystemTable::schema`]; `PermissionDenied` on a lake
    /// that can only be read; `Conflict` when the table changes faster than this can follow.
    ///
    /// # Cancel safety
    /// Dropped half-way, the rows are either all there or not at all.
    pub async fn append(&self, rows: &RecordBatch) -> Result<Option<u64>> {
        if rows.num_rows() == 0 {
            return Ok(None);
        }
        if rows.schema_ref().fields() != self.inner.schema.fields() {
            return Err(Error::invalid("rows have other columns than their system table")
                .with_context("table", self.name()));
        }
        self.inner.lake.ensure_writable().await?;
        let add = self.write_file(vec![rows.clone()]).await?;
        let mut guard = self.inner.table.lock().await;
        let table = self.load_or_create(&mut guard).await?;
        let version = self.commit_append(table, add).await?;
        if let Err(error) = self.tidy(table).await {
            // The rows are committed; the next append tries again.
            tracing::warn!(table = self.name(), error = %error, "merging small files of a system table failed");
        }
        Ok(Some(version))
    }

    /// Returns the newest version; `None` when nothing was ever appended.
    pub async fn snapshot(&self) -> Result<Option<SystemSnapshot>> {
        let mut guard = self.inner.table.lock().await;
        let Some(table) = self.load(&mut guard).await? else { return Ok(None) };
        let folder = self.folder();
        let files = active_adds(table)?.iter().map(|add| data_file(add, &folder)).collect();
        Ok(Some(SystemSnapshot { version: table.version()?, files, schema: Arc::clone(&self.inner.schema) }))
    }

    /// Reads all rows, in the columns of [`SystemTable::schema`]; in no order.
    pub async fn read(&self) -> Result<Vec<RecordBatch>> {
        let Some(snapshot) = self.snapshot().await? else { return Ok(Vec::new()) };
        let reads = snapshot.files.into_iter().map(|file| self.read_file(file.path));
        let batches: Vec<Vec<RecordBatch>> =
            futures::stream::iter(reads).buffered(CONCURRENT_READS).try_collect().await?;
        Ok(batches.into_iter().flatten().collect())
    }

    fn folder(&self) -> Path {
        Lake::system_path(&self.inner.name)
    }

    async fn read_file(&self, path: Path) -> Result<Vec<RecordBatch>> {
        let store = self.inner.lake.object_store();
        let bytes = async { store.get(&path).await?.bytes().await };
        let bytes = bytes.await.map_err(|e| from_object_store("read system table", e))?;
        let schema = Arc::clone(&self.inner.schema);
        blocking(move || file::decode(bytes, &schema)).await.map_err(|e| e.with_context("file", &path))
    }

    /// Uploads `rows` as a file that no version names yet.
    async fn write_file(&self, rows: Vec<RecordBatch>) -> Result<Add> {
        let num_rows: usize = rows.iter().map(RecordBatch::num_rows).sum();
        let schema = Arc::clone(&self.inner.schema);
        let bytes = Bytes::from(blocking(move || file::encode(&rows, &schema)).await?);
        let lake = &self.inner.lake;
        let name = format!("part-{}.parquet", lake.ids().uuid());
        let add = Add {
            path: name.clone(),
            size: bytes.len().try_into().unwrap_or(i64::MAX),
            modification_time: lake.clock().now().as_millis(),
            data_change: true,
            stats: Some(format!("{{\"numRecords\":{num_rows}}}")),
            tags: Some(HashMap::from([(TAG_SHA256.to_owned(), Some(hex(&sha256(&bytes))))])),
            ..Add::default()
        };
        let path = self.folder().join(name);
        let put = lake.object_store();
        let put = put.put_opts(&path, bytes.into(), PutMode::Create.into());
        put.await.map_err(|e| from_object_store("write system table", e))?;
        Ok(add)
    }

    /// Loads or refreshes the table; `None` when there is none.
    async fn load<'a>(&self, table: &'a mut Option<LogTable>) -> Result<Option<&'a mut LogTable>> {
        match table {
            Some(loaded) => loaded.refresh().await?,
            None => match LogTable::load(self.inner.lake.log_store_at(&self.folder())).await {
                Ok(loaded) => *table = Some(loaded),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error.with_context("table", self.name())),
            },
        }
        Ok(table.as_mut())
    }

    async fn load_or_create<'a>(&self, table: &'a mut Option<LogTable>) -> Result<&'a mut LogTable> {
        if self.load(table).await?.is_none() {
            let new = NewTable {
                name: format!("system.{}", self.name()),
                fields: delta_fields(&self.inner.schema)?,
                ..NewTable::default()
            };
            match create_table(self.inner.lake.log_store_at(&self.folder()), new).await {
                Ok(()) => {}
                // Another process was first, which is as good.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.with_context("table", self.name())),
            }
        }
        self.load(table)
            .await?
            .ok_or_else(|| Error::unavailable("load system table").with_context("table", self.name()))
    }

    async fn commit_append(&self, table: &mut LogTable, add: Add) -> Result<u64> {
        for attempt in 0..MAX_ATTEMPTS {
            if active_adds(table)?.iter().any(|active| active.path == add.path) {
                // The attempt whose outcome was not known had landed.
                return table.version();
            }
            let mut actions = vec![Action::Add(add.clone())];
            actions.extend(self.new_columns(table)?);
            let operation =
                DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
            if let CommitOutcome::Committed(version) = table.try_commit(actions, operation, None).await? {
                return Ok(version);
            }
            tokio::time::sleep(self.inner.lake.pause(attempt)).await;
            table.refresh().await?;
        }
        Err(Error::conflict("the system table changes faster than rows can be appended")
            .with_context("table", self.name()))
    }

    /// Returns the metadata change that adds the columns which the table lacks.
    fn new_columns(&self, table: &LogTable) -> Result<Option<Action>> {
        let metadata = table.state()?.metadata();
        let schema =
            metadata.parse_schema().map_err(|e| Error::corrupt("read Delta schema").with_source(e))?;
        let mut fields: Vec<_> = schema.fields().cloned().collect();
        let known = fields.len();
        fields.extend(
            delta_fields(&self.inner.schema)?.into_iter().filter(|f| schema.field(&f.name).is_none()),
        );
        if fields.len() == known {
            return Ok(None);
        }
        let metadata = metadata.clone().with_schema(&struct_type(fields)?);
        metadata.map(|m| Some(Action::Metadata(m))).map_err(|e| Error::internal("add columns").with_source(e))
    }
}

/// Returns the active `add` actions of the loaded version.
fn active_adds(table: &LogTable) -> Result<Vec<Add>> {
    crate::snapshot::active_adds(table)
}

fn data_file(add: &Add, folder: &Path) -> DataFile {
    let num_rows = add.stats.as_deref().and_then(|json| serde_json::from_str::<RowCount>(json).ok());
    DataFile {
        path: folder.parts().chain(Path::from(add.path.as_str()).parts()).collect(),
        relative_path: add.path.clone(),
        size_bytes: add.size.unsigned_abs(),
        modified_at_ms: add.modification_time,
        event_date: None,
        num_rows: num_rows.map_or(0, |rows| rows.num_records),
        promoted: Vec::new(),
        ingest_version: None,
        sha256: add.tags.as_ref().and_then(|tags| tags.get(TAG_SHA256)).and_then(Clone::clone),
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowCount {
    num_records: u64,
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| Error::internal("wait for a background task").with_source(e))?
}

#[cfg(test)]
mod tests;
