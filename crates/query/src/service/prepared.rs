//! Statements that are planned before they are run.
//!
//! Who speaks a protocol of several steps (prepare, describe, run) wants the columns first and the rows later,
//! and must not pay for three plans. So the plan is kept and runs once; who asks again plans again.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use auditlake_model::{Error, Result};
use datafusion::arrow::datatypes::SchemaRef;

use super::drive::in_time;
use super::planner::{Described, PlanRequest, Planned, describe, plan};
use super::query::Query;
use super::{QueryHandle, QueryRequest, QueryService, Shared};
use crate::limits::QueryPool;
use crate::provenance::PinnedTable;
use crate::saving::SavedUses;
use auditlake_dialect::parameters::ParameterSlot;

/// A statement with its plan.
pub struct PreparedQuery {
    query: Arc<Query>,
    shared: Arc<Shared>,
    pool: Arc<QueryPool>,
    planned: Planned,
    slots: Vec<ParameterSlot>,
}

impl PreparedQuery {
    /// Returns the columns of the result, with the names that the user wrote, which may repeat.
    pub fn schema(&self) -> &SchemaRef {
        &self.planned.schema
    }

    /// Returns the parameters that have no value yet; with any, the statement cannot run.
    pub fn parameters(&self) -> &[ParameterSlot] {
        &self.slots
    }

    /// Returns the tables that the statement names, with the versions that it would read.
    pub fn pinned_tables(&self) -> Vec<PinnedTable> {
        self.query.report.pinned()
    }

    /// Returns the saved queries and reference tables that the statement uses, each as it was when it was planned.
    pub fn saved(&self) -> SavedUses {
        SavedUses::of(&self.query.report.saved())
    }

    /// Tells whether the versions are still the latest ones, and what is saved is still the same.
    ///
    /// # Errors
    ///
    /// As the storage gives them.
    pub async fn is_current(&self) -> Result<bool> {
        let tables = self.shared.lake.tables().await?;
        if !self.query.report.saved().iter().all(|used| tables.contains(used)) {
            return Ok(false);
        }
        for pin in self.pinned_tables() {
            let Some(table) = tables.iter().find(|table| pin.is_of(table) && table.is_queryable()) else {
                return Ok(false);
            };
            if self.shared.lake.open(table, None).await?.version != pin.version {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl QueryService {
    /// Plans a statement and does not run it.
    ///
    /// Without values for its parameters it is planned with samples, and tells which there are. A statement
    /// that cannot be planned goes to the history as one that failed.
    ///
    /// # Errors
    ///
    /// As the statement deserves; `TimedOut` beyond the limit for planning.
    ///
    /// # Cancel safety
    ///
    /// May be dropped; planning that has begun ends by itself.
    pub async fn prepare(&self, request: QueryRequest) -> Result<PreparedQuery> {
        let shared = Arc::clone(&self.shared);
        let query = shared.new_query(request);
        let pool = Arc::new(QueryPool::new(&shared.config, Arc::clone(&shared.budget)));
        let plan_request = PlanRequest {
            shared: Arc::clone(&shared),
            query: Arc::clone(&query),
            pool: Arc::clone(&pool),
            hash_joins: true,
        };
        let runtime = self.runtimes.exec().clone();
        let turn = Arc::clone(&shared.planning).acquire_owned().await;
        let _turn = turn.map_err(|_| Error::cancelled("query service is closed"))?;
        let open = query.request.parameters.is_empty();
        let described = match open {
            true => in_time(&shared, &query, describe(plan_request, runtime)).await,
            false => {
                let planned = in_time(&shared, &query, plan(plan_request, runtime)).await;
                planned.map(|planned| Described { slots: Vec::new(), planned })
            }
        };
        match described {
            Ok(Described { slots, planned }) => Ok(PreparedQuery { query, shared, pool, planned, slots }),
            Err(error) => {
                shared.fail(&query, error);
                Err(query.take_error().unwrap_or_else(|| Error::internal("planning failed without a reason")))
            }
        }
    }

    /// Runs a prepared statement, at the versions that it was planned for.
    ///
    /// # Errors
    ///
    /// `Invalid` when a parameter has no value, and as [`QueryService::start`].
    pub fn start_prepared(&self, prepared: PreparedQuery) -> Result<QueryHandle> {
        let PreparedQuery { query, pool, planned, slots, .. } = prepared;
        match slots.first() {
            None => self.run(query, pool, Some(planned)),
            Some(slot) => Err(Error::invalid(format!("parameter `{}` has no value", slot.label()))
                .with_code(crate::error::INVALID_STATEMENT)
                .with_hint("Bind a value to each parameter before the statement is run.")),
        }
    }
}

impl Debug for PreparedQuery {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedQuery")
            .field("id", &self.query.id)
            .field("schema", &self.planned.schema)
            .field("parameters", &self.slots)
            .finish_non_exhaustive()
    }
}
