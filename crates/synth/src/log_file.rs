//! Log files: their envelope, gzip form and place, as CloudTrail delivers them to a bucket.
//!
//! # Source
//! CloudTrail user guide, "CloudTrail log file examples" (key layout); gzip header fields as seen in
//! real deliveries: no name, no time, operating system 0.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use flate2::{Compression, GzBuilder};

use crate::calendar::Calendar;
use crate::rng::Rng;
use crate::text;

/// Fast, and close to what CloudTrail reaches: logs repeat themselves.
const LEVEL: Compression = Compression::new(2);

/// Kinds of log files; each has a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Management and data events.
    Activity,
    /// Network activity events.
    Network,
}

impl Label {
    /// Returns the label as keys have it.
    fn as_str(self) -> &'static str {
        match self {
            Label::Activity => "CloudTrail",
            Label::Network => "CloudTrail-NetworkActivity",
        }
    }
}

/// What all events of one log file have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// The kind of log file.
    pub(crate) label: Label,
    /// The account in the key.
    pub(crate) account: &'a str,
    /// The region in the key.
    pub(crate) region: &'a str,
    /// When the file was delivered, in seconds since the corpus began.
    pub(crate) instant: i64,
}

/// Sizes of a written file in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) raw_bytes: u64,
    pub(crate) gzip_bytes: u64,
}

/// Writes events, which are JSON objects, as one log file under `out`.
///
/// # Errors
/// `Unavailable` with the path when the file cannot be written, for instance on a full disk.
pub(crate) fn write(
    out: &Path,
    calendar: &Calendar,
    rng: &mut Rng,
    delivery: Delivery<'_>,
    events: &[&str],
) -> Result<Written> {
    let path = out.join(key(calendar, rng, delivery));
    let body = format!(r#"{{"Records":[{}]}}"#, events.join(","));
    let packed = gzip(body.as_bytes()).and_then(|packed| {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &packed)?;
        Ok(packed.len())
    });
    match packed {
        Ok(packed) => Ok(Written { raw_bytes: body.len() as u64, gzip_bytes: packed as u64 }),
        Err(error) => {
            Err(Error::unavailable("write log file").with_context("path", path.display()).with_source(error))
        }
    }
}

fn key(calendar: &Calendar, rng: &mut Rng, delivery: Delivery<'_>) -> PathBuf {
    let Delivery { label, account, region, instant } = delivery;
    let label = label.as_str();
    let mut time = String::new();
    calendar.push(&mut time, instant);
    // From `2026-01-31T23:59:59Z` to `20260131T2359Z` and `2026/01/31`.
    let stamp = format!("{}{}{}{}Z", &time[..4], &time[5..7], &time[8..13], &time[14..16]);
    let day = time[..10].replace('-', "/");
    let suffix = text::file_suffix(rng);
    PathBuf::from(format!(
        "AWSLogs/{account}/{label}/{region}/{day}/{account}_{label}_{region}_{stamp}_{suffix}.json.gz"
    ))
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let target = Vec::with_capacity(body.len() / 5);
    let mut encoder = GzBuilder::new().operating_system(0).write(target, LEVEL);
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn a_key_has_the_layout_of_a_trail_bucket() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 1, 31).unwrap(), 1);
        let delivery = Delivery {
            label: Label::Activity,
            account: "111122223333",
            region: "eu-west-1",
            instant: 86_399,
        };
        let key = key(&calendar, &mut Rng::new(1, 1), delivery).display().to_string();
        let (folder, name) = key.rsplit_once('/').unwrap();
        assert_eq!(folder, "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/31");
        assert!(name.starts_with("111122223333_CloudTrail_eu-west-1_20260131T2359Z_"), "{name}");
        assert!(name.ends_with(".json.gz"), "{name}");
    }

    #[test]
    fn the_gzip_header_is_that_of_a_delivery() {
        let packed = gzip(b"{}").unwrap();
        assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]);
    }
}
