//! How long a store keeps its events, counted from each event's own time.

use std::fmt::{self, Display, Formatter};

use crate::error::{Error, Result};
use crate::time::Timestamp;

/// A retention period in whole days, from [`RetentionDays::MIN`] to [`RetentionDays::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RetentionDays(u16);

impl RetentionDays {
    /// The shortest period, in days.
    pub const MIN: u16 = 7;
    /// The longest period, in days: ten years with their leap days.
    pub const MAX: u16 = 3653;

    /// Checks a number of days.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidParameterException`) outside `MIN..=MAX`.
    pub fn try_new(days: u32) -> Result<Self> {
        let in_range = u16::try_from(days).ok().filter(|days| (Self::MIN..=Self::MAX).contains(days));
        in_range.map(Self).ok_or_else(|| {
            let (min, max) = (Self::MIN, Self::MAX);
            Error::invalid(format!("retention period of {days} days is not between {min} and {max}"))
                .with_code("InvalidParameterException")
                .with_hint("Leave the retention period out to keep events for ever.")
        })
    }

    /// Returns the number of days.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl Display for RetentionDays {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

/// How long a store keeps its events.
///
/// # Source
///
/// Spec section 1a, "Retention": by eventTime, not by arrival. Keeping for ever is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Retention {
    /// Events never expire.
    #[default]
    Forever,
    /// Events expire this many days after their eventTime.
    Days(RetentionDays),
}

impl Retention {
    /// Returns the instant before which events have expired at `now`, or `None` if none ever do.
    ///
    /// An event exactly at the cutoff is kept; an event without a readable time never expires.
    pub fn cutoff(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some(now.saturating_sub_days(u32::from(days.get()))),
        }
    }

    /// Returns the period in days, or `None` for [`Retention::Forever`].
    pub fn days(self) -> Option<u16> {
        match self {
            Self::Forever => None,
            Self::Days(days) => Some(days.get()),
        }
    }

    /// Builds a retention from an optional number of days; `None` keeps events for ever.
    ///
    /// # Errors
    ///
    /// As [`RetentionDays::try_new`].
    pub fn from_days(days: Option<u32>) -> Result<Self> {
        match days {
            None => Ok(Self::Forever),
            Some(days) => RetentionDays::try_new(days).map(Self::Days),
        }
    }
}

impl Display for Retention {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.pad("forever"),
            Self::Days(days) => f.pad(&format!("{days} days")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn days_are_checked_at_both_ends() {
        for (days, valid) in [(0, false), (6, false), (7, true), (3653, true), (3654, false), (65_543, false)]
        {
            assert_eq!(RetentionDays::try_new(days).is_ok(), valid, "{days}");
        }
    }

    #[test]
    fn cutoff_is_whole_days_before_now() {
        let now = Timestamp::from_secs(100 * 86_400);
        let week = Retention::from_days(Some(7)).unwrap();
        assert_eq!(week.cutoff(now), Some(Timestamp::from_secs(93 * 86_400)));
        assert_eq!(Retention::Forever.cutoff(now), None);
    }
}
