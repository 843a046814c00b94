//! Writes results as text: table, CSV, JSON, NDJSON. Rows leave as they come; nothing waits for the end.
//!
//! ```text
//! RecordBatch --cell--> text or JSON of each value --table|csv|json--> bytes --> out
//! ```
//!
//! | value | table | csv | json, ndjson |
//! |---|---|---|---|
//! | null | `NULL` | nothing (empty text is `""`) | `null` |
//! | timestamp | `2026-01-31 23:59:59.000` | same | same, as a string |
//! | struct, list, map | compact JSON | compact JSON | JSON |
//! | text with control or direction characters | escaped | as it is | escaped as JSON asks |
//!
//! Values of an audit log are written by whoever attacked it, so what goes to a terminal must not steer it.

mod cell;
mod csv;
mod escape;
mod json;
mod table;
mod time;

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::str::FromStr;

use auditlake_model::{Error, Result};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;

pub use self::escape::escape_text;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Aligned columns, for people.
    #[default]
    Table,
    /// RFC 4180, with a header line.
    Csv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Table, Self::Csv, Self::Json, Self::Ndjson];

    /// Returns the name that [`Format::from_str`] takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }
}

impl Display for Format {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|format| format.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            Error::invalid(format!("`{text}` is no output format"))
                .with_hint("Use one of table, csv, json, ndjson.")
        })
    }
}

/// Whether anybody still reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Everything so far was taken.
    Written,
    /// The reader went away, as `head` does; writing more is pointless, and no error.
    Closed,
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
        let encoder: Box<dyn Encoder + Send> = match format {
            Format::Table => Box::new(table::TableEncoder::new(schema)),
            Format::Csv => Box::new(csv::CsvEncoder::new(schema)),
            Format::Json => Box::new(json::JsonEncoder::array(&schema)),
            Format::Ndjson => Box::new(json::JsonEncoder::lines(&schema)),
        };
        Self { out, encoder, buffer: Vec::new(), rows: 0 }
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
    pub fn finish(mut self) -> Result<Outcome> {
        self.encoder.finish(&mut self.buffer)?;
        match self.drain()? {
            Outcome::Closed => Ok(Outcome::Closed),
            Outcome::Written => outcome(self.out.flush()),
        }
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
    let mut writer = ResultWriter::new(format, batch.schema(), out);
    match writer.write(batch)? {
        Outcome::Closed => Ok(Outcome::Closed),
        Outcome::Written => writer.finish(),
    }
}

/// Turns batches into bytes.
trait Encoder {
    /// Appends the rows of `batch` to `out`, or keeps them for later.
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<()>;

    /// Appends what ends the result.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<()>;
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
