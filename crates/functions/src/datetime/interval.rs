//! Lengths of time: text to interval and back, and arithmetic that the engine has no operator for.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{AsArray, Int64Array, IntervalMonthDayNanoArray, StringViewBuilder};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};

use super::args::{self, Call, invalid};
use crate::scalar::Scalar;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const DAY_NANOS: i128 = 86_400_000_000_000;

/// What `*` between an interval and a number stands for.
const TIMES: &str = "lake_interval_times";
/// What `/` between an interval and a number stands for.
const DIVIDED: &str = "lake_interval_divided";
/// What intervals are compared by.
const LENGTH: &str = "lake_interval_length";

pub(super) static FUNCTIONS: [Scalar; 6] = [
    Scalar {
        name: "parse_duration",
        aliases: &[],
        signature: "parse_duration(text)",
        help: "The interval that a text such as '42.8ms' or '3.81 d' names; units are ns, us, ms, s, m, h and d.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [text] => Ok(vec![args::text("parse_duration", text)?]),
            _ => plan_err!("parse_duration takes one text"),
        },
        returns: |_| args::field(INTERVAL),
        invoke: |args| {
            let call = Call::new(args);
            let texts = call.text_array(0)?;
            let intervals = texts.iter().map(|text| text.map(parse_duration).transpose());
            call.result(Arc::new(intervals.collect::<Result<IntervalMonthDayNanoArray>>()?))
        },
    },
    Scalar {
        name: "to_milliseconds",
        aliases: &[],
        signature: "to_milliseconds(interval)",
        help: "The milliseconds of an interval of days or less.",
        volatility: Volatility::Immutable,
        coerce: |types| one_interval("to_milliseconds", types),
        returns: |_| args::field(DataType::Int64),
        invoke: |args| lengths(args, 1_000_000),
    },
    Scalar {
        name: "human_readable_seconds",
        aliases: &[],
        signature: "human_readable_seconds(seconds)",
        help: "Seconds in words: '1 day, 2 hours, 5 seconds'.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [seconds] => Ok(vec![args::number("human_readable_seconds", seconds)?]),
            _ => plan_err!("human_readable_seconds takes one number"),
        },
        returns: |_| args::field(DataType::Utf8View),
        invoke: human_readable_seconds,
    },
    Scalar {
        name: TIMES,
        aliases: &[],
        signature: "lake_interval_times(interval, number)",
        help: "Internal: an interval times a number.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [_, factor] if factor.is_integer() => Ok(vec![INTERVAL, DataType::Int64]),
            [_, _] => Ok(vec![INTERVAL, DataType::Float64]),
            _ => plan_err!("an interval is multiplied by one number"),
        },
        returns: |_| args::field(INTERVAL),
        invoke: times,
    },
    Scalar {
        name: DIVIDED,
        aliases: &[],
        signature: "lake_interval_divided(interval, number)",
        help: "Internal: an interval divided by a number.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [_, _] => Ok(vec![INTERVAL, DataType::Float64]),
            _ => plan_err!("an interval is divided by one number"),
        },
        returns: |_| args::field(INTERVAL),
        invoke: |args| {
            let call = Call::new(args);
            let intervals = call.array(0)?;
            let divisors = call.numbers::<Float64Type>(1)?;
            let quotient = |(interval, divisor): (Option<IntervalMonthDayNano>, Option<f64>)| {
                let (Some(interval), Some(divisor)) = (interval, divisor) else { return Ok(None) };
                if divisor == 0.0 {
                    return Err(invalid("an interval divided by zero".to_owned(), "Use nullif(divisor, 0)."));
                }
                scaled(interval, |part| part / divisor).map(Some)
            };
            let quotients =
                intervals.as_primitive::<IntervalMonthDayNanoType>().iter().zip(&divisors).map(quotient);
            call.result(Arc::new(quotients.collect::<Result<IntervalMonthDayNanoArray>>()?))
        },
    },
    Scalar {
        name: LENGTH,
        aliases: &[],
        signature: "lake_interval_length(interval)",
        help: "Internal: the microseconds of an interval; a month counts as 30 days.",
        volatility: Volatility::Immutable,
        coerce: |types| one_interval(LENGTH, types),
        returns: |_| args::field(DataType::Int64),
        invoke: |args| lengths(args, 1_000),
    },
];

static TIMES_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| FUNCTIONS[3].udf());
static DIVIDED_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| FUNCTIONS[4].udf());
static LENGTH_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| FUNCTIONS[5].udf());

/// Returns what `*` between an interval and a number stands for.
pub fn interval_times() -> Arc<ScalarUDF> {
    Arc::clone(&TIMES_UDF)
}

/// Returns what `/` between an interval and a number stands for.
pub fn interval_divided() -> Arc<ScalarUDF> {
    Arc::clone(&DIVIDED_UDF)
}

/// Returns what intervals are compared by: their microseconds, a month counting as 30 days.
pub fn interval_length() -> Arc<ScalarUDF> {
    Arc::clone(&LENGTH_UDF)
}

fn one_interval(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [DataType::Interval(_) | DataType::Duration(_) | DataType::Null] => Ok(vec![INTERVAL]),
        [other] => plan_err!("{name} takes an interval, not {other}"),
        _ => plan_err!("{name} takes one interval"),
    }
}

fn nanos_of(interval: IntervalMonthDayNano) -> i128 {
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    days * DAY_NANOS + i128::from(interval.nanoseconds)
}

fn lengths(args: &ScalarFunctionArgs, unit_nanos: i128) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let intervals = call.array(0)?;
    let length =
        |interval: Option<IntervalMonthDayNano>| i64::try_from(nanos_of(interval?) / unit_nanos).ok();
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    call.result(Arc::new(intervals.iter().map(length).collect::<Int64Array>()))
}

/// Makes an interval of nanoseconds, whole days apart.
fn of_nanos(nanos: i128) -> Result<IntervalMonthDayNano> {
    let days = i32::try_from(nanos / DAY_NANOS);
    let rest = i64::try_from(nanos % DAY_NANOS);
    match (days, rest) {
        (Ok(days), Ok(nanos)) => Ok(IntervalMonthDayNano::new(0, days, nanos)),
        _ => Err(invalid("the interval is too long".to_owned(), "Intervals go up to five million years.")),
    }
}

fn times(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let intervals = call.array(0)?;
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    let factors = call.array(1)?;
    let products = if let Some(factors) = factors.as_primitive_opt::<Int64Type>() {
        let product = |(interval, factor): (Option<IntervalMonthDayNano>, Option<i64>)| {
            let (Some(interval), Some(factor)) = (interval, factor) else { return Ok(None) };
            let months = i64::from(interval.months).checked_mul(factor).map(i32::try_from);
            let rest = nanos_of(IntervalMonthDayNano::new(0, interval.days, interval.nanoseconds));
            let rest = of_nanos(rest.saturating_mul(i128::from(factor)))?;
            match months {
                Some(Ok(months)) => Ok(Some(IntervalMonthDayNano { months, ..rest })),
                _ => of_nanos(i128::MAX).map(Some),
            }
        };
        intervals.iter().zip(factors).map(product).collect::<Result<IntervalMonthDayNanoArray>>()?
    } else {
        let product = |(interval, factor): (Option<IntervalMonthDayNano>, Option<f64>)| {
            let pair = interval.zip(factor);
            pair.map(|(interval, factor)| scaled(interval, |part| part * factor)).transpose()
        };
        let factors = factors.as_primitive::<Float64Type>();
        intervals.iter().zip(factors).map(product).collect::<Result<IntervalMonthDayNanoArray>>()?
    };
    call.result(Arc::new(products))
}

/// Scales months and the rest apart; Trino counts the rest in milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked below")]
fn scaled(interval: IntervalMonthDayNano, scale: impl Fn(f64) -> f64) -> Result<IntervalMonthDayNano> {
    let rest = nanos_of(IntervalMonthDayNano::new(0, interval.days, interval.nanoseconds)) / 1_000_000;
    let rest = of_nanos((scale(rest as f64) as i128).saturating_mul(1_000_000))?;
    Ok(IntervalMonthDayNano { months: scale(f64::from(interval.months)) as i32, ..rest })
}

fn parse_duration(text: &str) -> Result<IntervalMonthDayNano> {
    let wrong = || {
        invalid(
            format!("'{text}' is no duration"),
            "Write a number and a unit: '42.8ms', '3 d'; units are ns, us, ms, s, m, h and d.",
        )
    };
    let trimmed = text.trim();
    let number_ends = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(number_ends);
    let number: f64 = number.parse().map_err(|_error| wrong())?;
    let millis = match unit.trim_start() {
        "ns" => number / 1e6,
        "us" => number / 1e3,
        "ms" => number,
        "s" => number * 1e3,
        "m" => number * 60e3,
        "h" => number * 3_600e3,
        "d" => number * 86_400e3,
        _ => return Err(wrong()),
    };
    let millis = (millis + 0.5).floor() as i128;
    of_nanos(millis.saturating_mul(1_000_000))
}

fn human_readable_seconds(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let mut builder = StringViewBuilder::with_capacity(call.rows);
    let mut text = String::new();
    for seconds in &call.numbers::<Float64Type>(0)? {
        let Some(seconds) = seconds else {
            builder.append_null();
            continue;
        };
        if !seconds.is_finite() {
            return Err(invalid(
                format!("`human_readable_seconds`: {seconds} is no number of seconds"),
                "Leave out NaN and Infinity with is_finite().",
            ));
        }
        text.clear();
        write_seconds((seconds.abs() + 0.5).floor() as u64, &mut text);
        builder.append_value(&text);
    }
    call.result(Arc::new(builder.finish()))
}

fn write_seconds(seconds: u64, out: &mut String) {
    let mut rest = seconds;
    for (unit, length) in [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)]
    {
        let count = rest / length;
        rest %= length;
        if count > 0 || (seconds == 0 && length == 1) {
            let comma = if out.is_empty() { "" } else { ", " };
            let plural = if count == 1 { "" } else { "s" };
            // A String takes all that is written to it.
            let _ = write!(out, "{comma}{count} {unit}{plural}");
        }
    }
}
