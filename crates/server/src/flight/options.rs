//! What a client set for its session or says with a request: schema, types, time bound.
//!
//! | from, the later the stronger | carried by |
//! |---|---|
//! | session options | a signed cookie, or the session that the bearer token names |
//! | headers of the request | the request; JDBC and ODBC send connection properties as headers |
//!
//! | option, header | values |
//! |---|---|
//! | `catalog` | `auditlake` |
//! | `schema`, `x-auditlake-schema` | `lake`, `system`: where tables are looked for that are named without one |
//! | `types`, `x-auditlake-types` | `portable`, `native` |
//! | `timestamp_unit`, `x-auditlake-timestamp-unit` | `us`, `ns` |
//! | `since`, `x-auditlake-since` | an instant: earlier events are hidden |
//! | `time_limit`, `x-auditlake-time-limit` | seconds |
//! | `progress`, `x-auditlake-progress` | `on`: results tell how far they are, see `stream` |
//! | `purpose`, `x-auditlake-purpose` | `completion`: the history tells such queries from those of the user |

use std::str::FromStr;
use std::time::Duration;

use auditlake_model::{Error, Result, Timestamp};
use auditlake_query::catalog::{CATALOG, LAKE_SCHEMA, SYSTEM_SCHEMA};
use serde::{Deserialize, Serialize};
use tonic::metadata::MetadataMap;

use super::wire::{TimestampUnit, TypeProfile, WireOptions};

/// What stands before the name of an option in a header.
const HEADER_PREFIX: &str = "x-auditlake-";
/// Options that a header can set.
const HEADERS: [&str; 7] =
    ["schema", "types", "timestamp_unit", "since", "time_limit", "progress", "purpose"];

/// The options of a session or a request; those that are not set have the server's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct SessionOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<Schema>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    types: Option<TypeProfile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<TimestampUnit>,
    /// Microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_limit: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    progress: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    completion: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Schema {
    Lake,
    System,
}

/// Why an option was not taken, in the words of Flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionFault {
    /// There is no such option.
    Name,
    /// It has no such value.
    Value,
}

impl SessionOptions {
    /// Sets an option; no text sets it back.
    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), OptionFault> {
        let bad = |_| OptionFault::Value;
        let text = value.filter(|text| !text.is_empty());
        match name {
            "catalog" => match text {
                Some(catalog) if !catalog.eq_ignore_ascii_case(CATALOG) => return Err(OptionFault::Value),
                _ => {}
            },
            "schema" => self.schema = text.map(schema).transpose()?,
            "types" => self.types = text.map(TypeProfile::from_str).transpose().map_err(bad)?,
            "timestamp_unit" => self.unit = text.map(TimestampUnit::from_str).transpose().map_err(bad)?,
            "since" => {
                let since = text.map(Timestamp::from_str).transpose().map_err(bad)?;
                self.since = since.map(|at| at.as_micros());
            }
            "time_limit" => {
                let seconds = text.map(f64::from_str).transpose().map_err(|_| OptionFault::Value)?;
                self.time_limit = seconds.map(milliseconds).transpose()?;
            }
            "progress" => self.progress = switch(text, "off", "on")?,
            "purpose" => self.completion = switch(text, "statement", "completion")?,
            _ => return Err(OptionFault::Name),
        }
        Ok(())
    }

    /// Returns the options that are set, with those that have a fixed value, for `GetSessionOptions`.
    pub(crate) fn list(&self) -> Vec<(&'static str, String)> {
        let WireOptions { types, timestamp_unit } = self.wire();
        let types = match types {
            TypeProfile::Portable => "portable",
            TypeProfile::Native => "native",
        };
        let unit = match timestamp_unit {
            TimestampUnit::Micro => "us",
            TimestampUnit::Nano => "ns",
        };
        let mut list = vec![
            ("catalog", CATALOG.to_owned()),
            ("schema", self.schema_name().to_owned()),
            ("types", types.to_owned()),
            ("timestamp_unit", unit.to_owned()),
        ];
        list.extend(self.since().map(|at| ("since", at.to_string())));
        list.extend(self.time_limit().map(|limit| ("time_limit", limit.as_secs_f64().to_string())));
        list
    }

    /// Adds what the headers of a request say.
    ///
    /// # Errors
    ///
    /// `Invalid` for a header with a value that there is not; unknown headers are the client's own affair.
    pub(crate) fn with_headers(mut self, headers: &MetadataMap) -> Result<Self> {
        for name in HEADERS {
            let header = format!("{HEADER_PREFIX}{}", name.replace('_', "-"));
            // Grafana's settings do not take a dash.
            let value =
                headers.get(header.as_str()).or_else(|| headers.get(format!("{HEADER_PREFIX}{name}")));
            let Some(value) = value else { continue };
            let text = value.to_str().unwrap_or("?");
            self.set(name, Some(text))
                .map_err(|_| Error::invalid(format!("header `{header}` has no value `{text}`")))?;
        }
        Ok(self)
    }

    /// Returns the types of results.
    pub(crate) fn wire(&self) -> WireOptions {
        WireOptions { types: self.types.unwrap_or_default(), timestamp_unit: self.unit.unwrap_or_default() }
    }

    /// Returns where tables are looked for that are named without a schema.
    pub(crate) fn schema_name(&self) -> &'static str {
        match self.schema {
            Some(Schema::System) => SYSTEM_SCHEMA,
            Some(Schema::Lake) | None => LAKE_SCHEMA,
        }
    }

    /// Returns the time before which events are hidden.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.since.map(Timestamp::from_micros)
    }

    /// Tells whether results say how far they are.
    pub(crate) fn wants_progress(&self) -> bool {
        self.progress
    }

    /// Tells whether the client asks for its own sake, to know what to offer its user.
    pub(crate) fn is_for_completion(&self) -> bool {
        self.completion
    }

    /// Returns the time limit of a query, if there is one below the server's.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        self.time_limit.map(Duration::from_millis)
    }
}

fn schema(name: &str) -> Result<Schema, OptionFault> {
    match name.to_ascii_lowercase().as_str() {
        LAKE_SCHEMA => Ok(Schema::Lake),
        SYSTEM_SCHEMA => Ok(Schema::System),
        _ => Err(OptionFault::Value),
    }
}

/// Tells which of two words was said; none is the first.
fn switch(text: Option<&str>, off: &str, on: &str) -> Result<bool, OptionFault> {
    match text {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case(off) => Ok(false),
        Some(text) if text.eq_ignore_ascii_case(on) => Ok(true),
        Some(_) => Err(OptionFault::Value),
    }
}

fn milliseconds(seconds: f64) -> Result<u64, OptionFault> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(limit) if !limit.is_zero() => Ok(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1)),
        _ => Err(OptionFault::Value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_set_back_and_wrong_ones_told_apart() {
        let mut options = SessionOptions::default();
        options.set("schema", Some("SYSTEM")).unwrap();
        options.set("catalog", Some("auditlake")).unwrap();
        options.set("types", Some("native")).unwrap();
        assert_eq!(options.schema_name(), "system");
        assert_eq!(options.wire().types, TypeProfile::Native);
        assert_eq!(options.set("catalog", Some("other")), Err(OptionFault::Value));
        assert_eq!(options.set("schema", Some("x")), Err(OptionFault::Value));
        assert_eq!(options.set("colour", Some("x")), Err(OptionFault::Name));
        assert_eq!(options.set("time_limit", Some("-1")), Err(OptionFault::Value));
        options.set("schema", None).unwrap();
        assert_eq!(options.schema_name(), "lake");
    }

    #[test]
    fn headers_win_over_the_session() {
        let mut headers = MetadataMap::new();
        headers.insert("x-auditlake-timestamp-unit", "ns".parse().unwrap());
        headers.insert("x-auditlake-since", "2026-01-01T00:00:00Z".parse().unwrap());
        headers.insert("x-unknown", "1".parse().unwrap());
        let options = SessionOptions::default().with_headers(&headers).unwrap();
        assert_eq!(options.wire().timestamp_unit, TimestampUnit::Nano);
        assert!(options.since().is_some());
        headers.insert("x-auditlake-types", "odd".parse().unwrap());
        assert!(SessionOptions::default().with_headers(&headers).is_err());
    }
}
