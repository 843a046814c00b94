//! Seconds since 1970: `from_unixtime`, `to_unixtime`.

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::args::{self, Call, instants, invalid, out_of_range};
use super::zones::zone_of_type;
use crate::scalar::Scalar;
use crate::text::is_text;

pub(super) static FUNCTIONS: [Scalar; 3] = [
    Scalar {
        name: "from_unixtime",
        aliases: &[],
        signature: "from_unixtime(seconds [, zone | hours, minutes])",
        help: "The instant so many seconds after 1970, to the millisecond; shown in a zone.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [seconds] => Ok(vec![args::number("from_unixtime", seconds)?]),
            [seconds, zone] if is_text(zone) => {
                Ok(vec![args::number("from_unixtime", seconds)?, zone.clone()])
            }
            [seconds, hours, minutes] => Ok(vec![
                args::number("from_unixtime", seconds)?,
                args::integer("from_unixtime", hours)?,
                args::integer("from_unixtime", minutes)?,
            ]),
            _ => plan_err!("from_unixtime takes seconds, then a zone or hours and minutes"),
        },
        returns: |args| {
            let zone = zone_given(args)?;
            args::field(DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into())))
        },
        invoke: from_unixtime,
    },
    Scalar {
        name: "from_unixtime_nanos",
        aliases: &[],
        signature: "from_unixtime_nanos(nanoseconds)",
        help: "The instant so many nanoseconds after 1970, to the microsecond.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [nanos] if nanos.is_decimal() => Ok(vec![DataType::Int64]),
            [nanos] => Ok(vec![args::integer("from_unixtime_nanos", nanos)?]),
            _ => plan_err!("from_unixtime_nanos takes one whole number"),
        },
        returns: |_| args::field(args::instant()),
        invoke: |args| {
            let call = Call::new(args);
            let nanos = call.numbers::<Int64Type>(0)?;
            let micros = nanos.iter().map(|nanos| nanos.map(|nanos| nanos.div_euclid(1_000)));
            call.result(instants(micros.collect()))
        },
    },
    Scalar {
        name: "to_unixtime",
        aliases: &[],
        signature: "to_unixtime(time)",
        help: "The seconds from 1970 to a date or timestamp, with their fraction.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [time] => Ok(vec![args::moment("to_unixtime", time)?]),
            _ => plan_err!("to_unixtime takes one argument"),
        },
        returns: |_| args::field(DataType::Float64),
        invoke: |args| {
            let call = Call::new(args);
            let times = call.moments(0)?;
            let seconds = |row| times.at(row).map(|micros| micros as f64 / 1e6);
            call.result(Arc::new((0..call.rows).map(seconds).collect::<Float64Array>()))
        },
    },
];

/// Returns the zone that constants after the seconds name.
fn zone_given(args: &ReturnFieldArgs) -> Result<String> {
    let number = |index: usize| match args.scalar_arguments.get(index).copied().flatten() {
        Some(datafusion::common::ScalarValue::Int64(Some(number))) => Some(*number),
        _ => None,
    };
    match args.arg_fields.len() {
        1 => Ok(super::zone::UTC.to_owned()),
        2 => zone_of_type("from_unixtime", args::constant(args, 1)),
        _ => {
            let (Some(hours), Some(minutes)) = (number(1), number(2)) else {
                return Err(not_constant());
            };
            let total = hours.saturating_mul(60).saturating_add(minutes);
            if total.unsigned_abs() > 14 * 60 {
                return Err(not_constant());
            }
            let sign = if total < 0 { '-' } else { '+' };
            Ok(format!("{sign}{:02}:{:02}", total.abs() / 60, total.abs() % 60))
        }
    }
}

fn not_constant() -> DataFusionError {
    invalid(
        "`from_unixtime`: hours and minutes of the zone are constants of at most 14 hours".to_owned(),
        "Write from_unixtime(seconds, 2, 0), or from_unixtime(seconds, 'Europe/Berlin').",
    )
}

fn from_unixtime(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let seconds = call.numbers::<Float64Type>(0)?;
    let micros = |seconds: Option<f64>| seconds.map(micros_of).transpose();
    let micros = seconds.iter().map(micros).collect::<Result<TimestampMicrosecondArray>>()?;
    let DataType::Timestamp(_, zone) = args.return_field.data_type() else {
        return call.result(instants(micros));
    };
    call.result(Arc::new(micros.with_timezone_opt(zone.clone())))
}

fn micros_of(seconds: f64) -> Result<i64> {
    // Halves are rounded up, as Java does.
    let millis = (seconds * 1e3 + 0.5).floor();
    // The years that can be shown end long before the numbers do.
    if !(-8.3e15..8.2e15).contains(&millis) {
        return Err(out_of_range("from_unixtime"));
    }
    let millis = millis as i64;
    Ok(millis * 1_000)
}
