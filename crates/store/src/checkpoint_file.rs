//! The bytes of ingest checkpoint and quarantine files (format version 1, Parquet).
//!
//! Both are plain Parquet tables, so that any tool can show an auditor what was taken and what was not.
//! The footer of a checkpoint file carries [`CheckpointHeader`] as JSON.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt64Type};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, ImportId, Result};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use crate::custody::{FilteredEvents, IngestedObject, QuarantinedRecord, SourceObject, TakingRules};
use crate::part::hex;

/// Footer key of the header.
const HEADER_KEY: &str = "auditlake.checkpoint";
/// The format that this code writes.
const FORMAT_VERSION: u32 = 1;

/// What a checkpoint file's footer says about the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CheckpointHeader {
    /// Older files that are still live.
    pub(crate) predecessors: Vec<i64>,
    /// Files that hold quarantined records, this one's included.
    pub(crate) quarantine_files: Vec<i64>,
}

/// The stored form of [`CheckpointHeader`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckpointHeaderV1 {
    format_version: u32,
    predecessors: Vec<i64>,
    quarantine_files: Vec<i64>,
}

/// A decoded checkpoint file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckpointFile {
    pub(crate) header: CheckpointHeader,
    pub(crate) objects: Vec<IngestedObject>,
}

impl CheckpointFile {
    pub(crate) fn encode(&self) -> Result<Bytes> {
        let header = CheckpointHeaderV1 {
            format_version: FORMAT_VERSION,
            predecessors: self.header.predecessors.clone(),
            quarantine_files: self.header.quarantine_files.clone(),
        };
        let header = serde_json::to_string(&header)
            .map_err(|e| Error::internal("write checkpoint header").with_source(e))?;
        write_table(&objects_batch(&self.objects)?, Some(KeyValue::new(HEADER_KEY.to_owned(), header)))
    }

    /// # Errors
    /// `Corrupt` when the bytes are damaged; `Unsupported` when a newer Auditlake wrote them.
    pub(crate) fn decode(bytes: Bytes) -> Result<Self> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(damaged)?;
        let header = reader
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == HEADER_KEY))
            .and_then(|pair| pair.value.as_deref())
            .ok_or_else(|| {
                Error::corrupt("read ingest checkpoint").with_detail("the footer has no header")
            })?;
        let header: CheckpointHeaderV1 = serde_json::from_str(header).map_err(damaged)?;
        if header.format_version > FORMAT_VERSION {
            return Err(Error::unsupported("read ingest checkpoint")
                .with_context("format", header.format_version)
                .with_hint("A newer Auditlake wrote this store; install that version."));
        }
        let mut objects = Vec::new();
        for batch in reader.build().map_err(damaged)? {
            objects.extend(objects_of(&batch.map_err(damaged)?)?);
        }
        let header =
            CheckpointHeader { predecessors: header.predecessors, quarantine_files: header.quarantine_files };
        Ok(Self { header, objects })
    }
}

/// Encodes a quarantine file.
pub(crate) fn encode_quarantine(records: &[QuarantinedRecord]) -> Result<Bytes> {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("uri", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.uri)))),
        ("position", Arc::new(UInt64Array::from_iter_values(records.iter().map(|r| r.position)))),
        ("reason", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.reason)))),
        ("bytes", Arc::new(BinaryArray::from_iter_values(records.iter().map(|r| &r.bytes)))),
    ];
    let batch = RecordBatch::try_from_iter(columns)
        .map_err(|e| Error::internal("build quarantine").with_source(e))?;
    write_table(&batch, None)
}

/// Decodes a quarantine file.
///
/// # Errors
/// `Corrupt` when the bytes are damaged.
pub fn decode_quarantine(bytes: Bytes) -> Result<Vec<QuarantinedRecord>> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(damaged)?.build().map_err(damaged)?;
    let mut records = Vec::new();
    for batch in reader {
        let batch = batch.map_err(damaged)?;
        let table = Columns(&batch);
        let (uri, position) = (table.text("uri")?, table.count("position")?);
        let (reason, bytes) = (table.text("reason")?, table.get("bytes")?.as_binary::<i32>());
        records.extend((0..batch.num_rows()).map(|row| QuarantinedRecord {
            uri: uri.value(row).to_owned(),
            position: position.value(row),
            reason: reason.value(row).to_owned(),
            bytes: bytes.value(row).to_vec(),
        }));
    }
    Ok(records)
}

fn write_table(batch: &RecordBatch, header: Option<KeyValue>) -> Result<Bytes> {
    let failed = |e| Error::internal("encode ingest checkpoint").with_source(e);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(header.map(|pair| vec![pair]))
        .build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(batch).map_err(failed)?;
    writer.close().map_err(failed)?;
    Ok(out.into())
}

fn objects_batch(objects: &[IngestedObject]) -> Result<RecordBatch> {
    let text = |value: fn(&IngestedObject) -> Option<String>| -> ArrayRef {
        Arc::new(objects.iter().map(value).collect::<StringArray>())
    };
    let count = |value: fn(&IngestedObject) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(objects.iter().map(value)))
    };
    let modified = Int64Array::from_iter_values(objects.iter().map(|o| o.source.modified_at_ms));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("uri", text(|o| Some(o.source.uri.clone()))),
        ("bucket", text(|o| o.source.bucket.clone())),
        ("key", text(|o| Some(o.source.key.clone()))),
        ("versionId", text(|o| o.source.version_id.clone())),
        ("etag", text(|o| o.source.etag.clone())),
        ("sizeBytes", count(|o| o.source.size_bytes)),
        ("modifiedAtMs", Arc::new(modified)),
        ("sha256", text(|o| Some(hex(&o.sha256)))),
        ("uncompressedBytes", count(|o| o.uncompressed_bytes)),
        ("records", count(|o| o.records)),
        ("stored", count(|o| o.stored)),
        ("duplicates", count(|o| o.duplicates)),
        ("conflicts", count(|o| o.conflicts)),
        ("filteredBySelector", count(|o| o.filtered.by_selector)),
        ("filteredByRetention", count(|o| o.filtered.by_retention)),
        ("filteredByTimeRange", count(|o| o.filtered.by_time_range)),
        ("filteredByCategory", count(|o| o.filtered.by_category)),
        ("quarantined", count(|o| o.quarantined)),
        ("importId", text(|o| Some(o.import_id.to_string()))),
        ("selectorsHash", count(|o| o.rules.selectors)),
        // 0 keeps events for ever.
        ("retentionDays", count(|o| o.rules.retention_days.map_or(0, u64::from))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .map_err(|e| Error::internal("build ingest checkpoint").with_source(e))
}

fn objects_of(batch: &RecordBatch) -> Result<Vec<IngestedObject>> {
    let table = Columns(batch);
    (0..batch.num_rows()).map(|row| table.object(row)).collect()
}

/// Columns of a checkpoint table, by name.
struct Columns<'a>(&'a RecordBatch);

impl<'a> Columns<'a> {
    fn get(&self, name: &str) -> Result<&'a ArrayRef> {
        self.0
            .column_by_name(name)
            .ok_or_else(|| Error::corrupt("read ingest checkpoint").with_context("missing column", name))
    }

    fn typed(&self, name: &str, data_type: &DataType) -> Result<&'a ArrayRef> {
        let column = self.get(name)?;
        if column.data_type() == data_type {
            return Ok(column);
        }
        Err(Error::corrupt("read ingest checkpoint")
            .with_context("column", name)
            .with_context("type", column.data_type()))
    }

    fn text(&self, name: &str) -> Result<&'a StringArray> {
        Ok(self.typed(name, &DataType::Utf8)?.as_string())
    }

    fn count(&self, name: &str) -> Result<&'a UInt64Array> {
        Ok(self.typed(name, &DataType::UInt64)?.as_primitive::<UInt64Type>())
    }

    fn optional_text(&self, name: &str, row: usize) -> Result<Option<String>> {
        let column = self.text(name)?;
        Ok(column.is_valid(row).then(|| column.value(row).to_owned()))
    }

    fn needed_text(&self, name: &str, row: usize) -> Result<String> {
        self.optional_text(name, row)?
            .ok_or_else(|| Error::corrupt("read ingest checkpoint").with_context("null in column", name))
    }

    fn number(&self, name: &str, row: usize) -> Result<u64> {
        Ok(self.count(name)?.value(row))
    }

    fn object(&self, row: usize) -> Result<IngestedObject> {
        let import_id = self.needed_text("importId", row)?;
        let modified_at_ms =
            self.typed("modifiedAtMs", &DataType::Int64)?.as_primitive::<Int64Type>().value(row);
        Ok(IngestedObject {
            source: SourceObject {
                uri: self.needed_text("uri", row)?,
                bucket: self.optional_text("bucket", row)?,
                key: self.needed_text("key", row)?,
                version_id: self.optional_text("versionId", row)?,
                etag: self.optional_text("etag", row)?,
                size_bytes: self.number("sizeBytes", row)?,
                modified_at_ms,
            },
            sha256: parse_sha256(&self.needed_text("sha256", row)?)?,
            uncompressed_bytes: self.number("uncompressedBytes", row)?,
            records: self.number("records", row)?,
            stored: self.number("stored", row)?,
            duplicates: self.number("duplicates", row)?,
            conflicts: self.number("conflicts", row)?,
            filtered: FilteredEvents {
                by_selector: self.number("filteredBySelector", row)?,
                by_retention: self.number("filteredByRetention", row)?,
                by_time_range: self.number("filteredByTimeRange", row)?,
                by_category: self.number("filteredByCategory", row)?,
            },
            quarantined: self.number("quarantined", row)?,
            import_id: import_id.parse::<ImportId>().map_err(damaged)?,
            rules: TakingRules {
                selectors: self.number("selectorsHash", row)?,
                retention_days: match self.number("retentionDays", row)? {
                    0 => None,
                    days => Some(u16::try_from(days).map_err(damaged)?),
                },
            },
        })
    }
}

fn parse_sha256(text: &str) -> Result<[u8; 32]> {
    let wrong = || Error::corrupt("read ingest checkpoint").with_context("sha256", text);
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(hash)
}

fn damaged(source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::corrupt("read ingest checkpoint").with_source(source)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn checkpoint_file_round_trips() {
        let object = IngestedObject {
            source: SourceObject {
                uri: "s3://b/AWSLogs/1/x.json.gz".into(),
                bucket: Some("b".into()),
                key: "AWSLogs/1/x.json.gz".into(),
                version_id: None,
                etag: Some("\"e\"".into()),
                size_bytes: 10,
                modified_at_ms: -5,
            },
            sha256: [0xA7; 32],
            uncompressed_bytes: 100,
            records: 9,
            stored: 3,
            duplicates: 1,
            conflicts: 1,
            filtered: FilteredEvents { by_selector: 1, by_retention: 1, by_time_range: 1, by_category: 1 },
            quarantined: 1,
            import_id: "7d3f1c3e-0000-4000-8000-000000000001".parse().unwrap(),
            rules: TakingRules { selectors: u64::MAX, retention_days: Some(7) },
        };
        let header = CheckpointHeader { predecessors: vec![1, 2], quarantine_files: vec![2] };
        let file = CheckpointFile { header, objects: vec![object] };
        assert_eq!(CheckpointFile::decode(file.encode().unwrap()).unwrap(), file);
    }

    #[test]
    fn quarantine_file_keeps_bytes() {
        let record =
            QuarantinedRecord { uri: "u".into(), position: 4, reason: "r".into(), bytes: vec![0, 255, 13] };
        let bytes = encode_quarantine(std::slice::from_ref(&record)).unwrap();
        assert_eq!(decode_quarantine(bytes).unwrap(), vec![record]);
    }
}
