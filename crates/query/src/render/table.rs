//! Aligned columns for people.
//!
//! ```text
//! eventName    |    n
//! -------------+-----
//! ConsoleLogin |   12
//! GetObject    | 3405
//! ```
//!
//! Widths come from the first rows, so that a result of any length streams; a longer cell later on pushes its
//! line out of shape and loses nothing.

use auditlake_model::Result;
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use unicode_width::UnicodeWidthStr;

use super::{Encoder, cell, escape_text};

/// Rows that are looked at before the first line is written.
const SAMPLE_ROWS: usize = 1_000;
/// Columns are not made wider than this for the sake of a few long cells.
const MAX_WIDTH: usize = 80;
/// What stands for null.
const NULL: &str = "NULL";

/// Writes a header, a rule, and a line for each row.
pub(super) struct TableEncoder {
    headers: Vec<String>,
    right: Vec<bool>,
    /// Rows held back until the widths are known.
    sample: Vec<Vec<String>>,
    /// Set once the header is written.
    widths: Option<Vec<usize>>,
}

impl TableEncoder {
    pub(super) fn new(schema: SchemaRef) -> Self {
        let fields = schema.fields();
        Self {
            headers: fields.iter().map(|field| escape_text(field.name()).into_owned()).collect(),
            right: fields.iter().map(|field| cell::is_number(field.data_type())).collect(),
            sample: Vec::new(),
            widths: None,
        }
    }

    /// Writes the header and the rows held back, if that has not happened.
    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.widths.is_some() {
            return;
        }
        let sample = std::mem::take(&mut self.sample);
        let widest = |column: usize, header: &String| {
            let cells = sample.iter().map(|row| row[column].width());
            cells.map(|width| width.min(MAX_WIDTH)).fold(header.width(), usize::max)
        };
        let widths: Vec<usize> =
            self.headers.iter().enumerate().map(|(i, header)| widest(i, header)).collect();
        self.push_line(&self.headers, &widths, out);
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        out.extend_from_slice(rules.join("-+-").as_bytes());
        out.push(b'\n');
        for row in &sample {
            self.push_line(row, &widths, out);
        }
        self.widths = Some(widths);
    }

    fn push_line(&self, cells: &[String], widths: &[usize], out: &mut Vec<u8>) {
        let last = cells.len().saturating_sub(1);
        for (column, (text, width)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                out.extend_from_slice(b" | ");
            }
            let padding = " ".repeat(width.saturating_sub(text.width()));
            let (before, after) =
                if self.right[column] { (padding.as_str(), "") } else { ("", padding.as_str()) };
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(text.as_bytes());
            if column < last {
                out.extend_from_slice(after.as_bytes());
            }
        }
        out.push(b'\n');
    }
}

impl Encoder for TableEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        for row in 0..batch.num_rows() {
            let cells = row_cells(batch, row)?;
            match &self.widths {
                Some(widths) => self.push_line(&cells, widths, out),
                None => self.sample.push(cells),
            }
            if self.sample.len() >= SAMPLE_ROWS {
                self.begin(out);
            }
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.begin(out);
        Ok(())
    }
}

fn row_cells(batch: &RecordBatch, row: usize) -> Result<Vec<String>> {
    let cell = |column: &ArrayRef| {
        if column.is_null(row) || column.data_type().is_null() {
            return Ok(NULL.to_owned());
        }
        let mut text = String::new();
        cell::push_text(&mut text, column, row)?;
        Ok(escape_text(&text).into_owned())
    };
    batch.columns().iter().map(cell).collect()
}
