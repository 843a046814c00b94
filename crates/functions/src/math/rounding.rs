//! Rounding, signs and remainders: integers stay integers, doubles doubles, decimals decimals.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::functions::math;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, Volatility};

use crate::call::Kind::{Double, Integer};
use crate::call::{Call, coerce, field, invalid, run};
use crate::delegate;
use crate::scalar::Scalar;

/// A function that gives the type of its first argument; the engine's own does it for decimals.
macro_rules! keeping {
    ($name:literal, $aliases:expr, $signature:literal, $help:literal, [$($form:expr),*], $engine:expr, $kernel:expr) => {
        Scalar {
            name: $name,
            aliases: &$aliases,
            signature: $signature,
            help: $help,
            volatility: Volatility::Immutable,
            coerce: |types| match $engine {
                Some(engine) if is_decimal(types.first()) => delegate::coerced(&engine, types),
                _ => coerce($name, &[$(&$form),*], types),
            },
            returns: |args| match $engine {
                Some(engine) if is_decimal(args.arg_fields.first().map(|field| field.data_type())) => {
                    delegate::returned(&engine, args)
                }
                _ => Ok(as_first($name, args)),
            },
            invoke: |args| keep(args, $engine, $kernel),
        }
    };
}

type Engine = Option<Arc<ScalarUDF>>;
const NO_ENGINE: Engine = None;

pub(super) const ROUND: Scalar = keeping!(
    "round",
    [],
    "round(x[, digits])",
    "Rounds, halves away from zero, to digits behind the point; before it if negative.",
    [[Integer], [Integer, Integer], [Double], [Double, Integer]],
    Some(math::round()),
    round
);
pub(super) const FLOOR: Scalar =
    keeping!("floor", [], "floor(x)", "Rounds down.", [[Integer], [Double]], Some(math::floor()), |call| {
        each(call, Ok, f64::floor)
    });
pub(super) const CEIL: Scalar = keeping!(
    "ceil",
    ["ceiling"],
    "ceil(x)",
    "Rounds up.",
    [[Integer], [Double]],
    Some(math::ceil()),
    |call| each(call, Ok, f64::ceil)
);
pub(super) const TRUNCATE: Scalar = keeping!(
    "truncate",
    ["trunc"],
    "truncate(x[, digits])",
    "Cuts off the digits behind the point, or behind a number of them.",
    [[Integer], [Integer, Integer], [Double], [Double, Integer]],
    NO_ENGINE,
    truncate
);
pub(super) const SIGN: Scalar = keeping!(
    "sign",
    ["signum"],
    "sign(x)",
    "Returns -1, 0 or 1.",
    [[Integer], [Double]],
    NO_ENGINE,
    |call| each(call, |n| Ok(n.signum()), |x| if x == 0.0 || x.is_nan() { x } else { x.signum() })
);
pub(super) const MOD: Scalar = keeping!(
    "mod",
    [],
    "mod(n, m)",
    "Returns the remainder of a division, with the sign of n.",
    [[Integer, Integer], [Double, Double]],
    NO_ENGINE,
    remainder
);

fn is_decimal(data_type: Option<&DataType>) -> bool {
    matches!(data_type, Some(DataType::Decimal128(..) | DataType::Decimal256(..)))
}

fn as_first(name: &str, args: &ReturnFieldArgs<'_>) -> FieldRef {
    match args.arg_fields.first().map(|first| first.data_type()) {
        Some(DataType::Int64) => field(name, Integer),
        _ => field(name, Double),
    }
}

fn keep(
    args: &ScalarFunctionArgs,
    engine: Engine,
    kernel: fn(&Call<'_>) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    let first = args.args.first().map(ColumnarValue::data_type);
    match engine {
        Some(engine) if is_decimal(first.as_ref()) => delegate::invoke(&engine, args.args.clone(), args),
        _ => run(args, kernel),
    }
}

fn each(call: &Call<'_>, of_integer: fn(i64) -> Result<i64>, of_double: fn(f64) -> f64) -> Result<ArrayRef> {
    if call.type_of(0) == DataType::Int64 {
        let numbers = call.integers(0)?;
        return call.give_integers(|row| numbers.at(row).map(of_integer).transpose());
    }
    let numbers = call.doubles(0)?;
    call.give_doubles(|row| Ok(numbers.at(row).map(of_double)))
}

fn round(call: &Call<'_>) -> Result<ArrayRef> {
    at_digit(call, f64::round, |number, unit| {
        let half = unit / 2;
        (number + if number < 0 { -half } else { half }) / unit * unit
    })
}

fn truncate(call: &Call<'_>) -> Result<ArrayRef> {
    at_digit(call, f64::trunc, |number, unit| number / unit * unit)
}

/// Applies a function of doubles at a digit; integers change at digits before the point only.
fn at_digit(
    call: &Call<'_>,
    of_double: fn(f64) -> f64,
    of_integer: fn(i128, i128) -> i128,
) -> Result<ArrayRef> {
    let digits = call.integers_or(1, 0)?;
    if call.type_of(0) == DataType::Int64 {
        let numbers = call.integers(0)?;
        return call.give_integers(|row| match (numbers.at(row), digits.at(row)) {
            (Some(number), Some(digits)) if digits < 0 => {
                // From 10^20 on, the unit is more than twice the largest bigint.
                let exponent = u32::try_from(digits.unsigned_abs()).unwrap_or(u32::MAX).min(20);
                let result = of_integer(i128::from(number), 10i128.pow(exponent));
                i64::try_from(result).map(Some).map_err(|_| overflow())
            }
            (Some(number), Some(_)) => Ok(Some(number)),
            _ => Ok(None),
        });
    }
    let numbers = call.doubles(0)?;
    call.give_doubles(|row| {
        Ok(numbers.at(row).zip(digits.at(row)).map(|(number, digits)| at_place(number, digits, of_double)))
    })
}

fn at_place(number: f64, digits: i64, function: fn(f64) -> f64) -> f64 {
    let places = i32::try_from(digits.clamp(-400, 400)).unwrap_or(0);
    let unit = 10f64.powi(places.abs());
    let scaled = if places >= 0 { number * unit } else { number / unit };
    if !scaled.is_finite() || !unit.is_finite() {
        return if places >= 0 { number } else { 0.0 };
    }
    let result = if places >= 0 { function(scaled) / unit } else { function(scaled) * unit };
    // 2^52: from here on a double has no digits behind the point.
    if places >= 0 && scaled.abs() >= 4_503_599_627_370_496.0 { number } else { result }
}

fn overflow() -> DataFusionError {
    invalid("a rounded number is larger than a bigint", "Write CAST(x AS double) around it.")
}

fn remainder(call: &Call<'_>) -> Result<ArrayRef> {
    if call.type_of(0) == DataType::Int64 {
        let (left, right) = (call.integers(0)?, call.integers(1)?);
        return call.give_integers(|row| match (left.at(row), right.at(row)) {
            (Some(_), Some(0)) => Err(invalid("division by zero", "Write mod(n, NULLIF(m, 0)) for NULL.")),
            (Some(left), Some(right)) => Ok(Some(left.wrapping_rem(right))),
            _ => Ok(None),
        });
    }
    let (left, right) = (call.doubles(0)?, call.doubles(1)?);
    call.give_doubles(|row| Ok(left.at(row).zip(right.at(row)).map(|(left, right)| left % right)))
}
