//! The table `system.queries`: one row a query that ended.
//!
//! | column | type | |
//! |---|---|---|
//! | `query_id`, `sql`, `principal`, `client`, `state` | text | |
//! | `created_at`, `started_at`, `finished_at` | timestamp, microseconds, UTC | `started_at` is null when the query never left the queue |
//! | `elapsed_ms` | integer | from start to end |
//! | `events_scanned`, `events_matched`, `rows_returned`, `bytes_scanned` | integer | |
//! | `files_total`, `files_read` | integer | before and after pruning |
//! | `error` | text | null when the query ended well |
//! | `parameters` | text | JSON array of `name:type=value`; null when the statement has none |
//! | `since` | timestamp, microseconds, UTC | the time bound that the query was asked with, if there was one |
//! | `client_address`, `user_agent` | text | where a remote caller asked from, and what it calls its program |

use std::sync::Arc;

use async_trait::async_trait;
use auditlake_model::{Error, Result};
use auditlake_store::{Lake, SystemTable};
use datafusion::arrow::array::{ArrayRef, Int64Array, StringViewArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::arrow::record_batch::RecordBatch;

use super::{QueryLog, QueryRecord};
use auditlake_dialect::Parameters;

/// Name of the table below `system`.
pub const QUERIES_TABLE: &str = "queries";

/// Returns the columns of `system.queries`.
pub fn queries_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8View, true);
    let time =
        |name: &str| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true);
    let count = |name: &str| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        text("query_id"),
        text("sql"),
        text("principal"),
        text("client"),
        text("state"),
        time("created_at"),
        time("started_at"),
        time("finished_at"),
        count("elapsed_ms"),
        count("events_scanned"),
        count("events_matched"),
        count("rows_returned"),
        count("bytes_scanned"),
        count("files_total"),
        count("files_read"),
        text("error"),
        text("parameters"),
        time("since"),
        text("client_address"),
        text("user_agent"),
    ]))
}

/// Puts records into the columns of [`queries_schema`].
///
/// # Errors
///
/// `Internal` when columns and schema differ, which would be a fault of ours.
pub fn records_to_batch(records: &[QueryRecord]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&QueryRecord) -> Option<String>| -> ArrayRef {
        Arc::new(records.iter().map(value).collect::<StringViewArray>())
    };
    let time = |value: &dyn Fn(&QueryRecord) -> Option<auditlake_model::Timestamp>| -> ArrayRef {
        let micros = records.iter().map(|record| value(record).map(|at| at.as_micros()));
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let count = |value: &dyn Fn(&QueryRecord) -> u64| -> ArrayRef {
        let counts = records.iter().map(|record| i64::try_from(value(record)).unwrap_or(i64::MAX));
        Arc::new(counts.collect::<Int64Array>())
    };
    let columns = vec![
        text(&|record| Some(record.id.to_string())),
        text(&|record| Some(record.sql.clone())),
        text(&|record| Some(record.principal.clone())),
        text(&|record| Some(record.client.clone())),
        text(&|record| Some(record.state.to_string())),
        time(&|record| Some(record.created_at)),
        time(&|record| record.started_at),
        time(&|record| Some(record.finished_at)),
        count(&|record| record.elapsed_ms()),
        count(&|record| record.progress.events_scanned),
        count(&|record| record.progress.events_matched),
        count(&|record| record.progress.rows_returned),
        count(&|record| record.progress.bytes_scanned),
        count(&|record| record.progress.files_total),
        count(&|record| record.progress.files_read),
        text(&|record| record.error.clone()),
        text(&|record| parameters_text(&record.parameters)),
        time(&|record| record.since),
        text(&|record| record.client_address.clone()),
        text(&|record| record.user_agent.clone()),
    ];
    RecordBatch::try_new(queries_schema(), columns)
        .map_err(|e| Error::internal("put query records into columns").with_source(e))
}

/// Writes parameters as `--param` takes them, so that a query can be asked again.
fn parameters_text(parameters: &Parameters) -> Option<String> {
    let assignments = parameters.assignments();
    // Text can always be written as JSON.
    (!assignments.is_empty()).then(|| serde_json::to_string(&assignments).unwrap_or_default())
}

/// Keeps records in `system.queries` of a lake.
#[derive(Debug, Clone)]
pub struct QueriesTable {
    table: SystemTable,
}

impl QueriesTable {
    /// Opens the table of `lake`; it is made by the first record.
    ///
    /// # Errors
    ///
    /// As [`Lake::system_table`].
    pub fn try_new(lake: &Lake) -> Result<Self> {
        Ok(Self { table: lake.system_table(QUERIES_TABLE, queries_schema())? })
    }

    /// Returns the table, for queries over it.
    pub fn table(&self) -> &SystemTable {
        &self.table
    }
}

#[async_trait]
impl QueryLog for QueriesTable {
    async fn append(&self, records: Vec<QueryRecord>) -> Result<()> {
        self.table.append(&records_to_batch(&records)?).await.map(|_version| ())
    }
}
