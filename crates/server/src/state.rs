//! What every service of a server shares.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use auditlake_access::{Accounts, Authenticator, LoginConfig, SigningKeys};
use auditlake_ingest::{import_failures_schema, imports_schema};
use auditlake_model::{Result, Timestamp};
use auditlake_query::{QueriesTable, QueryConfig, QueryLog, QueryService, StoreLake};
use auditlake_store::Lake;
use tokio_util::sync::CancellationToken;

use crate::background::Background;
use crate::config::ServerConfig;
use crate::control::imports::AllowedSources;
use crate::control::{Control, ControlParts};
use crate::flight::FlightSql;
use crate::flight::service::FlightParts;
use crate::ops::history::CountingLog;
use crate::ops::metrics::Metrics;

/// What every service of a server shares.
#[derive(Debug)]
pub struct ServerState {
    /// The lake.
    pub lake: Lake,
    /// Answers queries.
    pub queries: Arc<QueryService>,
    /// Knows who asks.
    pub authenticator: Arc<Authenticator>,
    /// Sign tokens, tickets and handles.
    pub keys: Arc<SigningKeys>,
    /// Services for programs, with what runs in them.
    pub control: Control,
    /// Threads of imports.
    pub background: Background,
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
    /// Those of [`QueryService::try_new`] and [`Authenticator::open`]; `Invalid` for wrong signing keys.
    pub async fn open(
        lake: Lake,
        accounts: Accounts,
        queries: QueryConfig,
        config: ServerConfig,
    ) -> Result<Self> {
        let started_at = lake.clock().now();
        let metrics = Arc::new(Metrics::new(env!("CARGO_PKG_VERSION"), started_at));
        let queries = Arc::new(start_queries(&lake, for_many(queries), &config, &metrics)?);
        let keys = Arc::new(match config.signing_keys.0.as_slice() {
            [] => SigningKeys::random()?,
            keys => SigningKeys::parse(keys)?,
        });
        let login = LoginConfig {
            anonymous: config.listen.ip().is_loopback() || config.insecure,
            session_ttl: config.session_ttl,
            ..LoginConfig::for_accounts(&accounts)
        };
        let clock = Arc::clone(lake.clock());
        let authenticator = Authenticator::open(accounts, Arc::clone(&keys), clock, login).await?;
        let allowed: Vec<String> = config.allowed_sources.iter().map(ToString::to_string).collect();
        let background = Background::start()?;
        let control = Control::start(ControlParts {
            lake: lake.clone(),
            queries: Arc::clone(&queries),
            allowed_sources: AllowedSources::parse(&allowed)?,
            source_config: config.source_config.clone(),
            import_limits: config.import_limits,
            background: background.handle().clone(),
            started_at,
        });
        Ok(Self {
            lake,
            queries,
            authenticator: Arc::new(authenticator),
            keys,
            control,
            background,
            metrics,
            config,
            started_at,
            stop: CancellationToken::new(),
        })
    }

    /// Creates the Flight SQL service.
    pub(crate) fn flight(&self) -> FlightSql {
        FlightSql::new(FlightParts {
            queries: Arc::clone(&self.queries),
            authenticator: Arc::clone(&self.authenticator),
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(self.lake.clock()),
            ids: Arc::clone(self.lake.ids()),
            session_ttl: self.config.session_ttl,
            ticket_ttl: self.config.ticket_ttl,
            stall_limit: self.config.stall_limit,
        })
    }

    /// Takes over into the metrics what is only asked for at a scrape.
    pub(crate) fn observe(&self) {
        self.metrics.observe_queries(&self.queries);
        self.metrics.observe_failed_logins(self.authenticator.failed_logins());
    }
}

/// Returns the tables of a lake, those of the engine included, and the one that queries are recorded in.
///
/// # Errors
///
/// Those of [`StoreLake::try_new`].
pub fn lake_tables(lake: &Lake) -> Result<(StoreLake, QueriesTable)> {
    let queries = QueriesTable::try_new(lake)?;
    let system = vec![
        lake.system_table("imports", imports_schema())?,
        lake.system_table("import_failures", import_failures_schema())?,
        queries.table().clone(),
    ];
    Ok((StoreLake::try_new(lake.clone(), system)?, queries))
}

fn start_queries(
    lake: &Lake,
    config: QueryConfig,
    server: &ServerConfig,
    metrics: &Arc<Metrics>,
) -> Result<QueryService> {
    let (tables, queries) = lake_tables(lake)?;
    let age = server.snapshot_max_age.unwrap_or_else(|| default_snapshot_age(lake));
    let tables = tables.with_snapshot_max_age(age);
    let log: Arc<dyn QueryLog> = Arc::new(CountingLog::new(Arc::new(queries), Arc::clone(metrics)));
    let (clock, ids) = (Arc::clone(lake.clock()), Arc::clone(lake.ids()));
    QueryService::try_new(Arc::new(tables), log, config, clock, ids)
}

/// Gives queries of many clients threads enough that heavy ones do not hold up the others.
fn for_many(mut queries: QueryConfig) -> QueryConfig {
    let slots = queries.max_concurrent.get() + 2;
    queries.shared_threads =
        queries.shared_threads.or(NonZeroUsize::new(slots.max(queries.worker_threads())));
    queries
}

/// On S3 asking for the latest version costs more than many a query.
fn default_snapshot_age(lake: &Lake) -> Duration {
    match lake.location().starts_with("s3://") {
        true => Duration::from_secs(1),
        false => Duration::ZERO,
    }
}
