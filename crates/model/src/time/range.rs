//! Half-open ranges of time, and the ways a user may write one end of one.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::time::Duration;

use super::{EventDate, MICROS_PER_DAY, Timestamp, parse_event_time};
use crate::error::{Error, Result};

/// The instants from `start` (inclusive) to `end` (exclusive); `None` leaves that side open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TimeRange {
    /// The first instant inside.
    pub start: Option<Timestamp>,
    /// The first instant after.
    pub end: Option<Timestamp>,
}

impl TimeRange {
    /// Every instant.
    pub const ALL: Self = Self { start: None, end: None };

    /// Creates a range that holds at least one instant.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidDateRangeException`) when `start` is not before `end`.
    pub fn try_new(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<Self> {
        let range = Self { start, end };
        if let (Some(start), Some(end)) = (start, end)
            && range.is_empty()
        {
            return Err(Error::invalid(format!("time range from {start} to {end} is empty"))
                .with_code("InvalidDateRangeException")
                .with_hint("The start is inclusive, the end exclusive: the start must be earlier."));
        }
        Ok(range)
    }

    /// Tells whether `instant` lies in the range.
    pub fn contains(&self, instant: Timestamp) -> bool {
        let after_start = self.start.is_none_or(|start| instant >= start);
        let before_end = self.end.is_none_or(|end| instant < end);
        after_start && before_end
    }

    /// Tells whether no instant lies in the range.
    pub fn is_empty(&self) -> bool {
        match (self.start, self.end) {
            (Some(start), Some(end)) => start >= end,
            _ => false,
        }
    }

    /// Tells whether every instant lies in the range.
    pub fn is_all(&self) -> bool {
        *self == Self::ALL
    }

    /// Returns the instants that lie in both ranges.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let start = self.start.max(other.start);
        let end = match (self.end, other.end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { start, end }
    }

    /// Returns the range longer by `margin` on each closed side.
    #[must_use]
    pub fn widened(&self, margin: Duration) -> Self {
        Self {
            start: self.start.map(|start| start.saturating_sub(margin)),
            end: self.end.map(|end| end.saturating_add(margin)),
        }
    }

    /// Tells whether any instant of the day lies in the range.
    pub fn overlaps_date(&self, date: EventDate) -> bool {
        let day = Self { start: Some(date.start()), end: Some(date.end()) };
        !self.intersect(&day).is_empty()
    }

    /// Returns the first day that the range touches, or `None` if it has no start.
    pub fn first_date(&self) -> Option<EventDate> {
        self.start.map(Timestamp::event_date)
    }

    /// Returns the last day that the range touches, or `None` if it has no end.
    ///
    /// A range that ends at midnight does not touch the day that begins there.
    pub fn last_date(&self) -> Option<EventDate> {
        self.end.map(|end| Timestamp(end.0.saturating_sub(1)).event_date())
    }
}

impl Display for TimeRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let side = |instant: Option<Timestamp>| instant.map_or("..".to_string(), |i| i.to_string());
        write!(f, "[{}, {})", side(self.start), side(self.end))
    }
}

/// One end of a time range as a user writes it: an instant, or a time before now.
///
/// # Examples
///
/// ```
/// use auditlake_model::{TimeBound, Timestamp};
///
/// let now: Timestamp = "2026-01-31T12:00:00Z".parse()?;
/// assert_eq!(TimeBound::parse("24h", now)?.to_string(), "2026-01-30T12:00:00Z");
/// assert_eq!(TimeBound::parse("2026-01-05", now)?.to_string(), "2026-01-05T00:00:00Z");
/// # Ok::<(), auditlake_model::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeBound {
    /// A fixed instant.
    At(Timestamp),
    /// This long before now.
    Ago(Duration),
}

impl TimeBound {
    /// Parses the text of a bound and resolves it.
    ///
    /// Takes RFC 3339 (`2026-01-31T22:15:00Z`), a date (its first instant, UTC), or a whole number
    /// of `s`, `m`, `h`, `d` or `w` before `now` (`90m`, `24h`, `7d`).
    ///
    /// # Errors
    ///
    /// `Invalid` when `text` is none of these.
    pub fn parse(text: &str, now: Timestamp) -> Result<Timestamp> {
        Ok(text.parse::<Self>()?.resolve(now))
    }

    /// Returns the instant that the bound means at `now`.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::Ago(duration) => now.saturating_sub(duration),
        }
    }
}

impl FromStr for TimeBound {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(date) = EventDate::parse(text) {
            return Ok(Self::At(date.start()));
        }
        if let Some(instant) = parse_event_time(text.as_bytes()) {
            return Ok(Self::At(instant));
        }
        if let Some(duration) = parse_age(text) {
            return Ok(Self::Ago(duration));
        }
        Err(Error::invalid(format!("`{text}` is no point in time"))
            .with_hint("Write 2026-01-31T22:15:00Z, 2026-01-31, or a time before now such as 24h or 7d."))
    }
}

/// Parses a whole number followed by one unit letter.
fn parse_age(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let seconds_per_unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => (MICROS_PER_DAY / 1_000_000) as u64,
        'w' => 7 * (MICROS_PER_DAY / 1_000_000) as u64,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    count.checked_mul(seconds_per_unit).map(Duration::from_secs)
}
