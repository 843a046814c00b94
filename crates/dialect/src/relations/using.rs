//! JOIN USING and NATURAL JOIN: the columns that both sides share are there once, and first.
//!
//! The engine takes the value of the left side for them, which is NULL in rows of the right side alone. So RIGHT and FULL
//! joins get columns of their own, and those of the sides are gone, as in Trino.

use std::collections::HashSet;

use auditlake_functions::engine_error::into_datafusion;
use auditlake_model::Error;
use datafusion::common::{Column, DFSchema, JoinType, Result};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{Join, JoinConstraint, JoinOperator, TableFactor};

use crate::output::is_in_wildcard;
use crate::scope::parts_of;

/// Tells whether a join is one of those planned here.
pub(super) fn is_by_name(join: &Join) -> bool {
    let is_lateral = matches!(
        join.relation,
        TableFactor::Derived { lateral: true, .. }
            | TableFactor::Function { lateral: true, .. }
            | TableFactor::UNNEST { .. }
    );
    let by_name = |constraint: &JoinConstraint| {
        matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural)
    };
    !is_lateral && type_and_constraint(&join.join_operator).is_some_and(|(_, constraint)| by_name(constraint))
}

fn type_and_constraint(operator: &JoinOperator) -> Option<(JoinType, &JoinConstraint)> {
    match operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
            Some((JoinType::Inner, constraint))
        }
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
            Some((JoinType::Left, constraint))
        }
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
            Some((JoinType::Right, constraint))
        }
        JoinOperator::FullOuter(constraint) => Some((JoinType::Full, constraint)),
        _ => None,
    }
}

/// Plans a join by names of columns.
pub(super) fn plan(
    left: TableFactor,
    join: Join,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let Some((join_type, constraint)) = type_and_constraint(&join.join_operator) else {
        return Err(into_datafusion(Error::internal("a join by names was expected")));
    };
    let left = context.plan(left)?;
    let right = context.plan(join.relation)?;
    let names = match constraint {
        JoinConstraint::Using(names) => {
            names.iter().filter_map(|name| parts_of(name).last().map(|part| part.value.clone())).collect()
        }
        _ => shared(&left, &right),
    };
    if names.is_empty() {
        return LogicalPlanBuilder::from(left).cross_join(right)?.build();
    }
    let pairs = names.iter().map(|name| Ok((key(&left, name)?, key(&right, name)?)));
    let pairs = pairs.collect::<Result<Vec<(Column, Column)>>>()?;
    let is_qualified = |(left, right): &(Column, Column)| left.relation.is_some() && right.relation.is_some();
    if matches!(join_type, JoinType::Inner | JoinType::Left) && pairs.iter().all(is_qualified) {
        beside_each_other(left, right, join_type, &names, pairs)
    } else {
        as_one(left, right, join_type, &names, pairs)
    }
}

/// Plans a join whose keys are those of the left side; the engine knows that those of the right side are the same.
fn beside_each_other(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    names: &[String],
    pairs: Vec<(Column, Column)>,
) -> Result<LogicalPlan> {
    let keys: Vec<Column> = pairs.into_iter().flat_map(|(left, right)| [left, right]).collect();
    let own = left.schema().columns().into_iter().chain(right.schema().columns());
    let own = own.filter(|column| !keys.contains(column)).collect::<Vec<_>>();
    let exprs: Vec<Expr> = keys.into_iter().chain(own).map(Expr::Column).collect();
    let keys: Vec<Column> = names.iter().map(Column::from_name).collect();
    LogicalPlanBuilder::from(left).join_using(right, join_type, keys)?.project(exprs)?.build()
}

/// Plans a join whose keys are columns of neither side.
fn as_one(
    left: LogicalPlan,
    right: LogicalPlan,
    join_type: JoinType,
    names: &[String],
    pairs: Vec<(Column, Column)>,
) -> Result<LogicalPlan> {
    let own = |plan: &LogicalPlan| -> Vec<Expr> {
        let is_own = |column: &Column| !names.contains(&column.name);
        plan.schema().columns().into_iter().filter(is_own).map(Expr::Column).collect()
    };
    let (left_own, right_own) = (own(&left), own(&right));
    let (left_keys, right_keys): (Vec<Column>, Vec<Column>) = pairs.into_iter().unzip();
    let (left_names, right_names) = (marked(names, "left"), marked(names, "right"));
    let side = |plan: LogicalPlan, keys: Vec<Column>, names: &[Column], own: &[Expr]| {
        let keys = keys.into_iter().zip(names).map(|(key, name)| Expr::Column(key).alias(name.name.as_str()));
        LogicalPlanBuilder::from(plan).project(keys.chain(own.iter().cloned()).collect::<Vec<_>>())?.build()
    };
    let left = side(left, left_keys, &left_names, &left_own)?;
    let right = side(right, right_keys, &right_names, &right_own)?;
    let equal = left_names.iter().zip(&right_names);
    let equal = equal.map(|(left, right)| Expr::Column(left.clone()).eq(Expr::Column(right.clone())));
    let joined = LogicalPlanBuilder::from(left).join_on(right, join_type, equal.collect::<Vec<_>>())?;
    let keys = left_names.into_iter().zip(right_names).zip(names).map(|((left, right), name)| {
        let (left, right) = (Expr::Column(left), Expr::Column(right));
        let key = match join_type {
            JoinType::Right => right,
            JoinType::Full => coalesce(vec![left, right]),
            _ => left,
        };
        key.alias(name)
    });
    joined.project(keys.chain(left_own).chain(right_own).collect::<Vec<_>>())?.build()
}

fn marked(names: &[String], side: &str) -> Vec<Column> {
    names.iter().map(|name| Column::from_name(format!(":{side}:{name}"))).collect()
}

/// Finds a column by its name, which may stand for several that an earlier join made one.
fn key(plan: &LogicalPlan, name: &str) -> Result<Column> {
    let schema: &DFSchema = plan.schema();
    Column::from_name(name).normalize_with_schemas_and_ambiguity_check(&[&[schema]], &plan.using_columns()?)
}

/// Returns the names of the columns that both sides have, in the order of the left one.
fn shared(left: &LogicalPlan, right: &LogicalPlan) -> Vec<String> {
    let visible = |plan: &LogicalPlan| -> Vec<String> {
        plan.schema()
            .fields()
            .iter()
            .filter(|field| is_in_wildcard(field))
            .map(|field| field.name().clone())
            .collect()
    };
    let right: HashSet<String> = visible(right).into_iter().collect();
    visible(left).into_iter().filter(|name| right.contains(name)).collect()
}
