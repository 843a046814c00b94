//! TABLESAMPLE: each row of a relation is taken by chance.

use auditlake_functions::engine_error::into_datafusion;
use auditlake_model::Error;
use datafusion::common::Result;
use datafusion::functions::math;
use datafusion::logical_expr::planner::RelationPlannerContext;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, lit};
use sqlparser::ast::{Expr, TableFactor, TableSample, TableSampleKind, TableSampleMethod, Value};

/// Takes the sample out of a relation, if it has one.
pub(super) fn take(relation: &mut TableFactor) -> Option<TableSample> {
    let sample = match relation {
        TableFactor::Table { sample, .. } | TableFactor::Derived { sample, .. } => sample.take()?,
        _ => return None,
    };
    match sample {
        TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample) => Some(*sample),
    }
}

/// Plans a relation and the choice of its rows.
///
/// SYSTEM chooses by row too, as BERNOULLI does: blocks of rows would be days of events here.
pub(super) fn plan(
    sample: TableSample,
    relation: TableFactor,
    context: &mut dyn RelationPlannerContext,
) -> Result<LogicalPlan> {
    let share = share_of(&sample).map_err(into_datafusion)?;
    let rows = context.plan(relation)?;
    // The values of `random` are at least 0 and less than 1.
    let is_taken = math::random().call(Vec::new()).lt(lit(share));
    LogicalPlanBuilder::from(rows).filter(is_taken)?.build()
}

/// Returns which share of the rows is wanted, from 0 to 1.
fn share_of(sample: &TableSample) -> Result<f64, Error> {
    let is_plain = sample.seed.is_none() && sample.bucket.is_none() && sample.offset.is_none();
    let is_by_chance = matches!(sample.name, Some(TableSampleMethod::Bernoulli | TableSampleMethod::System));
    let percent = match &sample.quantity {
        Some(quantity) if is_plain && is_by_chance && quantity.unit.is_none() => number(&quantity.value),
        _ => {
            return Err(Error::unsupported(
                "TABLESAMPLE other than `BERNOULLI (percent)` and `SYSTEM (percent)`",
            )
            .with_hint("Write `FROM table TABLESAMPLE BERNOULLI (10)` for a tenth of the rows."));
        }
    };
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent / 100.0),
        _ => Err(Error::invalid("the share of TABLESAMPLE must be a number between 0 and 100")),
    }
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) => number.parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => number(inner),
        _ => None,
    }
}
