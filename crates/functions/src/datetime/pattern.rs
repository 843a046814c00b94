//! Patterns of dates and times, whichever alphabet they were written in, and how a time is printed by one.

use std::fmt::Write;

use chrono::{Datelike, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::OffsetName;

use super::zone::Zone;

/// One piece of a pattern. Counts of digits are the fewest that are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    /// Text that stands for itself.
    Literal(String),
    Number(Number, Digits),
    Text(Text, Form),
    /// The offset from UTC, with a colon or without; `Z` is read for none.
    Offset {
        colon: bool,
    },
    /// `America/New_York`.
    ZoneId,
    /// `EST`.
    ZoneName,
}

/// How many digits a number is printed with at least, and read with at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digits {
    pub(super) least: usize,
    pub(super) most: usize,
}

/// A field that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Century,
    Year,
    YearOfEra,
    /// The last two digits of a year from 1970 to 2069.
    ShortYear,
    WeekYear,
    Week,
    /// From 1 for Monday.
    DayOfWeek,
    DayOfYear,
    Month,
    Day,
    Hour,
    /// From 1 to 24.
    ClockHour,
    /// From 0 to 11.
    HalfdayHour,
    /// From 1 to 12.
    HalfdayClockHour,
    Minute,
    Second,
    /// The first digits of the fraction of a second.
    Fraction,
}

/// A field that is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Era,
    Month,
    DayOfWeek,
    Halfday,
}

/// Whether a word is cut to three letters when printed; either form is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Short,
    Long,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
pub(super) const HALFDAYS: [&str; 2] = ["AM", "PM"];
pub(super) const ERAS: [&str; 2] = ["BC", "AD"];

/// A pattern, read.
pub(super) type Pattern = Vec<Item>;

/// A time to be printed: the instant, its zone, and what clocks show there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    local: NaiveDateTime,
    micros: i64,
    zone: Zone,
}

impl Shown {
    pub(super) fn new(micros: i64, zone: Zone) -> Option<Self> {
        Some(Self { local: zone.local(micros)?, micros, zone })
    }

    /// Appends the time in the form of a pattern.
    pub(super) fn print(&self, pattern: &[Item], out: &mut String) {
        for item in pattern {
            match item {
                Item::Literal(text) => out.push_str(text),
                Item::Number(number, digits) => self.print_number(*number, digits.least, out),
                Item::Text(text, form) => self.print_text(*text, *form, out),
                Item::Offset { colon } => self.print_offset(*colon, out),
                Item::ZoneId => out.push_str(&self.zone.name()),
                Item::ZoneName => self.print_zone_name(out),
            }
        }
    }

    fn print_number(&self, number: Number, digits: usize, out: &mut String) {
        let local = &self.local;
        let week = local.iso_week();
        let value = match number {
            Number::Century => i64::from(local.year() / 100),
            Number::Year => i64::from(local.year()),
            Number::YearOfEra => i64::from(local.year_ce().1),
            Number::ShortYear => i64::from(local.year().rem_euclid(100)),
            Number::WeekYear => i64::from(week.year()),
            Number::Week => i64::from(week.week()),
            Number::DayOfWeek => i64::from(local.weekday().number_from_monday()),
            Number::DayOfYear => i64::from(local.ordinal()),
            Number::Month => i64::from(local.month()),
            Number::Day => i64::from(local.day()),
            Number::Hour => i64::from(local.hour()),
            Number::ClockHour => i64::from(if local.hour() == 0 { 24 } else { local.hour() }),
            Number::HalfdayHour => i64::from(local.hour() % 12),
            Number::HalfdayClockHour => i64::from(local.hour12().1),
            Number::Minute => i64::from(local.minute()),
            Number::Second => i64::from(local.second()),
            Number::Fraction => return self.print_fraction(digits, out),
        };
        let sign = if value < 0 { "-" } else { "" };
        // A String takes all that is written to it.
        let _ = write!(out, "{sign}{:0digits$}", value.unsigned_abs());
    }

    fn print_fraction(&self, digits: usize, out: &mut String) {
        let start = out.len();
        let _ = write!(out, "{:09}", self.local.nanosecond() % 1_000_000_000);
        out.truncate(start + digits.min(9));
        out.extend(std::iter::repeat_n('0', digits.saturating_sub(9)));
    }

    fn print_text(&self, text: Text, form: Form, out: &mut String) {
        let words: (&[&str], u32) = match text {
            Text::Era => return out.push_str(ERAS[usize::from(self.local.year_ce().0)]),
            Text::Halfday => return out.push_str(HALFDAYS[usize::from(self.local.hour12().0)]),
            Text::Month => (&MONTHS, self.local.month0()),
            Text::DayOfWeek => (&WEEKDAYS, self.local.weekday().num_days_from_monday()),
        };
        let word = words.0.get(words.1 as usize).copied().unwrap_or_default();
        out.push_str(match form {
            Form::Long => word,
            Form::Short => word.get(..3).unwrap_or(word),
        });
    }

    fn print_offset(&self, colon: bool, out: &mut String) {
        let minutes = self.zone.offset(&self.utc()).fix().local_minus_utc() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
        let _ = write!(out, "{sign}{hours:02}{}{minutes:02}", if colon { ":" } else { "" });
    }

    /// Prints what people call the zone at this time; an offset where it has no name.
    fn print_zone_name(&self, out: &mut String) {
        let name = self.zone.name();
        match name.parse::<chrono_tz::Tz>() {
            Ok(zone) => {
                let offset = zone.offset_from_utc_datetime(&self.utc());
                out.push_str(offset.abbreviation().unwrap_or(&name));
            }
            Err(_no_name) => out.push_str(&name),
        }
    }

    fn utc(&self) -> NaiveDateTime {
        chrono::DateTime::from_timestamp_micros(self.micros).map_or(self.local, |utc| utc.naive_utc())
    }
}

/// Returns an item that is a number of so many digits.
pub(super) fn number(number: Number, least: usize, most: usize) -> Item {
    Item::Number(number, Digits { least, most })
}

/// Appends a character that stands for itself.
pub(super) fn push_literal(pattern: &mut Pattern, character: char) {
    match pattern.last_mut() {
        Some(Item::Literal(text)) => text.push(character),
        _ => pattern.push(Item::Literal(character.to_string())),
    }
}
