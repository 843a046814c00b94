//! What to write: the knobs of a corpus and their bounds.

use auditlake_model::{Error, Result};
use chrono::NaiveDate;

/// The largest number of accounts in one corpus.
pub const MAX_ACCOUNTS: u32 = 1_000;
/// The longest span of a corpus, in days.
pub const MAX_DAYS: u32 = 3_653;

/// Describes a corpus completely: equal configurations give byte-identical files.
///
/// - `events` counts distinct events; duplicates come on top.
/// - All event times lie in `[start, start + days)`, UTC.
/// - Shares are probabilities between 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthConfig {
    /// The number of distinct events.
    pub events: u64,
    /// The seed of every draw.
    pub seed: u64,
    /// The first UTC day.
    pub start: NaiveDate,
    /// The number of days, 1 to [`MAX_DAYS`].
    pub days: u32,
    /// The number of accounts, 1 to [`MAX_ACCOUNTS`].
    pub accounts: u32,
    /// The typical number of events in one log file; single files hold 1 to 4 times as many.
    pub events_per_file: u32,
    /// The share of events delivered a second time, in another file, as overlapping trails do.
    pub duplicate_share: f64,
    /// The share of events that carry what attackers put into logs: terminal escapes, markup,
    /// spreadsheet formulas, line breaks. See [`HOSTILE_TEXTS`](crate::HOSTILE_TEXTS).
    pub hostile_share: f64,
    /// Whether the leaked-key incident is woven in. It needs at least 200 events and is left out of
    /// smaller corpora.
    pub incident: bool,
}

impl Default for SynthConfig {
    /// Returns a few quiet days of a small company: 20,000 events of 4 accounts with the incident.
    fn default() -> Self {
        SynthConfig {
            events: 20_000,
            seed: 1,
            start: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap_or_default(),
            days: 4,
            accounts: 4,
            events_per_file: 200,
            duplicate_share: 0.01,
            hostile_share: 0.0,
            incident: true,
        }
    }
}

impl SynthConfig {
    /// Checks the bounds.
    ///
    /// # Errors
    /// `Invalid`, naming the setting and its bounds.
    pub fn check(&self) -> Result<()> {
        within("days", self.days, 1, MAX_DAYS)?;
        within("accounts", self.accounts, 1, MAX_ACCOUNTS)?;
        within("events per file", self.events_per_file, 1, 100_000)?;
        share("duplicate share", self.duplicate_share)?;
        share("hostile share", self.hostile_share)?;
        let last = self.start.checked_add_days(chrono::Days::new(u64::from(self.days) + 1));
        let years = 1970..=9998;
        let spans = |day: NaiveDate| years.contains(&chrono::Datelike::year(&day));
        if !spans(self.start) || !last.is_some_and(spans) {
            return Err(Error::invalid("days must lie between the years 1970 and 9998")
                .with_context("start", self.start));
        }
        Ok(())
    }
}

fn within(setting: &'static str, value: u32, low: u32, high: u32) -> Result<()> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(format!("{setting} must be between {low} and {high}")).with_context("value", value))
}

fn share(setting: &'static str, value: f64) -> Result<()> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(Error::invalid(format!("{setting} must be between 0 and 1")).with_context("value", value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_default_is_within_bounds() {
        SynthConfig::default().check().unwrap();
    }

    #[test]
    fn settings_out_of_bounds_are_named() {
        let base = SynthConfig::default;
        let cases = [
            (SynthConfig { days: 0, ..base() }, "days must be between 1 and 3653"),
            (SynthConfig { accounts: 0, ..base() }, "accounts must be between 1 and 1000"),
            (SynthConfig { events_per_file: 0, ..base() }, "events per file must be"),
            (SynthConfig { duplicate_share: 1.5, ..base() }, "duplicate share must be between 0 and 1"),
            (SynthConfig { hostile_share: f64::NAN, ..base() }, "hostile share must be between 0 and 1"),
            (SynthConfig { start: NaiveDate::MAX, ..base() }, "days must lie between the years"),
        ];
        for (config, expected) in cases {
            let message = config.check().unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
