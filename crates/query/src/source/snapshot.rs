//! A committed version of a store, as a source of scans.

use std::collections::BTreeMap;
use std::sync::Arc;

use auditlake_model::{Error, EventDate, Result};
use auditlake_store::{ColumnFileStats, DataFile, FileStatsTable, Lake, Snapshot, SystemSnapshot};
use datafusion::arrow::array::{AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::execution::object_store::ObjectStoreUrl;

use super::{ColumnStats, ScanFile, ScanGroup, ScanSource};
use crate::error::from_datafusion;

impl ScanSource {
    /// Makes a source of an event data store's snapshot: one group for each set of promoted columns.
    ///
    /// # Errors
    ///
    /// `Internal` when the snapshot's statistics do not fit its files.
    pub fn from_snapshot(lake: &Lake, name: &str, snapshot: &Snapshot) -> Result<Self> {
        let promoted: Vec<String> =
            snapshot.settings.promoted.iter().map(|path| path.hidden_column()).collect();
        let mut sets: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (number, file) in snapshot.files.iter().enumerate() {
            let held = promoted.iter().filter(|column| file.promoted.contains(column)).map(String::as_str);
            sets.entry(held.collect()).or_default().push(number);
        }
        let groups = sets.into_iter().map(|(held, files)| {
            let is_absent = |column: &str| promoted.iter().any(|p| p == column) && !held.contains(&column);
            let file_schema = without(&snapshot.schema, is_absent);
            group(file_schema, &snapshot.files, &snapshot.stats, &files)
        });
        Ok(Self {
            name: name.to_owned(),
            version: snapshot.version,
            object_store_url: object_store_url(lake)?,
            object_store: lake.object_store(),
            schema: Arc::clone(&snapshot.schema),
            groups: groups.collect::<Result<_>>()?,
        })
    }

    /// Makes a source of one of the engine's own tables; `snapshot` is `None` before its first row.
    ///
    /// # Errors
    ///
    /// `Internal` when the lake's URL is none.
    pub fn from_system_snapshot(
        lake: &Lake,
        name: &str,
        schema: &SchemaRef,
        snapshot: Option<&SystemSnapshot>,
    ) -> Result<Self> {
        let files: Vec<usize> = (0..snapshot.map_or(0, |snapshot| snapshot.files.len())).collect();
        let groups = match snapshot {
            None => Vec::new(),
            Some(s) => vec![group(Arc::clone(schema), &s.files, &FileStatsTable::default(), &files)?],
        };
        Ok(Self {
            name: name.to_owned(),
            version: snapshot.map_or(0, |snapshot| snapshot.version),
            object_store_url: object_store_url(lake)?,
            object_store: lake.object_store(),
            schema: Arc::clone(schema),
            groups,
        })
    }
}

/// Returns the URL that stands for the lake in plans.
///
/// # Errors
///
/// `Internal` when the lake's URL has a path.
pub(crate) fn object_store_url(lake: &Lake) -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse(lake.url()).map_err(|e| from_datafusion("name object store of lake", e))
}

fn without(schema: &SchemaRef, is_absent: impl Fn(&str) -> bool) -> SchemaRef {
    if !schema.fields().iter().any(|field| is_absent(field.name())) {
        return Arc::clone(schema);
    }
    let held = schema.fields().iter().filter(|field| !is_absent(field.name())).map(Arc::clone);
    Arc::new(Schema::new(held.collect::<Vec<_>>()))
}

/// Makes a group of the files with these numbers.
fn group(
    file_schema: SchemaRef,
    files: &[DataFile],
    stats: &FileStatsTable,
    rows: &[usize],
) -> Result<ScanGroup> {
    let numbers: UInt32Array = rows.iter().map(|row| u32::try_from(*row).ok()).collect();
    let stats = stats
        .columns
        .iter()
        .filter(|column| file_schema.field_with_name(&column.name).is_ok())
        .map(|column| pick(column, &numbers))
        .collect::<std::result::Result<Vec<_>, ArrowError>>()
        .map_err(|e| Error::internal("read file statistics").with_source(e))?;
    let files = rows.iter().map(|row| scan_file(&files[*row])).collect();
    ScanGroup::try_new(file_schema, files, stats)
}

fn scan_file(file: &DataFile) -> ScanFile {
    ScanFile {
        path: file.path.clone(),
        size_bytes: file.size_bytes,
        modified_at_ms: file.modified_at_ms,
        event_date: file.event_date.map(EventDate::days_since_epoch),
        // A file of another engine may tell no number of rows; an empty file is never committed.
        num_rows: Some(file.num_rows).filter(|rows| *rows > 0),
    }
}

fn pick(column: &ColumnFileStats, numbers: &UInt32Array) -> std::result::Result<ColumnStats, ArrowError> {
    let null_count = take(&column.null_count, numbers, None)?;
    Ok(ColumnStats {
        name: column.name.clone(),
        min: take(&column.min, numbers, None)?,
        max: take(&column.max, numbers, None)?,
        null_count: null_count.as_primitive().clone(),
    })
}
