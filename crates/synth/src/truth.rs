//! What a correct load of the corpus must show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Counts of a written corpus. Duplicates count in `files`, `duplicates` and the byte sizes only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SynthTruth {
    /// Distinct events.
    pub events: u64,
    /// Events written a second time.
    pub duplicates: u64,
    /// Log files.
    pub files: u64,
    /// Size of all log files before compression.
    pub raw_bytes: u64,
    /// Size of all log files on disk.
    pub gzip_bytes: u64,
    /// Distinct events by UTC day of their `eventTime`, as `2026-01-31`.
    pub by_day: BTreeMap<String, u64>,
    /// Distinct events by `eventName`.
    pub by_name: BTreeMap<String, u64>,
    /// Distinct events by `errorCode`; events without one are not counted here.
    pub by_error_code: BTreeMap<String, u64>,
}

impl SynthTruth {
    /// Adds the counts of another part of the same corpus.
    pub(crate) fn add(&mut self, part: &SynthTruth) {
        self.events += part.events;
        self.duplicates += part.duplicates;
        self.files += part.files;
        self.raw_bytes += part.raw_bytes;
        self.gzip_bytes += part.gzip_bytes;
        for (sum, counts) in [
            (&mut self.by_day, &part.by_day),
            (&mut self.by_name, &part.by_name),
            (&mut self.by_error_code, &part.by_error_code),
        ] {
            for (key, count) in counts {
                *sum.entry(key.clone()).or_insert(0) += count;
            }
        }
    }

    /// Returns the counts as JSON, the content of `TRUTH.json`.
    pub fn to_json(&self) -> Value {
        json!({
            "events": self.events,
            "files": self.files,
            "raw_bytes": self.raw_bytes,
            "gzip_bytes": self.gzip_bytes,
            "duplicates": self.duplicates,
            "by_day": self.by_day,
            "by_name": self.by_name,
            "by_error_code": self.by_error_code,
        })
    }
}
