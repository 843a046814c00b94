//! The history of queries: each one that ended becomes a row of `system.queries`.
//!
//! ```text
//! query ends --> bounded queue --> batch of 5 s or 1,000 rows --> QueryLog::append --> system.queries
//! ```
//!
//! No query waits for its record. A record that cannot be kept is counted and told of once, as a notice: a
//! lake that is read-only is queried all the same.

mod table;

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auditlake_model::{ErrorKind, QueryId, QueryState, Result, Timestamp};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use self::table::{QUERIES_TABLE, QueriesTable, queries_schema, records_to_batch};

use crate::report::Progress;
use auditlake_dialect::Parameters;

/// Records wait this long for company.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// So many records are written together.
const FLUSH_ROWS: usize = 1_000;
/// So many records may wait; more are dropped and counted.
const QUEUE_ROWS: usize = 10_000;

/// One query that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRecord {
    /// Id of the query.
    pub id: QueryId,
    /// Its text, as it was given.
    pub sql: String,
    /// Who asked.
    pub principal: String,
    /// What asked: `cli`, `shell`, `flight`.
    pub client: String,
    /// Where a remote caller asked from.
    pub client_address: Option<String>,
    /// What a remote caller calls its program.
    pub user_agent: Option<String>,
    /// How it ended.
    pub state: QueryState,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// When it left the queue.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What it read.
    pub progress: Progress,
    /// Why it failed, in one line.
    pub error: Option<String>,
    /// The values of its parameters.
    pub parameters: Parameters,
    /// The time bound that it was asked with.
    pub since: Option<Timestamp>,
}

impl QueryRecord {
    /// Returns how long the query took from start to end, in milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        let start = self.started_at.unwrap_or(self.created_at);
        let elapsed = self.finished_at.saturating_duration_since(start);
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Keeps records of queries.
#[async_trait]
pub trait QueryLog: Debug + Send + Sync {
    /// Appends records, all or none.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` or `Unsupported` when the lake cannot be written at all, else as the storage gives
    /// them.
    async fn append(&self, records: Vec<QueryRecord>) -> Result<()>;
}

/// Takes records and writes them in batches.
#[derive(Debug)]
pub(crate) struct History {
    queue: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    dropped: AtomicU64,
    notices: Mutex<Vec<String>>,
}

#[derive(Debug)]
enum Message {
    Record(Box<QueryRecord>),
    Flush(oneshot::Sender<()>),
    /// The oldest record has waited long enough; made by the writer itself.
    Due,
}

impl History {
    /// Starts the writer on `runtime`.
    pub(crate) fn start(log: Arc<dyn QueryLog>, runtime: &Handle) -> Self {
        Self::start_with(log, runtime, FLUSH_INTERVAL)
    }

    fn start_with(log: Arc<dyn QueryLog>, runtime: &Handle, interval: Duration) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_ROWS);
        let shared = Arc::new(Shared::default());
        let writer = Writer { log, shared: Arc::clone(&shared), interval, batch: Vec::new(), writable: true };
        let task = runtime.spawn(writer.run(messages));
        Self { queue, shared, writer: Mutex::new(Some(task)) }
    }

    /// Hands a record over, without waiting.
    pub(crate) fn record(&self, record: QueryRecord) {
        if self.queue.try_send(Message::Record(Box::new(record))).is_err() {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns once every record handed over so far was written or given up.
    pub(crate) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // The writer is gone only when the runtime is; there is nothing left to wait for then.
            let _ = flushed.await;
        }
    }

    /// Returns the records that could not be kept.
    pub(crate) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Takes the notices for the user that came up since the last call.
    pub(crate) fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.notices.lock())
    }
}

impl Drop for History {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.lock().take() {
            writer.abort();
        }
    }
}

struct Writer {
    log: Arc<dyn QueryLog>,
    shared: Arc<Shared>,
    interval: Duration,
    batch: Vec<QueryRecord>,
    /// Cleared when the lake turns out to be read-only: asking again each time would be in vain.
    writable: bool,
}

impl Writer {
    async fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        // When the oldest waiting record has waited long enough.
        let mut due: Option<Instant> = None;
        loop {
            let message = match due {
                None => messages.recv().await,
                Some(due) => {
                    tokio::time::timeout_at(due, messages.recv()).await.unwrap_or(Some(Message::Due))
                }
            };
            match message {
                None => return self.write().await,
                Some(Message::Record(record)) => self.batch.push(*record),
                Some(Message::Due) => self.write().await,
                Some(Message::Flush(done)) => {
                    self.write().await;
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
            }
            if self.batch.len() >= FLUSH_ROWS {
                self.write().await;
            }
            due = match self.batch.len() {
                0 => None,
                _ => due.or_else(|| Some(Instant::now() + self.interval)),
            };
        }
    }

    async fn write(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
        let rows = batch.len() as u64;
        if !self.writable {
            self.shared.dropped.fetch_add(rows, Ordering::Relaxed);
            return;
        }
        let Err(error) = self.log.append(batch).await else { return };
        self.shared.dropped.fetch_add(rows, Ordering::Relaxed);
        let read_only = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported);
        if read_only {
            self.writable = false;
            self.shared.notices.lock().push("the lake is read-only: queries are not recorded".to_owned());
        } else {
            tracing::warn!(error = %error.report(), rows, "query records not kept");
        }
    }
}

#[cfg(test)]
mod tests;
