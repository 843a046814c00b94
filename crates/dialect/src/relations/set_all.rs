//! EXCEPT ALL and INTERSECT ALL: rows count as often as they are there.
//!
//! The engine compares rows of the two sides as sets. So equal rows of a side are numbered, and rows with their numbers
//! are compared: the second `x` on the left has a partner if there is a second `x` on the right.
//!
//! The planner asks for plans of relations only, so such a query becomes `SELECT * FROM (left JOIN right) AS ":except_all"`.

use datafusion::common::{Column, Result};
use datafusion::functions_window::row_number::row_number_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, WindowFunctionDefinition};
use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    GroupByExpr, Ident, Join, JoinConstraint, JoinOperator, Query, Select, SelectFlavor, SelectItem, SetExpr,
    SetOperator, SetQuantifier, TableAlias, TableFactor, TableWithJoins, WildcardAdditionalOptions,
};

const EXCEPT_ALL: &str = ":except_all";
const INTERSECT_ALL: &str = ":intersect_all";

/// The two sides of such a query.
#[derive(Debug)]
pub(super) struct Sides {
    left: TableFactor,
    right: TableFactor,
    is_except: bool,
}

/// Writes EXCEPT ALL and INTERSECT ALL as a relation; the sides were visited already.
pub(crate) fn as_relation(body: &mut SetExpr) {
    let SetExpr::SetOperation { op, set_quantifier, left, right } = body else { return };
    as_relation(left);
    as_relation(right);
    if *set_quantifier == SetQuantifier::All && *op != SetOperator::Union {
        convert(body);
    }
}

/// Does so for one operation; apart, so that deep chains take little stack.
fn convert(body: &mut SetExpr) {
    let SetExpr::SetOperation { op, left, right, .. } = body else { return };
    let name = match op {
        SetOperator::Except | SetOperator::Minus => EXCEPT_ALL,
        SetOperator::Intersect => INTERSECT_ALL,
        SetOperator::Union => return,
    };
    let side = |body: &mut Box<SetExpr>, name: &str| {
        let empty = Box::new(SetExpr::Values(sqlparser::ast::Values {
            explicit_row: false,
            value_keyword: false,
            rows: Vec::new(),
        }));
        derived(std::mem::replace(body, empty), name)
    };
    let (left, right) = (side(left, ":left"), side(right, ":right"));
    let operator = JoinOperator::CrossJoin(JoinConstraint::None);
    let pair = TableWithJoins {
        relation: left,
        joins: vec![Join { relation: right, global: false, join_operator: operator }],
    };
    let relation = TableFactor::NestedJoin { table_with_joins: Box::new(pair), alias: Some(alias(name)) };
    *body = SetExpr::Select(Box::new(all_of(relation)));
}

/// Takes the sides out of a relation that [`as_relation`] made.
pub(super) fn sides(relation: TableFactor) -> std::result::Result<Sides, Box<TableFactor>> {
    let TableFactor::NestedJoin { mut table_with_joins, alias: Some(alias) } = relation else {
        return Err(Box::new(relation));
    };
    let is_except = alias.name.value == EXCEPT_ALL;
    if !is_except && alias.name.value != INTERSECT_ALL {
        return Err(Box::new(TableFactor::NestedJoin { table_with_joins, alias: Some(alias) }));
    }
    match table_with_joins.joins.pop() {
        Some(join) => Ok(Sides { left: table_with_joins.relation, right: join.relation, is_except }),
        None => Err(Box::new(TableFactor::NestedJoin { table_with_joins, alias: Some(alias) })),
    }
}

/// Plans the rows that remain.
pub(super) fn plan(sides: Sides, context: &mut dyn RelationPlannerContext) -> Result<LogicalPlan> {
    let left = context.plan(sides.left)?;
    let columns = left.schema().columns();
    let (left, right) = (numbered(left)?, numbered(context.plan(sides.right)?)?);
    let rest = if sides.is_except {
        LogicalPlanBuilder::except(left, right, false)?
    } else {
        LogicalPlanBuilder::intersect(left, right, false)?
    };
    let exprs = rest.schema().columns().into_iter().zip(columns);
    let exprs = exprs.map(|(from, name)| Expr::Column(from).alias(name.name)).collect::<Vec<_>>();
    LogicalPlanBuilder::from(rest).project(exprs)?.build()
}

/// Numbers equal rows.
fn numbered(rows: LogicalPlan) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = rows.schema().columns().into_iter().map(Expr::Column).collect();
    let mut window = WindowFunction::new(WindowFunctionDefinition::WindowUDF(row_number_udwf()), Vec::new());
    window.params.partition_by = columns.clone();
    let number = Expr::WindowFunction(Box::new(window)).alias(":number");
    let exprs: Vec<Expr> = columns.into_iter().chain([Expr::Column(Column::from_name(":number"))]).collect();
    LogicalPlanBuilder::from(rows).window([number])?.project(exprs)?.build()
}

fn derived(body: Box<SetExpr>, name: &str) -> TableFactor {
    derived_query(query_of(*body), alias(name))
}

/// Returns a query as a relation.
pub(super) fn derived_query(query: Query, alias: TableAlias) -> TableFactor {
    TableFactor::Derived { lateral: false, subquery: Box::new(query), alias: Some(alias), sample: None }
}

/// Returns a query that is nothing but its body.
pub(super) fn query_of(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

/// Returns a name that no user can write.
pub(super) fn alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: Ident::with_quote('"', name), columns: Vec::new(), at: None }
}

/// Returns `SELECT *` of a relation.
pub(super) fn all_of(relation: TableFactor) -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![SelectItem::Wildcard(WildcardAdditionalOptions::default())],
        exclude: None,
        into: None,
        from: vec![TableWithJoins { relation, joins: Vec::new() }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    }
}
