//! Subqueries that the engine does not plan by itself, as joins.
//!
//! The engine joins a correlated subquery to its query when all that ties them are conditions in WHERE, and takes EXISTS
//! and IN as conditions of a filter only. For all others:
//!
//! ```text
//! L with S(L.a)   D = distinct values of a in L        (`domain`)
//!                 R = S for each row of D, beside it   (`push`)
//!                 L LEFT JOIN R ON a IS NOT DISTINCT FROM D.a
//! ```
//!
//! | subquery | R, a row for each of D | stands for it |
//! |---|---|---|
//! | scalar | its value; more than one is an error | the value |
//! | EXISTS | a mark | `mark IS NOT NULL` |
//! | `x IN`, `x < ANY`, `x > ALL` | with x as part of D: how often the comparison is true, false, NULL | CASE over these |
//! | LATERAL | its rows | the join itself |
//!
//! L is read twice, so what another reading would not find again is refused (`repeatable`).
//!
//! Two shapes are planned without a second reading of L: EXISTS and IN over the items of one array (`items`), and LATERAL
//! that makes rows of single rows, for which D is L itself.

mod domain;
mod items;
mod native;
mod push;
mod repeatable;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, JoinType, Result, TableReference};
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::functions_aggregate::first_last::first_value_udaf;
use datafusion::logical_expr::expr::{AggregateFunction, SetComparison, SetQuantifier};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{
    Aggregate, Expr, Filter, Join, LogicalPlan, LogicalPlanBuilder, Operator, Projection, Subquery,
    binary_expr, lit, when,
};

use auditlake_functions::unnest::single_udf;
use domain::Domain;

/// Plans the subqueries of a statement that the engine would refuse.
pub(super) fn plan_subqueries(plan: LogicalPlan) -> Result<LogicalPlan> {
    Planner::default().plan(plan)
}

/// What stands for a subquery, and the rows that it comes from.
struct Planned {
    input: LogicalPlan,
    expr: Expr,
}

#[derive(Debug, Default)]
struct Planner {
    /// How many subqueries were planned; makes names unique.
    count: usize,
}

impl Planner {
    fn plan(&mut self, plan: LogicalPlan) -> Result<LogicalPlan> {
        plan.transform_up(|node| self.plan_node(node)).map(|planned| planned.data)
    }

    fn plan_node(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        let node = self.plan_inside(node)?;
        match node {
            LogicalPlan::Filter(filter) => self.plan_filter(filter).map(Transformed::yes),
            LogicalPlan::Projection(Projection { expr, input, .. })
                if expr.iter().any(|expr| has(expr, &is_subquery)) =>
            {
                let is_ours =
                    |expr: &Expr| native::subquery_of(expr).is_some() && !native::in_projection(expr);
                let (input, exprs, _) = self.replace(input.as_ref().clone(), expr, &is_ours)?;
                Ok(Transformed::yes(LogicalPlanBuilder::from(input).project(exprs)?.build()?))
            }
            LogicalPlan::Aggregate(Aggregate { input, group_expr, aggr_expr, .. })
                if aggr_expr.iter().chain(&group_expr).any(|expr| has(expr, &is_subquery)) =>
            {
                let keys = group_expr.len();
                let exprs = group_expr.into_iter().chain(aggr_expr).collect();
                let is_ours = |expr: &Expr| is_subquery(expr) && !native::in_projection(expr);
                let (input, mut exprs, _) = self.replace(input.as_ref().clone(), exprs, &is_ours)?;
                let aggregates = exprs.split_off(keys);
                Ok(Transformed::yes(LogicalPlanBuilder::from(input).aggregate(exprs, aggregates)?.build()?))
            }
            LogicalPlan::Join(join) => self.plan_lateral(join).map(Transformed::yes),
            other => Ok(Transformed::no(other)),
        }
    }

    /// Plans a filter: first what needs no subquery of ours, so that these are asked for fewer rows.
    fn plan_filter(&mut self, filter: Filter) -> Result<LogicalPlan> {
        let is_ours = |expr: &Expr| is_subquery(expr) && !native::in_filter(expr);
        if !has(&filter.predicate, &is_ours) {
            return Ok(LogicalPlan::Filter(filter));
        }
        let columns = columns_of(&filter.input);
        let conditions = split_conjunction_owned(filter.predicate).into_iter().map(items::any_item);
        let conditions = conditions.collect::<Result<Vec<_>>>()?;
        let (ours, plain): (Vec<Expr>, Vec<Expr>) =
            // Chance decides last: what it takes is not read again.
            conditions.into_iter().partition(|expr| has(expr, &is_ours) || expr.is_volatile());
        let mut input = filter.input.as_ref().clone();
        if let Some(plain) = conjunction(plain) {
            input = LogicalPlanBuilder::from(input).filter(plain)?.build()?;
        }
        let Some(ours) = conjunction(ours) else { return Ok(input) };
        let (input, exprs, _) = self.replace(input, vec![ours], &is_ours)?;
        let filtered =
            exprs.into_iter().try_fold(LogicalPlanBuilder::from(input), LogicalPlanBuilder::filter)?;
        filtered.project(columns)?.build()
    }

    /// Plans what stands inside the subqueries of a node, from the inside out.
    fn plan_inside(&mut self, node: LogicalPlan) -> Result<LogicalPlan> {
        let planned = node.map_subqueries(|subquery| match subquery {
            LogicalPlan::Subquery(subquery) => {
                let inner = self.plan(subquery.subquery.as_ref().clone())?;
                Ok(Transformed::yes(LogicalPlan::Subquery(subquery.with_plan(inner.into()))))
            }
            other => self.plan(other).map(Transformed::yes),
        });
        let node = planned?.data;
        if !node.expressions().iter().any(|expr| has(expr, &is_subquery)) {
            return Ok(node);
        }
        node.map_expressions(|expr| expr.transform_up(may_be_null)).map(|node| node.data)
    }

    /// Replaces subqueries in expressions over `input`, which is widened by what they need; tells whether there were any.
    fn replace(
        &mut self,
        mut input: LogicalPlan,
        exprs: Vec<Expr>,
        is_ours: &dyn Fn(&Expr) -> bool,
    ) -> Result<(LogicalPlan, Vec<Expr>, bool)> {
        let mut found = false;
        let mut replaced = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let (relation, name) = expr.qualified_name();
            let new = expr.transform_down(|expr| {
                if !is_ours(&expr) {
                    return Ok(Transformed::no(expr));
                }
                let planned = self.plan_expr(input.clone(), expr)?;
                input = planned.input;
                Ok(Transformed::yes(planned.expr))
            })?;
            found |= new.transformed;
            let is_renamed = new.transformed && new.data.qualified_name() != (relation.clone(), name.clone());
            replaced.push(if is_renamed { new.data.alias_qualified(relation, name) } else { new.data });
        }
        Ok((input, replaced, found))
    }

    fn plan_expr(&mut self, input: LogicalPlan, expr: Expr) -> Result<Planned> {
        self.count += 1;
        match expr {
            Expr::Exists(exists) => {
                let planned = self.exists(input, &exists.subquery)?;
                Ok(if exists.negated { Planned { expr: !planned.expr, ..planned } } else { planned })
            }
            Expr::ScalarSubquery(subquery) => self.scalar(input, &subquery),
            Expr::InSubquery(found) => {
                let comparison = SetComparison {
                    expr: found.expr,
                    subquery: found.subquery,
                    op: Operator::Eq,
                    quantifier: SetQuantifier::Any,
                };
                let planned = self.comparison(input, comparison)?;
                Ok(if found.negated { Planned { expr: !planned.expr, ..planned } } else { planned })
            }
            Expr::SetComparison(comparison) => self.comparison(input, comparison),
            expr => Ok(Planned { input, expr }),
        }
    }

    fn exists(&mut self, input: LogicalPlan, subquery: &Subquery) -> Result<Planned> {
        let domain = Domain::of(self.count, &input, &subquery.subquery, None)?;
        let rows = domain.push(subquery.subquery.as_ref().clone())?;
        let mark = self.name("mark");
        let keys = LogicalPlanBuilder::from(rows).project(domain.columns())?.distinct()?;
        let exprs = domain.columns().into_iter().chain([lit(true).alias(mark.as_str())]);
        let marked = keys.project(exprs.collect::<Vec<_>>())?.build()?;
        let input = domain.join(input, marked, JoinType::Left, None)?;
        Ok(Planned { input, expr: column(&mark).is_not_null() })
    }

    fn scalar(&mut self, input: LogicalPlan, subquery: &Subquery) -> Result<Planned> {
        let domain = Domain::of(self.count, &input, &subquery.subquery, None)?;
        let value = first_column(&subquery.subquery);
        let rows = domain.push(subquery.subquery.as_ref().clone())?;
        let name = self.name("value");
        let valued = if native::gives_one_row(&subquery.subquery) {
            LogicalPlanBuilder::from(rows)
        } else {
            let first = aggregate(first_value_udaf(), value.clone()).alias("first");
            let number = aggregate(count_udaf(), lit(1i64)).alias("number");
            LogicalPlanBuilder::from(rows).aggregate(domain.columns(), vec![first, number])?
        };
        let value = if native::gives_one_row(&subquery.subquery) {
            value
        } else {
            single_udf().call(vec![column("first"), column("number")])
        };
        let exprs: Vec<Expr> = domain.columns().into_iter().chain([value.alias(name.as_str())]).collect();
        let valued = valued.project(exprs)?.build()?;
        let input = domain.join(input, valued, JoinType::Left, None)?;
        Ok(Planned { input, expr: column(&name) })
    }

    fn comparison(&mut self, input: LogicalPlan, comparison: SetComparison) -> Result<Planned> {
        let SetComparison { expr: wanted, subquery, op, quantifier } = comparison;
        let subject = self.name("subject");
        let widened: Vec<Expr> =
            columns_of(&input).into_iter().chain([wanted.alias(subject.as_str())]).collect();
        let input = LogicalPlanBuilder::from(input).project(widened)?.build()?;
        let subject = Column::from_name(subject);
        let domain = Domain::of(self.count, &input, &subquery.subquery, Some(&subject))?;
        let compared = binary_expr(domain.column_of(&subject), op, first_column(&subquery.subquery));
        let rows = domain.push(subquery.subquery.as_ref().clone())?;
        let number =
            |expr: Expr| -> Result<Expr> { Ok(aggregate(count_udaf(), when(expr, lit(1i64)).end()?)) };
        let (decisive, unknown) = (self.name("decisive"), self.name("unknown"));
        let is_any = quantifier == SetQuantifier::Any;
        let decides = if is_any { compared.clone().is_true() } else { compared.clone().is_false() };
        let numbers = vec![
            number(decides)?.alias(decisive.as_str()),
            number(compared.is_unknown())?.alias(unknown.as_str()),
        ];
        let counted = LogicalPlanBuilder::from(rows).aggregate(domain.columns(), numbers)?.build()?;
        let input = domain.join(input, counted, JoinType::Left, None)?;
        let some = |name: &str| column(name).gt(lit(0i64));
        let null = lit(datafusion::common::ScalarValue::Boolean(None));
        let expr = when(some(&decisive), lit(is_any)).when(some(&unknown), null).otherwise(lit(!is_any))?;
        Ok(Planned { input, expr })
    }

    /// Plans a join whose right side refers to its left one.
    fn plan_lateral(&mut self, join: Join) -> Result<LogicalPlan> {
        let Some((subquery, alias)) = lateral_of(&join.right) else { return Ok(LogicalPlan::Join(join)) };
        if native::as_lateral(&subquery.subquery) {
            return Ok(LogicalPlan::Join(join));
        }
        self.count += 1;
        let left = join.left.as_ref().clone();
        let is_by_row = join.join_type == JoinType::Inner
            && native::is_by_row(&subquery.subquery, left.schema().as_ref());
        let domain = if is_by_row {
            Domain::whole(self.count, left.clone())
        } else {
            Domain::of(self.count, &left, &subquery.subquery, None)?
        };
        let rows = domain.push(subquery.subquery.as_ref().clone())?;
        let rows = match alias {
            Some(alias) => domain.requalified(rows, &subquery.subquery, &alias)?,
            None => rows,
        };
        let columns = join.schema.columns().into_iter().map(Expr::Column).collect::<Vec<_>>();
        let joined = if is_by_row {
            join.filter
                .into_iter()
                .try_fold(LogicalPlanBuilder::from(rows), LogicalPlanBuilder::filter)?
                .build()?
        } else {
            domain.join(left, rows, join.join_type, join.filter)?
        };
        LogicalPlanBuilder::from(joined).project(columns)?.build()
    }

    fn name(&self, what: &str) -> String {
        format!(":{what}{}", self.count)
    }
}

/// Returns the subquery of the right side of a LATERAL join, and its alias.
fn lateral_of(right: &LogicalPlan) -> Option<(Subquery, Option<TableReference>)> {
    match right {
        LogicalPlan::Subquery(subquery) => Some((subquery.clone(), None)),
        LogicalPlan::SubqueryAlias(alias) => match alias.input.as_ref() {
            LogicalPlan::Subquery(subquery) => Some((subquery.clone(), Some(alias.alias.clone()))),
            _ => None,
        },
        _ => None,
    }
}

fn has(expr: &Expr, is_wanted: &dyn Fn(&Expr) -> bool) -> bool {
    expr.exists(|expr| Ok(is_wanted(expr))).unwrap_or(false)
}

fn is_subquery(expr: &Expr) -> bool {
    native::subquery_of(expr).is_some()
}

/// Lets a scalar subquery be NULL, as it is without rows, even if its column never is.
fn may_be_null(expr: Expr) -> Result<Transformed<Expr>> {
    let Expr::ScalarSubquery(subquery) = expr else { return Ok(Transformed::no(expr)) };
    let plan = subquery.subquery.as_ref();
    if plan.schema().fields().iter().all(|field| field.is_nullable()) || native::refers_outside(plan) {
        return Ok(Transformed::no(Expr::ScalarSubquery(subquery)));
    }
    let value = first_column(plan);
    let (relation, name) = value.qualified_name();
    let value = single_udf().call(vec![value, lit(1i64)]).alias_qualified(relation, name);
    let plan = LogicalPlanBuilder::from(plan.clone()).project([value])?.build()?;
    Ok(Transformed::yes(Expr::ScalarSubquery(subquery.with_plan(plan.into()))))
}

fn column(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

fn columns_of(plan: &LogicalPlan) -> Vec<Expr> {
    plan.schema().columns().into_iter().map(Expr::Column).collect()
}

fn first_column(plan: &LogicalPlan) -> Expr {
    plan.schema().columns().into_iter().next().map_or_else(|| lit(true), Expr::Column)
}

fn aggregate(function: std::sync::Arc<datafusion::logical_expr::AggregateUDF>, argument: Expr) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(
        function,
        vec![argument],
        false,
        None,
        Vec::new(),
        None,
    ))
}
