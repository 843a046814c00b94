//! Computes expensive columns after a top-n, for the rows that are left.
//!
//! `SELECT eventJson FROM trail ORDER BY eventTime DESC LIMIT 5` would rebuild the JSON of every row that
//! reaches the sort:
//!
//! ```text
//! Sort(fetch 5)                         Projection(event_json(..) AS eventJson)
//!   Projection(event_json(..), ..)  ->    Sort(fetch 5)
//!     Scan                                  Scan
//! ```
//!
//! A rule on the physical plan, since the engine pushes narrowing projections below sorts there. It comes before
//! the top-n's filter is pushed into the scan, for that filter belongs to one sort.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr, ScalarFunctionExpr};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;

/// Computes expensive columns after a top-n.
#[derive(Debug, Default)]
pub struct LiftProjections;

impl PhysicalOptimizerRule for LiftProjections {
    fn name(&self) -> &str {
        "lift_projections"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            Ok(match lifted(&node)? {
                Some(lifted) => Transformed::yes(lifted),
                None => Transformed::no(node),
            })
        })
        .data()
    }
}

/// Swaps a top-n and the projection under it; `None` if there is no such pair, or nothing to gain.
fn lifted(node: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(sort) = node.downcast_ref::<SortExec>().filter(|sort| sort.fetch().is_some()) else {
        return Ok(None);
    };
    let Some(projection) = sort.input().downcast_ref::<ProjectionExec>() else { return Ok(None) };
    let columns = || projection.expr().iter().map(|column| &column.expr);
    // A volatile function must see the rows that it saw.
    if !columns().any(is_expensive) || columns().any(is_volatile) {
        return Ok(None);
    }
    let Some(ordering) = below(sort.expr(), projection.expr())? else { return Ok(None) };
    let sorted = SortExec::new(ordering, Arc::clone(projection.input()))
        .with_fetch(sort.fetch())
        .with_preserve_partitioning(sort.preserve_partitioning());
    let projected = ProjectionExec::try_new(projection.expr().to_vec(), Arc::new(sorted))?;
    Ok(Some(Arc::new(projected)))
}

/// Says an ordering of the projection's output in terms of its input; `None` if that would compute what is expensive.
fn below(ordering: &LexOrdering, projection: &[ProjectionExpr]) -> Result<Option<LexOrdering>> {
    let mut exprs = Vec::new();
    for key in ordering.iter() {
        let expr = Arc::clone(&key.expr).transform_down(|expr| {
            let Some(column) = expr.downcast_ref::<Column>() else { return Ok(Transformed::no(expr)) };
            let source = Arc::clone(&projection[column.index()].expr);
            Ok(Transformed::new(source, true, TreeNodeRecursion::Jump))
        });
        let expr = expr.data()?;
        if is_expensive(&expr) {
            return Ok(None);
        }
        exprs.push(PhysicalSortExpr::new(expr, key.options));
    }
    Ok(LexOrdering::new(exprs))
}

/// Tells whether an expression calls a function for each row, other than reading a struct.
fn is_expensive(expr: &Arc<dyn PhysicalExpr>) -> bool {
    let is_call = |expr: &Arc<dyn PhysicalExpr>| {
        expr.downcast_ref::<ScalarFunctionExpr>().is_some_and(|call| call.name() != "get_field")
    };
    expr.exists(|expr| Ok(is_call(expr))).unwrap_or(false)
}
