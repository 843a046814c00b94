//! Parquet and Arrow files: values as they are, for programs.
//!
//! | in the result | in the file |
//! |---|---|
//! | names that repeat | `_1`, `_2` after the later ones |
//! | text and binary views, dictionaries, run ends | plain text, binary, and values, which every reader knows |
//! | instants | UTC, whatever zone is shown elsewhere |
//! | JSON text | text with Arrow's `arrow.json` extension |
//!
//! Parquet: zstd, row groups of at most 128 MiB. Arrow: the file form of IPC, with its footer at the end, not
//! compressed; it is written in one go like the stream form, and more readers open it by its name.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_ipc::writer::FileWriter;
use auditlake_model::{Error, Result};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::Encoder;
use super::names::unique_names;

/// Encoded bytes of a Parquet row group, which is built in memory.
const ROW_GROUP_BYTES: usize = 128 << 20;
/// Metadata of a field that other programs understand begins so.
const EXTENSION_PREFIX: &str = "ARROW:extension:";

/// Writes a Parquet file.
pub(super) struct ParquetEncoder {
    schema: SchemaRef,
    writer: Option<ArrowWriter<Vec<u8>>>,
}

impl ParquetEncoder {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { schema: file_schema(schema), writer: None }
    }

    fn writer(&mut self) -> Result<&mut ArrowWriter<Vec<u8>>> {
        if self.writer.is_none() {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
                .set_created_by("auditlake".to_owned())
                .build();
            let schema = Arc::clone(&self.schema);
            let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(from_parquet)?;
            self.writer = Some(writer);
        }
        self.writer.as_mut().ok_or_else(|| Error::internal("write Parquet"))
    }
}

impl Encoder for ParquetEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let batch = file_batch(&self.schema, batch)?;
        let writer = self.writer()?;
        writer.write(&batch).map_err(from_parquet)?;
        out.append(writer.inner_mut());
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let writer = self.writer()?;
        writer.finish().map_err(from_parquet)?;
        out.append(writer.inner_mut());
        Ok(())
    }
}

/// Writes an Arrow IPC file.
pub(super) struct ArrowEncoder {
    schema: SchemaRef,
    writer: Option<FileWriter<Vec<u8>>>,
}

impl ArrowEncoder {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { schema: file_schema(schema), writer: None }
    }

    fn writer(&mut self) -> Result<&mut FileWriter<Vec<u8>>> {
        if self.writer.is_none() {
            self.writer = Some(FileWriter::try_new(Vec::new(), &self.schema).map_err(from_arrow)?);
        }
        self.writer.as_mut().ok_or_else(|| Error::internal("write Arrow"))
    }
}

impl Encoder for ArrowEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let batch = file_batch(&self.schema, batch)?;
        let writer = self.writer()?;
        writer.write(&batch).map_err(from_arrow)?;
        out.append(writer.get_mut());
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let writer = self.writer()?;
        writer.finish().map_err(from_arrow)?;
        out.append(writer.get_mut());
        Ok(())
    }
}

/// Returns the schema of the file that a result of `schema` becomes.
fn file_schema(schema: &Schema) -> SchemaRef {
    let names = unique_names(schema.fields().iter().map(|field| field.name().as_str()));
    let fields = schema.fields().iter().zip(names).map(|(field, name)| {
        let known = field.metadata().iter().filter(|(key, _)| key.starts_with(EXTENSION_PREFIX));
        let metadata: HashMap<String, String> =
            known.map(|(key, value)| (key.clone(), value.clone())).collect();
        Field::new(name, plain_type(field.data_type()), field.is_nullable()).with_metadata(metadata)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Returns the type that every reader knows.
fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::RunEndEncoded(_, value) => plain_type(value.data_type()),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect::<Fields>()),
        DataType::List(item) | DataType::ListView(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) | DataType::LargeListView(item) => DataType::LargeList(plain_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(plain_field(item), *size),
        DataType::Map(entries, is_sorted) => DataType::Map(plain_field(entries), *is_sorted),
        other => other.clone(),
    }
}

fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(plain_type(field.data_type())))
}

fn file_batch(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch> {
    let column = |(array, field): (&ArrayRef, &FieldRef)| match array.data_type() == field.data_type() {
        true => Ok(Arc::clone(array)),
        false => cast(array, field.data_type()).map_err(from_arrow),
    };
    let columns: Vec<ArrayRef> =
        batch.columns().iter().zip(schema.fields()).map(column).collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(from_arrow)
}

fn from_parquet(error: ParquetError) -> Error {
    match &error {
        ParquetError::NYI(what) => unsupported("Parquet", what),
        _ => Error::internal("write Parquet").with_source(error),
    }
}

fn from_arrow(error: ArrowError) -> Error {
    match &error {
        ArrowError::NotYetImplemented(what) | ArrowError::InvalidArgumentError(what) => {
            unsupported("Arrow", what)
        }
        _ => Error::internal("write Arrow").with_source(error),
    }
}

/// Says that a type of the result has no place in the file.
fn unsupported(format: &str, what: &str) -> Error {
    Error::unsupported(format!("the result does not go into {format}"))
        .with_detail(what.to_owned())
        .with_hint("Cast the column, for example with `CAST(x AS VARCHAR)`.")
}
