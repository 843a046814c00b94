//! Operators and access whose meaning depends on the types they meet.
//!
//! | expression | planned as |
//! |---|---|
//! | a comparison of different types | one of equal types, see [`super::coerce`] |
//! | `3 * INTERVAL '1' DAY`, `INTERVAL '1' DAY / 2` | `lake_scale(interval, factor)` |
//! | `array \|\| array` | NULL if either is |
//! | `(a, b)` | a row with the fields `field0`, `field1` |
//! | `row[1]` | its first field |

use auditlake_functions::scale_interval;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::functions::core::expr_fn::{get_field, named_struct};
use datafusion::functions_nested::expr_fn::array_concat;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, GetFieldAccess, Operator, lit, when};
use sqlparser::ast::BinaryOperator;

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
            (None, BinaryOperator::Multiply | BinaryOperator::Divide) => scaled(op, left, right, schema)?,
            (None, BinaryOperator::StringConcat) => joined(left, right, schema)?,
            _ => None,
        };
        Ok(planned.map_or(PlannerResult::Original(expr), PlannerResult::Planned))
    }

    fn plan_field_access(
        &self,
        access: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let GetFieldAccess::ListIndex { key } = &access.field_access else {
            return Ok(PlannerResult::Original(access));
        };
        let (_, field) = access.expr.to_field(schema)?;
        let DataType::Struct(fields) = field.data_type() else { return Ok(PlannerResult::Original(access)) };
        let Expr::Literal(ScalarValue::Int64(Some(position)), _) = key.as_ref() else {
            return plan_err!("a field of a row is named by a number as it stands");
        };
        let found = position.checked_sub(1).and_then(|index| fields.get(usize::try_from(index).ok()?));
        match found {
            Some(found) => Ok(PlannerResult::Planned(get_field(access.expr.clone(), found.name().as_str()))),
            None => {
                plan_err!("position {position} in a row of {} fields: positions start at 1", fields.len())
            }
        }
    }

    fn plan_struct_literal(&self, args: Vec<Expr>, is_named: bool) -> Result<PlannerResult<Vec<Expr>>> {
        if is_named {
            return Ok(PlannerResult::Original(args));
        }
        let fields = args.into_iter().enumerate();
        let fields = fields.flat_map(|(index, value)| [lit(format!("field{index}")), value]);
        Ok(PlannerResult::Planned(named_struct(fields.collect())))
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

/// Plans a product of an interval and a number, and an interval divided by one.
fn scaled(op: &BinaryOperator, left: &Expr, right: &Expr, schema: &DFSchema) -> Result<Option<Expr>> {
    let is_interval =
        |data_type: &DataType| matches!(data_type, DataType::Interval(_) | DataType::Duration(_));
    let (left_type, right_type) = (left.get_type(schema)?, right.get_type(schema)?);
    let divides = *op == BinaryOperator::Divide;
    Ok(match (is_interval(&left_type), is_interval(&right_type)) {
        (true, false) if right_type.is_numeric() => {
            Some(scale_interval(left.clone(), right.clone(), divides))
        }
        (false, true) if left_type.is_numeric() && !divides => {
            Some(scale_interval(right.clone(), left.clone(), false))
        }
        _ => None,
    })
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
