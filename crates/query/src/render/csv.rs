//! CSV after RFC 4180, with `\n` at line ends.

use auditlake_model::Result;
use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

use super::{Encoder, cell};

/// Writes a header and a line for each row. Names may repeat.
pub(super) struct CsvEncoder {
    schema: SchemaRef,
    has_header: bool,
    cell: String,
}

impl CsvEncoder {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self { schema, has_header: false, cell: String::new() }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if self.has_header {
            return;
        }
        self.has_header = true;
        for (column, field) in self.schema.fields().iter().enumerate() {
            separate(column, out);
            push_field(out, field.name());
        }
        out.push(b'\n');
    }
}

impl Encoder for CsvEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.write_header(out);
        for row in 0..batch.num_rows() {
            for (number, column) in batch.columns().iter().enumerate() {
                separate(number, out);
                if column.is_null(row) || column.data_type().is_null() {
                    continue;
                }
                self.cell.clear();
                cell::push_text(&mut self.cell, column, row)?;
                push_field(out, &self.cell);
            }
            out.push(b'\n');
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.write_header(out);
        Ok(())
    }
}

fn separate(column: usize, out: &mut Vec<u8>) {
    if column > 0 {
        out.push(b',');
    }
}

/// Appends a field, in quotes where it must be. Empty text is quoted, which tells it from null.
fn push_field(out: &mut Vec<u8>, text: &str) {
    let needs_quotes = text.is_empty() || text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if !needs_quotes {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
