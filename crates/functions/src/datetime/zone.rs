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
