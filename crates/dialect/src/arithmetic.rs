//! Arithmetic of integers that fails where numbers end, as Trino's does.
//!
//! | expression | becomes |
//! |---|---|
//! | `a + b`, `a - b`, `a * b`, `-a` of integers | a call that checks, once types are known |
//! | a number without a sign, as `row_number()` gives | `bigint`, before it is computed with |
//! | `date + 1` | an error |

use std::sync::Arc;

use auditlake_functions::engine_error::into_datafusion;
use auditlake_functions::{Arithmetic, type_name};
use auditlake_model::Error;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, cast};
use datafusion::optimizer::{Analyzer, AnalyzerRule};
use sqlparser::ast::BinaryOperator;

use super::INVALID_STATEMENT;
use super::coerce::rewrite_expressions;

/// Adds the rule to a session, after those of the engine, which bring both sides to one type.
pub(super) fn register(builder: &mut SessionStateBuilder) {
    let analyzer = builder.analyzer().get_or_insert_with(Analyzer::new);
    analyzer.rules.push(Arc::new(Checked));
}

#[derive(Debug)]
struct Checked;

impl AnalyzerRule for Checked {
    fn name(&self) -> &str {
        "lake_checked_arithmetic"
    }

    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|node| {
            if computes(&node)? { rewrite_expressions(node, checked) } else { Ok(Transformed::no(node)) }
        })?;
        Ok(rewritten.data)
    }
}

/// Tells whether a node computes with what may be integers.
fn computes(node: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    node.apply_expressions(|expr| {
        expr.apply(|expr| {
            found |= operation(expr).is_some();
            Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })
    })?;
    Ok(found)
}

fn operation(expr: &Expr) -> Option<(Arithmetic, Vec<&Expr>)> {
    match expr {
        Expr::Negative(operand) => Some((Arithmetic::Negate, vec![operand])),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let arithmetic = match op {
                Operator::Plus => Arithmetic::Add,
                Operator::Minus => Arithmetic::Subtract,
                Operator::Multiply => Arithmetic::Multiply,
                _ => return None,
            };
            Some((arithmetic, vec![left, right]))
        }
        _ => None,
    }
}

fn checked(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let Some((arithmetic, operands)) = operation(&expr) else { return Ok(Transformed::no(expr)) };
    let types: Vec<DataType> =
        operands.iter().map(|operand| operand.get_type(schema)).collect::<Result<_>>()?;
    let is_checked = types.iter().all(|of| of.is_signed_integer() && Some(of) == types.first());
    if !is_checked {
        return Ok(Transformed::no(expr));
    }
    let function = arithmetic.checked();
    let operands = match operands.as_slice() {
        // One call for a chain of the same operation.
        [Expr::ScalarFunction(chain), last] if chain.func == function => {
            chain.args.iter().chain([*last]).cloned().collect()
        }
        _ => operands.into_iter().cloned().collect(),
    };
    Ok(Transformed::yes(function.call(operands)))
}

/// Returns the operands of `+`, `-`, `*`, `/` and `%` as Trino knows them; `None` if they stay.
pub(super) fn operands(
    op: &BinaryOperator,
    left: &Expr,
    right: &Expr,
    schema: &DFSchema,
) -> Result<Option<(Expr, Expr)>> {
    let (_, left_field) = left.to_field(schema)?;
    let (_, right_field) = right.to_field(schema)?;
    let (of_left, of_right) = (left_field.data_type(), right_field.data_type());
    let is_date = |of: &DataType| matches!(of, DataType::Date32 | DataType::Date64);
    if (is_date(of_left) && of_right.is_numeric()) || (of_left.is_numeric() && is_date(of_right)) {
        let message =
            format!("`{op}` does not take {} and {}", type_name(&left_field), type_name(&right_field));
        return Err(into_datafusion(
            Error::invalid(message)
                .with_code(INVALID_STATEMENT)
                .with_hint("Write a span of time: `x + INTERVAL '1' DAY`, or `date_add('day', 1, x)`."),
        ));
    }
    if !of_left.is_unsigned_integer() && !of_right.is_unsigned_integer() {
        return Ok(None);
    }
    let signed = |expr: &Expr, of: &DataType| match of.is_unsigned_integer() {
        true => cast(expr.clone(), DataType::Int64),
        false => expr.clone(),
    };
    Ok(Some((signed(left, of_left), signed(right, of_right))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::testing::{empty_session, run};

    #[tokio::test]
    async fn integers_end_where_they_end() {
        let state = empty_session();
        for (sql, said) in [
            ("SELECT 9223372036854775807 + 1", "bigint addition overflow: 9223372036854775807 + 1"),
            ("SELECT x - 2 FROM (VALUES -9223372036854775807) AS t(x)", "bigint subtraction overflow"),
            ("SELECT x * x FROM (VALUES 9223372036854775807) AS t(x)", "bigint multiplication overflow"),
            ("SELECT -x FROM (VALUES -9223372036854775808) AS t(x)", "bigint negation overflow"),
            ("SELECT CAST(2147483647 AS integer) + CAST(1 AS integer)", "integer addition overflow"),
            ("SELECT y FROM (SELECT x + 1 AS y FROM (SELECT 9223372036854775807 AS x))", "bigint addition"),
            ("SELECT transform(ARRAY[9223372036854775807], x -> x + 1)", "bigint addition overflow"),
            ("SELECT DATE '2024-01-01' + 1", "`+` does not take date and bigint"),
        ] {
            let error = run(&state, sql).await.unwrap_err();
            assert!(error.message().contains(said), "{sql}: {error:?}");
        }
        let sql = "SELECT 1 + 2 * -x, x - 1.5, x + NULL FROM (VALUES 1, 2) AS t(x) ORDER BY x + 1";
        assert_eq!(run(&state, sql).await.unwrap().rows, ["-1|-0.5|NULL", "-3|0.5|NULL"]);
        let sql = "SELECT row_number() OVER (ORDER BY x) - x FROM (VALUES 5) AS t(x)";
        assert_eq!(run(&state, sql).await.unwrap().rows, ["-4"]);
    }
}
