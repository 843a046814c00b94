//! Time zones: the local time of an instant, and back.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Days, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use datafusion::arrow::array::timezone::Tz;
use datafusion::common::Result;

use auditlake_model::Error;

use crate::engine_error::into_datafusion;

/// The zone of the session, and of every time that names none.
pub(super) const UTC: &str = "UTC";

/// A time zone, with a short way for UTC.
#[derive(Debug, Clone, Copy)]
pub(super) enum Zone {
    Utc,
    Other(Tz),
}

impl Zone {
    /// Parses the zone of a type; a type without one counts as UTC.
    pub(super) fn of_type(zone: Option<&Arc<str>>) -> Result<Self> {
        zone.map_or(Ok(Self::Utc), |name| Self::parse(name))
    }

    /// Parses a name (`America/New_York`, `UTC`) or an offset (`+02:00`).
    pub(super) fn parse(name: &str) -> Result<Self> {
        if matches!(name, UTC | "Z" | "+00:00" | "GMT") {
            return Ok(Self::Utc);
        }
        name.parse().map(Self::Other).map_err(|_error| {
            into_datafusion(
                Error::invalid(format!("no time zone `{name}`"))
                    .with_hint("Write a name such as 'America/New_York', or an offset such as '+02:00'."),
            )
        })
    }

    /// Returns its name, or its offset.
    pub(super) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Utc => Cow::Borrowed(UTC),
            Self::Other(zone) => Cow::Owned(zone.to_string()),
        }
    }

    /// Returns what clocks in this zone show at an instant.
    pub(super) fn local(self, micros: i64) -> Option<NaiveDateTime> {
        let utc = DateTime::from_timestamp_micros(micros)?.naive_utc();
        utc.checked_add_offset(self.offset(&utc))
    }

    /// Returns how far this zone is from UTC at an instant.
    pub(super) fn offset(self, utc: &NaiveDateTime) -> chrono::FixedOffset {
        match self {
            Self::Utc => chrono::Utc.fix(),
            Self::Other(zone) => zone.offset_from_utc_datetime(utc).fix(),
        }
    }

    /// Returns the instant at which clocks in this zone show a time: the first of two, and a time that is skipped as
    /// if clocks had not been put forward.
    pub(super) fn instant(self, local: NaiveDateTime) -> Option<i64> {
        let Self::Other(zone) = self else { return Some(local.and_utc().timestamp_micros()) };
        let offset = match zone.offset_from_local_datetime(&local) {
            MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => offset.fix(),
            MappedLocalTime::None => {
                zone.offset_from_utc_datetime(&local.checked_sub_days(Days::new(1))?).fix()
            }
        };
        Some(local.checked_sub_offset(offset)?.and_utc().timestamp_micros())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// Clocks in Berlin skip an hour in March and show one twice in October.
    #[test]
    fn clocks_that_jump_have_an_instant() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        for (local, utc) in [
            ("2024-03-31T01:59:59", "2024-03-31T00:59:59"),
            ("2024-03-31T02:30:00", "2024-03-31T01:30:00"),
            ("2024-03-31T03:00:00", "2024-03-31T01:00:00"),
            ("2024-10-27T02:30:00", "2024-10-27T00:30:00"),
            ("2024-10-27T03:00:00", "2024-10-27T02:00:00"),
        ] {
            let (local, utc): (NaiveDateTime, NaiveDateTime) = (local.parse().unwrap(), utc.parse().unwrap());
            assert_eq!(berlin.instant(local), Some(utc.and_utc().timestamp_micros()), "{local}");
        }
    }
}
