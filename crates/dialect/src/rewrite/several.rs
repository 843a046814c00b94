//! Reads several members of one free-form field in one pass over its JSON.
//!
//! ```text
//! Projection: element_at(r, 'a'), json_extract_scalar(r, '$.b.c')
//!
//! Projection: lake_member(m, 'ma'), lake_member(m, 's$.b.c')          m = lake_members(r, 'ma', 's$.b.c')
//! ```
//!
//! All calls in a node are the same expression, which the engine's rule for common expressions evaluates once; so
//! this rule runs before that one. Conditions are left alone: they go into the scan one by one, where the later
//! ones see only rows that passed.

use std::collections::{BTreeMap, BTreeSet};

use auditlake_functions::{Reading, is_text, read_together};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ExprSchema, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// The optimizer rule; it has to run after promoted members have been given their columns.
#[derive(Debug, Default)]
pub(super) struct SeveralMembers;

type Readings = BTreeMap<Column, BTreeSet<Reading>>;

impl OptimizerRule for SeveralMembers {
    fn name(&self) -> &str {
        "several_members"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        if !matches!(plan, LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_)) {
            return Ok(Transformed::no(plan));
        }
        let readings = readings(&plan)?;
        if readings.is_empty() {
            return Ok(Transformed::no(plan));
        }
        let names = NamePreserver::new(&plan);
        plan.map_expressions(|expr| {
            let name = names.save(&expr);
            let fused = expr.transform_up(|expr| Ok(fuse(expr, &readings)))?;
            Ok(fused.update_data(|expr| name.restore(expr)))
        })
    }
}

/// Returns what the expressions of a node read of each column that they read more than one member of.
fn readings(plan: &LogicalPlan) -> Result<Readings> {
    let mut readings = Readings::new();
    plan.apply_expressions(|expr| {
        expr.apply(|expr| {
            if let Some((Expr::Column(column), reading)) = Reading::of(expr) {
                readings.entry(column.clone()).or_default().insert(reading);
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    // `element_at` reads maps too.
    let is_json = |column: &Column| {
        let mut types = plan.inputs().into_iter().filter_map(|input| input.schema().data_type(column).ok());
        types.next().is_some_and(is_text)
    };
    readings.retain(|column, readings| readings.len() > 1 && is_json(column));
    Ok(readings)
}

fn fuse(expr: Expr, readings: &Readings) -> Transformed<Expr> {
    let fused = Reading::of(&expr).and_then(|(json, reading)| {
        let Expr::Column(column) = json else { return None };
        Some(read_together(json, readings.get(column)?, &reading))
    });
    match fused {
        Some(fused) => Transformed::yes(fused),
        None => Transformed::no(expr),
    }
}
