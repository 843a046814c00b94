//! Rebuilds events after a top-n instead of before it.
//!
//! ```text
//! Sort fetch=5 [eventTime DESC]                  Projection lake_event_json(__lift.a, ..) AS eventJson, eventTime
//!   Projection lake_event_json(a, ..), eventTime     Sort fetch=5 [eventTime DESC]
//!     TableScan                                ==>     Projection eventTime, a AS __lift.a, ..
//!                                                        TableScan
//! ```
//!
//! Without it, `SELECT eventJson .. ORDER BY eventTime DESC LIMIT 5` rebuilds every event that reaches the sort.
//!
//! A sort key that is part of the result comes up as a second column. Otherwise the engine would see that the
//! projection keeps the keys, push it below the sort again, and into the scan.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, Result, TableReference};
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, Sort};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::EventJson;

/// Qualifier of the columns that are carried through the sort.
const CARRIED: &str = "__lift";

/// The optimizer rule; it has to run after limits have been pushed into sorts.
#[derive(Debug, Default)]
pub(crate) struct LiftEventJson;

impl OptimizerRule for LiftEventJson {
    fn name(&self) -> &str {
        "lift_event_json"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::Sort(sort) if sort.fetch.is_some() => match lift(&sort)? {
                Some(lifted) => Ok(Transformed::yes(lifted)),
                None => Ok(Transformed::no(LogicalPlan::Sort(sort))),
            },
            other => Ok(Transformed::no(other)),
        }
    }
}

fn lift(sort: &Sort) -> Result<Option<LogicalPlan>> {
    let Some(Outputs { base, exprs }) = outputs(&sort.input)? else { return Ok(None) };
    let schema = sort.input.schema();
    let sorted_by = |index: usize| {
        let column = Column::from(schema.qualified_field(index));
        sort.expr.iter().any(|key| key.expr.column_refs().contains(&column))
    };
    let lifted: Vec<bool> =
        exprs.iter().enumerate().map(|(i, expr)| rebuilds_event(expr) && !sorted_by(i)).collect();
    if !lifted.contains(&true) {
        return Ok(None);
    }
    let (mut below, mut above) = (Vec::new(), Vec::new());
    let mut carried = BTreeSet::new();
    for (index, expr) in exprs.into_iter().enumerate() {
        let (qualifier, field) = schema.qualified_field(index);
        if lifted[index] || sorted_by(index) {
            carried.extend(expr.column_refs().into_iter().cloned());
            above.push(carry(expr.clone())?.alias_qualified(qualifier.cloned(), field.name()));
        } else {
            above.push(Expr::Column(Column::from((qualifier, field))));
        }
        if !lifted[index] {
            below.push(named(expr, qualifier.cloned(), field.name()));
        }
    }
    below.extend(carried.into_iter().map(|column| {
        let name = carried_name(&column);
        Expr::Column(column).alias_qualified(Some(CARRIED), name)
    }));
    let below = LogicalPlan::Projection(Projection::try_new(below, base)?);
    let sort = LogicalPlan::Sort(Sort { input: Arc::new(below), ..sort.clone() });
    Ok(Some(LogicalPlan::Projection(Projection::try_new(above, Arc::new(sort))?)))
}

/// The columns of a plan as expressions over `base`, the first node below that is more than a projection.
struct Outputs {
    base: Arc<LogicalPlan>,
    exprs: Vec<Expr>,
}

/// Sees through projections and aliases; `None` when an expression gives another value each time.
fn outputs(plan: &Arc<LogicalPlan>) -> Result<Option<Outputs>> {
    match plan.as_ref() {
        LogicalPlan::SubqueryAlias(alias) => outputs(&alias.input),
        LogicalPlan::Projection(projection) => {
            let Some(Outputs { base, exprs: inputs }) = outputs(&projection.input)? else { return Ok(None) };
            if projection.expr.iter().any(Expr::is_volatile) {
                return Ok(None);
            }
            let schema = projection.input.schema();
            let substituted = |expr: &Expr| {
                expr.clone()
                    .unalias()
                    .transform_up(|expr| match &expr {
                        Expr::Column(column) => {
                            let index = schema.index_of_column(column)?;
                            Ok(Transformed::yes(inputs[index].clone()))
                        }
                        _ => Ok(Transformed::no(expr)),
                    })
                    .data()
            };
            let exprs = projection.expr.iter().map(substituted).collect::<Result<_>>()?;
            Ok(Some(Outputs { base, exprs }))
        }
        _ => {
            let exprs = plan.schema().columns().into_iter().map(Expr::Column).collect();
            Ok(Some(Outputs { base: Arc::clone(plan), exprs }))
        }
    }
}

fn rebuilds_event(expr: &Expr) -> bool {
    let is_rebuild =
        |expr: &Expr| Ok(matches!(expr, Expr::ScalarFunction(call) if call.func.name() == EventJson::NAME));
    expr.exists(is_rebuild).unwrap_or(false)
}

/// Makes an expression over the base one over the carried columns.
fn carry(expr: Expr) -> Result<Expr> {
    expr.transform_up(|expr| match expr {
        Expr::Column(column) => {
            let name = carried_name(&column);
            Ok(Transformed::yes(Expr::Column(Column::new(Some(CARRIED), name))))
        }
        other => Ok(Transformed::no(other)),
    })
    .data()
}

/// Columns of two tables may share a name, so the qualifier becomes part of it.
fn carried_name(column: &Column) -> String {
    column.flat_name()
}

/// Names an expression as the column that it stands for.
fn named(expr: Expr, qualifier: Option<TableReference>, name: &str) -> Expr {
    match &expr {
        Expr::Column(column) if column.relation == qualifier && column.name == name => expr,
        _ => expr.alias_qualified(qualifier, name),
    }
}
