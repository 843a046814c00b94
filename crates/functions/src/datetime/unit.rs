//! Units of time: adding them, and counting them between two times.
//!
//! Units below a day are lengths of time; days and longer units are counted on the calendar of a zone.

use std::str::FromStr;

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, TimeDelta};
use datafusion::common::{DataFusionError, Result};

use super::args::invalid;
use super::zone::Zone;

const UNITS: &str = "Units are millisecond, second, minute, hour, day, week, month, quarter, year.";

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A length of time, in microseconds.
    Length(i64),
    /// So many days.
    Days(i64),
    /// So many months.
    Months(i64),
}

impl FromStr for Unit {
    type Err = DataFusionError;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "millisecond" => Self::Length(1_000),
            "second" => Self::Length(1_000_000),
            "minute" => Self::Length(60_000_000),
            "hour" => Self::Length(3_600_000_000),
            "day" => Self::Days(1),
            "week" => Self::Days(7),
            "month" => Self::Months(1),
            "quarter" => Self::Months(3),
            "year" => Self::Months(12),
            _ => return Err(invalid(format!("'{name}' is not a valid unit of time"), UNITS)),
        })
    }
}

impl Unit {
    /// Parses a unit for timestamps.
    pub(super) fn parse(name: &str) -> Result<Self> {
        name.parse()
    }

    /// Parses a unit for dates, which know no unit below a day.
    pub(super) fn parse_for_date(name: &str) -> Result<Self> {
        match name.parse()? {
            Self::Length(_) => Err(invalid(
                format!("'{name}' is not a valid unit of a date"),
                "A date has day, week, month, quarter and year. Cast it to timestamp for shorter ones.",
            )),
            unit => Ok(unit),
        }
    }

    /// Adds `count` of this unit; `None` where no date can hold the result.
    pub(super) fn add(self, count: i64, micros: i64, zone: Zone) -> Option<i64> {
        match self {
            Self::Length(length) => micros.checked_add(length.checked_mul(count)?),
            Self::Days(days) => {
                let days = TimeDelta::try_days(days.checked_mul(count)?)?;
                zone.instant(zone.local(micros)?.checked_add_signed(days)?)
            }
            Self::Months(months) => {
                zone.instant(add_months(zone.local(micros)?, months.checked_mul(count)?)?)
            }
        }
    }

    /// Counts the whole units from `start` to `end`; negative where `end` is earlier.
    pub(super) fn between(self, start: i64, end: i64, zone: Zone) -> Option<i64> {
        if end < start {
            return self.between(end, start, zone).map(|count| -count);
        }
        match self {
            Self::Length(length) => Some(end.checked_sub(start)? / length),
            Self::Days(days) => Some((zone.local(end)? - zone.local(start)?).num_days() / days),
            Self::Months(months) => Some(months_between(zone.local(start)?, zone.local(end)?)? / months),
        }
    }
}

/// Moves a time by months; a day that the month does not have becomes its last one.
pub(super) fn add_months(local: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 { local.checked_sub_months(count) } else { local.checked_add_months(count) }
}

/// Counts the whole months from `start` to a later `end`: the end of a month counts as any day that it does not have.
fn months_between(start: NaiveDateTime, end: NaiveDateTime) -> Option<i64> {
    let month_of = |time: NaiveDateTime| i64::from(time.year()) * 12 + i64::from(time.month0());
    let months = month_of(end) - month_of(start);
    let reached = add_months(start, months)?;
    Some(if reached > end { months - 1 } else { months })
}

/// Returns the last day of the month of a date.
pub(super) fn last_day_of_month(date: NaiveDate) -> Option<NaiveDate> {
    date.with_day(1)?.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))
}
