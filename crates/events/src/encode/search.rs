//! Finds a text in events without rebuilding them.
//!
//! ```text
//! text columns       one search of each buffer that the values lie in; values of buffers without a hit are passed over
//! free-form fields   the same, but a buffer with escapes counts as a hit
//! times, booleans    as their JSON is written
//!        |
//!        v
//! event without remainder and derived columns: it is its columns, so the hit counts
//! other events: a hit is looked at again in the event as JSON
//! ```

use arrow::array::{Array, BooleanArray, ListArray, StringViewArray, StructArray};
use arrow::buffer::NullBuffer;
use arrow::record_batch::RecordBatch;
use auditlake_model::{Result, Timestamp, format_event_time};
use memchr::memchr;
use memchr::memmem::Finder;

use super::EventJsonWriter;
use super::columns::{Column, Values};
use crate::json::is_mentioned;

/// Longest value that lies in its view and not in a buffer, in bytes.
const INLINE: usize = 12;
/// How many bytes of buffers are searched for each byte of values; beyond, values are searched one by one.
const BUFFER_PER_VALUE: usize = 4;

/// Tells for each event of a batch whether `text` is part of a value of any of its fields, letters as they are.
///
/// Names of fields do not count. The result has no nulls, and equals a search of [`super::event_json`].
///
/// # Errors
/// As [`EventJsonWriter`].
pub fn event_mentions(batch: &RecordBatch, text: &str) -> Result<BooleanArray> {
    let events = EventJsonWriter::try_new(batch)?;
    let search = Search { finder: Finder::new(text), text };
    let mut hits = vec![false; batch.num_rows()];
    for column in &events.columns {
        search.values(&column.values, &mut hits);
    }
    search.json(&events.remainder, &mut hits);
    search.confirm(&events, &mut hits)?;
    Ok(BooleanArray::from(hits))
}

struct Search<'a> {
    finder: Finder<'a>,
    text: &'a str,
}

impl Search<'_> {
    fn values(&self, values: &Values, hits: &mut [bool]) {
        match values {
            Values::Text(texts) => {
                self.views(texts, false, |row, text| {
                    hits[row] |= self.finder.find(text.as_bytes()).is_some()
                });
            }
            Values::Json(json) => self.json(json, hits),
            Values::Bool(values) => {
                let (yes, no) = ("true".contains(self.text), "false".contains(self.text));
                if yes || no {
                    for (hit, value) in hits.iter_mut().zip(values) {
                        *hit |= value.is_some_and(|value| if value { yes } else { no });
                    }
                }
            }
            Values::Time(times) => {
                let in_time = |c: char| c.is_ascii_digit() || "-:.TZ".contains(c);
                if self.text.chars().all(in_time) {
                    for (hit, time) in hits.iter_mut().zip(times) {
                        let written = time.map(|time| format_event_time(Timestamp(time)));
                        *hit |= written.is_some_and(|time| time.contains(self.text));
                    }
                }
            }
            Values::Struct(rows, members) => self.members(rows, members, hits),
            Values::List(lists, items, members) => self.items(lists, items, members, hits),
        }
    }

    fn members(&self, rows: &StructArray, members: &[Column], hits: &mut [bool]) {
        if rows.null_count() == rows.len() {
            return;
        }
        // What lies under a null is no part of the event.
        let mut found = vec![false; rows.len()];
        for member in members {
            self.values(&member.values, &mut found);
        }
        for (row, (hit, found)) in hits.iter_mut().zip(found).enumerate() {
            *hit |= found && rows.is_valid(row);
        }
    }

    fn items(&self, lists: &ListArray, items: &StructArray, members: &[Column], hits: &mut [bool]) {
        let mut found = vec![false; items.len()];
        self.members(items, members, &mut found);
        if !found.contains(&true) {
            return;
        }
        for (row, range) in lists.value_offsets().windows(2).enumerate() {
            let items = &found[range[0] as usize..range[1] as usize];
            hits[row] |= items.contains(&true) && lists.is_valid(row);
        }
    }

    fn json(&self, json: &StringViewArray, hits: &mut [bool]) {
        self.views(json, true, |row, json| hits[row] = hits[row] || is_mentioned(json, &self.finder));
    }

    /// Visits the values that may hold the text.
    fn views(&self, array: &StringViewArray, is_json: bool, mut visit: impl FnMut(usize, &str)) {
        if array.null_count() == array.len() {
            return;
        }
        let buffers = self.promising_buffers(array, is_json);
        // The text of a JSON value is never longer than its JSON.
        if self.text.len() > INLINE && !buffers.contains(&true) {
            return;
        }
        let nulls = array.nulls();
        for (row, view) in array.views().iter().enumerate() {
            let length = *view as u32 as usize;
            let is_promising = length >= self.text.len()
                && (length <= INLINE || buffers[(*view >> 64) as u32 as usize])
                && nulls.is_none_or(|nulls: &NullBuffer| nulls.is_valid(row));
            if is_promising {
                visit(row, array.value(row));
            }
        }
    }

    /// Tells of each buffer whether the text may be in a value that lies there.
    fn promising_buffers(&self, array: &StringViewArray, is_json: bool) -> Vec<bool> {
        let buffers = array.data_buffers();
        let bytes: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let values: usize = array.views().iter().map(|view| *view as u32 as usize).sum();
        if bytes > values.saturating_mul(BUFFER_PER_VALUE) {
            return vec![true; buffers.len()];
        }
        let has_escapes = |buffer: &[u8]| is_json && memchr(b'\\', buffer).is_some();
        buffers.iter().map(|buffer| has_escapes(buffer) || self.finder.find(buffer).is_some()).collect()
    }

    /// Looks again at hits in events that are more, or less, than their columns.
    fn confirm(&self, events: &EventJsonWriter, hits: &mut [bool]) -> Result<()> {
        let mut json = String::new();
        for (row, hit) in hits.iter_mut().enumerate() {
            if *hit && (events.remainder.is_valid(row) || events.derived.is_valid(row)) {
                json.clear();
                events.write(row, &mut json)?;
                *hit = is_mentioned(&json, &self.finder);
            }
        }
        Ok(())
    }
}
