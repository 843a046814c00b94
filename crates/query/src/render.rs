//! Writes results: tables and pages for people, text and files for programs. Rows leave as they come.
//!
//! ```text
//! RecordBatch --cell--> text or JSON of each value --table|expanded|csv|...--> bytes --> out
//!             --plain types, unique names--------------------parquet|arrow--> bytes --> out
//! ```
//!
//! `lake` is csv with values as [`lake`](self::lake) writes them; the table is about the others.
//!
//! | | table, expanded | csv | tsv | json, ndjson | markdown, html | parquet, arrow |
//! |---|---|---|---|---|---|---|
//! | null | `NULL` | nothing (empty text is `""`) | `\N` | `null` | marked `NULL` | null |
//! | instant | `2026-01-31 23:59:59.000` | same | same | same, as a string | same | timestamp, UTC |
//! | struct, list, map | JSON | JSON | JSON | JSON | JSON | as it is |
//! | control and direction characters | spelled out | as they are | spelled out | escaped as JSON asks | spelled out | as they are |
//! | `<`, `&` | | | | | `&lt;`, `&amp;` | |
//! | names that repeat | kept | kept | kept | `_1`, `_2` after later ones | same | same |
//!
//! Values of an audit log are written by whoever attacked it, so what goes to a terminal or a page must not steer
//! it. CSV is for programs and keeps values byte for byte; where a spreadsheet opens it, [`RenderOptions::csv_safe`]
//! puts `'` before every header and value that it could run: text whose first character (white space and invisible
//! ones left out) is `=`, `+`, `-` or `@`, and text that begins with a tab or carriage return. Columns of numbers,
//! and text that is a plain number, stay as they are.
//!
//! Memory does not grow with the result: a table holds back its first 1,000 rows or 16 MiB until it knows its
//! widths, Parquet one row group of 128 MiB, everything else one batch.

mod binary;
mod cell;
mod delimited;
mod escape;
mod expanded;
mod format;
mod json;
mod lake;
mod markup;
mod names;
mod options;
mod pretty;
mod spreadsheet;
mod table;
mod time;
mod zone;

use std::fmt::{self, Formatter};
use std::io::{self, Write};

use auditlake_model::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, StringArray, StringBuilder};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

pub use self::escape::escape_text;
pub use self::format::Format;
pub use self::lake::push_lake_text;
pub use self::options::{Expanded, RenderOptions, TableOptions};
pub use self::zone::TimeZone;

use self::cell::CellStyle;

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Everything so far was taken.
    Written,
    /// The reader went away, as `head` does; writing more is pointless, and no error.
    Closed,
}

/// What was written, once all is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Whether all was taken.
    pub outcome: Outcome,
    /// Rows of the result.
    pub rows: u64,
    /// Whether a value was shortened to make a table fit; other formats have it whole.
    pub shortened: bool,
    /// Whether rows became blocks of lines.
    pub expanded: bool,
}

/// Writes one result.
///
/// Write every batch, then finish: a table may hold its first rows back until then, and JSON needs its end.
pub struct ResultWriter<W> {
    out: W,
    encoder: Box<dyn Encoder + Send>,
    buffer: Vec<u8>,
    rows: u64,
}

impl<W: Write> ResultWriter<W> {
    /// Creates a writer of batches of `schema`, whose names become headers; they may repeat.
    pub fn new(format: Format, schema: SchemaRef, out: W) -> Self {
        Self::with_options(&RenderOptions::new(format), schema, out)
    }

    /// Creates a writer as [`ResultWriter::new`], with all choices made.
    pub fn with_options(options: &RenderOptions, schema: SchemaRef, out: W) -> Self {
        Self { out, encoder: encoder(options, schema), buffer: Vec::new(), rows: 0 }
    }

    /// Returns the rows written so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes the rows of `batch`.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `ResourcesExhausted` when the output cannot be written, a full disk for one.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<Outcome> {
        self.encoder.encode(batch, &mut self.buffer)?;
        self.rows += batch.num_rows() as u64;
        self.drain()
    }

    /// Writes what is left, and flushes the output.
    ///
    /// # Errors
    ///
    /// As [`ResultWriter::write`].
    pub fn finish(self) -> Result<Outcome> {
        self.finish_with_summary().map(|summary| summary.outcome)
    }

    /// Writes what is left, flushes the output, and gives it back.
    ///
    /// # Errors
    ///
    /// As [`ResultWriter::write`].
    pub fn into_inner(mut self) -> Result<(Outcome, W)> {
        self.encoder.finish(&mut self.buffer)?;
        let outcome = match self.drain()? {
            Outcome::Closed => Outcome::Closed,
            Outcome::Written => outcome(self.out.flush())?,
        };
        Ok((outcome, self.out))
    }

    /// Writes what is left, flushes the output, and tells what form the result got.
    ///
    /// # Errors
    ///
    /// As [`ResultWriter::write`].
    pub fn finish_with_summary(mut self) -> Result<Summary> {
        self.encoder.finish(&mut self.buffer)?;
        let outcome = match self.drain()? {
            Outcome::Closed => Outcome::Closed,
            Outcome::Written => outcome(self.out.flush())?,
        };
        let Layout { shortened, expanded } = self.encoder.layout();
        Ok(Summary { outcome, rows: self.rows, shortened, expanded })
    }

    fn drain(&mut self) -> Result<Outcome> {
        let written = self.out.write_all(&self.buffer);
        self.buffer.clear();
        outcome(written)
    }
}

impl<W> fmt::Debug for ResultWriter<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Writes one whole result, such as the rows of a list command.
///
/// # Errors
///
/// As [`ResultWriter::write`].
pub fn write_records(format: Format, batch: &RecordBatch, out: impl Write) -> Result<Outcome> {
    write_with_options(&RenderOptions::new(format), batch, out).map(|summary| summary.outcome)
}

/// Writes one whole result, with all choices made.
///
/// # Errors
///
/// As [`ResultWriter::write`].
pub fn write_with_options(options: &RenderOptions, batch: &RecordBatch, out: impl Write) -> Result<Summary> {
    let mut writer = ResultWriter::with_options(options, batch.schema(), out);
    match writer.write(batch)? {
        Outcome::Written => writer.finish_with_summary(),
        Outcome::Closed => {
            Ok(Summary { outcome: Outcome::Closed, rows: writer.rows, shortened: false, expanded: false })
        }
    }
}

/// Returns each value of a column as JSON text; null stays null.
///
/// Structs, lists and maps become what [`Format::Json`] makes of them, instants UTC.
///
/// # Errors
///
/// `Internal` for a value that Arrow cannot show.
pub fn json_text(array: &ArrayRef) -> Result<StringArray> {
    let mut texts = StringBuilder::with_capacity(array.len(), 0);
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        CellStyle::default().push_json(&mut text, array, row)?;
        texts.append_value(&text);
    }
    Ok(texts.finish())
}

/// Appends the value at `row` as the text formats write it, without quotes and escapes; returns false for NULL, and
/// appends nothing then.
///
/// # Errors
///
/// `Internal` when the value cannot be shown.
pub fn push_value(out: &mut String, array: &ArrayRef, row: usize) -> Result<bool> {
    if array.is_null(row) || array.data_type().is_null() {
        return Ok(false);
    }
    CellStyle::default().push_text(out, array, row).map(|()| true)
}

/// Turns batches into bytes.
trait Encoder {
    /// Appends the rows of `batch` to `out`, or keeps them for later.
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()>;

    /// Appends what ends the result.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()>;

    /// Tells what form the rows so far got.
    fn layout(&self) -> Layout {
        Layout::default()
    }
}

/// The form that rows got.
#[derive(Debug, Clone, Copy, Default)]
struct Layout {
    shortened: bool,
    expanded: bool,
}

fn encoder(options: &RenderOptions, schema: SchemaRef) -> Box<dyn Encoder + Send> {
    let style = CellStyle { zone: options.time_zone };
    let safe = options.csv_safe;
    match options.format {
        Format::Table => Box::new(table::TableEncoder::new(schema, style, options.table)),
        Format::Expanded => Box::new(expanded::ExpandedEncoder::new(&schema, style, options.table.max_width)),
        Format::Csv => Box::new(delimited::DelimitedEncoder::csv(schema, style, safe)),
        Format::Lake => Box::new(delimited::DelimitedEncoder::lake(schema, style, safe)),
        Format::Tsv => Box::new(delimited::DelimitedEncoder::tsv(schema, style, safe)),
        Format::Json => Box::new(json::JsonEncoder::array(&schema, style)),
        Format::Ndjson => Box::new(json::JsonEncoder::lines(&schema, style)),
        Format::Markdown => Box::new(markup::MarkupEncoder::markdown(&schema, style)),
        Format::Html => Box::new(markup::MarkupEncoder::html(&schema, style)),
        Format::Parquet => Box::new(binary::ParquetEncoder::new(&schema)),
        Format::Arrow => Box::new(binary::ArrowEncoder::new(&schema)),
    }
}

fn outcome(written: io::Result<()>) -> Result<Outcome> {
    match written {
        Ok(()) => Ok(Outcome::Written),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Closed),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            Err(Error::resources_exhausted("write result").with_source(error))
        }
        Err(error) => Err(Error::unavailable("write result").with_source(error)),
    }
}

#[cfg(test)]
mod tests;
