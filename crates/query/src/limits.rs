//! Every bound on queries: its name, its default, and the error when it is reached.
//!
//! | limit | default | when reached |
//! |---|---|---|
//! | `memory_limit_bytes` | 2 GiB, all queries together | spills to disk, then `ResourcesExhausted` |
//! | `query_memory_limit_bytes` | the same, one query | spills to disk, then `ResourcesExhausted` |
//! | `temp_limit_bytes` | 64 GiB of spilled data | `ResourcesExhausted` |
//! | `max_concurrent` | 10 running | the query waits in the queue |
//! | `queue_length` | 100 waiting | `MaxConcurrentQueriesException` |
//! | `time_limit` | 1 hour of running | `TIMED_OUT` |
//! | `statement_limit_bytes` | 1 MiB of text | `ResourcesExhausted` |
//! | `planning_limit` | 30 seconds | `TIMED_OUT` |
//! | `max_result_rows` | 1 billion | `ResourcesExhausted` |
//! | `max_result_bytes` | 64 GiB | `ResourcesExhausted` |
//! | `max_value_bytes` | 16 MiB made by one call of a string builder | `ResourcesExhausted` |
//! | `max_batch_bytes` | 256 MiB made by one call over a batch | `ResourcesExhausted` |
//!
//! Bounds on the shape of a statement (depth, number of tables) are constants of [`auditlake_dialect`].

mod array_agg;
mod functions;
mod memory;
mod sizes;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use auditlake_model::{Error, Result};
use datafusion::arrow::record_batch::RecordBatch;

pub(crate) use self::functions::CapFunctions;
pub(crate) use self::memory::{QueryPool, SharedBudget};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The bounds of a [`crate::QueryService`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryConfig {
    /// Memory of all running queries together, in bytes.
    pub memory_limit_bytes: u64,
    /// Memory of one query, in bytes.
    pub query_memory_limit_bytes: u64,
    /// Data spilled to disk by all queries together, in bytes.
    pub temp_limit_bytes: u64,
    /// Folder for spilled data; the system's folder for temporary files when `None`.
    pub temp_dir: Option<PathBuf>,
    /// Queries that run at once.
    pub max_concurrent: NonZeroUsize,
    /// Queries that wait for one of them to end.
    pub queue_length: usize,
    /// How long a query may run, queueing not counted.
    pub time_limit: Duration,
    /// Length of a statement, in bytes.
    pub statement_limit_bytes: u64,
    /// How long the planning of a query may take.
    pub planning_limit: Duration,
    /// Rows of one result.
    pub max_result_rows: u64,
    /// Bytes of one result, as Arrow data.
    pub max_result_bytes: u64,
    /// Length of one value that a string builder makes, in bytes.
    pub max_value_bytes: u64,
    /// Bytes that a string builder makes for one batch of rows.
    pub max_batch_bytes: u64,
    /// Worker threads, which is also the number of partitions a plan is split into; the processors when `None`.
    pub threads: Option<NonZeroUsize>,
    /// Threads that all queries share; by default as many as one query may use. Operators may keep a thread busy for
    /// seconds, so whoever runs several queries wants more: then the kernel shares the processors fairly.
    pub shared_threads: Option<NonZeroUsize>,
    /// Memory for Parquet footers of all stores, in bytes.
    pub footer_cache_bytes: u64,
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self {
            memory_limit_bytes: 2 * GIB,
            query_memory_limit_bytes: 2 * GIB,
            temp_limit_bytes: 64 * GIB,
            temp_dir: None,
            max_concurrent: const { NonZeroUsize::new(10).unwrap() },
            queue_length: 100,
            time_limit: Duration::from_secs(3600),
            // CloudTrail Lake stops at 10,000 characters.
            statement_limit_bytes: MIB,
            planning_limit: Duration::from_secs(30),
            max_result_rows: 1_000_000_000,
            max_result_bytes: 64 * GIB,
            max_value_bytes: 16 * MIB,
            max_batch_bytes: 256 * MIB,
            threads: None,
            shared_threads: None,
            footer_cache_bytes: 256 * MIB,
        }
    }
}

impl QueryConfig {
    /// Returns the number of threads that one query may use.
    pub fn worker_threads(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(processors, NonZeroUsize::get)
    }

    /// Checks the length of a statement.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` when it is longer than `statement_limit_bytes`.
    pub fn check_length(&self, sql: &str) -> Result<()> {
        let (bytes, limit) = (sql.len() as u64, self.statement_limit_bytes);
        if bytes <= limit {
            return Ok(());
        }
        Err(Error::resources_exhausted(format!("statement has {bytes} bytes, more than {limit}"))
            .with_context("limit", "statement_limit_bytes")
            .with_hint(
                "Put long lists of values into a reference table (`auditlake reference put`) and join it.",
            ))
    }

    /// Returns the number of threads that all queries share.
    pub fn shared_threads(&self) -> usize {
        self.shared_threads.map_or_else(|| self.worker_threads(), NonZeroUsize::get)
    }
}

/// Counts a result while it streams out.
#[derive(Debug)]
pub(crate) struct ResultMeter {
    max_rows: u64,
    max_bytes: u64,
    rows: u64,
    bytes: u64,
}

impl ResultMeter {
    pub(crate) fn new(config: &QueryConfig) -> Self {
        Self { max_rows: config.max_result_rows, max_bytes: config.max_result_bytes, rows: 0, bytes: 0 }
    }

    /// Counts one more batch.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` when the result grows beyond its limits; the batch must not be handed out.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.bytes += batch.get_array_memory_size() as u64;
        if self.rows > self.max_rows {
            return Err(too_large("rows", self.max_rows, "max_result_rows"));
        }
        if self.bytes > self.max_bytes {
            return Err(too_large("bytes", self.max_bytes, "max_result_bytes"));
        }
        Ok(())
    }
}

fn too_large(unit: &str, limit: u64, name: &'static str) -> Error {
    Error::resources_exhausted(format!("result has more than {limit} {unit}"))
        .with_context("limit", name)
        .with_hint("Add a LIMIT or a narrower WHERE, or raise the limit.")
}
