//! EXISTS and IN over the items of one array of the same row, as a function with a lambda.
//!
//! `EXISTS (SELECT 1 FROM UNNEST(resources) AS r WHERE r.type = 'x')` is `any_match(resources, r -> r.type = 'x') IS TRUE`:
//! nothing is joined, and the condition goes down to the scan.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, NullHandling, Result};
use datafusion::functions_nested::array_any_match::array_any_match_higher_order_function;
use datafusion::logical_expr::expr::{HigherOrderFunction, Lambda, LambdaVariable};
use datafusion::logical_expr::{Expr, LogicalPlan, Unnest, lit};

use super::native::subquery_of;

/// The name of an item in the lambda; no column has it.
const ITEM: &str = ":item";

/// Plans a condition of a filter, if it asks for an item of an array; else gives it back.
pub(super) fn any_item(condition: Expr) -> Result<Expr> {
    let (plan, equal_to, negated) = match &condition {
        Expr::Exists(exists) => (&exists.subquery.subquery, None, exists.negated),
        // `x NOT IN` tells NULL from false.
        Expr::InSubquery(found) if !found.negated => {
            (&found.subquery.subquery, Some(found.expr.as_ref().clone()), false)
        }
        _ => return Ok(condition),
    };
    let Some(items) = Items::of(plan, plan.schema().columns().first())? else { return Ok(condition) };
    let predicate = match (equal_to, items.first) {
        (None, _) => items.predicate,
        (Some(value), Some(first)) => items.predicate.and(value.eq(first)),
        (Some(_), None) => return Ok(condition),
    };
    let lambda = Expr::Lambda(Lambda::new(vec![ITEM.to_owned()], predicate));
    let call = HigherOrderFunction::new(array_any_match_higher_order_function(), vec![items.array, lambda]);
    let found = Expr::HigherOrderFunction(call);
    Ok(if negated { found.is_not_true() } else { found.is_true() })
}

/// A subquery over the items of an array, as expressions over the row that has it.
struct Items {
    array: Expr,
    predicate: Expr,
    /// The first column that the subquery gives.
    first: Option<Expr>,
}

impl Items {
    fn of(plan: &LogicalPlan, first: Option<&Column>) -> Result<Option<Self>> {
        let Some(found) = collect(plan)? else { return Ok(None) };
        let first = first.and_then(|column| found.columns.get(column).cloned());
        let exprs = [Some(&found.predicate), Some(&found.array), first.as_ref()];
        let is_plain = exprs.into_iter().flatten().all(|expr| {
            !super::has(expr, &|expr| subquery_of(expr).is_some() || matches!(expr, Expr::Column(_)))
        });
        if !is_plain {
            return Ok(None);
        }
        Ok(Some(Self {
            array: inward(found.array)?,
            predicate: inward(found.predicate)?,
            first: first.map(inward).transpose()?,
        }))
    }
}

/// What a plan over the items of an array gives: references to the query around it are still such.
struct Found {
    array: Expr,
    predicate: Expr,
    /// Each column of the plan as an expression over the item.
    columns: HashMap<Column, Expr>,
}

/// Reads a plan from below; `None` if it is of another shape.
fn collect(plan: &LogicalPlan) -> Result<Option<Found>> {
    match plan {
        LogicalPlan::Unnest(unnest) => of_unnest(unnest),
        LogicalPlan::Filter(filter) => {
            let Some(mut found) = collect(&filter.input)? else { return Ok(None) };
            found.predicate = found.predicate.and(substituted(filter.predicate.clone(), &found.columns)?);
            Ok(Some(found))
        }
        LogicalPlan::Projection(projection) => {
            let Some(mut found) = collect(&projection.input)? else { return Ok(None) };
            let exprs = projection.expr.iter().zip(projection.schema.columns());
            let columns =
                exprs.map(|(expr, name)| Ok((name, substituted(expr.clone().unalias(), &found.columns)?)));
            found.columns = columns.collect::<Result<_>>()?;
            Ok(Some(found))
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let Some(mut found) = collect(&alias.input)? else { return Ok(None) };
            let names = alias.input.schema().columns().into_iter().zip(alias.schema.columns());
            let columns = names.filter_map(|(from, to)| Some((to, found.columns.remove(&from)?)));
            found.columns = columns.collect();
            Ok(Some(found))
        }
        _ => Ok(None),
    }
}

fn of_unnest(unnest: &Unnest) -> Result<Option<Found>> {
    let ([name], LogicalPlan::Projection(projection)) =
        (unnest.exec_columns.as_slice(), unnest.input.as_ref())
    else {
        return Ok(None);
    };
    let drops_empty =
        unnest.options.null_handling == NullHandling::Drop && unnest.options.recursions.is_empty();
    let is_alone =
        matches!(projection.input.as_ref(), LogicalPlan::EmptyRelation(empty) if empty.produce_one_row);
    let ([array], true, true) = (projection.expr.as_slice(), drops_empty, is_alone) else { return Ok(None) };
    let Some(item) = item_of(projection.schema.field(0).data_type()) else { return Ok(None) };
    let item = Arc::new(item.as_ref().clone().with_name(ITEM));
    let variable = Expr::LambdaVariable(LambdaVariable::new(ITEM.to_owned(), Some(item)));
    Ok(Some(Found {
        array: array.clone().unalias(),
        predicate: lit(true),
        columns: HashMap::from([(name.clone(), variable)]),
    }))
}

fn item_of(array: &DataType) -> Option<FieldRef> {
    match array {
        DataType::List(item) | DataType::LargeList(item) => Some(Arc::clone(item)),
        _ => None,
    }
}

fn substituted(expr: Expr, columns: &HashMap<Column, Expr>) -> Result<Expr> {
    let done = expr.transform_up(|expr| match &expr {
        Expr::Column(column) => match columns.get(column) {
            Some(value) => Ok(Transformed::yes(value.clone())),
            None => Ok(Transformed::no(expr)),
        },
        _ => Ok(Transformed::no(expr)),
    });
    done.map(|done| done.data)
}

/// Writes references to the query around as columns, since the expression becomes one of that query.
fn inward(expr: Expr) -> Result<Expr> {
    let done = expr.transform_up(|expr| match expr {
        Expr::OuterReferenceColumn(_, column) => Ok(Transformed::yes(Expr::Column(column))),
        other => Ok(Transformed::no(other)),
    });
    done.map(|done| done.data)
}
