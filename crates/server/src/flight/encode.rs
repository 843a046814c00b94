//! Batches as Flight messages that every client takes.
//!
//! ```text
//! batches of the plan --split--> <= 8,192 rows, about 1 MiB --wire schema--> --split again--> --IPC--> FlightData
//! ```
//!
//! - The schema comes first, also when no row follows, and no batch without rows is sent: some clients read the
//!   schema from the first message only, and one reads nothing but the first batch.
//! - A message stays below [`MAX_MESSAGE_BYTES`], what many gRPC clients take unless told otherwise. Batches are
//!   measured as they will be encoded, since their memory tells nothing (slices share buffers), and a skewed
//!   batch is halved until its parts fit. A single row that does not fit is an error which names the column.
//! - No more than one batch of the plan is held, and nothing is done before the client takes the message before:
//!   a slow client slows the plan down. Dropping the stream drops the plan.
//! - Buffers are not compressed, because JDBC and JavaScript cannot read that.
//!
//! Encoding is arrow-ipc's. arrow-flight's own encoder splits by the memory of the buffers and writes large lists
//! under another type, so it is not used.

mod size;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use arrow_flight::{FlightData, SchemaAsIpc};
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use auditlake_model::{Error, Result};
use futures::FutureExt as _;
use futures::stream::{self, Stream, StreamExt as _};
use prost::Message as _;
use tonic::Status;

use self::size::{batch_bytes, column_bytes};
use super::wire::WireSchema;
use crate::status::to_status;

/// A message is smaller than this: the default limit of gRPC in Go, and of tonic.
pub const MAX_MESSAGE_BYTES: usize = 4 << 20;
/// Most rows of one message.
pub const MAX_MESSAGE_ROWS: usize = 8_192;
/// Rows up to which small batches are gathered.
const GATHERED_ROWS: usize = 4_096;
/// Bytes that a message is aimed at; the copy of as much takes well below a millisecond.
const TARGET_BYTES: usize = 1 << 20;
/// Bytes from which on a part is split again, so that evenly sized rows are split once.
const SPLIT_BYTES: usize = 2 << 20;

/// An error that can be told to a client.
pub trait IntoStatus: Send {
    /// Returns the status that says it.
    fn into_status(self) -> Status;
}

impl IntoStatus for Error {
    fn into_status(self) -> Status {
        to_status(&self)
    }
}

impl IntoStatus for Status {
    fn into_status(self) -> Status {
        self
    }
}

/// Returns the messages of a result: its schema, then its rows in order.
///
/// Ends after the first error.
pub fn encode<S, E>(wire: WireSchema, batches: S) -> impl Stream<Item = Result<FlightData, Status>> + Send
where
    S: Stream<Item = Result<RecordBatch, E>> + Send + Unpin + 'static,
    E: IntoStatus,
{
    let schema = schema_message(&wire);
    let rows = stream::try_unfold(Rows::new(wire, batches.fuse()), |mut rows| async move {
        Ok(rows.next().await?.map(|message| (message, rows)))
    });
    stream::iter([Ok(schema)]).chain(rows)
}

/// Returns the messages of a batch whose schema is sent as it is, the answer of a metadata command.
pub fn encode_exact(batch: RecordBatch) -> impl Stream<Item = Result<FlightData, Status>> + Send {
    let wire = WireSchema::exact(batch.schema());
    encode(wire, stream::iter([Ok::<_, Status>(batch)]))
}

/// Returns the message that a stream of this schema begins with.
pub fn schema_message(wire: &WireSchema) -> FlightData {
    SchemaAsIpc::new(wire.schema(), &IpcWriteOptions::default()).into()
}

/// The rows of a result on their way to messages.
struct Rows<S, E> {
    source: S,
    wire: WireSchema,
    encoder: Encoder,
    /// What came with small batches and is no small batch itself.
    pending: Option<Result<RecordBatch, E>>,
    /// Whether rows are on their way; the first ones do not wait for others.
    has_begun: bool,
    /// Parts of a batch of the plan, not yet in the wire schema.
    waiting: VecDeque<RecordBatch>,
    /// Batches in the wire schema.
    ready: VecDeque<RecordBatch>,
}

impl<S, E> Rows<S, E>
where
    S: Stream<Item = Result<RecordBatch, E>> + Send + Unpin + 'static,
    E: IntoStatus,
{
    fn new(wire: WireSchema, source: S) -> Self {
        let (waiting, ready) = (VecDeque::new(), VecDeque::new());
        Self { source, wire, encoder: Encoder::default(), pending: None, has_begun: false, waiting, ready }
    }

    /// Returns the next message; `None` after the last.
    async fn next(&mut self) -> Result<Option<FlightData>, Status> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                if let Some(message) = self.encode(batch).map_err(Error::into_status)? {
                    return Ok(Some(message));
                }
            } else if let Some(batch) = self.waiting.pop_front() {
                let batch = converted(&self.wire, batch).await.map_err(Error::into_status)?;
                self.ready.extend(split(batch));
            } else {
                match self.gather().await? {
                    None => return Ok(None),
                    Some(batch) => self.waiting.extend(split(batch)),
                }
            }
        }
    }

    /// Returns the next rows of the source: the first batch as soon as it is there, then as many small ones together as
    /// are ready, since a message of few rows costs as much as one of many.
    async fn gather(&mut self) -> Result<Option<RecordBatch>, Status> {
        let Some(first) = self.pending.take().or(self.source.next().await) else { return Ok(None) };
        let first = first.map_err(E::into_status)?;
        let mut rows = first.num_rows();
        let mut batches = vec![first];
        while self.has_begun && rows < GATHERED_ROWS {
            match self.source.next().now_or_never() {
                Some(Some(Ok(batch))) if rows + batch.num_rows() <= MAX_MESSAGE_ROWS => {
                    rows += batch.num_rows();
                    batches.push(batch);
                }
                Some(other) => {
                    self.pending = other;
                    break;
                }
                None => break,
            }
        }
        self.has_begun |= rows > 0;
        match batches.as_slice() {
            [one] => Ok(Some(one.clone())),
            several => concat_batches(&several[0].schema(), several)
                .map(Some)
                .map_err(|e| Error::internal("join batches").with_source(e).into_status()),
        }
    }

    /// Returns the message of a batch, or nothing when the batch was put back in two halves.
    fn encode(&mut self, batch: RecordBatch) -> Result<Option<FlightData>> {
        // What is surely too large is not worth encoding.
        let fits = batch_bytes(&batch) < MAX_MESSAGE_BYTES;
        let message = if fits { Some(self.encoder.encode(&batch)?) } else { None };
        match message.filter(|message| message.encoded_len() < MAX_MESSAGE_BYTES) {
            Some(message) => Ok(Some(message)),
            None if batch.num_rows() <= 1 => Err(too_wide(&batch)),
            None => {
                let middle = batch.num_rows() / 2;
                self.ready.push_front(batch.slice(middle, batch.num_rows() - middle));
                self.ready.push_front(batch.slice(0, middle));
                Ok(None)
            }
        }
    }
}

/// Converts a batch, on a thread that may be busy for long if need be.
async fn converted(wire: &WireSchema, batch: RecordBatch) -> Result<RecordBatch> {
    if !wire.is_costly() {
        return wire.convert(&batch);
    }
    let wire = wire.clone();
    let done = tokio::task::spawn_blocking(move || wire.convert(&batch)).await;
    done.map_err(|e| Error::internal("convert batch").with_source(e))?
}

/// Cuts a batch into parts that make good messages; a batch without rows gives none.
fn split(batch: RecordBatch) -> Vec<RecordBatch> {
    let mut parts = Vec::new();
    let mut open = vec![batch];
    while let Some(batch) = open.pop() {
        let rows = batch.num_rows();
        let bytes = batch_bytes(&batch);
        if rows <= 1 || (rows <= MAX_MESSAGE_ROWS && bytes <= SPLIT_BYTES) {
            parts.extend((rows > 0).then_some(batch));
            continue;
        }
        let count = rows.div_ceil(MAX_MESSAGE_ROWS).max(bytes.div_ceil(TARGET_BYTES)).clamp(2, rows);
        let length = rows.div_ceil(count);
        let starts = (0..rows).step_by(length);
        let slices = starts.map(|start| batch.slice(start, length.min(rows - start)));
        open.extend(slices.rev());
    }
    parts
}

fn too_wide(batch: &RecordBatch) -> Error {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    let sized = columns.map(|(field, column)| (column_bytes(column), field.name().as_str()));
    let (bytes, name) = sized.max().unwrap_or_default();
    Error::resources_exhausted(format!(
        "a row is larger than a message may be; column `{name}` alone has {bytes} bytes of it"
    ))
    .with_context("limit", MAX_MESSAGE_BYTES)
    .with_hint("Leave the column out, or take a part of it with `substr` or `json_extract`.")
}

/// Turns batches without dictionaries into messages.
struct Encoder {
    generator: IpcDataGenerator,
    tracker: DictionaryTracker,
    options: IpcWriteOptions,
    context: IpcWriteContext,
}

impl Default for Encoder {
    fn default() -> Self {
        let mut context = IpcWriteContext::default();
        // The next message is about as large as the last, so its buffer need not grow.
        context.set_reserve_scratch(true);
        Self {
            generator: IpcDataGenerator::default(),
            tracker: DictionaryTracker::new(true),
            options: IpcWriteOptions::default(),
            context,
        }
    }
}

impl Encoder {
    fn encode(&mut self, batch: &RecordBatch) -> Result<FlightData> {
        let encoded = self.generator.encode(batch, &mut self.tracker, &self.options, &mut self.context);
        let (_, rows) = encoded.map_err(|e| Error::internal("encode batch").with_source(e))?;
        Ok(rows.into())
    }
}
