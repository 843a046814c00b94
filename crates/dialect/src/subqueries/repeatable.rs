//! Refuses a query whose rows a second reading would not find again.

use auditlake_functions::engine_error::into_datafusion;
use auditlake_model::Error;
use datafusion::common::Result;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, Limit, LogicalPlan};

use crate::INVALID_STATEMENT;

/// Checks that two readings of a plan give the same rows.
///
/// # Errors
/// `Unsupported` for rows that chance chooses or makes, and for some rows of many in no order.
pub(super) fn check(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        if node.expressions().iter().any(Expr::is_volatile) {
            return refuse(
                "a subquery that refers to rows which chance chooses or makes (TABLESAMPLE, random(), uuid())",
                "Write the subquery as a join, or take the sample outside: \
                 `SELECT .. FROM (SELECT ..) AS t TABLESAMPLE BERNOULLI (10)`.",
            );
        }
        match node {
            LogicalPlan::Limit(limit) if !is_sorted(limit) && reads_table(&limit.input) => refuse(
                "a subquery that refers to rows which LIMIT took in no order",
                "Write ORDER BY before LIMIT, so that it is known which rows these are.",
            ),
            _ => Ok(TreeNodeRecursion::Continue),
        }
    })
    .map(drop)
}

fn refuse(what: &str, hint: &str) -> Result<TreeNodeRecursion> {
    Err(into_datafusion(Error::unsupported(what).with_code(INVALID_STATEMENT).with_hint(hint)))
}

fn is_sorted(limit: &Limit) -> bool {
    let mut plan = limit.input.as_ref();
    loop {
        plan = match plan {
            LogicalPlan::Sort(_) => return true,
            LogicalPlan::Projection(node) => &node.input,
            LogicalPlan::SubqueryAlias(node) => &node.input,
            _ => return false,
        };
    }
}

fn reads_table(plan: &LogicalPlan) -> bool {
    let is_scan = |node: &LogicalPlan| matches!(node, LogicalPlan::TableScan(_));
    plan.exists(|node| Ok(is_scan(node))).unwrap_or(true)
}
