//! Tables that people bring: indicator lists, names of accounts, allow lists.
//!
//! | file | columns |
//! |---|---|
//! | `.csv`, `.tsv` with a header line | all text, so that `012345678901` keeps its zero; an empty cell is NULL |
//! | `.ndjson`, `.jsonl`, `.json` (lines, or one array) of objects | as JSON has them: text, bigint, double, boolean, rows, arrays |
//! | `.parquet` | as the file has them |
//!
//! A file may have [`MAX_FILE_BYTES`]. Reference tables are kept in the lake as Parquet; attached ones belong to one
//! query and are kept nowhere.

mod read;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use auditlake_model::{Error, Result, StoreName};
use auditlake_store::SavedColumn;
use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{FieldRef, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

pub(crate) use self::read::file_bytes;
pub use self::read::too_large;

use crate::error::from_datafusion;

/// The largest file that is read as a table: 64 MiB.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// The rows of a reference table or an attached one.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl TableRows {
    /// Reads a file; its ending tells its form.
    ///
    /// # Errors
    ///
    /// `Unsupported` for other endings, `ResourcesExhausted` for a file that is too large, `Invalid`, with the place,
    /// for one that cannot be read, `Unavailable` or `NotFound` as the file system gives them.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of_bytes(path, &file_bytes(path)?)
    }

    /// Reads the bytes of a file that is called so.
    ///
    /// # Errors
    ///
    /// As [`TableRows::read`].
    pub(crate) fn of_bytes(path: &Path, bytes: &Bytes) -> Result<Self> {
        let placed = |error: Error| error.with_context("file", path.display());
        let rows = read::rows_of(path, bytes).map_err(placed)?;
        check_names(&rows.schema).map_err(placed)?;
        Ok(rows)
    }

    /// Reads what [`TableRows::to_parquet`] wrote.
    ///
    /// # Errors
    ///
    /// `Corrupt`.
    pub fn from_parquet(bytes: Bytes) -> Result<Self> {
        read::parquet(bytes).map_err(|error| Error::corrupt("read reference table").with_source(error))
    }

    /// Writes the rows as a Parquet file.
    ///
    /// # Errors
    ///
    /// `Unsupported` for types that Parquet does not have.
    pub fn to_parquet(&self) -> Result<Bytes> {
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let write = || {
            let mut out = Vec::new();
            let mut writer = ArrowWriter::try_new(&mut out, Arc::clone(&self.schema), Some(properties))?;
            for batch in &self.batches {
                writer.write(batch)?;
            }
            writer.close()?;
            Ok::<_, parquet::errors::ParquetError>(out)
        };
        write().map(Bytes::from).map_err(|error| {
            Error::unsupported("the table cannot be kept as Parquet").with_detail(error.to_string())
        })
    }

    /// Returns names and types of the columns, as SHOW COLUMNS tells them.
    pub fn columns(&self) -> Vec<SavedColumn> {
        saved_columns(&self.schema)
    }

    /// Returns the schema.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> u64 {
        self.batches.iter().map(|batch| batch.num_rows() as u64).sum()
    }

    /// Returns the table as the engine scans it.
    pub(crate) fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        let table = MemTable::try_new(Arc::clone(&self.schema), vec![self.batches.clone()]);
        let table = table.map_err(|error| from_datafusion("open reference table", error))?;
        Ok(Arc::new(table))
    }
}

/// Returns names and types of columns, as SHOW COLUMNS tells them.
pub fn saved_columns(schema: &SchemaRef) -> Vec<SavedColumn> {
    let column = |field: &FieldRef| SavedColumn {
        name: field.name().clone(),
        type_name: auditlake_dialect::type_name(field),
    };
    schema.fields().iter().map(column).collect()
}

/// A table that comes with one query. Two are equal when they are the same one.
#[derive(Debug, Clone)]
pub struct Attachment {
    name: StoreName,
    rows: Arc<TableRows>,
}

impl Attachment {
    /// Names rows for one query.
    pub fn new(name: StoreName, rows: TableRows) -> Self {
        Self { name, rows: Arc::new(rows) }
    }

    /// Returns the name by which SQL knows the table.
    pub fn name(&self) -> &StoreName {
        &self.name
    }

    /// Returns the rows.
    pub fn rows(&self) -> &TableRows {
        &self.rows
    }
}

impl PartialEq for Attachment {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.rows, &other.rows)
    }
}

impl Eq for Attachment {}

/// SQL names ignore case, so columns must differ without it.
fn check_names(schema: &SchemaRef) -> Result<()> {
    let mut names = HashSet::new();
    for (index, field) in schema.fields().iter().enumerate() {
        if field.name().trim().is_empty() {
            return Err(Error::invalid(format!("column {} has no name", index + 1))
                .with_hint("The first line of a CSV file names its columns."));
        }
        if !names.insert(field.name().to_lowercase()) {
            return Err(Error::invalid(format!("two columns are called `{}`", field.name()))
                .with_hint("Names of columns ignore case."));
        }
    }
    match schema.fields().is_empty() {
        true => Err(Error::invalid("the table has no columns")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
