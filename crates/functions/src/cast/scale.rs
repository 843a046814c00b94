//! `lake_scale(interval, factor)`: `3 * INTERVAL '1' DAY`.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, AsArray, IntervalMonthDayNanoBuilder};
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::numbers::round;
use crate::engine_error::{INVALID_STATEMENT, into_datafusion};
use crate::scalar::Scalar;

const DAY_MICROS: i64 = 86_400_000_000;

pub(super) static SCALE: Scalar = Scalar {
    name: "lake_scale",
    aliases: &[],
    signature: "lake_scale(interval, factor, divides)",
    help: "Internal: an interval so many times.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke,
};

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [_, _, _] => Ok(vec![INTERVAL, DataType::Float64, DataType::Boolean]),
        _ => plan_err!("lake_scale takes an interval and a factor"),
    }
}

fn returns(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("lake_scale", INTERVAL, true)))
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [interval, factor, ColumnarValue::Scalar(divides)] = args.args.as_slice() else {
        return internal_err!("lake_scale without its arguments");
    };
    let divides = matches!(divides, datafusion::common::ScalarValue::Boolean(Some(true)));
    let arrays = ColumnarValue::values_to_arrays(&[interval.clone(), factor.clone()])?;
    let (intervals, factors) =
        (arrays[0].as_primitive::<IntervalMonthDayNanoType>(), arrays[1].as_primitive::<Float64Type>());
    let mut builder = IntervalMonthDayNanoBuilder::with_capacity(intervals.len());
    for row in 0..intervals.len() {
        if intervals.is_null(row) || factors.is_null(row) {
            builder.append_null();
            continue;
        }
        match scaled(intervals.value(row), factors.value(row), divides) {
            Some(interval) => builder.append_value(interval),
            None => {
                let error = Error::invalid("interval out of range").with_code(INVALID_STATEMENT);
                return Err(into_datafusion(error));
            }
        }
    }
    let array: datafusion::arrow::array::ArrayRef = Arc::new(builder.finish());
    match (interval, factor) {
        (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)) => {
            Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::try_from_array(&array, 0)?))
        }
        _ => Ok(ColumnarValue::Array(array)),
    }
}

#[allow(clippy::cast_precision_loss, reason = "microseconds of a hundred years are exact in a double")]
fn scaled(interval: IntervalMonthDayNano, factor: f64, divides: bool) -> Option<IntervalMonthDayNano> {
    let times = |value: i64| round(if divides { value as f64 / factor } else { value as f64 * factor });
    let months = i32::try_from(times(i64::from(interval.months))?).ok()?;
    let micros =
        i64::from(interval.days).checked_mul(DAY_MICROS)?.checked_add(interval.nanoseconds / 1000)?;
    let micros = times(micros)?;
    let days = i32::try_from(micros / DAY_MICROS).ok()?;
    Some(IntervalMonthDayNano::new(months, days, (micros % DAY_MICROS).checked_mul(1000)?))
}
