//! Files of system tables: plain Parquet, read back in the columns that the reader knows.

use std::sync::Arc;

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use auditlake_model::{Error, Result};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

/// Returns `rows` as a Parquet file.
pub(super) fn encode(rows: &[RecordBatch], schema: &SchemaRef) -> Result<Vec<u8>> {
    let failed = |e: ParquetError| Error::internal("encode system table").with_source(e);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(concat!("auditlake ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    // The Arrow schema stays out of the footer: readers see plain Parquet types.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut out = Vec::new();
    let mut writer =
        ArrowWriter::try_new_with_options(&mut out, Arc::clone(schema), options).map_err(failed)?;
    for batch in rows {
        writer.write(batch).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(out)
}

/// Reads a file in the columns of `schema`: missing ones are null, unknown ones are left out.
///
/// # Errors
/// `Corrupt` when the bytes are no such file.
pub(super) fn decode(bytes: Bytes, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let failed = |e: ParquetError| Error::corrupt("decode system table").with_source(e);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(failed)?.build().map_err(failed)?;
    reader
        .map(|batch| {
            conform(&batch.map_err(|e| Error::corrupt("decode system table").with_source(e))?, schema)
        })
        .collect()
}

fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let failed = |e| Error::corrupt("decode system table").with_source(e);
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => cast(column, field.data_type()).map_err(failed),
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
        })
        .collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(failed)
}
