//! A block of lines for each row, as psql's `\x` writes them.
//!
//! ```text
//! -[ RECORD 1 ]-----+--------------------------
//! eventName         | GetObject
//! requestParameters | {
//!                   |   "bucketName": "logs",
//!                   |   "key": "2026/01/31/a.gz"
//!                   | }
//! ```
//!
//! Values are whole. Only JSON that is long for a line takes several, so a line without a name always goes on
//! with JSON: text cannot pretend to be the next column. A result without rows is `(0 rows)`.

use auditlake_events::schema::is_json;
use auditlake_model::Result;
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use unicode_width::UnicodeWidthStr;

use super::cell::{CellStyle, is_nested};
use super::table::NULL;
use super::{Encoder, Layout, escape_text, pretty};

/// Lines are taken to be this wide where nobody says.
const USUAL_WIDTH: usize = 80;
/// JSON that is shorter stays on its line, however narrow that is.
const SHORT_JSON: usize = 24;

/// Writes a block of lines for each row. Names may repeat.
pub(super) struct ExpandedEncoder {
    style: CellStyle,
    columns: Vec<Column>,
    name_width: usize,
    width: usize,
    records: u64,
}

struct Column {
    name: String,
    /// Whether values may be JSON.
    json: bool,
}

impl ExpandedEncoder {
    pub(super) fn new(schema: &Schema, style: CellStyle, max_width: Option<usize>) -> Self {
        let column = |field: &Field| Column {
            name: escape_text(field.name()).into_owned(),
            json: is_nested(field.data_type()) || is_json(field),
        };
        let columns: Vec<Column> = schema.fields().iter().map(|field| column(field)).collect();
        let name_width = columns.iter().map(|column| column.name.width()).max().unwrap_or(0);
        Self { style, columns, name_width, width: max_width.unwrap_or(USUAL_WIDTH), records: 0 }
    }

    /// Returns a value as lines, in whole.
    fn lines(&self, column: &Column, array: &ArrayRef, row: usize) -> Result<Vec<String>> {
        if array.is_null(row) || array.data_type().is_null() {
            return Ok(vec![NULL.to_owned()]);
        }
        let mut text = String::new();
        self.style.push_text(&mut text, array, row)?;
        let room = self.width.saturating_sub(self.name_width + 3).max(SHORT_JSON);
        if column.json
            && text.len() > room
            && let Some(lines) = pretty::lines(&text)
        {
            return Ok(lines.iter().map(|line| escape_text(line).into_owned()).collect());
        }
        Ok(vec![escape_text(&text).into_owned()])
    }

    fn push_record(&mut self, batch: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let values = self.columns.iter().zip(batch.columns());
        let values: Vec<Vec<String>> =
            values.map(|(column, array)| self.lines(column, array, row)).collect::<Result<_>>()?;
        self.records += 1;
        let widest = values.iter().flatten().map(|line| line.width()).max().unwrap_or(0);
        out.extend_from_slice(self.rule(widest).as_bytes());
        out.push(b'\n');
        for (column, lines) in self.columns.iter().zip(&values) {
            let mut name = column.name.as_str();
            for line in lines {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(" ".repeat(self.name_width.saturating_sub(name.width())).as_bytes());
                out.extend_from_slice(if line.is_empty() { b" |" } else { b" | " });
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
                name = "";
            }
        }
        Ok(())
    }

    /// Returns the line above a record.
    fn rule(&self, widest: usize) -> String {
        let mut rule = format!("-[ RECORD {} ]", self.records);
        let total = (self.name_width + 3 + widest).min(self.width);
        while rule.len() < total.max(self.name_width + 2) {
            rule.push(if rule.len() == self.name_width + 1 { '+' } else { '-' });
        }
        rule
    }
}

impl Encoder for ExpandedEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        (0..batch.num_rows()).try_for_each(|row| self.push_record(batch, row, out))
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.records == 0 {
            out.extend_from_slice(b"(0 rows)\n");
        }
        Ok(())
    }

    fn layout(&self) -> Layout {
        Layout { shortened: false, expanded: true }
    }
}
