//! Saved CloudTrail Lake query results: CSV whose `eventJson` column holds whole events.
//!
//! For many who leave CloudTrail Lake these files are the only copy of their events. A first line that
//! starts with `#` (as the console's downloads have) is passed over.
//!
//! # Source
//! shared/spec/cloudtrail-lake.md section 5; shared/spec/log-quirks.md section 6.

use std::ops::Range;

use auditlake_model::{Error, Result};
use csv::{Reader, ReaderBuilder, StringRecord};

use crate::refusal;
use crate::schema::EVENT_JSON;

/// The events of a CSV file, row by row.
#[derive(Debug)]
pub(crate) struct EventTexts<'a> {
    reader: Reader<&'a [u8]>,
    column: usize,
    /// Bytes before the CSV itself.
    skipped: usize,
    end: usize,
    row: u64,
}

/// One row: the event, and where the row stands in the file.
#[derive(Debug)]
pub(crate) struct EventText {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

/// Opens a text as CSV; `None` if it is no CSV at all.
///
/// # Errors
/// `Invalid` when it is a table without a column `eventJson` (in any case).
pub(crate) fn event_texts<'a>(text: &'a str, name: &str) -> Result<Option<EventTexts<'a>>> {
    let skipped = comment_length(text);
    let body = &text[skipped..];
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(body.as_bytes());
    let Ok(headers) = reader.headers().cloned() else { return Ok(None) };
    let Some(column) = headers.iter().position(|header| header.trim().eq_ignore_ascii_case(EVENT_JSON))
    else {
        return if is_table(&headers, name) {
            Err(refusal::no_event_column(&join(&headers)))
        } else {
            Ok(None)
        };
    };
    Ok(Some(EventTexts { reader, column, skipped, end: text.len(), row: 0 }))
}

impl Iterator for EventTexts<'_> {
    type Item = Result<EventText>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.offset();
        let mut record = StringRecord::new();
        self.row += 1;
        match self.reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => Some(self.event_of(&record, start)),
            Err(error) => Some(Err(refusal::malformed_csv(&error, self.row))),
        }
    }
}

impl EventTexts<'_> {
    fn event_of(&self, record: &StringRecord, start: usize) -> Result<EventText> {
        let text = record.get(self.column).ok_or_else(|| {
            Error::corrupt(format!("CSV row {} has no column `{EVENT_JSON}`", self.row))
                .with_hint("The file was cut off: fetch it again from its source.")
        })?;
        Ok(EventText { text: text.to_owned(), range: start..self.offset() })
    }

    fn offset(&self) -> usize {
        let in_body = usize::try_from(self.reader.position().byte()).unwrap_or(self.end);
        (self.skipped + in_body).min(self.end)
    }
}

fn comment_length(text: &str) -> usize {
    match (text.starts_with('#'), text.find('\n')) {
        (true, Some(end)) => end + 1,
        _ => 0,
    }
}

/// Tells a table from any other text: its name says so, or its first line looks like several names.
fn is_table(headers: &StringRecord, name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let looks_like_name = |header: &str| {
        !header.is_empty() && header.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c))
    };
    name.ends_with(".csv") || (headers.len() > 1 && headers.iter().all(looks_like_name))
}

fn join(headers: &StringRecord) -> String {
    headers.iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    fn texts(csv: &str) -> Vec<String> {
        event_texts(csv, "result_1.csv.gz").unwrap().unwrap().map(|row| row.unwrap().text).collect()
    }

    #[test]
    fn events_are_read_from_their_column() {
        let csv = "eventName,eventJson\nA,\"{\"\"a\"\":1}\"\nB,\"{\"\"b\"\":\"\"x\ny\"\"}\"\n";
        assert_eq!(texts(csv), ["{\"a\":1}", "{\"b\":\"x\ny\"}"]);
        assert_eq!(texts("# Execution Time: now\nEVENTJSON\n{}\n"), ["{}"]);
    }

    #[test]
    fn a_table_without_events_is_refused_with_the_query_to_run() {
        let Err(error) = event_texts("eventName,n\nA,1\n", "x.csv") else { panic!("taken") };
        assert!(error.hint().unwrap().contains("SELECT eventJson FROM"));
        assert!(error.detail().unwrap().contains("eventName, n"));
    }

    #[test]
    fn other_text_is_no_table() {
        assert!(event_texts("hello world\n", "x.txt").unwrap().is_none());
    }
}
