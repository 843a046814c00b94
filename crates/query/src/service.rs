//! The one way to ask a question, whatever door it came through.
//!
//! ```text
//! start --> QUEUED --slot--> RUNNING --plan--> stream --> FINISHED
//!              |                |                 |
//!              `---- cancel, time limit, error ---'--> CANCELLED, TIMED_OUT, FAILED
//! ```
//!
//! A query may be planned first and run later ([`PreparedQuery`]); until then nobody waits for it and no slot is taken.
//!
//! - A query runs on threads of the service's own, so the caller's runtime never waits for it.
//! - Cancelling answers at once; what still runs sees the stop flag, and keeps its slot and memory until it ends.
//! - However a query ends, one record of it goes to the history.

mod drive;
mod handle;
mod planner;
mod prepared;
mod query;
mod runtimes;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use auditlake_model::{
    Clock, Error, ErrorKind, IdGenerator, Principal, QueryId, QueryState, Result, Timestamp,
};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::execution::SessionState;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use self::handle::{QueryCanceller, QueryHandle};
pub use self::prepared::PreparedQuery;
pub use self::query::QueryStatus;

use self::planner::Planned;
use self::query::Query;
use self::runtimes::Runtimes;
use crate::catalog::{LAKE_SCHEMA, LakeTables, TableEntry, TableKind, is_visible, store_columns};
use crate::history::{History, QueryLog};
use crate::limits::{QueryConfig, QueryPool, SharedBudget};
use crate::provenance::PinnedTable;
use crate::reference::Attachment;
use crate::session::{base_session, shared_runtime};
use auditlake_dialect::Parameters;
use auditlake_functions::{FunctionInfo, list_functions};

/// A question, and who asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryRequest {
    /// One SELECT, EXPLAIN, SHOW or DESCRIBE.
    pub sql: String,
    /// Who asks, for the history; a table that they may not read is not there for them.
    pub principal: Arc<Principal>,
    /// What asks, for the history: `cli`, `shell`, `flight`.
    pub client: String,
    /// Where a remote caller asks from, for the history.
    pub client_address: Option<String>,
    /// What a remote caller calls its program, for the history.
    pub user_agent: Option<String>,
    /// A value for each parameter of the statement, and no other.
    pub parameters: Parameters,
    /// Versions to read instead of the latest ones.
    pub pins: Vec<PinnedTable>,
    /// Tables that come with the query.
    pub attached: Vec<Attachment>,
    /// The schema of tables that are named without one; `lake` by default.
    pub default_schema: Option<&'static str>,
    /// A time limit below the service's own.
    pub time_limit: Option<Duration>,
    /// Hides earlier events of every event data store that the statement names, and those without a time.
    pub since: Option<Timestamp>,
    /// Whether to tell where each row came from, if that can be told; see [`crate::provenance`].
    pub provenance: bool,
}

impl QueryRequest {
    /// Creates a request without parameters and with the service's time limit.
    pub fn new(
        sql: impl Into<String>,
        principal: impl Into<Arc<Principal>>,
        client: impl Into<String>,
    ) -> Self {
        Self {
            sql: sql.into(),
            principal: principal.into(),
            client: client.into(),
            client_address: None,
            user_agent: None,
            pins: Vec::new(),
            attached: Vec::new(),
            default_schema: None,
            parameters: Parameters::default(),
            time_limit: None,
            since: None,
            provenance: false,
        }
    }

    /// Gives values for the parameters of the statement.
    #[must_use]
    pub fn with_parameters(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    /// Asks where each row came from; [`QueryHandle::row_provenance`] says whether that can be told.
    #[must_use]
    pub fn with_provenance(mut self) -> Self {
        self.provenance = true;
        self
    }
}

/// Answers queries over one lake.
///
/// Drop it anywhere, inside of async code too: queries that still run are stopped and not waited for. To keep
/// the last records of the history, call [`QueryService::close`] before.
pub struct QueryService {
    shared: Arc<Shared>,
    // Held last: everything above may spawn until it is gone.
    runtimes: Runtimes,
}

/// What the running queries need of the service.
struct Shared {
    lake: Arc<dyn LakeTables>,
    config: QueryConfig,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    base: SessionState,
    budget: Arc<SharedBudget>,
    slots: Arc<Semaphore>,
    /// Statements that are planned before they are run.
    planning: Arc<Semaphore>,
    history: History,
    /// Queries that have not ended.
    active: Mutex<HashMap<QueryId, Weak<Query>>>,
    /// When the last query ended.
    ended_at: Mutex<Option<Instant>>,
}

impl QueryService {
    /// Starts the service over `lake`; queries that ended are recorded in `log`.
    ///
    /// # Errors
    ///
    /// `Unavailable` when threads or the folder for spilled data cannot be made.
    pub fn try_new(
        lake: Arc<dyn LakeTables>,
        log: Arc<dyn QueryLog>,
        config: QueryConfig,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<Self> {
        let runtimes = Runtimes::start(config.shared_threads())?;
        let engine = shared_runtime(&config, lake.as_ref())?;
        let shared = Shared {
            base: base_session(&config, &engine),
            budget: Arc::new(SharedBudget::new(config.memory_limit_bytes)),
            slots: Arc::new(Semaphore::new(config.max_concurrent.get())),
            planning: Arc::new(Semaphore::new(config.worker_threads().max(2))),
            history: History::start(log, runtimes.control()),
            active: Mutex::default(),
            ended_at: Mutex::default(),
            lake,
            config,
            clock,
            ids,
        };
        Ok(Self { shared: Arc::new(shared), runtimes })
    }

    /// Takes a query in and returns at once; planning errors come out of the handle.
    ///
    /// Dropping the handle cancels the query.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` (`MaxConcurrentQueriesException`) when the queue is full.
    pub fn start(&self, request: QueryRequest) -> Result<QueryHandle> {
        let query = self.shared.new_query(request);
        let pool = Arc::new(QueryPool::new(&self.shared.config, Arc::clone(&self.shared.budget)));
        self.run(query, pool, None)
    }

    /// Puts a query on its way; with a plan, if it has been planned before.
    fn run(&self, query: Arc<Query>, pool: Arc<QueryPool>, planned: Option<Planned>) -> Result<QueryHandle> {
        self.shared.admit(&query)?;
        let (channels, handle) = handle::channels(Arc::clone(&query), Arc::clone(&self.shared));
        let work = drive::Work { shared: Arc::clone(&self.shared), query, pool, planned };
        self.runtimes.exec().spawn(drive::drive(work, channels, self.runtimes.control().clone()));
        Ok(handle)
    }

    /// Returns the queries that have not ended, oldest first.
    pub fn active(&self) -> Vec<QueryStatus> {
        let mut active: Vec<QueryStatus> = self.shared.active().iter().map(|query| query.status()).collect();
        active.sort_by_key(|status| (status.created_at, status.id));
        active
    }

    /// Tells whether a query runs or waits, or did so within the last `time`.
    pub fn had_work_within(&self, time: Duration) -> bool {
        !self.shared.active.lock().is_empty()
            || self.shared.ended_at.lock().is_some_and(|at| at.elapsed() < time)
    }

    /// Cancels a query by its id.
    ///
    /// # Errors
    ///
    /// `NotFound` (`InactiveQueryException`) when no query of that id is queued or running.
    pub fn cancel(&self, id: QueryId) -> Result<()> {
        let query = self.shared.active.lock().get(&id).and_then(Weak::upgrade);
        match query {
            Some(query) => {
                self.shared.stop(&query, QueryState::Cancelled);
                Ok(())
            }
            None => Err(Error::not_found(format!("query `{id}` is not queued or running"))
                .with_code("InactiveQueryException")),
        }
    }

    /// Returns once no query holds a slot: also the last operator of every cancelled query has ended.
    ///
    /// # Cancel safety
    ///
    /// May be dropped at any time.
    pub async fn idle(&self) {
        let all = u32::try_from(self.shared.config.max_concurrent.get()).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.shared.slots.acquire_many(all).await;
    }

    /// Makes the next statement look at the list of stores, saved queries and reference tables anew: this process has
    /// changed it. Changes of other processes are seen once the last look is older than
    /// [`crate::StoreLake::with_snapshot_max_age`] says.
    pub fn expect_changes(&self) {
        self.shared.lake.expect_changes();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Returns the functions that statements may call, in the order of their names.
    pub fn functions(&self) -> Vec<FunctionInfo> {
        list_functions(&self.shared.base)
    }

    /// Lists the tables that a principal can query: event data stores, then the engine's own.
    ///
    /// # Errors
    ///
    /// As the storage gives them.
    pub async fn tables(&self, principal: &Principal) -> Result<Vec<TableEntry>> {
        let mut tables = self.shared.lake.tables().await?;
        tables.retain(|entry| entry.is_queryable() && is_visible(entry, principal));
        Ok(tables)
    }

    /// Returns the columns that SQL sees of a table, with their types in the engine.
    ///
    /// # Errors
    ///
    /// As the storage gives them; event data stores are not even opened. A saved query that cannot be planned any more
    /// has no columns: one that is broken must not hide the others from a list.
    pub async fn columns(&self, table: &TableEntry, principal: &Arc<Principal>) -> Result<SchemaRef> {
        match &table.kind {
            TableKind::EventDataStore { category, .. } => Ok(store_columns(*category)),
            TableKind::System => Ok(Arc::clone(&self.shared.lake.open(table, None).await?.schema)),
            TableKind::Reference(reference) => {
                Ok(Arc::clone(self.shared.lake.reference(reference).await?.schema()))
            }
            TableKind::Attached(attachment) => Ok(Arc::clone(attachment.rows().schema())),
            TableKind::View(_) => self.view_columns(table, principal).await,
        }
    }

    async fn view_columns(&self, table: &TableEntry, principal: &Arc<Principal>) -> Result<SchemaRef> {
        let name = table.name.replace('"', "\"\"");
        let sql = format!("SELECT * FROM {LAKE_SCHEMA}.\"{name}\"");
        let prepared = self.prepare(QueryRequest::new(sql, Arc::clone(principal), "metadata")).await;
        Ok(prepared.map_or_else(|_| Arc::new(Schema::empty()), |prepared| Arc::clone(prepared.schema())))
    }

    /// Checks the length of a statement; it is checked again before it is planned.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` beyond the limit.
    pub fn check_length(&self, sql: &str) -> Result<()> {
        self.shared.config.check_length(sql)
    }

    /// Returns the length in bytes that a statement may have.
    pub fn statement_limit(&self) -> u64 {
        self.shared.config.statement_limit_bytes
    }

    /// Returns the time after which a query is stopped.
    pub fn time_limit(&self) -> Duration {
        self.shared.config.time_limit
    }

    /// Returns the bytes of memory that queries hold.
    pub fn memory_used(&self) -> usize {
        self.shared.budget.used()
    }

    /// Writes the records of all queries that ended.
    pub async fn flush_history(&self) {
        self.shared.history.flush().await;
    }

    /// Takes the notices for the user that came up since the last call, each one once.
    pub fn take_notices(&self) -> Vec<String> {
        self.shared.history.take_notices()
    }

    /// Returns the number of queries whose record could not be kept.
    pub fn unrecorded_queries(&self) -> u64 {
        self.shared.history.dropped()
    }

    /// Cancels what runs and writes the last records.
    pub async fn close(self) {
        for query in self.shared.active() {
            self.shared.stop(&query, QueryState::Cancelled);
        }
        self.shared.history.flush().await;
    }
}

impl Debug for QueryService {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryService")
            .field("config", &self.shared.config)
            .field("active", &self.shared.active.lock().len())
            .field("runtimes", &self.runtimes)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn new_query(&self, request: QueryRequest) -> Arc<Query> {
        let id = QueryId::generate(self.ids.as_ref());
        Arc::new(Query::new(id, request, self.clock.now()))
    }

    /// Puts a query on the list of active ones, if there is room.
    fn admit(&self, query: &Arc<Query>) -> Result<()> {
        let mut active = self.active.lock();
        let room = self.config.max_concurrent.get() + self.config.queue_length;
        if active.len() >= room {
            return Err(Error::resources_exhausted(format!("{room} queries are running or queued"))
                .with_code("MaxConcurrentQueriesException")
                .with_context("limit", "max_concurrent + queue_length")
                .with_hint("Wait for one to end, or cancel one."));
        }
        active.insert(query.id, Arc::downgrade(query));
        Ok(())
    }

    fn active(&self) -> Vec<Arc<Query>> {
        self.active.lock().values().filter_map(Weak::upgrade).collect()
    }

    /// Ends a query before its time: `reason` says whether by request or by time limit.
    fn stop(&self, query: &Query, reason: QueryState) {
        query.stop(reason);
        if let Some(error) = query.stop_reason() {
            self.fail(query, error);
        }
    }

    /// Ends a query that gave all its rows.
    fn finish(&self, query: &Query) {
        self.end(query, QueryState::Finished, None);
    }

    /// Ends a query with an error, whose kind tells the state.
    fn fail(&self, query: &Query, error: Error) {
        let state = match error.kind() {
            ErrorKind::Cancelled => QueryState::Cancelled,
            ErrorKind::TimedOut => QueryState::TimedOut,
            _ => QueryState::Failed,
        };
        self.end(query, state, Some(error));
    }

    /// Ends a query; only the first call for a query counts.
    fn end(&self, query: &Query, state: QueryState, error: Option<Error>) {
        if let Some(record) = query.end(state, error, self.clock.now()) {
            self.active.lock().remove(&query.id);
            *self.ended_at.lock() = Some(Instant::now());
            self.history.record(record);
        }
    }
}
