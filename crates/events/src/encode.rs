//! Rebuilds events as JSON from their columns.
//!
//! ```text
//! eventName  userIdentity.arn  requestParameters  ..  _remainder          _derived
//! GetObject  arn:..            {"key":"x"}            {"x":1}             eventCategory
//!      \___________\________________|___________________/                     | (left out)
//!                                   v                     <------------------/
//! {"userIdentity":{"arn":"arn:.."},"eventName":"GetObject","requestParameters":{"key":"x"},"x":1}
//! ```
//! The remainder lies over the columns; see the module `remainder`. Members come in the order of the
//! columns, compact; free-form text keeps the escapes of its producer.

mod columns;
mod overlay;
mod search;

use arrow::array::{Array, StringViewArray, StringViewBuilder};
use arrow::record_batch::RecordBatch;
use auditlake_model::{CategoryClass, Error, Result};

use self::columns::{Column, top_level_columns, view_column};
use self::overlay::{Overlay, write_object};
pub use self::search::event_mentions;
use crate::json::hash::{HashError, Hasher};
use crate::json::scan::Cursor;
use crate::key::{EventKey, id_hash_of, id_hash_of_json};
use crate::options::MAX_JSON_DEPTH;
use crate::schema::{DERIVED, EVENT_ID, REMAINDER};

/// Rebuilds the events of one batch.
///
/// Columns are found by name, in the types of [`crate::schema::event_schema`] or such that cast to them;
/// a column that is missing counts as null. Promoted columns are not needed.
#[derive(Debug)]
pub struct EventJsonWriter {
    columns: Vec<Column>,
    remainder: StringViewArray,
    derived: StringViewArray,
}

impl EventJsonWriter {
    /// Finds the columns of a batch.
    ///
    /// # Errors
    /// - `Invalid` when the batch has no `_remainder` or no `_derived`, without which events would be wrong
    /// - `Internal` when a column has a type that cannot be read
    pub fn try_new(batch: &RecordBatch) -> Result<Self> {
        let is_insight = batch.schema_ref().column_with_name("insightContext").is_some();
        let class = if is_insight { CategoryClass::Insight } else { CategoryClass::Activity };
        let needed = |name: &str| {
            let missing =
                || Error::invalid(format!("batch has no column `{name}`, so events cannot be rebuilt"));
            batch.column_by_name(name).ok_or_else(missing).and_then(|column| view_column(column, name))
        };
        Ok(Self {
            columns: top_level_columns(batch, class)?,
            remainder: needed(REMAINDER)?,
            derived: needed(DERIVED)?,
        })
    }

    /// Appends the event of a row, which must be below the number of rows of the batch.
    ///
    /// # Errors
    /// `Corrupt` when the remainder of the row is no JSON object.
    pub fn write(&self, row: usize, out: &mut String) -> Result<()> {
        let overlay = if self.remainder.is_valid(row) {
            let corrupt =
                |error| Error::from(error).with_context("column", REMAINDER).with_context("row", row);
            Some(Overlay::parse(self.remainder.value(row)).map_err(corrupt)?)
        } else {
            None
        };
        let derived = if self.derived.is_valid(row) { self.derived.value(row) } else { "" };
        write_object(&self.columns, row, overlay, derived, out);
        Ok(())
    }
}

/// Rebuilds the event of one row; [`EventJsonWriter`] is cheaper for many.
///
/// # Errors
/// As [`EventJsonWriter`].
pub fn event_json(batch: &RecordBatch, row: usize) -> Result<String> {
    let mut text = String::new();
    EventJsonWriter::try_new(batch)?.write(row, &mut text)?;
    Ok(text)
}

/// Rebuilds the events of all rows.
///
/// # Errors
/// As [`EventJsonWriter`].
pub fn event_json_array(batch: &RecordBatch) -> Result<StringViewArray> {
    let writer = EventJsonWriter::try_new(batch)?;
    let mut events = StringViewBuilder::with_capacity(batch.num_rows());
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        text.clear();
        writer.write(row, &mut text)?;
        events.append_value(&text);
    }
    Ok(events.finish())
}

/// Computes the keys of all rows from their columns: those that decoding gave.
///
/// # Errors
/// As [`EventJsonWriter`].
pub fn event_keys(batch: &RecordBatch) -> Result<Vec<EventKey>> {
    let writer = EventJsonWriter::try_new(batch)?;
    let ids = batch.column_by_name(EVENT_ID).map(|ids| view_column(ids, EVENT_ID)).transpose()?;
    let mut hasher = Hasher::default();
    let mut keys = Vec::with_capacity(batch.num_rows());
    let mut text = String::new();
    for row in 0..batch.num_rows() {
        text.clear();
        writer.write(row, &mut text)?;
        let id = ids.as_ref().filter(|ids| ids.is_valid(row)).map_or("", |ids| ids.value(row));
        let key = key_of(&text, id, &mut hasher)
            .map_err(|_| Error::corrupt("stored event is malformed JSON").with_context("row", row))?;
        keys.push(key);
    }
    Ok(keys)
}

fn key_of(text: &str, id: &str, hasher: &mut Hasher) -> Result<EventKey, HashError> {
    hasher.reset();
    let content_hash = hasher.value(&mut Cursor::new(text), MAX_JSON_DEPTH)?;
    let id_hash = if id.is_empty() { id_hash_of_json(text, MAX_JSON_DEPTH)? } else { id_hash_of(id) };
    Ok(EventKey { id_hash, content_hash })
}
