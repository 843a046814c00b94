//! JSON: one array of objects, or one object a line.

use auditlake_model::Result;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::record_batch::RecordBatch;

use super::Encoder;
use super::cell::{CellStyle, push_json_string};
use super::names::unique_names;

/// Writes an object for each row. A name that repeats gets `_1`, `_2` and so on, since members are unique.
pub(super) struct JsonEncoder {
    /// Each column's name as a JSON string, with the colon after it.
    names: Vec<String>,
    style: CellStyle,
    as_array: bool,
    rows: u64,
    line: String,
}

impl JsonEncoder {
    pub(super) fn array(schema: &Schema, style: CellStyle) -> Self {
        Self::new(schema, style, true)
    }

    pub(super) fn lines(schema: &Schema, style: CellStyle) -> Self {
        Self::new(schema, style, false)
    }

    fn new(schema: &Schema, style: CellStyle, as_array: bool) -> Self {
        let quoted = |name: String| {
            let mut quoted = String::new();
            push_json_string(&mut quoted, &name);
            quoted.push(':');
            quoted
        };
        let names = unique_names(schema.fields().iter().map(|field| field.name().as_str()));
        let names = names.into_iter().map(quoted).collect();
        Self { names, style, as_array, rows: 0, line: String::new() }
    }

    fn write_object(&mut self, batch: &RecordBatch, row: usize) -> Result<()> {
        self.line.clear();
        self.line.push('{');
        for (number, (name, column)) in self.names.iter().zip(batch.columns()).enumerate() {
            if number > 0 {
                self.line.push(',');
            }
            self.line.push_str(name);
            self.style.push_json(&mut self.line, column, row)?;
        }
        self.line.push('}');
        Ok(())
    }
}

impl Encoder for JsonEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        for row in 0..batch.num_rows() {
            self.write_object(batch, row)?;
            if self.as_array {
                out.extend_from_slice(if self.rows == 0 { b"[\n" } else { b",\n" });
            }
            out.extend_from_slice(self.line.as_bytes());
            if !self.as_array {
                out.push(b'\n');
            }
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.as_array {
            out.extend_from_slice(if self.rows == 0 { b"[]\n" } else { b"\n]\n" });
        }
        Ok(())
    }
}
