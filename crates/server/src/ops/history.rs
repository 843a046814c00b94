//! Queries that ended, counted on their way to the history.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auditlake_model::Result;
use auditlake_query::{QueryLog, QueryRecord};

use super::metrics::Metrics;

/// Counts the records that it hands on. Records come in batches, so the metrics lag some seconds behind.
#[derive(Debug)]
pub struct CountingLog {
    log: Arc<dyn QueryLog>,
    metrics: Arc<Metrics>,
}

impl CountingLog {
    /// Creates a log that counts in `metrics` and keeps in `log`.
    pub fn new(log: Arc<dyn QueryLog>, metrics: Arc<Metrics>) -> Self {
        Self { log, metrics }
    }
}

#[async_trait]
impl QueryLog for CountingLog {
    async fn append(&self, records: Vec<QueryRecord>) -> Result<()> {
        for record in &records {
            let elapsed = Duration::from_millis(record.elapsed_ms());
            let progress = &record.progress;
            self.metrics.queried(record.state, elapsed, progress.rows_returned, progress.bytes_scanned);
        }
        self.log.append(records).await
    }
}
