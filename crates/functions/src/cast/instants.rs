//! Dates, times and instants from text and to text.
//!
//! Instants are taken in every form that users of Lake write: `2024-01-01`, `2024-01-01 10:00:00.123`, with `T`, and
//! with `Z`, an offset or the name of a zone behind it. Without a zone they are in UTC.

use std::fmt::Write;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike};
use datafusion::arrow::array::timezone::Tz;

const MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * MICROS;

/// Returns the days since 1970-01-01 of `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<i32> {
    let (date, rest) = leading_date(text.trim())?;
    if rest.is_empty() { days(date) } else { None }
}

fn days(date: NaiveDate) -> Option<i32> {
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Splits `YYYY-MM-DD` off a text; month and day may have one digit.
fn leading_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (year, rest) = number(digits, 4, 6)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 1, 2)?;
    let year = i32::try_from(year).ok()?;
    Some((NaiveDate::from_ymd_opt(if negative { -year } else { year }, month, day)?, rest))
}

/// Splits a number with so many digits off a text.
fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    Some((text[..length].parse().ok()?, &text[length..]))
}

/// Splits `HH:MM[:SS[.fraction]]` off a text and returns the microseconds; further digits round.
fn leading_time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = number(text, 1, 2)?;
    let (minute, mut rest) = number(rest.strip_prefix(':')?, 2, 2)?;
    let (mut second, mut micros) = (0, 0);
    if let Some(seconds) = rest.strip_prefix(':') {
        (second, rest) = number(seconds, 2, 2)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=12).contains(&length) {
                return None;
            }
            let picos: i64 = format!("{:0<12}", &fraction[..length]).parse().ok()?;
            micros = (picos + 500_000) / 1_000_000;
            rest = &fraction[length..];
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Some((seconds * MICROS + micros, rest))
}

/// Returns the microseconds since midnight of `HH:MM[:SS[.fraction]]`.
pub(super) fn time(text: &str) -> Option<i64> {
    let (micros, rest) = leading_time(text.trim())?;
    (rest.is_empty() && micros < DAY_MICROS).then_some(micros)
}

/// Returns the microseconds since 1970 of an instant; without a zone of its own it is in `zone`, or UTC.
pub(super) fn instant(text: &str, zone: Option<&Tz>) -> Option<i64> {
    let (date, rest) = leading_date(text.trim())?;
    let (micros, rest) = match rest.strip_prefix(['T', 't']) {
        Some(rest) => leading_time(rest)?,
        None if rest.trim_start().starts_with(|c: char| c.is_ascii_digit()) && rest.starts_with(' ') => {
            leading_time(rest.trim_start())?
        }
        None => (0, rest),
    };
    let local = i64::from(days(date)?).checked_mul(DAY_MICROS)?.checked_add(micros)?;
    match rest.trim_start() {
        "" => match zone {
            None => Some(local),
            Some(zone) => from_local(local, zone),
        },
        "Z" | "z" | "UTC" | "GMT" => Some(local),
        name => from_local(local, &parse_zone(name)?),
    }
}

/// Returns the zone at the end of an instant, as it is written.
pub(crate) fn zone_of(text: &str) -> Option<&str> {
    let (_, rest) = leading_date(text.trim())?;
    let rest = rest.trim_start_matches([' ', 'T', 't']);
    let rest = leading_time(rest).map_or(rest, |(_, rest)| rest);
    let zone = rest.trim();
    (!zone.is_empty()).then_some(zone)
}

/// Returns the zone of a name or an offset, in the form that types name zones by.
pub(crate) fn zone_name(name: &str) -> Option<String> {
    match name {
        "Z" | "z" | "UTC" | "GMT" | "+00:00" | "-00:00" => Some(super::types::UTC.to_owned()),
        name => parse_zone(name).map(|zone| zone.to_string()),
    }
}

pub(super) fn parse_zone(name: &str) -> Option<Tz> {
    if let Some(rest) = name.strip_prefix(['+', '-'])
        && let Some((hours, "")) = number(rest, 1, 2)
    {
        return Tz::from_str(&format!("{}{hours:02}:00", &name[..1])).ok();
    }
    Tz::from_str(name).ok()
}

/// Returns the instant that clocks of a zone show; one that they skip is as much later, the first of two.
fn from_local(micros: i64, zone: &Tz) -> Option<i64> {
    let local = DateTime::from_timestamp_micros(micros)?.naive_utc();
    if let Some(found) = zone.from_local_datetime(&local).earliest() {
        return Some(found.timestamp_micros());
    }
    let before = local.checked_sub_signed(Duration::hours(3))?;
    let before = zone.from_local_datetime(&before).earliest()?;
    before.timestamp_micros().checked_add(3 * 3600 * MICROS)
}

/// Returns what clocks of a zone show at an instant, as microseconds since 1970.
pub(super) fn to_local(micros: i64, zone: &Tz) -> Option<i64> {
    Some(local_time(micros, zone)?.and_utc().timestamp_micros())
}

fn local_time(micros: i64, zone: &Tz) -> Option<NaiveDateTime> {
    let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
    Some(zone.from_utc_datetime(&utc).naive_local())
}

/// Writes `YYYY-MM-DD`.
pub(super) fn write_date(days: i32, out: &mut String) {
    let date = NaiveDate::default().checked_add_signed(Duration::days(i64::from(days)));
    match date {
        Some(date) => {
            let sign = if date.year() < 0 { "-" } else { "" };
            let year = date.year().unsigned_abs();
            let _ = write!(out, "{sign}{year:04}-{:02}-{:02}", date.month(), date.day());
        }
        None => {
            let _ = write!(out, "{days} days");
        }
    }
}

/// Writes `HH:MM:SS.mmm`, with six digits if three are not enough.
pub(super) fn write_time(micros: i64, out: &mut String) {
    let seconds = micros.div_euclid(MICROS);
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    write_fraction(micros.rem_euclid(MICROS), out);
}

fn write_fraction(micros: i64, out: &mut String) {
    let _ = match micros % 1000 {
        0 => write!(out, ".{:03}", micros / 1000),
        _ => write!(out, ".{micros:06}"),
    };
}

/// Writes `YYYY-MM-DD HH:MM:SS.mmm`, in a zone other than UTC with its name.
pub(super) fn write_instant(micros: i64, zone: Option<(&Tz, &str)>, out: &mut String) {
    let local = match zone {
        Some((zone, _)) => local_time(micros, zone),
        None => DateTime::from_timestamp_micros(micros).map(|utc| utc.naive_utc()),
    };
    let Some(local) = local else {
        let _ = write!(out, "{micros} microseconds");
        return;
    };
    write_date(days(local.date()).unwrap_or_default(), out);
    out.push(' ');
    let since_midnight = local.time().signed_duration_since(NaiveTime::default());
    debug_assert!(local.nanosecond() < 1_000_000_000);
    write_time(since_midnight.num_microseconds().unwrap_or_default(), out);
    if let Some((_, name)) = zone {
        out.push(' ');
        out.push_str(name);
    }
}

/// Writes an interval: `1-2` of years and months, `2 03:04:05.000` of days and time.
pub(super) fn write_interval(months: i32, days: i32, nanos: i64, out: &mut String) {
    if months != 0 && days == 0 && nanos == 0 {
        let sign = if months < 0 { "-" } else { "" };
        let months = months.unsigned_abs();
        let _ = write!(out, "{sign}{}-{}", months / 12, months % 12);
        return;
    }
    // Months beside days are no interval of Trino; thirty days stand for one.
    let days = i64::from(days) + i64::from(months) * 30;
    let total = i128::from(days) * i128::from(DAY_MICROS) + i128::from(nanos / 1000);
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs();
    let day_micros = u128::from(DAY_MICROS.unsigned_abs());
    let _ = write!(out, "{sign}{} ", total / day_micros);
    write_time(i64::try_from(total % day_micros).unwrap_or_default(), out);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn shown(micros: i64) -> String {
        let mut out = String::new();
        write_instant(micros, None, &mut out);
        out
    }

    #[test]
    fn instants_are_read_in_all_forms() {
        for (text, expect) in [
            ("2024-01-01", "2024-01-01 00:00:00.000"),
            ("2024-1-5 7:08", "2024-01-05 07:08:00.000"),
            (" 2024-01-01 10:00:00 ", "2024-01-01 10:00:00.000"),
            ("2024-01-01T10:00:00Z", "2024-01-01 10:00:00.000"),
            ("2024-01-01T10:00:00.123456+01:00", "2024-01-01 09:00:00.123456"),
            ("2024-01-01 10:00:00 UTC", "2024-01-01 10:00:00.000"),
            ("2024-07-01 10:00:00 America/New_York", "2024-07-01 14:00:00.000"),
            ("2024-01-01 10:00:00.1 -08:00", "2024-01-01 18:00:00.100"),
            ("2024-03-10 02:30:00 America/New_York", "2024-03-10 07:30:00.000"),
            ("2024-11-03 01:30:00 America/New_York", "2024-11-03 05:30:00.000"),
            ("1969-12-31 23:59:59.999", "1969-12-31 23:59:59.999"),
            ("0001-01-01", "0001-01-01 00:00:00.000"),
            ("9999-12-31 23:59:59.9999999", "10000-01-01 00:00:00.000"),
        ] {
            assert_eq!(instant(text, None).map(shown).as_deref(), Some(expect), "{text}");
        }
        for text in [
            "",
            "x",
            "2024-13-01",
            "2024-02-30",
            "2024-01-01 24:00:00",
            "2024-01-01 10",
            "2024-01-01 10:00:00 Mars",
            "20240101",
        ] {
            assert_eq!(instant(text, None), None, "{text}");
        }
        assert_eq!(date("2024-01-01 10:00"), None);
        assert_eq!(date("1970-01-02"), Some(1));
        assert_eq!(zone_of("2024-01-01 10:00:00 Europe/Berlin"), Some("Europe/Berlin"));
        assert_eq!(zone_of("2024-01-01 10:00:00"), None);
    }

    #[test]
    fn intervals_have_a_form() {
        let shown = |months, days, nanos| {
            let mut out = String::new();
            write_interval(months, days, nanos, &mut out);
            out
        };
        assert_eq!(shown(14, 0, 0), "1-2");
        assert_eq!(shown(-14, 0, 0), "-1-2");
        assert_eq!(shown(0, 2, 0), "2 00:00:00.000");
        assert_eq!(shown(0, 1, 7_384_005_000_000), "1 02:03:04.005");
        assert_eq!(shown(0, 0, -1_000_000_000), "-0 00:00:01.000");
        assert_eq!(shown(0, 0, 90_000_000_000_000), "1 01:00:00.000");
    }
}
