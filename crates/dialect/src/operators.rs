//! Operators and access whose meaning depends on the types they meet.
//!
//! | expression | planned as |
//! |---|---|
//! | a comparison of different types | one of equal types, see [`super::coerce`] |
//! | `array \|\| array` | NULL if either is |
//! | arithmetic | see [`super::arithmetic`] |

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result};
use datafusion::functions_nested::expr_fn::array_concat;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, when};
use sqlparser::ast::BinaryOperator;

use super::arithmetic::operands;
use super::coerce::aligned;

/// Plans operators; it must come before the engine's own planners.
#[derive(Debug, Default)]
pub(super) struct Operators;

impl ExprPlanner for Operators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, left, right } = &expr;
        let planned = match (comparison(op), op) {
            (Some(op), _) => aligned(left, right, schema)?.map(|(left, right)| {
                Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })
            }),
            (None, BinaryOperator::StringConcat) => joined(left, right, schema)?,
            (
                None,
                BinaryOperator::Plus
                | BinaryOperator::Minus
                | BinaryOperator::Multiply
                | BinaryOperator::Divide
                | BinaryOperator::Modulo,
            ) => {
                let Some((left, right)) = operands(op, left, right, schema)? else {
                    return Ok(PlannerResult::Original(expr));
                };
                return Ok(PlannerResult::Original(RawBinaryExpr { op: expr.op, left, right }));
            }
            _ => None,
        };
        Ok(planned.map_or(PlannerResult::Original(expr), PlannerResult::Planned))
    }
}

fn comparison(op: &BinaryOperator) -> Option<Operator> {
    match op {
        BinaryOperator::Eq => Some(Operator::Eq),
        BinaryOperator::NotEq => Some(Operator::NotEq),
        BinaryOperator::Lt => Some(Operator::Lt),
        BinaryOperator::LtEq => Some(Operator::LtEq),
        BinaryOperator::Gt => Some(Operator::Gt),
        BinaryOperator::GtEq => Some(Operator::GtEq),
        _ => None,
    }
}

/// Plans `||` of two arrays, which is NULL if either is.
fn joined(left: &Expr, right: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
    let is_list = |expr: &Expr| -> Result<bool> {
        let data_type = expr.get_type(schema)?;
        Ok(matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)))
    };
    if !(is_list(left)? && is_list(right)?) {
        return Ok(None);
    }
    let both = left.clone().is_not_null().and(right.clone().is_not_null());
    Ok(Some(when(both, array_concat(vec![left.clone(), right.clone()])).end()?))
}
