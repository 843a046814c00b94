//! Takes one query through its life.

use std::sync::Arc;

use auditlake_dialect::explain_run;
use auditlake_model::{Error, ErrorKind, QueryState, Result};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream, execute_stream};
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::Shared;
use super::handle::Channels;
use super::planner::{Answer, PlanRequest, Planned, plan};
use super::query::Query;
use crate::limits::{QueryPool, ResultMeter};

/// A query to run.
pub(super) struct Work {
    pub(super) shared: Arc<Shared>,
    pub(super) query: Arc<Query>,
    pub(super) pool: Arc<QueryPool>,
    /// Its plan, if it was made before the query was started.
    pub(super) planned: Option<Planned>,
}

/// Runs a query to its end and records it; `control` watches the clock.
pub(super) async fn drive(work: Work, channels: Channels, control: Handle) {
    let (shared, query) = (Arc::clone(&work.shared), Arc::clone(&work.query));
    let _end = EndGuard { shared: Arc::clone(&shared), query: Arc::clone(&query) };
    let stopped = query.stopped.clone();
    let outcome = tokio::select! {
        biased;
        // Dropping the other branch drops the streams, which aborts the tasks of the plan.
        () = stopped.cancelled() => return,
        outcome = run(work, channels, control) => outcome,
    };
    match outcome {
        Ok(()) => shared.finish(&query),
        Err(error) => shared.fail(&query, error),
    }
}

/// Ends a query whose task is dropped with the service, so that nobody waits for it in vain.
struct EndGuard {
    shared: Arc<Shared>,
    query: Arc<Query>,
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        let closed = || Error::cancelled("query service is closed");
        self.shared.fail(&self.query, self.query.stop_reason().unwrap_or_else(closed));
    }
}

async fn run(work: Work, channels: Channels, control: Handle) -> Result<()> {
    let Work { shared, query, pool, planned } = work;
    pool.occupy(wait_for_slot(&shared).await?);
    query.run(shared.clock.now());
    let _watch = watch_time(&shared, &query, &control);
    let mut run = Run { shared: &shared, query: &query, channels: Some(channels), pool, planned };
    match run.attempt(true).await {
        // Sorting both sides of a join can spill where a hash table cannot; worth one try if the caller has
        // not seen a row yet.
        Err(Failure { error, hash_join: true }) if error.kind() == ErrorKind::ResourcesExhausted => {
            tracing::debug!(query_id = %query.id, "joins do not fit memory, planned anew with sorting");
            run.attempt(false).await.map_err(|failure| failure.error)
        }
        outcome => outcome.map_err(|failure| failure.error),
    }
}

async fn wait_for_slot(shared: &Shared) -> Result<OwnedSemaphorePermit> {
    let slot = Arc::clone(&shared.slots).acquire_owned().await;
    slot.map_err(|_| Error::cancelled("query service is closed"))
}

/// Waits for the end of a query's time; dropped when the query ends before.
struct TimeWatch(JoinHandle<()>);

impl Drop for TimeWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Stops the query when its time is over.
fn watch_time(shared: &Arc<Shared>, query: &Arc<Query>, control: &Handle) -> TimeWatch {
    let limit =
        query.request.time_limit.map_or(shared.config.time_limit, |own| own.min(shared.config.time_limit));
    let (shared, query) = (Arc::clone(shared), Arc::clone(query));
    TimeWatch(control.spawn(async move {
        tokio::time::sleep(limit).await;
        shared.stop(&query, QueryState::TimedOut);
    }))
}

struct Run<'a> {
    shared: &'a Arc<Shared>,
    query: &'a Arc<Query>,
    /// Taken when the first rows may leave, after which there is no second attempt.
    channels: Option<Channels>,
    pool: Arc<QueryPool>,
    /// Good for the first attempt.
    planned: Option<Planned>,
}

/// Why an attempt failed.
struct Failure {
    error: Error,
    /// Whether the plan held a hash join and no row had left.
    hash_join: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, hash_join: false }
    }
}

impl Run<'_> {
    async fn attempt(&mut self, hash_joins: bool) -> Result<(), Failure> {
        let Planned { answer, schema } = match self.planned.take() {
            Some(planned) => planned,
            None => self.plan(hash_joins).await?,
        };
        match answer {
            Answer::Rows(rows) => {
                let mut output = self.output(schema)?;
                Ok(output.send(rows).await?)
            }
            Answer::Analyze(plan, context, explanation) => {
                let mut rows = self.execute(&plan, context)?;
                while let Some(batch) = rows.next().await {
                    batch.map_err(explain_run)?;
                }
                let answer = explanation.analyzed(plan.as_ref(), &self.query.report)?;
                let mut output = self.output(schema)?;
                Ok(output.send(answer).await?)
            }
            Answer::Run(plan, context) => self.stream(plan, context, schema).await,
        }
    }

    async fn plan(&self, hash_joins: bool) -> Result<Planned> {
        let request = PlanRequest {
            shared: Arc::clone(self.shared),
            query: Arc::clone(self.query),
            pool: Arc::clone(&self.pool),
            hash_joins,
        };
        in_time(self.shared, self.query, plan(request, Handle::current())).await
    }

    fn execute(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        self.query.set_plan(plan);
        execute_stream(Arc::clone(plan), context).map_err(explain_run)
    }

    async fn stream(
        &mut self,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        schema: SchemaRef,
    ) -> Result<(), Failure> {
        let mut rows = self.execute(&plan, context)?;
        // The schema is announced with the first rows, so that a plan that fails before them can be replaced.
        let mut next = rows.next().await;
        if let Some(Err(error)) = next {
            let error = explain_run(error);
            return Err(Failure { error, hash_join: holds_hash_join(&plan) });
        }
        let mut output = self.output(schema)?;
        while let Some(batch) = next {
            output.send(batch.map_err(explain_run)?).await?;
            next = rows.next().await;
        }
        Ok(())
    }

    /// Announces the result; from here on there is no second attempt.
    fn output(&mut self, schema: SchemaRef) -> Result<Output<'_>> {
        let Some(channels) = self.channels.take() else {
            return Err(Error::internal("result announced twice"));
        };
        // Nobody may be listening any more, which the first batch will show.
        let _ = channels.schema.send(Arc::clone(&schema));
        let meter = ResultMeter::new(&self.shared.config);
        Ok(Output { query: self.query, batches: channels.batches, schema, meter })
    }
}

/// Hands rows to the caller.
struct Output<'a> {
    query: &'a Query,
    batches: mpsc::Sender<RecordBatch>,
    schema: SchemaRef,
    meter: ResultMeter,
}

impl Output<'_> {
    async fn send(&mut self, batch: RecordBatch) -> Result<()> {
        self.meter.add(&batch)?;
        let rows = batch.num_rows();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let columns = batch.columns().to_vec();
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| Error::internal("name columns of result").with_source(e))?;
        self.batches.send(batch).await.map_err(|_| Error::cancelled("query cancelled"))?;
        self.query.add_rows(rows);
        Ok(())
    }
}

/// Waits for the planning of `query`, within the limit for it.
///
/// # Errors
///
/// `TimedOut` beyond the limit, and those of planning.
pub(super) async fn in_time<T>(
    shared: &Shared,
    query: &Query,
    planning: impl Future<Output = Result<T>>,
) -> Result<T> {
    let limit = shared.config.planning_limit;
    match tokio::time::timeout(limit, planning).await {
        Ok(planned) => planned,
        Err(_elapsed) => {
            // The thread goes on until it meets the flag; it cannot be interrupted.
            query.flag.stop(QueryState::TimedOut);
            Err(Error::timed_out(format!("planning takes longer than {limit:?}"))
                .with_context("limit", "planning_limit")
                .with_hint("Split the statement, or shorten its lists and conditions."))
        }
    }
}

fn holds_hash_join(plan: &Arc<dyn ExecutionPlan>) -> bool {
    plan.downcast_ref::<HashJoinExec>().is_some() || plan.children().into_iter().any(holds_hash_join)
}
