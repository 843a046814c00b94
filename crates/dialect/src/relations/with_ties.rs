//! FETCH FIRST n ROWS WITH TIES: the rows that sort like the last one come too.
//!
//! The planner asks for plans of relations only, so such a query becomes `SELECT * FROM (query) AS ":with_ties:skip:count"`,
//! and below the sort of its plan rows are ranked by the keys of the sort:
//!
//! ```text
//! Sort k <- rows   ==>   Sort k <- Filter row_number > skip AND rank <= skip + count <- Window <- rows
//! ```

use datafusion::common::{Column, Result, plan_err};
use datafusion::functions_window::rank::rank_udwf;
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, Sort, SortExpr, WindowFunctionDefinition, WindowUDF, lit,
};
use sqlparser::ast::{Expr as Syntax, LimitClause, Query, SetExpr, TableFactor, Value};

use super::set_all::{alias, all_of, derived_query, query_of};

const NAME: &str = ":with_ties:";

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ties {
    skip: u64,
    count: u64,
}

/// Writes such a query as a relation; what it holds was visited already.
///
/// One whose numbers are not known yet is left as it is.
pub(crate) fn as_relation(query: &mut Query) {
    let Some(ties) = wanted(query) else { return };
    let mut inner = std::mem::replace(query, query_of(nothing()));
    inner.fetch = None;
    // Without a limit the planner would drop the order of a relation.
    inner.limit_clause = Some(LimitClause::LimitOffset {
        limit: Some(Syntax::Value(Value::Number(i64::MAX.to_string(), false).into())),
        offset: None,
        limit_by: Vec::new(),
    });
    let name = format!("{NAME}{}:{}", ties.skip, ties.count);
    *query = query_of(SetExpr::Select(Box::new(all_of(derived_query(inner, alias(&name))))));
}

fn nothing() -> SetExpr {
    SetExpr::Values(sqlparser::ast::Values { explicit_row: false, value_keyword: false, rows: Vec::new() })
}

fn wanted(query: &Query) -> Option<Ties> {
    let fetch = query.fetch.as_ref().filter(|fetch| fetch.with_ties)?;
    let count = fetch.quantity.as_ref().map_or(Some(1), number)?;
    let skip = match &query.limit_clause {
        None => 0,
        Some(LimitClause::LimitOffset { limit: None, offset, .. }) => {
            offset.as_ref().map_or(Some(0), |offset| number(&offset.value))?
        }
        Some(_) => return None,
    };
    Some(Ties { skip, count })
}

fn number(expr: &Syntax) -> Option<u64> {
    match expr {
        Syntax::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Takes such a query out of a relation that [`as_relation`] made.
pub(super) fn of(relation: TableFactor) -> std::result::Result<(Ties, TableFactor), Box<TableFactor>> {
    let name = match &relation {
        TableFactor::Derived { alias: Some(alias), .. } => alias.name.value.strip_prefix(NAME),
        _ => None,
    };
    let numbers = name.and_then(|name| name.split_once(':'));
    let ties =
        numbers.and_then(|(skip, count)| Some(Ties { skip: skip.parse().ok()?, count: count.parse().ok()? }));
    match (ties, relation) {
        (Some(ties), TableFactor::Derived { lateral, subquery, sample, .. }) => {
            Ok((ties, TableFactor::Derived { lateral, subquery, alias: None, sample }))
        }
        (_, relation) => Err(Box::new(relation)),
    }
}

/// Plans the rows that are wanted.
pub(super) fn plan(
    (ties, relation): (Ties, TableFactor),
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    cut(context.plan(relation)?, ties)
}

fn cut(plan: LogicalPlan, ties: Ties) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Sort(sort) => cut_sorted(sort, ties),
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => {
            let input = cut(plan.inputs()[0].clone(), ties)?;
            plan.with_new_exprs(plan.expressions(), vec![input])
        }
        // The limit that kept the sort.
        LogicalPlan::Limit(limit) => cut(std::sync::Arc::unwrap_or_clone(limit.input), ties),
        _ => plan_err!("FETCH FIRST WITH TIES needs ORDER BY"),
    }
}

fn cut_sorted(sort: Sort, ties: Ties) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = sort.input.schema().columns().into_iter().map(Expr::Column).collect();
    let (place, rank) = (":place", ":rank");
    let ranked = LogicalPlanBuilder::from(sort.input).window([
        window(row_number_udwf(), &sort.expr).alias(place),
        window(rank_udwf(), &sort.expr).alias(rank),
    ])?;
    let column = |name: &str| Expr::Column(Column::from_name(name));
    let last = ties.skip.saturating_add(ties.count);
    let taken = column(place).gt(lit(ties.skip)).and(column(rank).lt_eq(lit(last)));
    ranked.filter(taken)?.project(columns)?.sort(sort.expr)?.build()
}

fn window(function: std::sync::Arc<WindowUDF>, keys: &[SortExpr]) -> Expr {
    let mut window = WindowFunction::new(WindowFunctionDefinition::WindowUDF(function), Vec::new());
    window.params.order_by = keys.to_vec();
    Expr::WindowFunction(Box::new(window))
}
