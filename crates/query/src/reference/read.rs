//! Files as rows.

use std::fs::File;
use std::io::{Cursor, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use arrow::csv::ReaderBuilder as CsvReader;
use arrow::csv::reader::Format;
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder as JsonReader;
use arrow::json::reader::infer_json_schema;
use auditlake_model::{Error, Result};
use bytes::Bytes;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::{MAX_FILE_BYTES, TableRows};

/// Most bytes of a table in memory: a compressed file may hold far more than its size tells.
const MAX_TABLE_BYTES: usize = 512 << 20;
/// Rows of a batch.
const BATCH_ROWS: usize = 8192;

/// Reads a whole file, unless it is too large.
pub(crate) fn file_bytes(path: &Path) -> Result<Bytes> {
    let failed = |error: std::io::Error| {
        let ours = match error.kind() {
            ErrorKind::NotFound => Error::not_found("there is no such file"),
            ErrorKind::PermissionDenied => Error::permission_denied("read file"),
            _ => Error::unavailable("read file"),
        };
        ours.with_source(error).with_context("file", path.display())
    };
    let mut bytes = Vec::new();
    // One byte more tells a file that is too large, also where nobody knows its size beforehand.
    File::open(path).map_err(failed)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large().with_context("file", path.display()));
    }
    Ok(bytes.into())
}

/// Returns the error of a file that is larger than [`MAX_FILE_BYTES`].
pub fn too_large() -> Error {
    let limit = MAX_FILE_BYTES >> 20;
    Error::resources_exhausted(format!("a table may have {limit} MiB, the file has more"))
        .with_hint("Leave out rows and columns that no query needs, or write it as Parquet.")
}

/// Reads the rows of a file by the ending of its name.
pub(super) fn rows_of(path: &Path, bytes: &Bytes) -> Result<TableRows> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    let invalid = |error: ArrowError| {
        Error::invalid("the file cannot be read as a table").with_detail(error.to_string())
    };
    match ending.as_str() {
        "csv" => csv(bytes, b',').map_err(invalid),
        "tsv" => csv(bytes, b'\t').map_err(invalid),
        "ndjson" | "jsonl" | "json" => json(bytes),
        "parquet" => parquet(bytes.clone()).map_err(|error| invalid(error.into())),
        _ => Err(Error::unsupported(format!("`.{ending}` is no table file"))
            .with_hint("Bring a file that ends in .csv, .tsv, .ndjson, .json or .parquet.")),
    }
}

fn csv(bytes: &[u8], delimiter: u8) -> Result<TableRows, ArrowError> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let format = Format::default().with_header(true).with_delimiter(delimiter);
    let (found, _) = format.infer_schema(Cursor::new(text), Some(1))?;
    let column = |field: &Arc<Field>| Field::new(field.name().trim(), DataType::Utf8, true);
    let schema = Arc::new(Schema::new(found.fields().iter().map(column).collect::<Vec<_>>()));
    let reader = CsvReader::new(Arc::clone(&schema)).with_format(format).with_batch_size(BATCH_ROWS);
    let batches = reader.build(Cursor::new(text))?.collect::<Result<_, _>>()?;
    Ok(TableRows { schema, batches })
}

fn json(bytes: &[u8]) -> Result<TableRows> {
    let lines = json_lines(bytes)?;
    let read = || {
        let (schema, _) = infer_json_schema(Cursor::new(&lines), None)?;
        let schema = Arc::new(schema);
        let reader = JsonReader::new(Arc::clone(&schema)).with_batch_size(BATCH_ROWS);
        let batches = reader.build(Cursor::new(&lines))?.collect::<Result<_, _>>()?;
        Ok(TableRows { schema, batches })
    };
    read().map_err(|error: ArrowError| {
        Error::invalid("the objects do not make a table")
            .with_detail(error.to_string())
            .with_hint("Each member must have one type in all objects, or be null.")
    })
}

/// Returns one object a line, whichever way the file has them.
fn json_lines(bytes: &[u8]) -> Result<Vec<u8>> {
    let invalid = |number: usize, error: serde_json::Error| {
        Error::invalid(format!("object {number} is no JSON")).with_detail(error.to_string())
    };
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        let values = serde_json::Deserializer::from_slice(bytes).into_iter::<&serde_json::value::RawValue>();
        for (index, value) in values.enumerate() {
            value.map_err(|error| invalid(index + 1, error))?;
        }
        return Ok(bytes.to_vec());
    }
    let items: Vec<serde_json::Value> = serde_json::from_slice(bytes).map_err(|error| invalid(1, error))?;
    let mut lines = Vec::with_capacity(bytes.len());
    for (index, item) in items.iter().enumerate() {
        serde_json::to_writer(&mut lines, item).map_err(|error| invalid(index + 1, error))?;
        lines.push(b'\n');
    }
    Ok(lines)
}

pub(super) fn parquet(bytes: Bytes) -> Result<TableRows, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?.with_batch_size(BATCH_ROWS);
    let schema = Arc::clone(builder.schema());
    let (mut batches, mut size) = (Vec::new(), 0);
    for batch in builder.build()? {
        let batch = batch?;
        size += batch.get_array_memory_size();
        if size > MAX_TABLE_BYTES {
            let limit = MAX_TABLE_BYTES >> 20;
            return Err(ParquetError::General(format!("its rows take more than {limit} MiB")));
        }
        batches.push(batch);
    }
    Ok(TableRows { schema, batches })
}
