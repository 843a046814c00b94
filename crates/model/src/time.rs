//! Instants, days and ranges of time: UTC microseconds everywhere.
//!
//! ```text
//! eventTime text --parse_event_time--> Timestamp --event_date--> EventDate (the partition)
//!                <--format_event_time--
//! ```
//!
//! Nothing here reads a clock or knows a time zone: zones are a matter of display.

mod calendar;
mod range;
mod text;

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

pub use range::{TimeBound, TimeRange};
pub use text::{format_event_time, parse_event_time};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
const MICROS_PER_DAY: i64 = MICROS_PER_SECOND * SECONDS_PER_DAY;

/// An instant: microseconds since 1970-01-01T00:00:00Z, negative before.
///
/// Serialises as RFC 3339 text, which fails outside the years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The earliest instant that can be held.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// Creates an instant from microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Creates an instant from milliseconds since the epoch, saturating.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// Creates an instant from seconds since the epoch, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(MICROS_PER_SECOND))
    }

    /// Returns the microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the milliseconds since the epoch, rounded towards the past.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the seconds since the epoch, rounded towards the past.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Returns the UTC day that the instant falls in, also for instants before 1970.
    pub const fn event_date(self) -> EventDate {
        // The quotient of any i64 by the microseconds of a day fits an i32.
        EventDate(self.0.div_euclid(MICROS_PER_DAY) as i32)
    }

    /// Returns the instant `duration` later, or [`Timestamp::MAX`].
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// Returns the instant `duration` earlier, or [`Timestamp::MIN`].
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// Returns the instant `days` times 24 hours later, or [`Timestamp::MAX`].
    #[must_use]
    pub fn saturating_add_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days).saturating_mul(MICROS_PER_DAY)))
    }

    /// Returns the instant `days` times 24 hours earlier, or [`Timestamp::MIN`].
    #[must_use]
    pub fn saturating_sub_days(self, days: u32) -> Self {
        Self(self.0.saturating_sub(i64::from(days).saturating_mul(MICROS_PER_DAY)))
    }

    /// Returns the time that passed since `earlier`, or zero if it is later than `self`.
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        let micros = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

impl Display for Timestamp {
    /// Prints as [`format_event_time`].
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&format_event_time(*self))
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    /// Parses as [`parse_event_time`]; the error shows the expected form.
    fn from_str(text: &str) -> Result<Self> {
        parse_event_time(text.as_bytes()).ok_or_else(|| {
            Error::invalid(format!("`{text}` is no instant"))
                .with_hint("Write it as 2026-01-31T22:15:00Z or 2026-01-31T22:15:00+01:00.")
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format_event_time(*self);
        // The text form has four digits of year; a file that cannot be read back is worse than none.
        if parse_event_time(text.as_bytes()) != Some(*self) {
            return Err(serde::ser::Error::custom(format!("instant {} has no text form", self.0)));
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A UTC day: days since 1970-01-01, negative before. The partition of an event.
///
/// Prints, parses and serialises as `2026-01-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EventDate(pub i32);

impl EventDate {
    /// Creates a day from the number of days since 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Creates a day from year, month (1 to 12) and day (1 to 31), or `None` if there is no such
    /// day or the year is not between 0 and 9999.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(0..=9999).contains(&year) {
            return None;
        }
        calendar::days_from_civil(year, month, day).map(Self)
    }

    /// Returns the number of days since 1970-01-01.
    pub const fn days_since_epoch(self) -> i32 {
        self.0
    }

    /// Returns year, month (1 to 12) and day (1 to 31).
    pub fn year_month_day(self) -> (i32, u32, u32) {
        calendar::civil_from_days(self.0)
    }

    /// Returns the first instant of the day.
    pub const fn start(self) -> Timestamp {
        Timestamp((self.0 as i64).saturating_mul(MICROS_PER_DAY))
    }

    /// Returns the first instant after the day.
    pub const fn end(self) -> Timestamp {
        Timestamp((self.0 as i64 + 1).saturating_mul(MICROS_PER_DAY))
    }

    /// Returns the day `days` later, or earlier for a negative number, saturating.
    #[must_use]
    pub const fn saturating_add_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    ///
    /// `Invalid` when `text` has another form or names no day.
    pub fn parse(text: &str) -> Result<Self> {
        text::parse_date(text.as_bytes()).ok_or_else(|| {
            Error::invalid(format!("`{text}` is no date")).with_hint("Write it as 2026-01-31.")
        })
    }
}

impl Display for EventDate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&text::format_date(*self))
    }
}

impl FromStr for EventDate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for EventDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (year, _, _) = self.year_month_day();
        if !(0..=9999).contains(&year) {
            return Err(serde::ser::Error::custom(format!("day {} has no text form", self.0)));
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
