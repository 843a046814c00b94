//! What every service of a server shares.

use std::sync::Arc;

use auditlake_ingest::{import_failures_schema, imports_schema};
use auditlake_model::{Result, Timestamp};
use auditlake_query::{QueriesTable, QueryConfig, QueryLog, QueryService, StoreLake};
use auditlake_store::Lake;
use tokio_util::sync::CancellationToken;

use crate::config::ServerConfig;
use crate::ops::history::CountingLog;
use crate::ops::metrics::Metrics;

/// What every service of a server shares.
#[derive(Debug)]
pub struct ServerState {
    /// The lake.
    pub lake: Lake,
    /// Answers queries.
    pub queries: Arc<QueryService>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// What the server was told.
    pub config: ServerConfig,
    /// When it started.
    pub started_at: Timestamp,
    /// Cancelled once the server is to stop: nothing new is begun then.
    pub stop: CancellationToken,
}

impl ServerState {
    /// Starts the query service of `lake` and joins the parts.
    ///
    /// # Errors
    ///
    /// Those of [`QueryService::try_new`].
    pub fn open(lake: Lake, queries: QueryConfig, config: ServerConfig) -> Result<Self> {
        let started_at = lake.clock().now();
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), started_at));
        let queries = Arc::new(start_queries(&lake, queries, &metrics)?);
        Ok(Self { lake, queries, metrics, config, started_at, stop: CancellationToken::new() })
    }

    /// Takes over into the metrics what is only asked for at a scrape.
    pub(crate) fn observe(&self) {
        self.metrics.observe_queries(&self.queries);
    }
}

fn start_queries(lake: &Lake, config: QueryConfig, metrics: &Arc<Metrics>) -> Result<QueryService> {
    let queries = QueriesTable::try_new(lake)?;
    let system = vec![
        lake.system_table("imports", imports_schema())?,
        lake.system_table("import_failures", import_failures_schema())?,
        queries.table().clone(),
    ];
    let tables = StoreLake::try_new(lake.clone(), system)?;
    let log: Arc<dyn QueryLog> = Arc::new(CountingLog::new(Arc::new(queries), Arc::clone(metrics)));
    let (clock, ids) = (Arc::clone(lake.clock()), Arc::clone(lake.ids()));
    QueryService::try_new(Arc::new(tables), log, config, clock, ids)
}
