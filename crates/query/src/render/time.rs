//! Timestamps as CloudTrail Lake shows them: `YYYY-MM-DD HH:MM:SS.mmm`.

use std::fmt::Write;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, Offset, TimeZone as _, Timelike, Utc};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::datatypes::TimeUnit;

use super::zone::TimeZone;

/// Appends the value of a timestamp column whose type names `zone`.
///
/// | column | shown in | example |
/// |---|---|---|
/// | without a zone: a local time of nobody knows where | as it is | `2026-01-31 23:59:59.000` |
/// | UTC | as it is | `2026-01-31 23:59:59.000` |
/// | another zone | as it is | `2026-02-01 08:59:59.000 Asia/Tokyo` |
/// | any zone | `display` | `2026-02-01 08:59:59.000 +09:00`; without the offset if that is UTC |
///
/// Three digits of a second are always shown, more only where they are not zero. An instant outside the
/// calendar is shown as its number.
pub(super) fn push_timestamp(
    out: &mut String,
    value: i64,
    unit: TimeUnit,
    zone: Option<&str>,
    display: Option<TimeZone>,
) {
    if try_push(out, value, unit, zone, display).is_none() {
        out.push_str(&value.to_string());
    }
}

/// Appends nothing when the instant is outside the calendar.
fn try_push(
    out: &mut String,
    value: i64,
    unit: TimeUnit,
    zone: Option<&str>,
    display: Option<TimeZone>,
) -> Option<()> {
    let utc = instant(value, unit)?.naive_utc();
    match (zone, display) {
        (Some(_), Some(display)) if display.is_utc() => push_local(out, &utc),
        (Some(_), Some(display)) => {
            let (local, offset) = display.local(utc)?;
            push_local(out, &local);
            // Writing to a string cannot fail.
            let _ = write!(out, " {offset}");
        }
        (Some(zone), None) if !is_utc(zone) => {
            let offset = Tz::from_str(zone).ok()?.offset_from_utc_datetime(&utc).fix();
            push_local(out, &utc.checked_add_offset(offset)?);
            out.push(' ');
            out.push_str(zone);
        }
        (None, _) | (Some(_), None) => push_local(out, &utc),
    }
    Some(())
}

fn is_utc(zone: &str) -> bool {
    zone.eq_ignore_ascii_case("UTC") || matches!(zone, "Z" | "+00:00")
}

fn instant(value: i64, unit: TimeUnit) -> Option<DateTime<Utc>> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp(value, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(value),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(value),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(value)),
    }
}

fn push_local(out: &mut String, time: &NaiveDateTime) {
    let nanos = time.nanosecond() % 1_000_000_000;
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    let _ = match nanos {
        n if n % 1_000_000 == 0 => write!(out, "{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => write!(out, "{:06}", n / 1_000),
        n => write!(out, "{n:09}"),
    };
}
