//! A rule of the engine that may fail, because plans are right without it.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result, SchemaError};
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use datafusion::common::tree_node::Transformed;

/// Runs a rule, and leaves a plan as it was where the rule meets ambiguous names.
///
/// DataFusion 55.2 pushes struct leaves towards the scan (`push_down_leaf_projections`) and takes `x` and `t.x`
/// for two columns while it does. They meet in branches of a union, which name their columns without the table,
/// as the views of stores do whose files differ in their columns.
#[derive(Debug)]
pub(super) struct Optional(pub(super) Arc<dyn OptimizerRule + Send + Sync>);

impl OptimizerRule for Optional {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match self.0.rewrite(plan.clone(), config) {
            Err(error) if is_ambiguous(&error) => Ok(Transformed::no(plan)),
            rewritten => rewritten,
        }
    }
}

fn is_ambiguous(error: &DataFusionError) -> bool {
    matches!(
        error.find_root(),
        DataFusionError::SchemaError(cause, _)
            if matches!(**cause, SchemaError::AmbiguousReference { .. } | SchemaError::DuplicateUnqualifiedField { .. } | SchemaError::DuplicateQualifiedField { .. })
    )
}
