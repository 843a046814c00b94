//! Timestamps as CloudTrail Lake shows them: `YYYY-MM-DD HH:MM:SS.mmm`.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeZone, Timelike, Utc};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::datatypes::TimeUnit;

/// Appends an instant, in `zone` when it is not UTC.
///
/// Three digits of a second are always shown, more only where they are not zero. An instant outside the
/// calendar is shown as its number.
pub(super) fn push_timestamp(out: &mut String, value: i64, unit: TimeUnit, zone: Option<&str>) {
    let Some(instant) = instant(value, unit) else {
        out.push_str(&value.to_string());
        return;
    };
    match zone.filter(|zone| !is_utc(zone)).and_then(|zone| Some((zone, Tz::from_str(zone).ok()?))) {
        None => push_local(out, &instant.naive_utc()),
        Some((name, zone)) => {
            push_local(out, &zone.from_utc_datetime(&instant.naive_utc()).naive_local());
            out.push(' ');
            out.push_str(name);
        }
    }
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
    use std::fmt::Write;
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
