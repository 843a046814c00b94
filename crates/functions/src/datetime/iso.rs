//! ISO 8601: `from_iso8601_timestamp`, `from_iso8601_date`, `to_iso8601`.

use std::fmt::Write;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Timelike, Weekday};
use datafusion::arrow::array::{Date32Array, StringViewBuilder, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::{DataType, Date32Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, Volatility};

use super::args::{self, Call, instants, invalid};
use super::pattern::{Item, Shown};
use super::zone::Zone;
use crate::scalar::Scalar;

const HINT: &str = "Write a date as 2024-01-31, and a time behind it as T10:00:00.000Z or T10:00+02:00.";

pub(super) static FUNCTIONS: [Scalar; 3] = [
    Scalar {
        name: "from_iso8601_timestamp",
        aliases: &["from_iso8601_timestamp_nanos"],
        signature: "from_iso8601_timestamp(text)",
        help: "The instant that an ISO 8601 text names; UTC where it names no offset.",
        volatility: Volatility::Immutable,
        coerce: |types| one_text("from_iso8601_timestamp", types),
        returns: |_| args::field(args::instant()),
        invoke: |args| {
            let call = Call::new(args);
            let texts = call.text_array(0)?;
            let instant = |text: Option<&str>| {
                let Some(text) = text else { return Ok(None) };
                let found = parse_instant(text);
                found.map(Some).ok_or_else(|| invalid(format!("'{text}' is no ISO 8601 timestamp"), HINT))
            };
            let micros = texts.iter().map(instant);
            call.result(instants(micros.collect::<Result<TimestampMicrosecondArray>>()?))
        },
    },
    Scalar {
        name: "from_iso8601_date",
        aliases: &[],
        signature: "from_iso8601_date(text)",
        help: "The date that an ISO 8601 text names: 2024-01-31, 2024-W05-3 or 2024-031.",
        volatility: Volatility::Immutable,
        coerce: |types| one_text("from_iso8601_date", types),
        returns: |_| args::field(DataType::Date32),
        invoke: |args| {
            let call = Call::new(args);
            let texts = call.text_array(0)?;
            let date = |text: Option<&str>| {
                let Some(text) = text else { return Ok(None) };
                let found = parse_date(text).map(|date| Some(Date32Type::from_naive_date(date)));
                found.ok_or_else(|| invalid(format!("'{text}' is no ISO 8601 date"), HINT))
            };
            let days = texts.iter().map(date).collect::<Result<Date32Array>>()?;
            call.result(Arc::new(days))
        },
    },
    Scalar {
        name: "to_iso8601",
        aliases: &[],
        signature: "to_iso8601(time)",
        help: "A date or timestamp as ISO 8601 text, with the offset of its zone.",
        volatility: Volatility::Immutable,
        coerce: |types| match types {
            [time] => Ok(vec![args::moment("to_iso8601", time)?]),
            _ => plan_err!("to_iso8601 takes one argument"),
        },
        returns: |_| args::field(DataType::Utf8View),
        invoke: to_iso8601,
    },
];

fn one_text(name: &str, types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [text] => Ok(vec![args::text(name, text)?]),
        _ => plan_err!("{name} takes one text"),
    }
}

/// Reads a number that is all digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Reads a date: of a month, of a week or of a year; what is left out is the first.
fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.splitn(3, '-');
    let year = i32::try_from(digits(parts.next()?, 4)?).ok()?;
    let (second, third) = (parts.next(), parts.next());
    if let Some(week) = second.and_then(|second| second.strip_prefix('W')) {
        let day = third.map_or(Some(1), |day| digits(day, 1))?;
        let day = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
        return NaiveDate::from_isoywd_opt(year, digits(week, 2)?, day);
    }
    match (second, third) {
        (None, _) => NaiveDate::from_ymd_opt(year, 1, 1),
        (Some(day), None) if day.len() == 3 => NaiveDate::from_yo_opt(year, digits(day, 3)?),
        (Some(month), None) => NaiveDate::from_ymd_opt(year, digits(month, 2)?, 1),
        (Some(month), Some(day)) => NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?),
    }
}

/// Reads a date, and a time and an offset that may follow it.
fn parse_instant(text: &str) -> Option<i64> {
    let Some((date, time)) = text.split_once('T') else {
        return Some(parse_date(text)?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros());
    };
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_at);
    let zone = match zone {
        "" | "Z" => Zone::Utc,
        offset => Zone::parse(&with_colon(offset)?).ok()?,
    };
    let date = if date.is_empty() { NaiveDate::from_ymd_opt(1970, 1, 1)? } else { parse_date(date)? };
    let (seconds, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    if fraction.is_empty() || fraction.bytes().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let nanos = format!("{fraction:0<9.9}").parse().ok()?;
    let mut parts = seconds.split(':');
    let mut part = || parts.next().map_or(Some(0), |part| digits(part, 2));
    let time = match (part()?, part()?, part()?) {
        // The end of a day is the start of the next.
        (24, 0, 0) if nanos == 0 => date.succ_opt()?.and_hms_opt(0, 0, 0)?,
        (hour, minute, second) => date.and_hms_nano_opt(hour, minute, second, nanos)?,
    };
    if parts.next().is_some() { None } else { zone.instant(time) }
}

/// Writes an offset as `+02:00`.
fn with_colon(offset: &str) -> Option<String> {
    let (sign, digits) = offset.split_at_checked(1)?;
    let digits: String = digits.chars().filter(|character| *character != ':').collect();
    match digits.len() {
        2 => Some(format!("{sign}{digits}:00")),
        4 => Some(format!("{sign}{}:{}", digits.get(..2)?, digits.get(2..)?)),
        _ => None,
    }
}

fn to_iso8601(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let call = Call::new(args);
    let times = call.moments(0)?;
    let mut builder = StringViewBuilder::with_capacity(call.rows);
    let mut text = String::new();
    for row in 0..call.rows {
        let Some((micros, local)) = times.at(row).zip(times.local(row)) else {
            builder.append_null();
            continue;
        };
        text.clear();
        // A String takes all that is written to it.
        let _ = write!(text, "{:04}-{:02}-{:02}", local.year(), local.month(), local.day());
        if !times.are_dates() {
            let _ = write!(text, "T{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second());
            let micros = local.nanosecond() / 1_000;
            let _ = match micros % 1_000 {
                0 => write!(text, ".{:03}", micros / 1_000),
                _ => write!(text, ".{micros:06}"),
            };
        }
        match times.zone {
            Zone::Utc if times.have_zone() => text.push('Z'),
            Zone::Utc => {}
            zone => {
                if let Some(shown) = Shown::new(micros, zone) {
                    shown.print(&[Item::Offset { colon: true }], &mut text);
                }
            }
        }
        builder.append_value(&text);
    }
    call.result(Arc::new(builder.finish()))
}
