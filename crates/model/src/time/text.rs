//! The text forms of instants and days.
//!
//! Every eventTime seen in real logs is `YYYY-MM-DDTHH:MM:SSZ`: that form is read without chrono.
//! Saved Lake results, LookupEvents rows and users write other forms.

use chrono::{DateTime, NaiveDateTime};

use super::{EventDate, MICROS_PER_DAY, MICROS_PER_SECOND, Timestamp};

/// Longer text is no instant; the bound keeps odd parsing off large strings.
const MAX_TIME_BYTES: usize = 40;

/// Parses the text of an instant, or returns `None` if it is none.
///
/// | form | read as |
/// |---|---|
/// | `2026-01-31T22:15:00Z` | the canonical form, fast |
/// | `2026-01-31T22:15:00.123456Z` | up to nine digits, cut to microseconds |
/// | `2026-01-31T22:15:00+01:00`, `+0100` | with offset, with or without fraction |
/// | `2026-01-31 22:15:00`, `...00.123` | UTC, as CloudTrail Lake prints timestamps |
///
/// The years 0000 to 9999 and days that exist are accepted. A second 60 counts as the first second
/// of the next minute, since UTC microseconds have no place for it.
pub fn parse_event_time(text: &[u8]) -> Option<Timestamp> {
    if let Ok(canonical) = <&[u8; 20]>::try_from(text)
        && let Some(instant) = parse_canonical(canonical)
    {
        return Some(instant);
    }
    parse_odd(text)
}

/// Formats an instant as `YYYY-MM-DDTHH:MM:SSZ`, with three or six digits of fraction only if the
/// instant lies between two seconds.
///
/// Years outside 0000 to 9999 print with a sign and are not read back.
pub fn format_event_time(instant: Timestamp) -> String {
    let date = instant.event_date();
    let micros_of_day = instant.0.rem_euclid(MICROS_PER_DAY);
    let second_of_day = micros_of_day / MICROS_PER_SECOND;
    let micros = micros_of_day % MICROS_PER_SECOND;
    let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
    let day = format_date(date);
    if micros == 0 {
        format!("{day}T{hour:02}:{minute:02}:{second:02}Z")
    } else if micros % 1000 == 0 {
        format!("{day}T{hour:02}:{minute:02}:{second:02}.{:03}Z", micros / 1000)
    } else {
        format!("{day}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

/// Parses `YYYY-MM-DD`.
pub(super) fn parse_date(text: &[u8]) -> Option<EventDate> {
    let b: &[u8; 10] = text.try_into().ok()?;
    if b[4] != b'-' || b[7] != b'-' {
        return None;
    }
    let mut digits = Digits::default();
    let year = digits.pair(b[0], b[1]) * 100 + digits.pair(b[2], b[3]);
    let month = digits.pair(b[5], b[6]);
    let day = digits.pair(b[8], b[9]);
    if digits.found_other {
        return None;
    }
    EventDate::from_ymd(year as i32, month, day)
}

/// Formats a day as `YYYY-MM-DD`; other years than 0000 to 9999 carry a sign.
pub(super) fn format_date(date: EventDate) -> String {
    let (year, month, day) = date.year_month_day();
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+06}-{month:02}-{day:02}")
    }
}

/// Parses exactly `YYYY-MM-DDTHH:MM:SSZ`.
fn parse_canonical(b: &[u8; 20]) -> Option<Timestamp> {
    if b[10] != b'T' || b[13] != b':' || b[16] != b':' || b[19] != b'Z' {
        return None;
    }
    let date = parse_date(&b[..10])?;
    let mut digits = Digits::default();
    let hour = digits.pair(b[11], b[12]);
    let minute = digits.pair(b[14], b[15]);
    let second = digits.pair(b[17], b[18]);
    if digits.found_other || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let second_of_day = i64::from(hour * 3600 + minute * 60 + second);
    Some(Timestamp(date.start().0 + second_of_day * MICROS_PER_SECOND))
}

/// Reads decimal digits, remembering whether any byte was none: one check after many reads.
#[derive(Default)]
struct Digits {
    found_other: bool,
}

impl Digits {
    fn pair(&mut self, tens: u8, ones: u8) -> u32 {
        let tens = tens.wrapping_sub(b'0');
        let ones = ones.wrapping_sub(b'0');
        self.found_other |= tens > 9 || ones > 9;
        u32::from(tens) * 10 + u32::from(ones)
    }
}

/// Parses every form but the canonical one.
fn parse_odd(text: &[u8]) -> Option<Timestamp> {
    if text.len() > MAX_TIME_BYTES {
        return None;
    }
    // chrono also takes signed and five-digit years, and blanks around numbers: the date is
    // checked by our own rules first.
    let (date, rest) = text.split_at_checked(10)?;
    parse_date(date)?;
    if !matches!(rest.first(), Some(b'T' | b't' | b' ')) || rest[1..].iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let date = &text[..10];
    let time = &text[11..];
    let normal = format!("{date}T{time}");
    let micros = if let Ok(zoned) = DateTime::parse_from_rfc3339(&normal) {
        zoned.timestamp_micros()
    } else if let Ok(zoned) = DateTime::parse_from_str(&normal, "%Y-%m-%dT%H:%M:%S%.f%z") {
        zoned.timestamp_micros()
    } else if let Ok(utc) = NaiveDateTime::parse_from_str(&normal, "%Y-%m-%dT%H:%M:%S%.f") {
        utc.and_utc().timestamp_micros()
    } else {
        return None;
    };
    // An offset can push an instant out of the years that the text form holds.
    let instant = Timestamp(micros);
    let (year, _, _) = instant.event_date().year_month_day();
    (0..=9999).contains(&year).then_some(instant)
}
