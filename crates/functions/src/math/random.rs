//! `random`: doubles from 0 to 1, or integers below a bound.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::functions::math;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use crate::call::{Kind, coerce, field, invalid};
use crate::scalar::Scalar;

pub(super) const RANDOM: Scalar = Scalar {
    name: "random",
    aliases: &["rand"],
    signature: "random([[m, ]n])",
    help: "Returns a chance double from 0 to 1, or a chance integer from m (0) to below n.",
    volatility: Volatility::Volatile,
    coerce: |types| coerce("random", &[&[], &[Kind::Integer], &[Kind::Integer, Kind::Integer]], types),
    returns: |args| {
        Ok(field("random", if args.arg_fields.is_empty() { Kind::Double } else { Kind::Integer }))
    },
    invoke: random,
};

/// The engine draws the doubles, one for each row also where the bounds are constants.
fn random(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let rows = args.number_rows;
    let drawn = math::random().invoke_with_args(ScalarFunctionArgs {
        args: vec![],
        arg_fields: vec![],
        number_rows: rows,
        return_field: field("random", Kind::Double),
        config_options: Arc::clone(&args.config_options),
    })?;
    if args.args.is_empty() {
        return Ok(drawn);
    }
    let drawn = drawn.into_array(rows)?;
    let bounds = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<ArrayRef>>>()?;
    let (lower, upper) = match bounds.as_slice() {
        [upper] => (None, upper),
        [lower, upper] => (Some(integers(lower)?), upper),
        _ => return internal_err!("random takes at most two bounds"),
    };
    let (upper, drawn) = (integers(upper)?, drawn.as_primitive::<Float64Type>());
    let value = |row: usize| {
        let lower = lower.map_or(Some(0), |lower| lower.is_valid(row).then(|| lower.value(row)));
        let Some((lower, upper)) = lower.zip(upper.is_valid(row).then(|| upper.value(row))) else {
            return Ok(None);
        };
        if lower >= upper {
            return Err(invalid(
                format!("`random` from {lower} to below {upper}"),
                "The upper bound is above the lower one.",
            ));
        }
        let span = i128::from(upper) - i128::from(lower);
        let step = ((drawn.value(row) * span as f64) as i128).min(span - 1);
        Ok(i64::try_from(i128::from(lower) + step).ok())
    };
    let numbers = (0..rows).map(value).collect::<Result<Int64Array>>()?;
    Ok(ColumnarValue::Array(Arc::new(numbers)))
}

fn integers(array: &ArrayRef) -> Result<&Int64Array> {
    match array.data_type() {
        DataType::Int64 => Ok(array.as_primitive::<Int64Type>()),
        other => internal_err!("expected integers, got {other}"),
    }
}
