//! Fetches and decodes a few objects together.
//!
//! Real log files are tiny (half hold five events or fewer), so what costs per object must be shared:
//! a batch of objects becomes one chunk.

use std::sync::Arc;

use auditlake_events::{Decoder, SourceHint};
use auditlake_model::{Error, ImportId, Result};
use auditlake_store::{
    ChunkObject, EventChunk, FilteredEvents, IngestedObject, QuarantinedRecord, SourceObject, TakingRules,
};
use bytes::Bytes;
use futures::{StreamExt, stream};

use crate::discover::Found;
use crate::failure::ImportFailure;
use crate::source::Fetched;

/// Compressed bytes of one batch.
const BATCH_BYTES: u64 = 512 << 10;
/// Objects of one batch.
const BATCH_OBJECTS: usize = 128;

/// An object ready to be decoded.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) object: SourceObject,
    pub(crate) bytes: Bytes,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct DecodedBatch {
    /// The events; `None` when every object failed.
    pub(crate) chunk: Option<EventChunk>,
    pub(crate) failures: Vec<ImportFailure>,
    /// Uncompressed bytes of the chunk's objects.
    pub(crate) uncompressed_bytes: u64,
    pub(crate) records: u64,
    /// Compressed bytes of all objects.
    pub(crate) bytes_read: u64,
    pub(crate) files: u64,
}

/// Cuts a list of objects into batches of at most `max_objects`.
pub(crate) fn batches(objects: Vec<Found>, max_objects: usize) -> Vec<Vec<Found>> {
    let max_objects = max_objects.clamp(1, BATCH_OBJECTS);
    let mut batches: Vec<Vec<Found>> = Vec::new();
    let mut bytes = 0;
    for object in objects {
        let fits = bytes + object.meta.size <= BATCH_BYTES;
        bytes = if fits { bytes + object.meta.size } else { object.meta.size };
        match batches.last_mut() {
            Some(last) if fits && last.len() < max_objects => last.push(object),
            _ => {
                bytes = object.meta.size;
                batches.push(vec![object]);
            }
        }
    }
    batches
}

/// Fetches a batch, a few objects at once, in order.
pub(crate) async fn fetch(
    objects: Vec<Found>,
    concurrency: usize,
    max_bytes: u64,
) -> (Vec<Loaded>, Vec<ImportFailure>) {
    let mut fetches = stream::iter(objects)
        .map(|found| async move {
            let uri = found.source.root.uri(&found.meta.location);
            (uri, found.source.fetch(&found.meta.location, max_bytes).await)
        })
        .buffered(concurrency.max(1));
    let (mut loaded, mut failures) = (Vec::new(), Vec::new());
    while let Some((uri, result)) = fetches.next().await {
        match result {
            Ok(Fetched { object, bytes, .. }) => loaded.push(Loaded { object, bytes }),
            Err(error) => failures.push(ImportFailure::new(uri, &error)),
        }
    }
    (loaded, failures)
}

/// Decodes a batch into one chunk; an object that fails leaves nothing in it.
///
/// Blocking: runs for milliseconds.
pub(crate) fn decode(
    decoder: &Arc<Decoder>,
    loaded: Vec<Loaded>,
    import_id: ImportId,
    rules: TakingRules,
) -> Result<DecodedBatch> {
    let mut batch = DecodedBatch::default();
    let mut rows = decoder.start_batch();
    let (mut event_dates, mut keys, mut objects) = (Vec::new(), Vec::new(), Vec::new());
    for Loaded { object, bytes } in loaded {
        batch.files += 1;
        batch.bytes_read += object.size_bytes;
        let name = object.key.rsplit('/').next().unwrap_or_default().to_owned();
        let hint = SourceHint { uri: object.uri.clone(), name };
        let decoded = match decoder.decode_into(&bytes, &hint, &mut rows) {
            Ok(decoded) => decoded,
            Err(error) => {
                batch.failures.push(ImportFailure::new(object.uri, &error));
                continue;
            }
        };
        let first = event_dates.len();
        event_dates.extend(decoded.event_dates);
        keys.extend(decoded.keys);
        batch.uncompressed_bytes += decoded.uncompressed_bytes;
        batch.records += decoded.records;
        let quarantined = decoded.quarantined.into_iter().map(|record| QuarantinedRecord {
            uri: object.uri.clone(),
            position: record.position,
            reason: record.reason,
            bytes: record.bytes.to_vec(),
        });
        let quarantined: Vec<_> = quarantined.collect();
        let ingested = IngestedObject {
            source: object,
            sha256: decoded.sha256,
            uncompressed_bytes: decoded.uncompressed_bytes,
            records: decoded.records,
            stored: 0,
            duplicates: 0,
            conflicts: 0,
            filtered: FilteredEvents {
                by_selector: decoded.filtered_by_selector,
                by_retention: decoded.filtered_by_retention,
                by_time_range: decoded.filtered_by_time_range,
                by_category: decoded.filtered_by_category,
            },
            quarantined: quarantined.len() as u64,
            import_id,
            rules,
        };
        objects.push(ChunkObject { object: ingested, rows: first..event_dates.len(), quarantined });
    }
    if !objects.is_empty() {
        let rows = rows.finish().map_err(|e: Error| e.with_context("objects", objects.len()))?;
        batch.chunk = Some(EventChunk { rows, event_dates, keys, objects });
    }
    Ok(batch)
}
