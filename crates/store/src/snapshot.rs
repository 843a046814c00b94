//! One committed version of an event data store: its settings and its data files with statistics.
//!
//! A query pins a snapshot and plans from it alone; nothing here reads data files.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use arrow::record_batch::RecordBatch;
use auditlake_events::schema::{STATS_COLUMNS, event_schema};
use auditlake_model::{Error, EventDataStoreSettings, EventDate, Result};
use deltalake_core::kernel::{Add, Remove};
use object_store::path::Path;

use crate::lake::parse_settings;
use crate::table::{LogTable, delta_error};

/// Name of the partition column: the UTC day of eventTime.
pub const EVENT_DATE: &str = "eventDate";
/// Tag: hex SHA-256 of the data file's bytes.
pub const TAG_SHA256: &str = "auditlake.sha256";
/// Tag: hidden promoted columns that the file holds, comma separated.
pub const TAG_PROMOTED: &str = "auditlake.promoted";
/// Tag: the store version that first showed the file's rows; absent after compaction, when the rows
/// carry it themselves in `_ingestVersion`.
pub const TAG_INGEST_VERSION: &str = "auditlake.ingestVersion";
/// Configuration key of the store's settings (JSON).
pub const SETTINGS_KEY: &str = "auditlake.settings";

/// One data file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Path from the root of the lake's object store.
    pub path: Path,
    /// Path from the store's own folder, as the Delta log spells it.
    pub relative_path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When the file was written, milliseconds since the epoch.
    pub modified_at_ms: i64,
    /// Its partition; `None` holds the events without a readable eventTime.
    pub event_date: Option<EventDate>,
    /// Rows.
    pub num_rows: u64,
    /// Hidden promoted columns that the file holds.
    pub promoted: Vec<String>,
    /// Store version that first showed the rows; `None` after compaction.
    pub ingest_version: Option<i64>,
    /// Hex SHA-256 of the file kept at commit; `None` when another engine wrote the file.
    pub sha256: Option<String>,
}

impl DataFile {
    /// Returns the action that takes the file out of the log.
    pub(crate) fn remove_action(&self, now_ms: i64, data_change: bool) -> Remove {
        let partition = self.event_date.map(|date| date.to_string());
        Remove {
            path: self.relative_path.clone(),
            data_change,
            deletion_timestamp: Some(now_ms),
            extended_file_metadata: Some(true),
            partition_values: Some([(EVENT_DATE.to_owned(), partition)].into()),
            size: i64::try_from(self.size_bytes).ok(),
            tags: None,
            deletion_vector: None,
            base_row_id: None,
            default_row_commit_version: None,
        }
    }
}

/// Statistics of one plain column, an entry a file.
#[derive(Debug, Clone)]
pub struct ColumnFileStats {
    /// Column name.
    pub name: String,
    /// Lower bounds; null where not known. Same type as the column.
    pub min: ArrayRef,
    /// Upper bounds; null where not known. Same type as the column.
    pub max: ArrayRef,
    /// Nulls; null where not known.
    pub null_count: UInt64Array,
}

/// Statistics of all files of a snapshot, parallel to [`Snapshot::files`].
#[derive(Debug, Clone, Default)]
pub struct FileStatsTable {
    /// The columns that have statistics.
    pub columns: Vec<ColumnFileStats>,
}

impl FileStatsTable {
    /// Returns the statistics of `column`.
    pub fn column(&self, column: &str) -> Option<&ColumnFileStats> {
        self.columns.iter().find(|c| c.name == column)
    }
}

/// One committed version of an event data store.
///
/// - `files` and `stats` have the same order.
/// - `schema` is the Arrow schema of the data files: visible, hidden and promoted columns, without
///   the partition column.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The Delta version.
    pub version: u64,
    /// Settings in force at this version.
    pub settings: Arc<EventDataStoreSettings>,
    /// Active data files.
    pub files: Vec<DataFile>,
    /// Their statistics.
    pub stats: FileStatsTable,
    /// Arrow schema of the data files.
    pub schema: SchemaRef,
}

impl Snapshot {
    /// Builds the snapshot of the version that `table` has loaded.
    ///
    /// `store_path` is the store's folder, from the root of the lake's object store.
    pub fn from_table(table: &LogTable, store_path: &Path) -> Result<Self> {
        let settings = Arc::new(settings_of(table)?);
        let schema = event_schema(settings.category_class, &settings.promoted);
        let adds = active_adds(table)?;
        let files = adds.iter().map(|add| data_file(add, store_path)).collect::<Result<Vec<_>>>()?;
        let stats = file_stats(table, &files, &schema)?;
        Ok(Self { version: table.version()?, settings, files, stats, schema })
    }

    /// Returns the rows of all files.
    pub fn num_rows(&self) -> u64 {
        self.files.iter().map(|file| file.num_rows).sum()
    }

    /// Returns the bytes of all files.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }
}

/// Reads the settings from the loaded version's metadata.
pub fn settings_of(table: &LogTable) -> Result<EventDataStoreSettings> {
    parse_settings(table.state()?.metadata().configuration())
}

/// Returns the active `add` actions of the loaded version, tags included.
pub(crate) fn active_adds(table: &LogTable) -> Result<Vec<Add>> {
    #[allow(deprecated, reason = "the only way to an Add's tags in deltalake-core 1.1")]
    Ok(table.state()?.log_data().iter().map(|view| view.add_action()).collect())
}

fn data_file(add: &Add, store_path: &Path) -> Result<DataFile> {
    let tag = |name: &str| add.tags.as_ref().and_then(|tags| tags.get(name)).and_then(Clone::clone);
    let stats: Option<RowCount> = add.stats.as_deref().and_then(|json| serde_json::from_str(json).ok());
    let event_date = match add.partition_values.get(EVENT_DATE).and_then(Option::as_deref) {
        None | Some("") => None,
        Some(text) => Some(text.parse::<EventDate>().map_err(|e| {
            Error::corrupt("read partition of data file").with_context("file", &add.path).with_source(e)
        })?),
    };
    Ok(DataFile {
        path: store_path.parts().chain(Path::from(add.path.as_str()).parts()).collect(),
        relative_path: add.path.clone(),
        size_bytes: add.size.unsigned_abs(),
        modified_at_ms: add.modification_time,
        event_date,
        num_rows: stats.map_or(0, |s| s.num_records),
        promoted: tag(TAG_PROMOTED)
            .map(|list| list.split(',').filter(|n| !n.is_empty()).map(str::to_owned).collect())
            .unwrap_or_default(),
        ingest_version: tag(TAG_INGEST_VERSION).and_then(|text| text.parse().ok()),
        sha256: tag(TAG_SHA256),
    })
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RowCount {
    num_records: u64,
}

/// Reads Delta's typed statistics and puts them in the order of `files`.
fn file_stats(table: &LogTable, files: &[DataFile], schema: &SchemaRef) -> Result<FileStatsTable> {
    if files.is_empty() {
        return Ok(FileStatsTable::default());
    }
    let actions =
        table.state()?.add_actions_table(true).map_err(|e| delta_error("read file statistics", e))?;
    let order = file_order(&actions, files)?;
    let names: BTreeSet<&str> = STATS_COLUMNS.iter().copied().collect();
    let mut columns = Vec::new();
    for field in schema.fields().iter().filter(|f| names.contains(f.name().as_str())) {
        if let Some(stats) = column_stats(&actions, field.name(), field.data_type(), &order)? {
            columns.push(stats);
        }
    }
    Ok(FileStatsTable { columns })
}

/// Returns, for each file, its row in the actions table.
fn file_order(actions: &RecordBatch, files: &[DataFile]) -> Result<UInt32Array> {
    let missing =
        || Error::internal("read file statistics").with_detail("the actions table has no path column");
    let paths = cast(actions.column_by_name("path").ok_or_else(missing)?, &DataType::Utf8View)
        .map_err(|e| Error::internal("read file statistics").with_source(e))?;
    let paths = paths.as_string_view();
    let rows: HashMap<&str, u32> =
        paths.iter().enumerate().filter_map(|(row, path)| Some((path?, u32::try_from(row).ok()?))).collect();
    Ok(files.iter().map(|file| rows.get(file.relative_path.as_str()).copied()).collect())
}

fn column_stats(
    actions: &RecordBatch,
    name: &str,
    data_type: &DataType,
    order: &UInt32Array,
) -> Result<Option<ColumnFileStats>> {
    let fetch = |prefix: &str, data_type: &DataType| -> Result<Option<ArrayRef>> {
        let Some(column) = actions.column_by_name(&format!("{prefix}.{name}")) else { return Ok(None) };
        let ordered = take(column, order, None).and_then(|c| cast(&c, data_type));
        ordered
            .map(Some)
            .map_err(|e| Error::internal("read file statistics").with_context("column", name).with_source(e))
    };
    let (Some(min), Some(max)) = (fetch("min", data_type)?, fetch("max", data_type)?) else {
        return Ok(None);
    };
    let nulls = match fetch("null_count", &DataType::Int64)? {
        Some(column) => column.as_primitive::<Int64Type>().clone(),
        None => Int64Array::new_null(min.len()),
    };
    let null_count = nulls.iter().map(|n| n.and_then(|n| u64::try_from(n).ok())).collect();
    Ok(Some(ColumnFileStats { name: name.to_owned(), min, max, null_count }))
}
