//! Fields of times, and intervals compared, as Trino has them.
//!
//! | expression | stands for |
//! |---|---|
//! | `extract(DOW FROM x)` | `day_of_week(x)`, and so on: the engine counts from 0 on Sunday |
//! | `interval < interval` | the same of their lengths: to the engine 24 hours are less than a day |
//! | `date - date` | the time between them: the engine gives a number |

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::sqlparser::ast::BinaryOperator;
use datafusion::logical_expr::{Expr, ExprSchemable, binary_expr, cast};

use auditlake_functions::{field_function, interval_length};

/// Plans what the engine gives another meaning; it must come before the planners of comparisons.
#[derive(Debug)]
pub(super) struct TimePlanner;

impl ExprPlanner for TimePlanner {
    fn plan_extract(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        let [field, time] = args.as_slice() else { return Ok(PlannerResult::Original(args)) };
        let name = field.as_literal().and_then(|name| name.try_as_str().flatten());
        Ok(match name.and_then(field_function) {
            Some(function) => PlannerResult::Planned(function.call(vec![time.clone()])),
            None => PlannerResult::Original(args),
        })
    }

    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let planned = plan(&expr, schema);
        Ok(planned.map_or(PlannerResult::Original(expr), PlannerResult::Planned))
    }
}

/// Returns what stands for an operation; `None` where the engine's own does.
fn plan(expr: &RawBinaryExpr, schema: &DFSchema) -> Option<Expr> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, Minus, NotEq};
    let is_ours = matches!(expr.op, Minus | Eq | NotEq | Lt | LtEq | Gt | GtEq);
    // Types are asked for where they can matter only: that walks the whole expression.
    if !is_ours {
        return None;
    }
    let (left, right) = (expr.left.get_type(schema).ok()?, expr.right.get_type(schema).ok()?);
    let arguments = || (expr.left.clone(), expr.right.clone());
    match (&expr.op, kind(&left), kind(&right)) {
        (Minus, Kind::Date, Kind::Date) => {
            let (end, start) = arguments();
            let time = || DataType::Timestamp(TimeUnit::Microsecond, None);
            Some(cast(end, time()) - cast(start, time()))
        }
        (op, Kind::Interval, Kind::Interval) => {
            let length = |interval: Expr| interval_length().call(vec![interval]);
            let (left, right) = arguments();
            Some(binary_expr(length(left), comparison(op)?, length(right)))
        }
        _ => None,
    }
}

fn comparison(op: &BinaryOperator) -> Option<datafusion::logical_expr::Operator> {
    use datafusion::logical_expr::Operator;
    Some(match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        BinaryOperator::GtEq => Operator::GtEq,
        _ => return None,
    })
}

enum Kind {
    Interval,
    Date,
    Other,
}

fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Interval(_) | DataType::Duration(_) => Kind::Interval,
        DataType::Date32 => Kind::Date,
        _ => Kind::Other,
    }
}
