//! What a query reads of one store: one pinned version, its data files and their statistics.
//!
//! ```text
//! store::Snapshot --> ScanSource --> view (logical plan) --> provider (pruned Parquet scan)
//!                     one group of files for each set of columns that files hold
//! ```
//!
//! Files of one store may hold different columns: a promoted path was added later, a free-form field became a
//! column later. Each set is a [`ScanGroup`] with its own schema, so that plans answer a missing column per
//! group and no reader has to patch names at run time.

mod group;
mod snapshot;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::ObjectStore;
use object_store::path::Path;

pub use self::group::ScanGroup;
pub(crate) use self::snapshot::object_store_url;

/// The column that orders and bounds every store (Timestamp in microseconds, UTC).
pub const EVENT_TIME: &str = "eventTime";

/// One pinned version of one store, ready to be scanned.
///
/// - `schema` holds every column the store has now, without the partition column; the schema of each group is
///   a subset of it.
/// - `groups` share no file.
#[derive(Debug, Clone)]
pub struct ScanSource {
    /// Name of the store, as it was given at its creation.
    pub name: String,
    /// Committed version of the store.
    pub version: u64,
    /// Where `object_store` is registered with the engine.
    pub object_store_url: ObjectStoreUrl,
    /// Reads the data files.
    pub object_store: Arc<dyn ObjectStore>,
    /// All columns, hidden ones included, without the partition column.
    pub schema: SchemaRef,
    /// Files by the columns that they hold.
    pub groups: Vec<ScanGroup>,
}

impl ScanSource {
    /// Returns the number of data files.
    pub fn num_files(&self) -> usize {
        self.groups.iter().map(|group| group.files().len()).sum()
    }
}

/// One data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanFile {
    /// Path in the object store.
    pub path: Path,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When it was written, milliseconds since the epoch; part of the footer cache's key.
    pub modified_at_ms: i64,
    /// Its partition, the UTC day of its events since the epoch; `None` holds events without a readable
    /// eventTime. Scans do not produce the partition column: its bounds are part of eventTime's.
    pub event_date: Option<i32>,
    /// Rows, where known.
    pub num_rows: Option<u64>,
}

/// Bounds of one plain column, an entry a file.
#[derive(Debug, Clone)]
pub struct ColumnStats {
    /// Column name.
    pub name: String,
    /// Lower bounds, of the column's type; null where not known.
    pub min: ArrayRef,
    /// Upper bounds, of the column's type; null where not known.
    pub max: ArrayRef,
    /// Null values; null where not known.
    pub null_count: UInt64Array,
}
