//! One query: its state, and what it has done so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use auditlake_dialect::Parameters;
use auditlake_model::{Error, QueryId, QueryState, Timestamp};
use datafusion::physical_plan::ExecutionPlan;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::QueryRequest;
use crate::guard::StopFlag;
use crate::history::QueryRecord;
use crate::provenance::RowProvenance;
use crate::report::{Progress, ScanReport};

/// A query as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryStatus {
    /// Its id.
    pub id: QueryId,
    /// Its text.
    pub sql: String,
    /// Who asked.
    pub principal: String,
    /// What asked: `cli`, `shell`, `flight`.
    pub client: String,
    /// Where it is in its life.
    pub state: QueryState,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// When it left the queue.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What it has read so far.
    pub progress: Progress,
}

/// One query from start to end.
///
/// - The state only moves forward, and `end` succeeds once.
/// - The plan is let go at the end, since it may hold memory of the query.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) id: QueryId,
    pub(super) request: QueryRequest,
    created_at: Timestamp,
    /// Looked at by running operators.
    pub(super) flag: Arc<StopFlag>,
    /// Wakes whoever waits for the query, when it is stopped before its end.
    pub(super) stopped: CancellationToken,
    /// Tells that the outcome is known.
    pub(super) ended: CancellationToken,
    pub(super) report: Arc<ScanReport>,
    rows_returned: AtomicU64,
    provenance: Mutex<Option<RowProvenance>>,
    /// The values that the statement uses, once it is planned.
    used: OnceLock<Parameters>,
    life: Mutex<Life>,
}

#[derive(Debug)]
struct Life {
    state: QueryState,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    plan: Option<Arc<dyn ExecutionPlan>>,
    progress: Progress,
    error: Option<Error>,
}

impl Query {
    pub(super) fn new(id: QueryId, request: QueryRequest, now: Timestamp) -> Self {
        let life = Life {
            state: QueryState::Queued,
            started_at: None,
            finished_at: None,
            plan: None,
            progress: Progress::default(),
            error: None,
        };
        Self {
            id,
            request,
            created_at: now,
            flag: Arc::default(),
            stopped: CancellationToken::new(),
            ended: CancellationToken::new(),
            report: Arc::default(),
            rows_returned: AtomicU64::new(0),
            provenance: Mutex::default(),
            used: OnceLock::new(),
            life: Mutex::new(life),
        }
    }

    /// Marks that the query left the queue.
    pub(super) fn run(&self, now: Timestamp) {
        let mut life = self.life.lock();
        if life.state == QueryState::Queued {
            life.state = QueryState::Running;
            life.started_at = Some(now);
        }
    }

    /// Sets the plan whose metrics are the query's progress.
    pub(super) fn set_plan(&self, plan: &Arc<dyn ExecutionPlan>) {
        let mut life = self.life.lock();
        if life.finished_at.is_none() {
            life.plan = Some(Arc::clone(plan));
        }
    }

    /// Notes what the plan can tell about the sources of its rows.
    pub(super) fn set_provenance(&self, provenance: RowProvenance) {
        *self.provenance.lock() = Some(provenance);
    }

    pub(super) fn provenance(&self) -> Option<RowProvenance> {
        self.provenance.lock().clone()
    }

    /// Notes which values the statement uses.
    pub(super) fn set_used(&self, parameters: Parameters) {
        // Planned again, it uses the same.
        let _ = self.used.set(parameters);
    }

    /// Returns the values for the history: of those that were only offered, the ones that the statement uses.
    fn parameters(&self) -> Parameters {
        match self.request.parameters.is_offered() {
            true => self.used.get().cloned().unwrap_or_default(),
            false => self.request.parameters.clone(),
        }
    }

    pub(super) fn add_rows(&self, rows: usize) {
        self.rows_returned.fetch_add(rows as u64, Ordering::Relaxed);
    }

    /// Asks what runs to stop, and wakes who waits.
    pub(super) fn stop(&self, reason: QueryState) {
        self.flag.stop(reason);
        self.stopped.cancel();
    }

    /// Returns why the query was stopped before its end, if it was.
    pub(super) fn stop_reason(&self) -> Option<Error> {
        self.flag.reason()
    }

    /// Ends the query; returns its record the first time, and `None` when it had ended before.
    pub(super) fn end(&self, state: QueryState, error: Option<Error>, now: Timestamp) -> Option<QueryRecord> {
        let mut life = self.life.lock();
        if life.finished_at.is_some() {
            return None;
        }
        life.progress = self.measure(&life);
        life.plan = None;
        life.state = state;
        life.finished_at = Some(now);
        let text = error.as_ref().map(Error::report);
        life.error = error;
        self.ended.cancel();
        Some(QueryRecord {
            id: self.id,
            sql: self.request.sql.clone(),
            principal: self.request.principal.name().to_owned(),
            client: self.request.client.clone(),
            client_address: self.request.client_address.clone(),
            user_agent: self.request.user_agent.clone(),
            state,
            created_at: self.created_at,
            started_at: life.started_at,
            finished_at: now,
            progress: life.progress,
            error: text,
            parameters: self.parameters(),
            since: self.request.since,
        })
    }

    /// Takes the error that ended the query; later calls get a general one.
    pub(super) fn take_error(&self) -> Option<Error> {
        let mut life = self.life.lock();
        let ended_well =
            matches!(life.state, QueryState::Finished | QueryState::Queued | QueryState::Running);
        match life.error.take() {
            Some(error) => Some(error),
            None if ended_well => None,
            None => Some(Error::internal(format!("query ended as {}", life.state))),
        }
    }

    pub(super) fn state(&self) -> QueryState {
        self.life.lock().state
    }

    pub(super) fn progress(&self) -> Progress {
        let life = self.life.lock();
        if life.finished_at.is_some() { life.progress } else { self.measure(&life) }
    }

    pub(super) fn status(&self) -> QueryStatus {
        let progress = self.progress();
        let life = self.life.lock();
        QueryStatus {
            id: self.id,
            sql: self.request.sql.clone(),
            principal: self.request.principal.name().to_owned(),
            client: self.request.client.clone(),
            state: life.state,
            created_at: self.created_at,
            started_at: life.started_at,
            finished_at: life.finished_at,
            progress,
        }
    }

    fn measure(&self, life: &Life) -> Progress {
        let read = life.plan.as_ref().map(|plan| Progress::of(plan.as_ref(), &self.report));
        let rows_returned = self.rows_returned.load(Ordering::Relaxed);
        Progress { rows_returned, ..read.unwrap_or_default() }
    }
}
