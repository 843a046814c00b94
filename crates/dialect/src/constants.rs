//! Constants that cannot be cast, found while planning: `eventTime > '2026-13-45'`.
//!
//! The optimizer leaves a constant that fails as it is, and the fault would show while rows are read, or not at all
//! where there are none. Branches of CASE and what TRY surrounds may never be evaluated, so they are left alone.

use std::sync::Arc;

use auditlake_functions::engine_error::from_datafusion;
use auditlake_functions::is_lake_cast;
use auditlake_model::{Error, Result};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{ColumnarValue, Expr, ExprSchemable, LogicalPlan, ScalarFunctionArgs};

use super::names::NameIndex;

/// Casts the constants of a plan.
///
/// # Errors
/// `Invalid` for one that cannot be cast, with its place.
pub(super) fn check(plan: &LogicalPlan, index: &NameIndex) -> Result<()> {
    let mut fault: Option<Error> = None;
    let visited = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|expr| match expr {
                Expr::Case(_) | Expr::Lambda(_) | Expr::HigherOrderFunction(_) => Ok(TreeNodeRecursion::Jump),
                Expr::ScalarFunction(call) if is_lake_cast(&call.func) => {
                    match cast(expr, call).map_err(|error| from_datafusion("plan query", error)) {
                        Ok(()) => Ok(TreeNodeRecursion::Continue),
                        Err(error) => {
                            fault = Some(placed(error, call, index));
                            Ok(TreeNodeRecursion::Stop)
                        }
                    }
                }
                _ => Ok(TreeNodeRecursion::Continue),
            })
        })
    });
    visited.map_err(|error| from_datafusion("plan query", error))?;
    fault.map_or(Ok(()), Err)
}

/// Casts the value of a call, if it is a constant.
fn cast(expr: &Expr, call: &ScalarFunction) -> Result<(), DataFusionError> {
    let schema = DFSchema::empty();
    let (mut args, mut arg_fields) = (Vec::new(), Vec::new());
    for arg in &call.args {
        let Expr::Literal(value, _) = arg else { return Ok(()) };
        args.push(ColumnarValue::Scalar(value.clone()));
        arg_fields.push(arg.to_field(&schema)?.1);
    }
    let (_, return_field) = expr.to_field(&schema)?;
    let config_options = Arc::new(ConfigOptions::default());
    let args = ScalarFunctionArgs { args, arg_fields, number_rows: 1, return_field, config_options };
    call.func.invoke_with_args(args).map(drop)
}

fn placed(error: Error, call: &ScalarFunction, index: &NameIndex) -> Error {
    let text = call.args.first().and_then(Expr::as_literal).and_then(|value| value.try_as_str().flatten());
    match text.and_then(|text| index.text_place(text)) {
        Some(position) => position.attach(error),
        None => error,
    }
}
