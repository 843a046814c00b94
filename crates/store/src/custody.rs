//! Custody: what is kept of every source object that events came from.
//!
//! Sources get archived or lost; an auditor still wants to see that the stored events are those that
//! CloudTrail delivered. The SHA-256 is of the *uncompressed* bytes, which is what CloudTrail's digest
//! files list.
//!
//! # Source
//! shared/spec/cloudtrail-lake.md sections 4b and 4d.

use auditlake_model::{AdvancedEventSelector, EventDataStoreSettings, ImportId};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// A source object as the listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceObject {
    /// Full address: `s3://bucket/key` or `file:///path`.
    pub uri: String,
    /// Bucket; `None` for local files.
    pub bucket: Option<String>,
    /// Key in the bucket, or the local path.
    pub key: String,
    /// S3 version id, when the bucket is versioned and the listing tells.
    pub version_id: Option<String>,
    /// ETag; `None` where storage has none that follows the content.
    pub etag: Option<String>,
    /// Size as stored (compressed), bytes.
    pub size_bytes: u64,
    /// Last modification, milliseconds since the epoch.
    pub modified_at_ms: i64,
}

/// What makes two source objects the same: address and version (version id, else ETag, else size and
/// modification time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectIdentity(u128);

impl SourceObject {
    /// Returns the identity that the ingest checkpoint knows the object by.
    pub fn identity(&self) -> ObjectIdentity {
        let mut hash = Xxh3::new();
        hash.update(self.uri.as_bytes());
        match (&self.version_id, &self.etag) {
            (Some(version), _) => {
                hash.update(b"\0v");
                hash.update(version.as_bytes());
            }
            (None, Some(etag)) => {
                hash.update(b"\0e");
                hash.update(etag.as_bytes());
            }
            (None, None) => {
                hash.update(b"\0m");
                hash.update(&self.size_bytes.to_le_bytes());
                hash.update(&self.modified_at_ms.to_le_bytes());
            }
        }
        ObjectIdentity(hash.digest128())
    }
}

/// Events that an import left out, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilteredEvents {
    /// Matched no advanced event selector.
    pub by_selector: u64,
    /// Older than the retention period.
    pub by_retention: u64,
    /// Outside `--since`/`--until`.
    pub by_time_range: u64,
    /// Of an event category that the store does not take.
    pub by_category: u64,
}

impl FilteredEvents {
    /// Returns the events left out for any reason.
    pub fn total(&self) -> u64 {
        self.by_selector + self.by_retention + self.by_time_range + self.by_category
    }
}

impl std::ops::AddAssign for FilteredEvents {
    fn add_assign(&mut self, other: Self) {
        self.by_selector += other.by_selector;
        self.by_retention += other.by_retention;
        self.by_time_range += other.by_time_range;
        self.by_category += other.by_category;
    }
}

/// The settings of a store that decide which events of an object it takes.
///
/// Kept with every reading of an object: when they are widened, what they left out then is read again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakingRules {
    /// Hash of the advanced event selectors; 0 takes every event.
    pub selectors: u64,
    /// Retention period; `None` keeps events for ever.
    pub retention_days: Option<u16>,
}

impl TakingRules {
    /// Returns the rules of a store.
    pub fn of(settings: &EventDataStoreSettings) -> Self {
        // Selectors are plain data, so they can be written as JSON always.
        let hash = |list: &[AdvancedEventSelector]| xxh3_64(&serde_json::to_vec(list).unwrap_or_default());
        Self {
            selectors: settings.selectors.as_ref().map_or(0, |selectors| hash(selectors.selectors())),
            retention_days: settings.retention.days(),
        }
    }

    /// Tells whether these rules keep events longer than `other`.
    pub(crate) fn keeps_longer_than(&self, other: &Self) -> bool {
        match (self.retention_days, other.retention_days) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(other)) => own > other,
        }
    }
}

/// One source object that the store has taken, with what became of its records.
///
/// `records = stored + duplicates + filtered + quarantined`; conflicts are among the stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestedObject {
    /// The object.
    pub source: SourceObject,
    /// SHA-256 of its uncompressed bytes.
    pub sha256: [u8; 32],
    /// Uncompressed size, bytes.
    pub uncompressed_bytes: u64,
    /// Records found.
    pub records: u64,
    /// Records stored as events.
    pub stored: u64,
    /// Records left out because the same event is stored already.
    pub duplicates: u64,
    /// Stored events whose eventID a different stored event has.
    pub conflicts: u64,
    /// Records left out by the store's or the import's rules.
    pub filtered: FilteredEvents,
    /// Records kept in quarantine.
    pub quarantined: u64,
    /// The import that took it.
    pub import_id: ImportId,
    /// The rules of the store under which it was read.
    pub rules: TakingRules,
}

/// A record that cannot be an event, kept with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedRecord {
    /// Address of its source object.
    pub uri: String,
    /// 0-based ordinal of the record in the object.
    pub position: u64,
    /// Why it cannot be an event.
    pub reason: String,
    /// The record's bytes.
    pub bytes: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> SourceObject {
        SourceObject {
            uri: "s3://b/k".into(),
            bucket: Some("b".into()),
            key: "k".into(),
            version_id: None,
            etag: Some("e".into()),
            size_bytes: 1,
            modified_at_ms: 2,
        }
    }

    #[test]
    fn identity_follows_version_then_etag_then_size_and_time() {
        let plain = object();
        let touched = SourceObject { modified_at_ms: 9, ..object() };
        assert_eq!(plain.identity(), touched.identity(), "an ETag outranks the time");
        let rewritten = SourceObject { etag: Some("f".into()), ..object() };
        assert_ne!(plain.identity(), rewritten.identity());
        let versioned = SourceObject { version_id: Some("e".into()), ..object() };
        assert_ne!(plain.identity(), versioned.identity());
        let local = SourceObject { etag: None, ..object() };
        let local_touched = SourceObject { etag: None, modified_at_ms: 9, ..object() };
        assert_ne!(local.identity(), local_touched.identity());
    }
}
