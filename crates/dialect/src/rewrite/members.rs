//! In a condition, a member that is not there does not fail: the row does not match.
//!
//! `requestParameters['bucketName'] = 'x'` keeps no event without that member, whether it fails for it or not. So a
//! statement that runs on CloudTrail Lake gives the same rows here when such a condition reads the member as a dot
//! does, and then promoted columns and their statistics answer it. What a missing member could make true (`IS NULL`,
//! `NOT`, `coalesce`, `CASE`) stays strict.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, lit};
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

use auditlake_functions::{element_at, lake_get, lake_required_arguments};

/// Functions that may give a value where an argument is NULL.
const TAKES_NULL: &[&str] = &[
    "coalesce",
    "concat_ws",
    "greatest",
    "ifnull",
    "least",
    "make_array",
    "named_struct",
    "nullif",
    "nvl",
    "nvl2",
    "row",
    "struct",
    "try",
];

/// Reads members in conditions without failing.
#[derive(Debug, Default)]
pub(super) struct MissingMembers;

impl OptimizerRule for MissingMembers {
    fn name(&self) -> &str {
        "missing_members"
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let mut found = false;
        plan.apply_with_subqueries(|node| {
            node.apply_expressions(|expr| {
                found |= expr.exists(|expr| Ok(lake_required_arguments(expr).is_some()))?;
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        if !found {
            return Ok(Transformed::no(plan));
        }
        plan.transform_up_with_subqueries(|node| match node {
            LogicalPlan::Filter(mut filter) => {
                let predicate = lenient_condition(filter.predicate)?;
                filter.predicate = predicate.data;
                Ok(Transformed::new_transformed(LogicalPlan::Filter(filter), predicate.transformed))
            }
            other => Ok(Transformed::no(other)),
        })
    }
}

fn lenient_condition(condition: Expr) -> Result<Transformed<Expr>> {
    let mut changed = false;
    let mut parts = Vec::new();
    for part in split_conjunction_owned(condition) {
        let part = lenient(part)?;
        changed |= part.transformed;
        parts.push(part.data);
    }
    Ok(Transformed::new_transformed(conjunction(parts).unwrap_or_else(|| lit(true)), changed))
}

/// Rewrites an expression that a row passes by being true, as deep as NULL below makes it NULL or false.
fn lenient(expr: Expr) -> Result<Transformed<Expr>> {
    expr.transform_down(|expr| {
        if let Some(args) = lake_required_arguments(&expr) {
            return Ok(Transformed::new(optional(args), true, TreeNodeRecursion::Jump));
        }
        let goes_on = if passes_null(&expr) { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Jump };
        Ok(Transformed::new(expr, false, goes_on))
    })
}

/// Tells whether NULL in an argument makes an expression NULL or false, or, for AND and OR, leaves it to the other.
fn passes_null(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(BinaryExpr { op, .. }) => {
            !matches!(op, Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
        }
        Expr::ScalarFunction(ScalarFunction { func, .. }) => !TAKES_NULL.contains(&func.name()),
        Expr::Like(_)
        | Expr::SimilarTo(_)
        | Expr::Between(_)
        | Expr::InList(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::Cast(_)
        | Expr::TryCast(_)
        | Expr::Negative(_) => true,
        _ => false,
    }
}

/// Returns the call that reads the same member and gives NULL where there is none.
fn optional(args: &[Expr]) -> Expr {
    match args {
        [_, Expr::Literal(ScalarValue::Utf8(Some(_)) | ScalarValue::Utf8View(Some(_)), _), ..] => {
            lake_get().call(args.to_vec())
        }
        _ => element_at().call(args.to_vec()),
    }
}
