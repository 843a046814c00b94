//! Stops operators that yield late: their expressions look at the query's stop flag.
//!
//! The engine stops a query at the next batch boundary. A nested loop join without matches, the runs of a big
//! sort, or a filter that drops everything make no batches for long, but they evaluate an expression for
//! each slice of their input. The rule [`CancelGuard`] wraps those expressions, and only those; it runs last
//! and on the local plan only, so that a plan which is shipped to another process holds standard nodes.
//!
//! | operator | guarded |
//! |---|---|
//! | nested loop join, hash join | the join filter |
//! | filter | the predicate |
//! | sort without a limit | the sort keys, evaluated once a run |

mod sort;

use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use auditlake_model::{Error, QueryState};
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::{FilterExec, FilterExecBuilder};
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::sorts::sort::SortExec;

use self::sort::GuardedSort;
use crate::error::into_datafusion;

/// Tells the running parts of one query that they shall stop, and why.
#[derive(Debug, Default)]
pub(crate) struct StopFlag {
    state: AtomicU8,
}

const RUNNING: u8 = 0;
const CANCELLED: u8 = 1;
const TIMED_OUT: u8 = 2;

impl StopFlag {
    /// Asks the query to stop; the first reason stays.
    pub(crate) fn stop(&self, reason: QueryState) {
        let reason = if reason == QueryState::TimedOut { TIMED_OUT } else { CANCELLED };
        // Only the first writer decides, so a failed exchange needs no handling.
        let _ = self.state.compare_exchange(RUNNING, reason, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Returns why the query shall stop, or `None` while it may go on.
    pub(crate) fn reason(&self) -> Option<Error> {
        match self.state.load(Ordering::Relaxed) {
            RUNNING => None,
            TIMED_OUT => Some(Error::timed_out("query passed its time limit")),
            _ => Some(Error::cancelled("query cancelled")),
        }
    }

    /// Fails once the query shall stop.
    pub(crate) fn check(&self) -> Result<()> {
        match self.reason() {
            None => Ok(()),
            Some(error) => Err(into_datafusion(error)),
        }
    }
}

/// The physical optimizer rule that guards operators which yield late.
#[derive(Debug)]
pub(crate) struct CancelGuard {
    flag: Arc<StopFlag>,
}

impl CancelGuard {
    pub(crate) fn new(flag: Arc<StopFlag>) -> Self {
        Self { flag }
    }

    fn guard(&self, expr: &Arc<dyn PhysicalExpr>) -> Arc<dyn PhysicalExpr> {
        Arc::new(GuardedExpr { inner: Arc::clone(expr), flag: Arc::clone(&self.flag) })
    }

    fn guard_join_filter(&self, filter: Option<&JoinFilter>) -> Option<JoinFilter> {
        filter.map(|filter| {
            let expression = self.guard(filter.expression());
            JoinFilter::new(expression, filter.column_indices().to_vec(), Arc::clone(filter.schema()))
        })
    }

    fn guard_node(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let filter = self.guard_join_filter(join.filter());
            let guarded = NestedLoopJoinExecBuilder::from(join).with_filter(filter).build()?;
            return Ok(Transformed::yes(Arc::new(guarded)));
        }
        if let Some(join) = plan.downcast_ref::<HashJoinExec>().filter(|join| join.filter().is_some()) {
            let filter = self.guard_join_filter(join.filter());
            return Ok(Transformed::yes(join.builder().with_filter(filter).build_exec()?));
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            let predicate = self.guard(filter.predicate());
            let guarded = FilterExecBuilder::from(filter).with_predicate(predicate).build()?;
            return Ok(Transformed::yes(Arc::new(guarded)));
        }
        // A sort with a limit keeps a dynamic filter that scans refer to; it must stay the same node, and it
        // makes progress batch by batch anyway.
        if let Some(sort) = plan.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_none()) {
            return Ok(Transformed::yes(self.guard_sort(sort)));
        }
        Ok(Transformed::no(plan))
    }

    fn guard_sort(&self, sort: &SortExec) -> Arc<dyn ExecutionPlan> {
        let keys = sort.expr().iter().map(|key| PhysicalSortExpr::new(self.guard(&key.expr), key.options));
        match LexOrdering::new(keys) {
            None => Arc::new(sort.clone()),
            Some(keys) => Arc::new(GuardedSort::new(sort.clone(), keys)),
        }
    }
}

impl PhysicalOptimizerRule for CancelGuard {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| self.guard_node(node)).data()
    }

    fn name(&self) -> &str {
        "cancel_guard"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Evaluates the expression inside, unless the query shall stop. It prints as the expression inside.
#[derive(Debug, Clone)]
struct GuardedExpr {
    inner: Arc<dyn PhysicalExpr>,
    flag: Arc<StopFlag>,
}

impl PartialEq for GuardedExpr {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for GuardedExpr {}

impl Hash for GuardedExpr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl Display for GuardedExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl PhysicalExpr for GuardedExpr {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.inner.data_type(input_schema)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.inner.nullable(input_schema)
    }

    fn return_field(&self, input_schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.flag.check()?;
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.pop().unwrap_or_else(|| Arc::clone(&self.inner));
        Ok(Arc::new(Self { inner, flag: Arc::clone(&self.flag) }))
    }

    fn fmt_sql(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}
