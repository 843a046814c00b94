//! The records of imports: what `system.imports` and `system.import_failures` hold.
//!
//! Rows are appended, never changed: an import has a row when it starts and one when it ends, a failed
//! object one when it failed and one when a retry took it. The newest row counts. An import that was killed
//! stays `IN_PROGRESS`.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, ImportId, ImportState, Result, Timestamp};
use auditlake_store::{Lake, SystemTable};
use serde::Serialize;

use crate::failure::ImportFailure;
use crate::summary::ImportSummary;

/// One row of `system.imports`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRecord {
    /// Id of the import.
    pub import_id: ImportId,
    /// Id of the store.
    pub store_id: String,
    /// Name of the store at that time.
    pub store: String,
    /// Sources as the user gave them, joined by spaces.
    pub sources: String,
    /// How far it got.
    pub state: ImportState,
    /// When it began.
    pub started_at: Timestamp,
    /// When this row was written.
    pub updated_at: Timestamp,
    /// Counts, in the order of [`COUNTS`].
    #[serde(skip)]
    pub counts: [u64; COUNTS.len()],
    /// Elapsed seconds.
    pub seconds: f64,
    /// Why it failed as a whole.
    pub error: Option<String>,
}

/// The counts of an import: column of `system.imports`, and property in JSON.
pub const COUNTS: [(&str, &str); 12] = [
    ("files_found", "filesFound"),
    ("files_read", "filesRead"),
    ("files_skipped", "filesSkipped"),
    ("files_failed", "filesFailed"),
    ("events_read", "eventsRead"),
    ("events_stored", "eventsStored"),
    ("events_filtered", "eventsFiltered"),
    ("events_duplicate", "eventsDuplicate"),
    ("events_conflicting", "eventsConflicting"),
    ("events_quarantined", "eventsQuarantined"),
    ("bytes_read", "bytesRead"),
    ("bytes_written", "bytesWritten"),
];

/// Where a failed object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum FailureStatus {
    /// Not imported.
    Failed,
    /// Imported by a later run.
    Succeeded,
}

impl FailureStatus {
    /// Returns the status in the API's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::Succeeded => "SUCCEEDED",
        }
    }
}

/// One row of `system.import_failures`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureRecord {
    /// The import that met the object.
    pub import_id: ImportId,
    /// Id of the store.
    pub store_id: String,
    /// What failed.
    #[serde(flatten)]
    pub failure: ImportFailure,
    /// Where it stands.
    pub status: FailureStatus,
    /// When this row was written.
    pub updated_at: Timestamp,
}

/// Returns the columns of `system.imports`.
pub fn imports_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![text("import_id"), text("store_id"), text("store"), text("sources"), text("state")];
    fields.extend([instant("started_at"), instant("updated_at")]);
    fields.extend(COUNTS.iter().map(|(name, _)| Field::new(*name, DataType::Int64, true)));
    fields.extend([Field::new("seconds", DataType::Float64, true), text("error")]);
    Arc::new(Schema::new(fields))
}

/// Returns the columns of `system.import_failures`.
pub fn import_failures_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let names = ["import_id", "store_id", "location", "error_type", "message", "hint", "status"];
    let mut fields: Vec<Field> = names.into_iter().map(text).collect();
    fields.push(instant("updated_at"));
    Arc::new(Schema::new(fields))
}

fn instant(name: &str) -> Field {
    Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true)
}

/// Reads and appends the records of imports.
#[derive(Debug, Clone)]
pub struct ImportRecords {
    lake: Lake,
    imports: SystemTable,
    failures: SystemTable,
}

impl ImportRecords {
    /// Opens the records of a lake; nothing is read yet.
    pub fn open(lake: &Lake) -> Result<Self> {
        Ok(Self {
            lake: lake.clone(),
            imports: lake.system_table("imports", imports_schema())?,
            failures: lake.system_table("import_failures", import_failures_schema())?,
        })
    }

    /// Appends a row that tells how far an import is.
    pub(crate) async fn add(
        &self,
        summary: &ImportSummary,
        sources: &str,
        error: Option<&Error>,
    ) -> Result<()> {
        let record = self.record_of(summary, sources, error);
        self.imports.append(&imports_batch(&[record])?).await.map(|_| ())
    }

    /// Appends a row for each failed object of an import.
    pub(crate) async fn add_failed(&self, summary: &ImportSummary, failed: Vec<ImportFailure>) -> Result<()> {
        let updated_at = self.lake.clock().now();
        let record = |failure| FailureRecord {
            import_id: summary.import_id,
            store_id: summary.store_id.to_string(),
            failure,
            status: FailureStatus::Failed,
            updated_at,
        };
        self.add_failures(&failed.into_iter().map(record).collect::<Vec<_>>()).await
    }

    /// Marks failed objects of an earlier import as taken.
    pub async fn resolve(&self, failures: &[FailureRecord]) -> Result<()> {
        let now = self.lake.clock().now();
        let resolved: Vec<_> = failures
            .iter()
            .map(|record| FailureRecord {
                status: FailureStatus::Succeeded,
                updated_at: now,
                ..record.clone()
            })
            .collect();
        self.add_failures(&resolved).await
    }

    /// Returns all imports, newest first.
    pub async fn imports(&self) -> Result<Vec<ImportRecord>> {
        let mut newest: HashMap<ImportId, ImportRecord> = HashMap::new();
        for batch in self.imports.read().await? {
            for record in import_records(&batch)? {
                let known = newest.get(&record.import_id);
                // Rows of one instant come in any order; an end is the later one.
                let age = |record: &ImportRecord| (record.updated_at, record.state.is_terminal());
                if known.is_none_or(|known| age(known) <= age(&record)) {
                    newest.insert(record.import_id, record);
                }
            }
        }
        let mut imports: Vec<_> = newest.into_values().collect();
        imports.sort_by_key(|record| (std::cmp::Reverse(record.started_at), record.import_id));
        Ok(imports)
    }

    /// Returns the failed objects of an import, or of all, in their last status, by location.
    pub async fn failures(&self, import: Option<ImportId>) -> Result<Vec<FailureRecord>> {
        let mut newest: HashMap<(ImportId, String), FailureRecord> = HashMap::new();
        for batch in self.failures.read().await? {
            for record in failure_records(&batch)? {
                if import.is_some_and(|id| id != record.import_id) {
                    continue;
                }
                let key = (record.import_id, record.failure.location.clone());
                let age =
                    |record: &FailureRecord| (record.updated_at, record.status == FailureStatus::Succeeded);
                if newest.get(&key).is_none_or(|known| age(known) <= age(&record)) {
                    newest.insert(key, record);
                }
            }
        }
        let mut failures: Vec<_> = newest.into_values().collect();
        failures.sort_by(|a, b| (a.import_id, &a.failure.location).cmp(&(b.import_id, &b.failure.location)));
        Ok(failures)
    }

    async fn add_failures(&self, failures: &[FailureRecord]) -> Result<()> {
        if failures.is_empty() {
            return Ok(());
        }
        self.failures.append(&failures_batch(failures)?).await.map(|_| ())
    }

    fn record_of(&self, summary: &ImportSummary, sources: &str, error: Option<&Error>) -> ImportRecord {
        ImportRecord {
            import_id: summary.import_id,
            store_id: summary.store_id.to_string(),
            store: summary.store.clone(),
            sources: sources.to_owned(),
            state: summary.state,
            started_at: summary.started_at,
            updated_at: self.lake.clock().now(),
            counts: [
                summary.files_found,
                summary.files_read,
                summary.files_skipped,
                summary.files_failed,
                summary.events_read,
                summary.events_stored,
                summary.events_filtered,
                summary.events_duplicate,
                summary.events_conflicting,
                summary.events_quarantined,
                summary.bytes_read,
                summary.bytes_written,
            ],
            seconds: summary.seconds,
            error: error.map(Error::report),
        }
    }
}

/// Encodes imports as rows of `system.imports`.
fn imports_batch(records: &[ImportRecord]) -> Result<RecordBatch> {
    let text = |value: fn(&ImportRecord) -> Option<String>| -> ArrayRef {
        Arc::new(records.iter().map(value).collect::<StringArray>())
    };
    let mut columns = vec![
        text(|r| Some(r.import_id.to_string())),
        text(|r| Some(r.store_id.clone())),
        text(|r| Some(r.store.clone())),
        text(|r| Some(r.sources.clone())),
        text(|r| Some(r.state.as_str().to_owned())),
        instants(records.iter().map(|r| r.started_at)),
        instants(records.iter().map(|r| r.updated_at)),
    ];
    for index in 0..COUNTS.len() {
        let counts = records.iter().map(|r| i64::try_from(r.counts[index]).unwrap_or(i64::MAX));
        columns.push(Arc::new(arrow::array::Int64Array::from_iter_values(counts)));
    }
    columns.push(Arc::new(Float64Array::from_iter_values(records.iter().map(|r| r.seconds))));
    columns.push(text(|r| r.error.clone()));
    build(imports_schema(), columns)
}

fn failures_batch(records: &[FailureRecord]) -> Result<RecordBatch> {
    let text = |value: fn(&FailureRecord) -> Option<String>| -> ArrayRef {
        Arc::new(records.iter().map(value).collect::<StringArray>())
    };
    let columns = vec![
        text(|r| Some(r.import_id.to_string())),
        text(|r| Some(r.store_id.clone())),
        text(|r| Some(r.failure.location.clone())),
        text(|r| Some(r.failure.error_type.clone())),
        text(|r| Some(r.failure.message.clone())),
        text(|r| r.failure.hint.clone()),
        text(|r| Some(r.status.as_str().to_owned())),
        instants(records.iter().map(|r| r.updated_at)),
    ];
    build(import_failures_schema(), columns)
}

fn instants(values: impl Iterator<Item = Timestamp>) -> ArrayRef {
    let values = TimestampMicrosecondArray::from_iter_values(values.map(Timestamp::as_micros));
    Arc::new(values.with_timezone("UTC"))
}

fn build(schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema, columns).map_err(|e| Error::internal("build import records").with_source(e))
}

fn import_records(batch: &RecordBatch) -> Result<Vec<ImportRecord>> {
    let row = |index: usize| -> Result<ImportRecord> {
        let cells = Cells { batch, row: index };
        let mut counts = [0; COUNTS.len()];
        for (count, (name, _)) in counts.iter_mut().zip(COUNTS) {
            *count = cells.count(name)?;
        }
        Ok(ImportRecord {
            import_id: cells.needed("import_id")?.parse()?,
            store_id: cells.needed("store_id")?,
            store: cells.needed("store")?,
            sources: cells.needed("sources")?,
            state: cells.needed("state")?.parse()?,
            started_at: cells.instant("started_at")?,
            updated_at: cells.instant("updated_at")?,
            counts,
            seconds: cells.column("seconds")?.as_primitive::<Float64Type>().value(index),
            error: cells.text("error")?,
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

fn failure_records(batch: &RecordBatch) -> Result<Vec<FailureRecord>> {
    let row = |index: usize| -> Result<FailureRecord> {
        let cells = Cells { batch, row: index };
        let status = match cells.needed("status")?.as_str() {
            "SUCCEEDED" => FailureStatus::Succeeded,
            _ => FailureStatus::Failed,
        };
        Ok(FailureRecord {
            import_id: cells.needed("import_id")?.parse()?,
            store_id: cells.needed("store_id")?,
            failure: ImportFailure {
                location: cells.needed("location")?,
                error_type: cells.needed("error_type")?,
                message: cells.needed("message")?,
                hint: cells.text("hint")?,
            },
            status,
            updated_at: cells.instant("updated_at")?,
        })
    };
    (0..batch.num_rows()).map(row).collect()
}

/// One row of a records table.
struct Cells<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl<'a> Cells<'a> {
    fn column(&self, name: &str) -> Result<&'a ArrayRef> {
        self.batch
            .column_by_name(name)
            .ok_or_else(|| Error::corrupt("read import records").with_context("missing column", name))
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        let column = self.column(name)?.as_string::<i32>();
        Ok(column.is_valid(self.row).then(|| column.value(self.row).to_owned()))
    }

    fn needed(&self, name: &str) -> Result<String> {
        self.text(name)?
            .ok_or_else(|| Error::corrupt("read import records").with_context("null in column", name))
    }

    fn count(&self, name: &str) -> Result<u64> {
        Ok(self.column(name)?.as_primitive::<Int64Type>().value(self.row).unsigned_abs())
    }

    fn instant(&self, name: &str) -> Result<Timestamp> {
        let column = self.column(name)?.as_primitive::<TimestampMicrosecondType>();
        Ok(Timestamp::from_micros(column.value(self.row)))
    }
}
