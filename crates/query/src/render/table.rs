//! Aligned columns for people.
//!
//! ```text
//! eventName    |    n
//! -------------+-----
//! ConsoleLogin |   12
//! GetObject    | 3405
//! ```
//!
//! Widths come from the first rows, so that a result of any length streams. Without a limit a longer cell later
//! on pushes its line out of shape and loses nothing; with one it is shortened like the cells before it.

mod fit;

use auditlake_model::Result;
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use unicode_width::UnicodeWidthStr;

use self::fit::{Column, SEPARATOR, shorten};
use super::cell::{CellStyle, is_number};
use super::expanded::ExpandedEncoder;
use super::options::{Expanded, TableOptions};
use super::{Encoder, Layout, escape_text};

/// Rows that are looked at before the first line is written.
const SAMPLE_ROWS: usize = 1_000;
/// Rows are not held back once they take this much memory.
const SAMPLE_BYTES: usize = 16 << 20;
/// Columns without a limit are not made wider than this for the sake of a few long cells.
const MAX_WIDTH: usize = 80;
/// What stands for null.
pub(super) const NULL: &str = "NULL";

/// Writes a header, a rule, and a line for each row.
pub(super) struct TableEncoder {
    schema: SchemaRef,
    style: CellStyle,
    options: TableOptions,
    headers: Vec<String>,
    kinds: Vec<Kind>,
    /// Batches held back until the form is known.
    held: Vec<RecordBatch>,
    /// Set once the header is written.
    body: Option<Body>,
    shortened: bool,
}

/// How the values of a column are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// Aligned to the right.
    right: bool,
    /// Never shortened.
    rigid: bool,
}

/// The form that the first rows led to.
enum Body {
    Lines(Vec<usize>),
    Blocks(ExpandedEncoder),
}

impl TableEncoder {
    pub(super) fn new(schema: SchemaRef, style: CellStyle, options: TableOptions) -> Self {
        let fields = schema.fields();
        let body = (options.expanded == Expanded::On)
            .then(|| Body::Blocks(ExpandedEncoder::new(&schema, style, options.max_width)));
        Self {
            headers: fields.iter().map(|field| escape_text(field.name()).into_owned()).collect(),
            kinds: fields.iter().map(|field| Kind::of(field)).collect(),
            schema,
            style,
            options,
            held: Vec::new(),
            body,
            shortened: false,
        }
    }

    /// Tells whether enough rows are there to choose the form.
    fn has_sample(&self) -> bool {
        let rows: usize = self.held.iter().map(RecordBatch::num_rows).sum();
        let bytes: usize = self.held.iter().map(RecordBatch::get_array_memory_size).sum();
        rows >= SAMPLE_ROWS || bytes >= SAMPLE_BYTES
    }

    /// Chooses the form, and writes the header and the rows held back.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let body = self.choose(&held)?;
        if let Body::Lines(widths) = &body {
            self.push_header(widths, out);
        }
        self.body = Some(body);
        held.iter().try_for_each(|batch| self.push_rows(batch, out))
    }

    fn choose(&self, sample: &[RecordBatch]) -> Result<Body> {
        let columns = self.measure(sample)?;
        let Some(max_width) = self.options.max_width else {
            let width = |column: &Column| column.value.min(MAX_WIDTH).max(column.header);
            return Ok(Body::Lines(columns.iter().map(width).collect()));
        };
        Ok(match (fit::fit(&columns, max_width), self.options.expanded) {
            (Some(widths), _) => Body::Lines(widths),
            (None, Expanded::Auto) => {
                Body::Blocks(ExpandedEncoder::new(&self.schema, self.style, self.options.max_width))
            }
            (None, _) => Body::Lines(fit::least(&columns)),
        })
    }

    /// Looks at the first rows.
    fn measure(&self, sample: &[RecordBatch]) -> Result<Vec<Column>> {
        let column =
            |(header, kind): (&String, &Kind)| Column { header: header.width(), value: 0, rigid: kind.rigid };
        let mut columns: Vec<Column> = self.headers.iter().zip(&self.kinds).map(column).collect();
        let mut rows_left = SAMPLE_ROWS;
        for batch in sample {
            let rows = batch.num_rows().min(rows_left);
            rows_left -= rows;
            for (column, array) in columns.iter_mut().zip(batch.columns()) {
                for row in 0..rows {
                    column.value = column.value.max(self.cell(array, row)?.width());
                }
            }
        }
        Ok(columns)
    }

    /// Returns a value as it is shown, in whole.
    fn cell(&self, column: &ArrayRef, row: usize) -> Result<String> {
        if column.is_null(row) || column.data_type().is_null() {
            return Ok(NULL.to_owned());
        }
        let mut text = String::new();
        self.style.push_text(&mut text, column, row)?;
        Ok(escape_text(&text).into_owned())
    }

    fn push_header(&mut self, widths: &[usize], out: &mut Vec<u8>) {
        let headers = std::mem::take(&mut self.headers);
        let shown = headers.iter().zip(widths).map(|(header, width)| match self.options.max_width {
            Some(_) => shorten(header, *width).into_owned(),
            None => header.clone(),
        });
        let shown: Vec<String> = shown.collect();
        self.shortened |= shown != headers;
        self.push_line(&shown, widths, out);
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        out.extend_from_slice(rules.join("-+-").as_bytes());
        out.push(b'\n');
        self.headers = headers;
    }

    fn push_rows(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        let widths = match &mut self.body {
            Some(Body::Blocks(blocks)) => return blocks.encode(batch, out),
            Some(Body::Lines(widths)) => std::mem::take(widths),
            None => return Ok(()),
        };
        let pushed = self.push_lines(batch, &widths, out);
        self.body = Some(Body::Lines(widths));
        pushed
    }

    fn push_lines(&mut self, batch: &RecordBatch, widths: &[usize], out: &mut Vec<u8>) -> Result<()> {
        let is_limited = self.options.max_width.is_some();
        let mut cells = Vec::with_capacity(widths.len());
        for row in 0..batch.num_rows() {
            cells.clear();
            for (number, column) in batch.columns().iter().enumerate() {
                let mut text = self.cell(column, row)?;
                if is_limited && !self.kinds[number].rigid {
                    let short = shorten(&text, widths[number]);
                    if short != text {
                        text = short.into_owned();
                        self.shortened = true;
                    }
                }
                cells.push(text);
            }
            self.push_line(&cells, widths, out);
        }
        Ok(())
    }

    fn push_line(&self, cells: &[String], widths: &[usize], out: &mut Vec<u8>) {
        let last = cells.len().saturating_sub(1);
        for (column, (text, width)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                out.extend_from_slice(SEPARATOR.as_bytes());
            }
            let padding = " ".repeat(width.saturating_sub(text.width()));
            let (before, after) =
                if self.kinds[column].right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(text.as_bytes());
            if column < last {
                out.extend_from_slice(after.as_bytes());
            }
        }
        out.push(b'\n');
    }
}

impl Kind {
    fn of(field: &Field) -> Self {
        let right = is_number(field.data_type());
        let is_time = field.data_type().is_temporal() || *field.data_type() == DataType::Boolean;
        Self { right, rigid: right || is_time }
    }
}

impl Encoder for TableEncoder {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()> {
        if self.body.is_some() {
            return self.push_rows(batch, out);
        }
        self.held.push(batch.clone());
        if self.has_sample() { self.begin(out) } else { Ok(()) }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if self.body.is_none() {
            self.begin(out)?;
        }
        match &mut self.body {
            Some(Body::Blocks(blocks)) => blocks.finish(out),
            _ => Ok(()),
        }
    }

    fn layout(&self) -> Layout {
        Layout { shortened: self.shortened, expanded: matches!(self.body, Some(Body::Blocks(_))) }
    }
}
