//! A sort that looks at the stop flag, and orders its rows as the plan knows.

use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::metrics::MetricsSet;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};

/// Runs a sort whose keys are guarded in place of one whose keys are not.
///
/// Windows and merge joins ask their input for its order in plain expressions, so guarded keys in the plan
/// would look like another order. What the plan sees is therefore the plain sort.
#[derive(Debug)]
pub(super) struct GuardedSort {
    plain: Arc<SortExec>,
    /// The keys of `plain`, guarded.
    keys: LexOrdering,
    guarded: Arc<SortExec>,
}

impl GuardedSort {
    pub(super) fn new(plain: SortExec, keys: LexOrdering) -> Self {
        let guarded = SortExec::new(keys.clone(), Arc::clone(plain.input()))
            .with_preserve_partitioning(plain.preserve_partitioning());
        Self { plain: Arc::new(plain), keys, guarded: Arc::new(guarded) }
    }
}

impl DisplayAs for GuardedSort {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        self.plain.fmt_as(t, f)
    }
}

impl ExecutionPlan for GuardedSort {
    fn name(&self) -> &str {
        self.plain.name()
    }

    fn downcast_delegate(&self) -> Option<&dyn ExecutionPlan> {
        Some(self.plain.as_ref())
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.plain.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.plain.children()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.plain.apply_expressions(f)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        let plain = Arc::clone(&self.plain).replace_children(children, options)?;
        Ok(match plain.downcast_ref::<SortExec>() {
            Some(sort) => Arc::new(Self::new(sort.clone(), self.keys.clone())),
            None => plain,
        })
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.guarded.execute(partition, context)
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.guarded.metrics()
    }
}
