//! `greatest` and `least`: NULL if any argument is NULL; NaN only if all are.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::functions::core;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};

use crate::call::{Call, Doubles, run};
use crate::delegate;
use crate::scalar::Scalar;

pub(super) const GREATEST: Scalar = Scalar {
    name: "greatest",
    aliases: &[],
    signature: "greatest(x, y[, ...])",
    help: "Returns the largest of its arguments; NULL if any of them is NULL.",
    volatility: Volatility::Immutable,
    coerce: |types| delegate::coerced(&core::greatest(), types),
    returns: |args| delegate::returned(&core::greatest(), args),
    invoke: |args| extreme(&core::greatest(), args, |call| doubles(call, |a, b| a > b)),
};

pub(super) const LEAST: Scalar = Scalar {
    name: "least",
    aliases: &[],
    signature: "least(x, y[, ...])",
    help: "Returns the smallest of its arguments; NULL if any of them is NULL.",
    volatility: Volatility::Immutable,
    coerce: |types| delegate::coerced(&core::least(), types),
    returns: |args| delegate::returned(&core::least(), args),
    invoke: |args| extreme(&core::least(), args, |call| doubles(call, |a, b| a < b)),
};

fn extreme(
    engine: &Arc<ScalarUDF>,
    args: &ScalarFunctionArgs,
    of_doubles: fn(&Call<'_>) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    if args.args.iter().all(|arg| arg.data_type() == DataType::Float64) {
        return run(args, of_doubles);
    }
    let result = delegate::invoke(engine, args.args.clone(), args)?;
    delegate::null_if_any_null(result, args)
}

/// The engine takes NaN for the largest of all.
fn doubles(call: &Call<'_>, is_better: fn(f64, f64) -> bool) -> Result<ArrayRef> {
    let numbers = (0..call.len()).map(|index| call.doubles(index)).collect::<Result<Vec<Doubles<'_>>>>()?;
    call.give_doubles(|row| {
        let mut best = f64::NAN;
        for number in &numbers {
            let Some(number) = number.at(row) else { return Ok(None) };
            if best.is_nan() || is_better(number, best) {
                best = number;
            }
        }
        Ok(Some(best))
    })
}
