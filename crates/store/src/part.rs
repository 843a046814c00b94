//! Encodes sorted event rows as one Parquet *part* of an event data store.
//!
//! ```text
//! rows (by eventTime; see cluster) --ArrowWriter--> Parquet bytes + footer
//!                                                  |
//!                                  footer statistics --> Delta stats JSON (numRecords, min, max, nulls)
//!                                  bytes             --> SHA-256 kept at commit (`lake check --deep`)
//! ```
//! Pure: no storage, no clock. Uploading is [`crate::append`]'s work.

use std::sync::Arc;

use arrow::compute::interleave_record_batch;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_events::schema::{BLOOM_COLUMNS, STATS_COLUMNS};
use auditlake_model::{Error, Result};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use crate::cluster::cluster;
use crate::dedupe::RowRef;
use crate::part_stats::stats_json;

/// Rows of one row group: small enough that a needle query reads little, large enough that footers
/// stay short.
const ROW_GROUP_ROWS: usize = 131_072;
/// Rows of one data page: the unit that the page index prunes.
const PAGE_ROWS: usize = 16_384;
/// Rows gathered at once.
const GATHER_ROWS: usize = 16_384;
/// Zstd level of parts. Higher levels cost import speed and save little on log text.
const ZSTD_LEVEL: i32 = 1;

/// Columns of random identifiers: a dictionary of them would only be built to be thrown away.
const RANDOM_COLUMNS: &[&str] = &["eventID", "requestID", "sharedEventID"];

/// One encoded part, ready for upload.
#[derive(Debug, Clone)]
pub struct EncodedPart {
    /// The Parquet file.
    pub bytes: Bytes,
    /// SHA-256 of `bytes`.
    pub sha256: [u8; 32],
    /// Rows in the part.
    pub num_rows: u64,
    /// Delta per-file statistics as JSON.
    pub stats: String,
}

/// Returns the writer settings of every part.
///
/// Statistics and bloom filters are named per column; `events` owns the lists.
pub fn writer_properties(schema: &SchemaRef, num_rows: usize) -> Result<WriterProperties> {
    let level =
        ZstdLevel::try_new(ZSTD_LEVEL).map_err(|e| Error::internal("set zstd level").with_source(e))?;
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(concat!("auditlake ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS.min(4096));
    let rows_in_group = num_rows.clamp(1, ROW_GROUP_ROWS) as u64;
    for field in schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        if BLOOM_COLUMNS.contains(&field.name().as_str()) {
            builder = builder
                .set_column_bloom_filter_enabled(path.clone(), true)
                .set_column_bloom_filter_max_ndv(path.clone(), rows_in_group);
        }
        if RANDOM_COLUMNS.contains(&field.name().as_str()) {
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_LENGTH_BYTE_ARRAY);
        }
    }
    Ok(builder.build())
}

/// Encodes the batches of `rows`, already in file order and `num_rows` in all, as one part.
///
/// The Arrow schema is left out of the footer: any reader sees plain Parquet types, and ours
/// declares its own view types.
pub fn encode_part(
    rows: impl Iterator<Item = Result<RecordBatch>>,
    schema: &SchemaRef,
    num_rows: usize,
) -> Result<EncodedPart> {
    let options = ArrowWriterOptions::new()
        .with_properties(writer_properties(schema, num_rows)?)
        .with_skip_arrow_metadata(true);
    let mut out = Vec::new();
    let mut writer =
        ArrowWriter::try_new_with_options(&mut out, Arc::clone(schema), options).map_err(encode_error)?;
    for batch in rows {
        writer.write(&batch?).map_err(encode_error)?;
    }
    let footer: ParquetMetaData = writer.close().map_err(encode_error)?;
    let stats = stats_json(&footer, schema, STATS_COLUMNS)?;
    let bytes = Bytes::from(out);
    Ok(EncodedPart { sha256: sha256(&bytes), bytes, num_rows: num_rows as u64, stats })
}

/// Encodes rows of `batches`, named by batch and row in the order of time, as one part.
///
/// Each row group has the rows of a range of time in the order of [`cluster`]. They are gathered a few thousand at a time, so that they
/// are never held twice.
pub(crate) fn encode_rows(
    batches: &[&RecordBatch],
    order: &[RowRef],
    schema: &SchemaRef,
) -> Result<EncodedPart> {
    let mut order = order.to_vec();
    order.chunks_mut(ROW_GROUP_ROWS).for_each(|group| cluster(batches, group));
    let gathered = order.chunks(GATHER_ROWS).map(|rows| {
        interleave_record_batch(batches, rows)
            .map_err(|e| Error::internal("gather rows of a part").with_source(e))
    });
    encode_part(gathered, schema, order.len())
}

/// Returns the SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    hash
}

/// Returns `bytes` as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn encode_error(source: parquet::errors::ParquetError) -> Error {
    Error::internal("encode Parquet part").with_source(source)
}
