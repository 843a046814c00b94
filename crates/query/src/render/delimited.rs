//! CSV and TSV: a header, and a line for each row. Names may repeat.
//!
//! | | csv | tsv |
//! |---|---|---|
//! | rule | RFC 4180, with `\n` at line ends | one line a row, whatever the values hold |
//! | null | nothing | `\N` |
//! | empty text | `""` | nothing |
//! | tab, line feed, carriage return, backslash | as they are, in quotes where they must be | `\t`, `\n`, `\r`, `\\` |
//! | other control and direction characters | as they are | `\u{1b}` |

use auditlake_model::Result;
use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

use super::cell::{CellStyle, is_number};
use super::escape::push_escaped;
use super::{Encoder, lake, spreadsheet};

/// Writes values between separators.
pub(super) struct DelimitedEncoder {
    schema: SchemaRef,
    style: CellStyle,
    syntax: Syntax,
    /// Whether values are written as CloudTrail Lake writes them.
    is_lake: bool,
    /// Whether values are disarmed for spreadsheets.
    safe: bool,
    /// Whether each column holds numbers, which are never disarmed.
    numbers: Vec<bool>,
    has_header: bool,
    cell: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Csv,
    Tsv,
}

impl DelimitedEncoder {
    pub(super) fn csv(schema: SchemaRef, style: CellStyle, safe: bool) -> Self {
        Self::new(schema, style, Syntax::Csv, safe)
    }

    /// CSV with values as CloudTrail Lake writes them.
    pub(super) fn lake(schema: SchemaRef, style: CellStyle, safe: bool) -> Self {
        Self { is_lake: true, ..Self::csv(schema, style, safe) }
    }

    pub(super) fn tsv(schema: SchemaRef, style: CellStyle, safe: bool) -> Self {
        Self::new(schema, style, Syntax::Tsv, safe)
    }

    fn new(schema: SchemaRef, style: CellStyle, syntax: Syntax, safe: bool) -> Self {
        let numbers = schema.fields().iter().map(|field| is_number(field.data_type())).collect();
        Self { schema, style, syntax, is_lake: false, safe, numbers, has_header: false, cell: String::new() }
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if self.has_header {
            return;
        }
        self.has_header = true;
        for (column, field) in self.schema.fields().iter().enumerate() {
            self.separate(column, out);
            self.push_field(field.name(), self.safe, out);
        }
        out.push(b'\n');
    }

    fn separate(&self, column: usize, out: &mut Vec<u8>) {
        if column > 0 {
            out.push(if self.syntax == Syntax::Csv { b',' } else { b'\t' });
        }
    }

    fn push_field(&self, text: &str, guarded: bool, out: &mut Vec<u8>) {
        let guard = if guarded { spreadsheet::guard(text) } else { "" };
        match self.syntax {
            Syntax::Csv => push_csv(guard, text, out),
            Syntax::Tsv => {
                out.extend_from_slice(guard.as_bytes());
                push_tsv(text, out);
            }
        }
    }
}

impl Encoder for DelimitedEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        self.write_header(out);
        for row in 0..batch.num_rows() {
            for (number, column) in batch.columns().iter().enumerate() {
                self.separate(number, out);
                if column.is_null(row) || column.data_type().is_null() {
                    if self.syntax == Syntax::Tsv {
                        out.extend_from_slice(b"\\N");
                    }
                    continue;
                }
                self.cell.clear();
                match self.is_lake {
                    true => lake::push(self.style, &mut self.cell, self.schema.field(number), column, row)?,
                    false => self.style.push_text(&mut self.cell, column, row)?,
                }
                let guarded = self.safe && !self.numbers.get(number).is_some_and(|is_number| *is_number);
                self.push_field(&self.cell, guarded, out);
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

/// Appends a field, in quotes where it must be. Empty text is quoted, which tells it from null.
fn push_csv(guard: &str, text: &str, out: &mut Vec<u8>) {
    let needs_quotes = text.is_empty() || text.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r'));
    if !needs_quotes {
        out.extend_from_slice(guard.as_bytes());
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(guard.as_bytes());
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Appends a field in which every character that could end it, or steer a terminal, is escaped.
fn push_tsv(text: &str, out: &mut Vec<u8>) {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            c => push_escaped(&mut escaped, c),
        }
    }
    out.extend_from_slice(escaped.as_bytes());
}
