//! What the caller decides about decoding: bounds, promoted paths, and which events to take.

use auditlake_model::{CategoryClass, EventSelectors, PromotedPath, TimeRange, Timestamp};

use crate::stage::MAX_TEXT_BYTES;

/// Bounds of what one source object may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest uncompressed size of a source object in bytes; values above 2 GiB count as 2 GiB.
    pub max_decompressed_bytes: u64,
    /// How many JSON objects and arrays of a record may be open at once; values above 512 count as 512.
    pub max_json_depth: usize,
}

/// Some paths through a record are walked by recursion, on stacks of 2 MiB.
pub(crate) const MAX_JSON_DEPTH: usize = 512;

impl Default for Limits {
    /// 512 MiB uncompressed, 128 levels deep.
    fn default() -> Self {
        Self { max_decompressed_bytes: 512 << 20, max_json_depth: 128 }
    }
}

impl Limits {
    pub(crate) fn decompressed_bytes(&self) -> usize {
        usize::try_from(self.max_decompressed_bytes).map_or(MAX_TEXT_BYTES, |limit| limit.min(MAX_TEXT_BYTES))
    }

    pub(crate) fn json_depth(&self) -> usize {
        self.max_json_depth.min(MAX_JSON_DEPTH)
    }
}

/// How to decode the source objects of one import into one store.
#[derive(Debug, Clone, Default)]
pub struct DecodeOptions {
    /// Category class of the store, which decides the schema.
    pub class: CategoryClass,
    /// Promoted paths of the store.
    pub promoted: Vec<PromotedPath>,
    /// Bounds.
    pub limits: Limits,
    /// Id of the import, kept beside each event.
    pub import_id: String,
}

/// Which events to take. The default takes every event of the store's category class.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Advanced event selectors of the store; `None` takes every event.
    pub selectors: Option<EventSelectors>,
    /// Events before this instant are past their retention; events without a time are kept.
    pub retention_cutoff: Option<Timestamp>,
    /// Events outside of this range are left out; so are those without a time, if it has a bound.
    pub range: TimeRange,
}
