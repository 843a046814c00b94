//! Decodes source objects: bytes in, one record batch and an account of every record out.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, EventDate, Result, Timestamp};
use bytes::Bytes;

use crate::columns::BatchBuilder;
use crate::facts::FactSlots;
use crate::file::read_file;
use crate::input::{Buffer, Content};
use crate::key::EventKey;
use crate::options::{DecodeOptions, EventFilter};
use crate::plan::Plan;
use crate::record::RecordReader;
use crate::schema::event_schema;

/// Names the source object being decoded.
#[derive(Debug, Clone, Default)]
pub struct SourceHint {
    /// URI of the object, kept beside each event and named in errors.
    pub uri: String,
    /// Name of the object; its ending helps to say what is wrong with contents that are no log.
    pub name: String,
}

/// A record that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Ordinal of the record in its source object, from 0.
    pub position: u64,
    /// Byte offset of the record in the uncompressed source object.
    pub offset: u64,
    /// Why it is no event: a lower-case fragment.
    pub reason: String,
    /// The record as it was found.
    pub bytes: Bytes,
}

/// What a source object held.
///
/// - `records` is the sum of the accepted, the quarantined and the four kinds of filtered records.
/// - `event_dates` and `keys` have one entry for each accepted event, in the order of the object.
#[derive(Debug, Clone)]
pub struct DecodedObject {
    /// UTC day of each event; `None` where it has no readable time.
    pub event_dates: Vec<Option<EventDate>>,
    /// What tells each event from others.
    pub keys: Vec<EventKey>,
    /// Records that are no events.
    pub quarantined: Vec<Quarantined>,
    /// Number of records met.
    pub records: u64,
    /// Events of another category class than the store's.
    pub filtered_by_category: u64,
    /// Events that the selectors of the store leave out.
    pub filtered_by_selector: u64,
    /// Events past the retention of the store.
    pub filtered_by_retention: u64,
    /// Events outside of the time range of the import.
    pub filtered_by_time_range: u64,
    /// SHA-256 of the uncompressed bytes.
    pub sha256: [u8; 32],
    /// Number of uncompressed bytes.
    pub uncompressed_bytes: u64,
    /// Earliest and latest time of the accepted events.
    pub time_bounds: Option<(Timestamp, Timestamp)>,
}

/// The events of one source object and the account of its records.
#[derive(Debug, Clone)]
pub struct DecodedFile {
    /// The accepted events in the order of the object, by [`event_schema`].
    pub batch: RecordBatch,
    /// The account of all records.
    pub object: DecodedObject,
}

/// The accepted events of several source objects, one after the other.
#[derive(Debug)]
pub struct EventRows {
    builder: BatchBuilder,
    // Room for one source object at a time, kept from one to the next.
    buffer: Buffer,
    reader: RecordReader,
}

impl EventRows {
    /// Returns the number of events.
    pub fn num_rows(&self) -> usize {
        self.builder.num_rows()
    }

    /// Returns the events as one batch, by [`event_schema`].
    ///
    /// # Errors
    /// `Internal` if the columns do not fit the schema.
    pub fn finish(mut self) -> Result<RecordBatch> {
        self.builder.finish()
    }
}

/// Decodes source objects for one store.
///
/// It holds what is the same for all of them and does not change: one decoder may serve many threads.
/// Real log files hold five events in the median, so objects should share batches.
#[derive(Debug)]
pub struct Decoder {
    plan: Arc<Plan>,
    slots: FactSlots,
    schema: SchemaRef,
    options: DecodeOptions,
    filter: EventFilter,
}

impl Decoder {
    /// Prepares for decoding.
    pub fn new(options: DecodeOptions, filter: EventFilter) -> Self {
        let plan = Plan::new(options.class, &options.promoted);
        let schema = event_schema(options.class, &options.promoted);
        Self { slots: FactSlots::new(&plan), plan: Arc::new(plan), schema, options, filter }
    }

    /// Returns the schema of the batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Starts a batch that takes the events of several source objects.
    pub fn start_batch(&self) -> EventRows {
        EventRows {
            builder: BatchBuilder::new(&self.plan, &self.schema),
            buffer: Buffer::default(),
            reader: RecordReader::new(Arc::clone(&self.plan), self.options.limits.json_depth()),
        }
    }

    /// Decodes one source object, as it was fetched, and appends its events to `rows`.
    ///
    /// A record that is no event is quarantined and its neighbours are taken; anything that leaves the
    /// extent of the records unsure fails the object as a whole. `rows` come from the same decoder; an
    /// object that fails leaves nothing in them.
    ///
    /// # Errors
    /// The message tells position and reason, the hint what to do.
    /// - `Corrupt`: empty, gzip damaged or cut off, JSON malformed or cut off
    /// - `Invalid`: no log at all: digest file, IAM policy, CSV without events, or something else
    /// - `ResourcesExhausted`: larger than the limit
    pub fn decode_into(
        &self,
        bytes: &Bytes,
        hint: &SourceHint,
        rows: &mut EventRows,
    ) -> Result<DecodedObject> {
        let with_file = |error: Error| error.with_context("file", &hint.uri);
        let EventRows { builder, buffer, reader } = rows;
        let content = Content::read(bytes, &self.options.limits, buffer).map_err(with_file)?;
        let account = read_file(&content, hint, self, reader, builder).map_err(with_file)?;
        Ok(DecodedObject {
            event_dates: account.event_dates,
            keys: account.keys,
            quarantined: account.quarantined,
            records: account.records,
            filtered_by_category: account.filtered.by_category,
            filtered_by_selector: account.filtered.by_selector,
            filtered_by_retention: account.filtered.by_retention,
            filtered_by_time_range: account.filtered.by_time_range,
            sha256: content.sha256,
            uncompressed_bytes: content.uncompressed_bytes,
            time_bounds: account.time_bounds,
        })
    }

    /// Decodes one source object into a batch of its own.
    ///
    /// # Errors
    /// As [`Decoder::decode_into`].
    pub fn decode(&self, bytes: &Bytes, hint: &SourceHint) -> Result<DecodedFile> {
        let mut rows = self.start_batch();
        let object = self.decode_into(bytes, hint, &mut rows)?;
        Ok(DecodedFile { batch: rows.finish()?, object })
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn slots(&self) -> &FactSlots {
        &self.slots
    }

    pub(crate) fn options(&self) -> &DecodeOptions {
        &self.options
    }

    pub(crate) fn filter(&self) -> &EventFilter {
        &self.filter
    }
}

/// Decodes one source object; a [`Decoder`] is cheaper for many.
///
/// # Errors
/// As [`Decoder::decode`].
pub fn decode_object(
    bytes: &Bytes,
    hint: &SourceHint,
    options: &DecodeOptions,
    filter: &EventFilter,
) -> Result<DecodedFile> {
    Decoder::new(options.clone(), filter.clone()).decode(bytes, hint)
}
