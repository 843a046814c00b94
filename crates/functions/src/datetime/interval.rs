//! Lengths of time: text to interval and back, and what intervals are compared by.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{AsArray, Int64Array, IntervalMonthDayNanoArray, StringViewBuilder};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, Volatility};

use super::args::{self, Call, invalid};
use crate::scalar::Scalar;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const DAY_NANOS: i128 = 86_400_000_000_000;

/// What intervals are compared by.
const LENGTH: &str = "lake_interval_length";

pub(super) static FUNCTIONS: [Scalar; 4] = [
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

static LENGTH_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| FUNCTIONS[3].udf());

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
    #[allow(clippy::cast_possible_truncation, reason = "a cast of too large a number stops at the largest")]
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
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast stops at the largest"
        )]
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
