//! What a query has cost so far, as the server tells it and as it arrived.
//!
//! A server of ours that is asked to (`x-auditlake-progress: on`) sends a JSON object from time to time and at the
//! end, in the `app_metadata` of a `FlightData` of its own: `{"events_scanned": 1, "events_matched": 1,
//! "bytes_scanned": 1, "files_total": 1, "files_read": 1, "files_done": 1}`. Other members are passed over; other
//! servers send none.

use parking_lot::Mutex;
use serde_json::Value as Json;

/// A longer text is none of ours.
const MAX_BYTES: usize = 4_096;

/// Counts of one query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemoteProgress {
    /// Rows that scans looked at.
    pub events_scanned: u64,
    /// Rows that passed the filters.
    pub events_matched: u64,
    /// Compressed bytes read from data files.
    pub bytes_scanned: u64,
    /// Files of all scanned stores.
    pub files_total: u64,
    /// Files that pruning left to read.
    pub files_read: u64,
    /// Files of those that are through.
    pub files_done: u64,
    /// Rows that arrived here.
    pub rows_received: u64,
    /// Bytes of batches that arrived here.
    pub bytes_received: u64,
}

impl RemoteProgress {
    /// Takes over what the server says; what it leaves out stays.
    fn read(&mut self, text: &[u8]) {
        if text.len() > MAX_BYTES || text.first() != Some(&b'{') {
            return;
        }
        let Ok(Json::Object(said)) = serde_json::from_slice(text) else { return };
        let counts = [
            ("events_scanned", &mut self.events_scanned),
            ("events_matched", &mut self.events_matched),
            ("bytes_scanned", &mut self.bytes_scanned),
            ("files_total", &mut self.files_total),
            ("files_read", &mut self.files_read),
            ("files_done", &mut self.files_done),
        ];
        for (name, count) in counts {
            if let Some(number) = said.get(name).and_then(Json::as_u64) {
                *count = number;
            }
        }
    }
}

/// The counts of a query that runs.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<RemoteProgress>);

impl Counter {
    /// Returns the counts.
    pub(crate) fn get(&self) -> RemoteProgress {
        *self.0.lock()
    }

    /// Counts a message of the stream.
    pub(crate) fn add_message(&self, bytes: usize, said: &[u8]) {
        let mut progress = self.0.lock();
        progress.bytes_received += bytes as u64;
        progress.read(said);
    }

    /// Counts the rows of a batch.
    pub(crate) fn add_rows(&self, rows: usize) {
        self.0.lock().rows_received += rows as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_says_is_taken_over_and_nonsense_is_not() {
        let counter = Counter::default();
        counter.add_message(10, br#"{"events_scanned": 7, "files_read": -1, "moon": {}}"#);
        counter.add_message(5, b"not json");
        counter.add_message(5, b"{broken");
        counter.add_rows(3);
        let expected = RemoteProgress {
            events_scanned: 7,
            rows_received: 3,
            bytes_received: 20,
            ..RemoteProgress::default()
        };
        assert_eq!(counter.get(), expected);
    }
}
