//! Instants of a corpus: seconds since its first midnight, and their text.

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use crate::text;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;

/// The days of a corpus, with their text made once.
///
/// Covers one day before the first, for sessions that began earlier, and one after the last, for
/// deliveries after midnight.
#[derive(Debug)]
pub(crate) struct Calendar {
    /// `2026-01-31` for each day, the day before the first one first.
    dates: Vec<Arc<str>>,
}

impl Calendar {
    /// Makes the calendar of `days` days.
    pub(crate) fn new(start: NaiveDate, days: u32) -> Self {
        let before = start.checked_sub_days(Days::new(1)).unwrap_or(start);
        let dates = (0..u64::from(days) + 3)
            .map(|day| Arc::from(before.checked_add_days(Days::new(day)).unwrap_or(start).to_string()))
            .collect();
        Calendar { dates }
    }

    /// Returns the date of an instant as `2026-01-31`.
    pub(crate) fn date(&self, instant: i64) -> &Arc<str> {
        let day = (instant.div_euclid(DAY) + 1).clamp(0, self.dates.len() as i64 - 1);
        &self.dates[day as usize]
    }

    /// Appends an instant as `2026-01-31T23:59:59Z`.
    pub(crate) fn push(&self, out: &mut String, instant: i64) {
        let second = instant.rem_euclid(DAY);
        out.push_str(self.date(instant));
        out.push('T');
        text::push_two_digits(out, second / 3600);
        out.push(':');
        text::push_two_digits(out, second / 60 % 60);
        out.push(':');
        text::push_two_digits(out, second % 60);
        out.push('Z');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn instants_are_written_across_months_and_midnights() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2024, 2, 28).unwrap(), 2);
        for (instant, expected) in [
            (0, "2024-02-28T00:00:00Z"),
            (-1, "2024-02-27T23:59:59Z"),
            (DAY + 3_661, "2024-02-29T01:01:01Z"),
            (2 * DAY, "2024-03-01T00:00:00Z"),
        ] {
            let mut out = String::new();
            calendar.push(&mut out, instant);
            assert_eq!(out, expected);
        }
    }
}
