//! The time zone that instants are shown in.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Result};
use chrono::{FixedOffset, NaiveDateTime, Offset, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};

use auditlake_dialect::nearest;

/// Names of UTC in the IANA data.
const UTC_NAMES: [&str; 8] =
    ["UTC", "Etc/UTC", "UCT", "Etc/UCT", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu"];

/// A time zone for display: an IANA name such as `Europe/Berlin`, or a fixed offset such as `+02:00`.
///
/// Names are those of the IANA data in this program, whatever the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeZone(Zone);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl TimeZone {
    /// UTC, in which instants are shown without an offset.
    pub const UTC: Self = Self(Zone::Named(Tz::UTC));

    /// Returns every IANA name, for completion.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// Tells whether this is UTC.
    pub fn is_utc(self) -> bool {
        match self.0 {
            Zone::Named(zone) => UTC_NAMES.contains(&zone.name()),
            Zone::Fixed(offset) => offset.local_minus_utc() == 0,
        }
    }

    /// Returns the local time of an instant and how far it is ahead of UTC; `None` outside the calendar.
    pub(super) fn local(self, utc: NaiveDateTime) -> Option<(NaiveDateTime, FixedOffset)> {
        let offset = match self.0 {
            Zone::Named(zone) => zone.offset_from_utc_datetime(&utc).fix(),
            Zone::Fixed(offset) => offset,
        };
        Some((utc.checked_add_offset(offset)?, offset))
    }
}

impl Display for TimeZone {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Zone::Named(zone) => f.pad(zone.name()),
            Zone::Fixed(offset) => f.pad(&offset.to_string()),
        }
    }
}

impl FromStr for TimeZone {
    type Err = Error;

    /// Parses an IANA name, without regard to case, or an offset as `+HH:MM`.
    fn from_str(text: &str) -> Result<Self> {
        if let Some(offset) = parse_offset(text) {
            return Ok(Self(Zone::Fixed(offset)));
        }
        let named = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(text));
        if let Some(zone) = named {
            return Ok(Self(Zone::Named(*zone)));
        }
        let error = Error::invalid(format!("`{text}` is no time zone"));
        Err(error.with_hint(match nearest_name(text) {
            Some(name) => format!("Did you mean `{name}`?"),
            None => "Use an IANA name such as Europe/Berlin, or an offset such as +02:00.".to_owned(),
        }))
    }
}

/// Finds the zone that was likely meant, by its city first.
fn nearest_name(text: &str) -> Option<&'static str> {
    let city = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
    let wanted = text.replace(' ', "_");
    match nearest(&wanted, TimeZone::names().map(city)) {
        Some(found) => TimeZone::names().find(|name| city(name) == found),
        None => nearest(&wanted, TimeZone::names()),
    }
}

/// Parses `+HH:MM` or `-HH:MM`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let is_clock = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_clock(hours) || !is_clock(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let is_offset = hours <= 23 && minutes <= 59;
    is_offset.then(|| FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_parse_by_name_and_offset() {
        for (text, shown, is_utc) in [
            ("Europe/Berlin", "Europe/Berlin", false),
            ("europe/berlin", "Europe/Berlin", false),
            ("utc", "UTC", true),
            ("Etc/UTC", "Etc/UTC", true),
            ("+09:00", "+09:00", false),
            ("-00:30", "-00:30", false),
            ("+00:00", "+00:00", true),
        ] {
            let zone: TimeZone = text.parse().unwrap();
            assert_eq!((zone.to_string().as_str(), zone.is_utc()), (shown, is_utc), "{text}");
        }
    }

    #[test]
    fn a_wrong_zone_gets_the_nearest() {
        for (text, hint) in [
            ("Berlin", "`Europe/Berlin`"),
            ("berln", "`Europe/Berlin`"),
            ("new york", "`America/New_York`"),
            ("Europe/Berln", "`Europe/Berlin`"),
            ("+9", "IANA"),
            ("+24:00", "IANA"),
            ("", "IANA"),
        ] {
            let error = text.parse::<TimeZone>().unwrap_err();
            assert!(error.hint().unwrap_or_default().contains(hint), "{text}: {error:?}");
        }
    }
}
