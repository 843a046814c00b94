//! Reads a time by a pattern.
//!
//! What the text does not name is the first there is: month 1, day 1, hour 0; without any year it is 2000 where
//! the text has a day, and 1970 where it has a time of day only.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::pattern::{ERAS, HALFDAYS, Item, MONTHS, Number, Text, WEEKDAYS};
use super::zone::Zone;

/// What a text names.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Found {
    is_before_christ: bool,
    century: Option<i64>,
    year: Option<i64>,
    week_year: Option<i64>,
    week: Option<u32>,
    day_of_week: Option<u32>,
    day_of_year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    is_afternoon: Option<bool>,
    half_hour: Option<u32>,
    hour: Option<u32>,
    minute: u32,
    second: u32,
    nanos: u32,
    zone: Option<Zone>,
}

/// Reads a text; an error is where in the text it does not fit.
pub(super) fn parse(pattern: &[Item], text: &str) -> Result<Found, usize> {
    let mut found = Found::default();
    let mut rest = text;
    for item in pattern {
        let here = text.len() - rest.len();
        let length = match item {
            Item::Literal(literal) => starts_ignoring_case(rest, literal).then_some(literal.len()),
            Item::Number(number, digits) => found.read_number(*number, digits.most, rest),
            Item::Text(field, _) => found.read_text(*field, rest),
            Item::Offset { .. } => found.read_offset(rest),
            Item::ZoneId | Item::ZoneName => found.read_zone(rest),
        };
        rest = length.and_then(|length| rest.get(length..)).ok_or(here)?;
    }
    if rest.is_empty() { Ok(found) } else { Err(text.len() - rest.len()) }
}

fn starts_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Reads the first of some words, or its first three letters; returns its position and the length that was read.
fn word(words: &[&str], text: &str) -> Option<(u32, usize)> {
    let length_of = |word: &str| {
        let short = word.get(..3).unwrap_or(word);
        [word, short].into_iter().find(|form| starts_ignoring_case(text, form)).map(str::len)
    };
    (0..).zip(words).find_map(|(position, word)| Some((position, length_of(word)?)))
}

impl Found {
    /// Reads a number; returns how long it is.
    fn read_number(&mut self, number: Number, most: usize, text: &str) -> Option<usize> {
        let can_be_signed = matches!(number, Number::Year | Number::WeekYear | Number::Century);
        let sign = usize::from(can_be_signed && text.starts_with(['-', '+']));
        let count = text.bytes().skip(sign).take(most).take_while(u8::is_ascii_digit).count();
        let digits = text.get(sign..sign + count).filter(|digits| !digits.is_empty())?;
        if number == Number::Fraction {
            self.nanos = format!("{digits:0<9.9}").parse().ok()?;
            return Some(count);
        }
        let value: i64 = digits.parse().ok()?;
        self.set(number, if text.starts_with('-') { -value } else { value })?;
        Some(sign + count)
    }

    /// Takes a number, if it is one that the field can have.
    fn set(&mut self, number: Number, value: i64) -> Option<()> {
        let within = |range: std::ops::RangeInclusive<i64>| {
            range.contains(&value).then_some(value).and_then(|value| u32::try_from(value).ok())
        };
        match number {
            Number::Century => self.century = Some(value),
            Number::Year | Number::YearOfEra => self.year = Some(value),
            Number::ShortYear => self.year = Some(if value < 70 { 2000 + value } else { 1900 + value }),
            Number::WeekYear => self.week_year = Some(value),
            Number::Week => self.week = Some(within(1..=53)?),
            Number::DayOfWeek => self.day_of_week = Some(within(1..=7)? - 1),
            Number::DayOfYear => self.day_of_year = Some(within(1..=366)?),
            Number::Month => self.month = Some(within(1..=12)?),
            Number::Day => self.day = Some(within(1..=31)?),
            Number::Hour => self.hour = Some(within(0..=23)?),
            Number::ClockHour => self.hour = Some(within(1..=24)? % 24),
            Number::HalfdayHour => self.half_hour = Some(within(0..=11)?),
            Number::HalfdayClockHour => self.half_hour = Some(within(1..=12)? % 12),
            Number::Minute => self.minute = within(0..=59)?,
            Number::Second => self.second = within(0..=59)?,
            Number::Fraction => {}
        }
        Some(())
    }

    fn read_text(&mut self, field: Text, text: &str) -> Option<usize> {
        let words: &[&str] = match field {
            Text::Era => &ERAS,
            Text::Month => &MONTHS,
            Text::DayOfWeek => &WEEKDAYS,
            Text::Halfday => &HALFDAYS,
        };
        let (position, length) = word(words, text)?;
        match field {
            Text::Era => self.is_before_christ = position == 0,
            Text::Month => self.month = Some(position + 1),
            Text::DayOfWeek => self.day_of_week = Some(position),
            Text::Halfday => self.is_afternoon = Some(position == 1),
        }
        Some(length)
    }

    /// Reads `Z`, `+02`, `+0200` or `+02:00`.
    fn read_offset(&mut self, text: &str) -> Option<usize> {
        if text.starts_with(['Z', 'z']) {
            self.zone = Some(Zone::Utc);
            return Some(1);
        }
        let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
        let two_digits = |at: usize| {
            let digits = text.get(at..at + 2)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
        };
        let hours = two_digits(1)?;
        let minutes_at = if text.get(3..4) == Some(":") { 4 } else { 3 };
        let (minutes, length) = match two_digits(minutes_at) {
            Some(minutes) => (minutes, minutes_at + 2),
            None => ("00", 3),
        };
        self.zone = Some(Zone::parse(&format!("{sign}{hours}:{minutes}")).ok()?);
        Some(length)
    }

    /// Reads a name or short name of a zone, or an offset.
    fn read_zone(&mut self, text: &str) -> Option<usize> {
        if text.starts_with(['+', '-']) {
            return self.read_offset(text);
        }
        let is_of_name =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
        let longest = text.bytes().take_while(is_of_name).count();
        let (length, zone) = (1..=longest).rev().find_map(|length| {
            let name = text.get(..length)?;
            Some((length, Zone::parse(american(name).unwrap_or(name)).ok()?))
        })?;
        self.zone = Some(zone);
        Some(length)
    }

    /// Returns what clocks show at the time that was named.
    pub(super) fn local(&self) -> Option<NaiveDateTime> {
        let hour = match (self.hour, self.half_hour, self.is_afternoon) {
            (Some(hour), ..) => hour,
            (None, hour, afternoon) => hour.unwrap_or(0) + if afternoon == Some(true) { 12 } else { 0 },
        };
        let time = NaiveTime::from_hms_nano_opt(hour, self.minute, self.second, self.nanos)?;
        Some(self.date()?.and_time(time))
    }

    fn date(&self) -> Option<NaiveDate> {
        let date = match (self.week_year, self.week) {
            (None, None) => self.date_of_year()?,
            (week_year, week) => {
                let year = week_year.or(self.year).unwrap_or(2000);
                NaiveDate::from_isoywd_opt(i32::try_from(year).ok()?, week.unwrap_or(1), Weekday::Mon)?
            }
        };
        match self.day_of_week {
            Some(day) => date.week(Weekday::Mon).checked_first_day()?.checked_add_days(Days::new(day.into())),
            None => Some(date),
        }
    }

    fn date_of_year(&self) -> Option<NaiveDate> {
        let names_day =
            [self.month, self.day, self.day_of_year, self.day_of_week].iter().any(Option::is_some);
        let year = match (self.century, self.year) {
            (Some(century), None) => century * 100,
            (_, Some(year)) if self.is_before_christ => 1 - year,
            (_, Some(year)) => year,
            (None, None) if names_day => 2000,
            (None, None) => 1970,
        };
        let year = i32::try_from(year).ok()?;
        match (self.day_of_year, self.month, self.day) {
            (Some(day), None, None) => NaiveDate::from_yo_opt(year, day),
            (_, month, day) => NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1)),
        }
    }

    /// Returns the instant; clocks without a zone are in UTC.
    pub(super) fn instant(&self) -> Option<i64> {
        let local = self.local()?;
        match self.zone {
            Some(zone) => zone.instant(local),
            None => Some(local.and_utc().timestamp_micros()),
        }
    }
}

/// Returns the offset that a short name of North America stands for.
fn american(name: &str) -> Option<&'static str> {
    Some(match name {
        "EST" => "-05:00",
        "EDT" => "-04:00",
        "CST" => "-06:00",
        "CDT" => "-05:00",
        "MST" => "-07:00",
        "MDT" => "-06:00",
        "PST" => "-08:00",
        "PDT" => "-07:00",
        _ => return None,
    })
}
