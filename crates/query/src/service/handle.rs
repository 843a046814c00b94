//! The caller's end of a query.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use auditlake_model::{Error, QueryId, QueryState, Result};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::query::{Query, QueryStatus};
use crate::provenance::{PinnedTable, RowProvenance};
use crate::report::Progress;

/// Batches that wait for the caller; a slow reader slows the query down instead of filling memory.
const BUFFERED_BATCHES: usize = 4;

/// The query's end of the connection to its caller.
pub(super) struct Channels {
    pub(super) schema: oneshot::Sender<SchemaRef>,
    pub(super) batches: mpsc::Sender<RecordBatch>,
}

/// Connects a query with a handle for its caller.
pub(super) fn channels(query: Arc<Query>, shared: Arc<Shared>) -> (Channels, QueryHandle) {
    let (schema_sender, schema) = oneshot::channel();
    let (batches_sender, batches) = mpsc::channel(BUFFERED_BATCHES);
    let canceller = QueryCanceller { query, shared };
    let handle = QueryHandle { canceller, pending_schema: Some(schema), schema: None, batches };
    (Channels { schema: schema_sender, batches: batches_sender }, handle)
}

/// A query that was started: its result as a stream, and its state.
///
/// Dropping it cancels the query.
pub struct QueryHandle {
    canceller: QueryCanceller,
    pending_schema: Option<oneshot::Receiver<SchemaRef>>,
    schema: Option<SchemaRef>,
    batches: mpsc::Receiver<RecordBatch>,
}

impl QueryHandle {
    /// Returns the id.
    pub fn id(&self) -> QueryId {
        self.canceller.query.id
    }

    /// Returns the state.
    pub fn state(&self) -> QueryState {
        self.canceller.query.state()
    }

    /// Returns what the query has read so far.
    pub fn progress(&self) -> Progress {
        self.canceller.query.progress()
    }

    /// Returns everything about the query that can be shown.
    pub fn status(&self) -> QueryStatus {
        self.canceller.query.status()
    }

    /// Returns whether each row has a source, once the schema is known; `None` when nobody asked for it.
    pub fn row_provenance(&self) -> Option<RowProvenance> {
        self.canceller.query.provenance()
    }

    /// Returns the tables that the statement names with their versions, once the schema is known.
    pub fn pinned_tables(&self) -> Vec<PinnedTable> {
        self.canceller.query.report.pinned()
    }

    /// Cancels the query; whoever waits for it gets `Cancelled` at once.
    pub fn cancel(&self) {
        self.canceller.cancel();
    }

    /// Returns a remote control, for a signal handler for one.
    pub fn canceller(&self) -> QueryCanceller {
        self.canceller.clone()
    }

    /// Returns the schema of the result, once the query is planned; names are the user's and may repeat.
    ///
    /// # Errors
    ///
    /// What ended the query before, the first time it is asked for; see [`QueryHandle::next_batch`].
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn schema(&mut self) -> Result<SchemaRef> {
        if let Some(schema) = &self.schema {
            return Ok(Arc::clone(schema));
        }
        let query = Arc::clone(&self.canceller.query);
        let planned = match &mut self.pending_schema {
            None => None,
            Some(pending) => tokio::select! {
                biased;
                () = query.stopped.cancelled() => None,
                schema = pending => schema.ok(),
            },
        };
        self.pending_schema = None;
        match planned {
            Some(schema) => {
                self.schema = Some(Arc::clone(&schema));
                Ok(schema)
            }
            None => {
                query.ended.cancelled().await;
                let general = || Error::internal(format!("query ended as {}", query.state()));
                Err(query.take_error().unwrap_or_else(general))
            }
        }
    }

    /// Returns the next rows; `None` after the last.
    ///
    /// # Errors
    ///
    /// `Cancelled` and `TimedOut` at once when the query was stopped, `Invalid` when the statement is wrong,
    /// `ResourcesExhausted` when a limit was reached, and others as storage and data give them.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again; no batch is lost.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let query = &self.canceller.query;
        let batch = tokio::select! {
            biased;
            () = query.stopped.cancelled() => None,
            batch = self.batches.recv() => batch,
        };
        if let Some(batch) = batch {
            return Ok(Some(batch));
        }
        // The rows are through before the outcome is known; only that tells an end from a failure.
        query.ended.cancelled().await;
        query.take_error().map_or(Ok(None), Err)
    }

    /// Returns all rows that are left.
    ///
    /// # Errors
    ///
    /// As [`QueryHandle::next_batch`].
    pub async fn collect(&mut self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next_batch().await? {
            batches.push(batch);
        }
        Ok(batches)
    }
}

impl Drop for QueryHandle {
    fn drop(&mut self) {
        self.canceller.cancel();
    }
}

impl Debug for QueryHandle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryHandle")
            .field("id", &self.id())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// Cancels one query from anywhere.
#[derive(Clone)]
pub struct QueryCanceller {
    query: Arc<Query>,
    shared: Arc<Shared>,
}

impl QueryCanceller {
    /// Returns what the query has read so far.
    pub fn progress(&self) -> Progress {
        self.query.progress()
    }

    /// Cancels the query, unless it has ended.
    pub fn cancel(&self) {
        if matches!(self.query.state(), QueryState::Queued | QueryState::Running) {
            self.shared.stop(&self.query, QueryState::Cancelled);
        }
    }
}

impl Debug for QueryCanceller {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryCanceller").field("id", &self.query.id).finish_non_exhaustive()
    }
}
