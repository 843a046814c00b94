//! Which subqueries the engine plans by itself.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::expr::{InSubquery, SetComparison};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, Subquery};

/// Returns the subquery of an expression that is one.
pub(super) fn subquery_of(expr: &Expr) -> Option<&Subquery> {
    match expr {
        Expr::Exists(exists) => Some(&exists.subquery),
        Expr::ScalarSubquery(subquery) => Some(subquery),
        Expr::InSubquery(InSubquery { subquery, .. })
        | Expr::SetComparison(SetComparison { subquery, .. }) => Some(subquery),
        _ => None,
    }
}

/// Tells whether the engine plans a subquery in the condition of a filter.
pub(super) fn in_filter(expr: &Expr) -> bool {
    match expr {
        Expr::ScalarSubquery(subquery) => scalar(subquery),
        _ => subquery_of(expr).is_some_and(|subquery| is_tied_by_filters(&subquery.subquery, false)),
    }
}

/// Tells whether the engine plans a subquery among the items of a SELECT.
pub(super) fn in_projection(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarSubquery(subquery) if scalar(subquery))
}

fn scalar(subquery: &Subquery) -> bool {
    let plan = &subquery.subquery;
    !refers_outside(plan) || (gives_one_row(plan) && is_tied_by_filters(plan, true))
}

/// Tells whether the engine plans a LATERAL subquery.
pub(super) fn as_lateral(plan: &LogicalPlan) -> bool {
    !refers_outside(plan) || is_tied_by_filters(plan, true)
}

/// Tells whether a subquery can be asked for each row of a query with columns `around`, and not for distinct values.
///
/// It must not count, sort or compare rows of its own, and have no columns of the same names.
pub(super) fn is_by_row(plan: &LogicalPlan, around: &DFSchema) -> bool {
    let is_own = |column: &Column| !around.has_column(column);
    let has_own_names = plan.schema().columns().iter().all(is_own);
    let is_simple = match plan {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::EmptyRelation(_) => true,
        other => return has_own_names && !refers_outside(other),
    };
    is_simple && has_own_names && plan.inputs().into_iter().all(|input| is_by_row(input, around))
}

/// Tells whether a query gives one row whatever it reads: it counts or sums all rows.
pub(super) fn gives_one_row(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => gives_one_row(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => gives_one_row(&alias.input),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        _ => false,
    }
}

/// Tells whether a plan refers to a query around it.
pub(super) fn refers_outside(plan: &LogicalPlan) -> bool {
    let mut found = false;
    // The closure never fails.
    let _ = plan.apply_with_subqueries(|node| {
        found |= node.contains_outer_reference();
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

/// Tells whether all that ties a subquery to the query around it are conditions that can become those of a join.
///
/// With `by_columns` they must compare plain columns for equality, as the engine wants it below an aggregate. (It
/// also loses its way when a member of a row is compared there.)
fn is_tied_by_filters(plan: &LogicalPlan, by_columns: bool) -> bool {
    match plan {
        LogicalPlan::Filter(filter) => {
            let fits = !by_columns || conjuncts(&filter.predicate).into_iter().all(is_plain_equality);
            let has_subquery = super::has(&filter.predicate, &|expr| {
                subquery_of(expr).is_some_and(|subquery| refers_outside(&subquery.subquery))
            });
            fits && !has_subquery && is_tied_by_filters(&filter.input, by_columns)
        }
        // An alias would hide the columns that the conditions below it need above.
        LogicalPlan::Projection(_) => {
            !plan.contains_outer_reference()
                && plan.inputs().into_iter().all(|input| is_tied_by_filters(input, by_columns))
        }
        LogicalPlan::Aggregate(aggregate) if by_columns && aggregate.group_expr.is_empty() => {
            !plan.contains_outer_reference() && is_tied_by_filters(&aggregate.input, by_columns)
        }
        other => !refers_outside(other),
    }
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    datafusion::logical_expr::utils::split_conjunction(expr)
}

/// Tells whether a condition does not refer outside, or compares a column there with one here.
fn is_plain_equality(expr: &Expr) -> bool {
    if !expr.contains_outer() {
        return true;
    }
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(_) | Expr::OuterReferenceColumn(..));
    matches!(expr, Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_column(left) && is_column(right))
}
