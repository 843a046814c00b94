//! From SQL text to a plan that runs, on a thread of its own.
//!
//! Planning is recursive and cannot be interrupted, so it gets a large stack and a thread that nobody waits
//! for after a cancel or a time limit. It keeps the query's slot until it ends.

use std::sync::Arc;

use auditlake_model::{Error, ErrorKind, Result};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Shared;
use super::query::Query;
use crate::catalog::{PinnedCatalog, Visible};
use crate::error::from_datafusion;
use crate::explain::{self, Explanation};
use crate::limits::QueryPool;
use crate::provenance::{RowProvenance, WidePlan, widen};
use crate::session::QuerySession;
use auditlake_dialect::Parameters;
use auditlake_dialect::parameters::{ParameterSlot, Sample, samples, statement_slot_names};

/// A query that is ready to run.
pub(super) struct Planned {
    pub(super) answer: Answer,
    /// Schema of the result, with the names that the user wrote.
    pub(super) schema: SchemaRef,
}

/// A plan that only tells what a statement with open parameters would give.
pub(super) struct Described {
    pub(super) slots: Vec<ParameterSlot>,
    pub(super) planned: Planned,
}

/// Where the rows of the result come from.
pub(super) enum Answer {
    /// Running the plan.
    Run(Arc<dyn ExecutionPlan>, Arc<TaskContext>),
    /// Planning alone.
    Rows(RecordBatch),
    /// The metrics of a run.
    Analyze(Arc<dyn ExecutionPlan>, Arc<TaskContext>, Explanation),
}

/// How to plan a query.
pub(super) struct PlanRequest {
    pub(super) shared: Arc<Shared>,
    pub(super) query: Arc<Query>,
    pub(super) pool: Arc<QueryPool>,
    pub(super) hash_joins: bool,
}

/// Plans on a new thread; what needs I/O runs on `runtime`.
///
/// # Errors
///
/// What the statement deserves, or `Unavailable` when no thread can be made.
pub(super) async fn plan(request: PlanRequest, runtime: Handle) -> Result<Planned> {
    on_thread(move || runtime.block_on(request.plan())).await
}

/// Plans a statement whose parameters have no values yet, as [`plan`] does.
pub(super) async fn describe(request: PlanRequest, runtime: Handle) -> Result<Described> {
    on_thread(move || runtime.block_on(request.describe())).await
}

async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (sender, planned) = oneshot::channel();
    let work = move || {
        // Nobody listens after a cancel.
        let _ = sender.send(work());
    };
    std::thread::Builder::new()
        .name("auditlake-plan".to_owned())
        .stack_size(auditlake_dialect::STACK_BYTES)
        .spawn(work)
        .map_err(|e| Error::unavailable("start thread for planning").with_source(e))?;
    planned.await.unwrap_or_else(|_| Err(Error::internal("planning ended without a plan")))
}

impl PlanRequest {
    async fn plan(self) -> Result<Planned> {
        self.shared.config.check_length(&self.query.request.sql)?;
        let state = self.session().await?;
        self.plan_with(&state, &self.query.request.parameters).await
    }

    /// Plans with a sample value in the place of each parameter.
    async fn describe(self) -> Result<Described> {
        let sql = &self.query.request.sql;
        self.shared.config.check_length(sql)?;
        let state = self.session().await?;
        let names = statement_slot_names(&state, sql).await?;
        if names.is_empty() {
            let planned = self.plan_with(&state, &Parameters::default()).await?;
            return Ok(Described { slots: Vec::new(), planned });
        }
        let slots = auditlake_dialect::parameter_slots(&state, sql, names).await?;
        // A text may stand where NULL cannot, and the other way round.
        let planned = match self.plan_with(&state, &samples(&slots, Sample::Null)).await {
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let again = self.plan_with(&state, &samples(&slots, Sample::Text)).await;
                again.map_err(|_| error)?
            }
            planned => planned?,
        };
        Ok(Described { slots, planned })
    }

    /// Makes the session of the query: its tables, pinned, and its memory.
    async fn session(&self) -> Result<SessionState> {
        let Self { shared, query, pool, hash_joins } = self;
        query.report.clear();
        let lake = Arc::clone(&shared.lake);
        let now = shared.clock.now();
        let visible = Visible {
            now,
            since: query.request.since,
            principal: Arc::clone(&query.request.principal),
            pins: query.request.pins.clone(),
            attached: query.request.attached.clone(),
        };
        let catalog = PinnedCatalog::list(lake, Arc::clone(&query.report), visible).await?;
        let session = QuerySession {
            config: &shared.config,
            catalog: catalog.into_list(),
            pool: Arc::clone(pool),
            flag: &query.flag,
            now,
            default_schema: query.request.default_schema,
            hash_joins: *hash_joins,
        };
        session.derive(&shared.base)
    }

    async fn plan_with(&self, state: &SessionState, parameters: &Parameters) -> Result<Planned> {
        let query = &self.query;
        let planned = auditlake_dialect::plan_with(state, &query.request.sql, parameters).await?;
        read_only().verify_plan(&planned.plan).map_err(|e| from_datafusion("check statement", e))?;
        let mut logical = planned.plan;
        query.set_used(planned.parameters);
        if query.request.provenance {
            match widen(&logical).map_err(|e| from_datafusion("plan provenance of rows", e))? {
                Ok(WidePlan { plan, store }) => {
                    logical = plan;
                    query.set_provenance(RowProvenance::PerRow { store });
                }
                Err(reason) => query.set_provenance(RowProvenance::NotPerRow(reason)),
            }
        }
        match Explanation::of(&logical) {
            Some(explanation) => explain(state, explanation, query).await,
            None => {
                let failed = |error| auditlake_dialect::explain(state, &query.request.sql, error);
                let plan = state.create_physical_plan(&logical).await.map_err(failed)?;
                let schema = renamed(&plan.schema(), &planned.output_names);
                Ok(Planned { answer: Answer::Run(plan, state.task_ctx()), schema })
            }
        }
    }
}

/// One statement that only reads; the front end refuses others with a better message.
fn read_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

async fn explain(state: &SessionState, explanation: Explanation, query: &Query) -> Result<Planned> {
    let failed = |e| auditlake_dialect::explain(state, &query.request.sql, e);
    let logical = state.optimize(&explanation.statement).map_err(failed)?;
    let planner = state.query_planner();
    let plan = planner.create_physical_plan(&logical, state).await.map_err(failed)?;
    let answer = if explanation.analyze {
        Answer::Analyze(plan, state.task_ctx(), explanation)
    } else {
        Answer::Rows(explanation.planned(&logical, plan.as_ref(), &query.report)?)
    };
    Ok(Planned { answer, schema: explain::schema() })
}

/// Gives the columns the names that the user wrote, which a plan could not hold twice.
fn renamed(schema: &Schema, names: &[String]) -> SchemaRef {
    let named = |(index, field): (usize, &Arc<Field>)| match names.get(index) {
        Some(name) => Arc::new(field.as_ref().clone().with_name(name)),
        None => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().enumerate().map(named).collect::<Vec<_>>()))
}
