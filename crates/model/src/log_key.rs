//! What an object of a trail's bucket is, told from its key alone.
//!
//! ```text
//! [prefix/]AWSLogs/[o-ORG/]ACCOUNT/LABEL/REGION/YYYY/MM/DD/FILE
//! FILE   = ACCOUNT_LABEL_REGION_YYYYMMDDTHHmmZ_SUFFIX.json.gz
//! digest = ACCOUNT_CloudTrail-Digest_SOURCEREGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//! result = [prefix/]AWSLogs/ACCOUNT/CloudTrail-Lake/Query/YYYY/MM/DD/QUERYID/result_N.csv.gz
//! ```
//! The date of a key is the day of *delivery*; events may be older. Digests are known by the same
//! folders, and lie beside the logs that they list. Nothing is promised of the events themselves: the
//! account of a key may differ from theirs, and their region too.
//!
//! # Source
//!
//! Spec section 4a; shared/spec/log-quirks.md section 1.

use crate::time::{EventDate, Timestamp};

/// The folder that everything AWS delivers lies under.
pub const AWS_LOGS: &str = "AWSLogs";

/// Which kind of CloudTrail log a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogLabel {
    /// Management and data events.
    CloudTrail,
    /// Insight events.
    Insight,
    /// Network activity events.
    NetworkActivity,
    /// Five-minute rollups of data events.
    Aggregated,
}

impl LogLabel {
    /// Returns the folder name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudTrail => "CloudTrail",
            Self::Insight => "CloudTrail-Insight",
            Self::NetworkActivity => "CloudTrail-NetworkActivity",
            Self::Aggregated => "CloudTrail-Aggregated",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::CloudTrail, Self::Insight, Self::NetworkActivity, Self::Aggregated]
            .into_iter()
            .find(|label| label.as_str() == name)
    }
}

/// The parts of a key below `AWSLogs` that lead to a log or digest file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey<'a> {
    /// Organization id (`o-...`), for organization trails.
    pub organization: Option<&'a str>,
    /// Account whose events the file holds; AWS's own words, not checked against the events.
    pub account: &'a str,
    /// Region folder.
    pub region: &'a str,
    /// Day of delivery, from the folders.
    pub date: EventDate,
    /// Instant of delivery, from the file's name: to the minute for logs, to the second for digests
    /// (where it is the end of the hour that they cover). `None` if the name breaks the grammar.
    pub delivered_at: Option<Timestamp>,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ObjectKind<'a> {
    /// A file of log records.
    Log(LogLabel, LogKey<'a>),
    /// A digest file; `backfill` when it was made late.
    Digest {
        /// Where it lies; `region` is the source region.
        key: LogKey<'a>,
        /// Name of the trail, if the file name follows the grammar.
        trail: Option<&'a str>,
        /// Whether it repairs an hour that had no digest.
        backfill: bool,
    },
    /// A page of saved CloudTrail Lake query results.
    LakeResult,
    /// The signature file of saved query results.
    LakeSignature,
    /// Another AWS service's log below `AWSLogs`, named by its folder.
    OtherService(&'a str),
    /// A file of Auditlake or of nobody in particular: only its content tells.
    Unknown,
}

impl<'a> ObjectKind<'a> {
    /// Tells what the object of `key` is.
    ///
    /// The last folder named `AWSLogs` counts, since a copy of a bucket may lie below another one.
    pub fn of(key: &'a str) -> Self {
        let parts: Vec<&str> = key.split('/').collect();
        let Some(root) = parts.iter().rposition(|part| *part == AWS_LOGS) else {
            return lake_file(key).unwrap_or(Self::Unknown);
        };
        let below = &parts[root + 1..];
        let (organization, below) = match below {
            [org, rest @ ..] if org.starts_with("o-") => (Some(*org), rest),
            _ => (None, below),
        };
        match below {
            // VPC flow logs in Hive's layout: aws-account-id=.../aws-service=vpcflowlogs/...
            [account, service, _, ..] if account.starts_with("aws-account-id=") => {
                Self::OtherService(service.strip_prefix("aws-service=").unwrap_or(service))
            }
            [account, label, rest @ ..] if is_account(account) => {
                Self::below_account(key, organization, account, label, rest)
            }
            _ => Self::Unknown,
        }
    }

    /// Tells what lies at `label/rest` in the folder of an account.
    fn below_account(
        key: &'a str,
        organization: Option<&'a str>,
        account: &'a str,
        label: &'a str,
        rest: &[&'a str],
    ) -> Self {
        if rest.is_empty() {
            // Load balancers leave a note without extension here; a log file may have been put here by hand.
            return if label.contains('.') { Self::Unknown } else { Self::OtherService(label) };
        }
        let log_label = LogLabel::from_name(label);
        if label == "CloudTrail-Lake" {
            return lake_file(key).unwrap_or(Self::Unknown);
        }
        if label != "CloudTrail-Digest" && log_label.is_none() {
            return Self::OtherService(label);
        }
        let Some((mut log_key, file)) = log_key(organization, account, rest) else { return Self::Unknown };
        match log_label {
            Some(log_label) => {
                log_key.delivered_at = log_delivered_at(file);
                Self::Log(log_label, log_key)
            }
            None => digest(log_key, file),
        }
    }

    /// Returns the parts of the key, for logs and digests.
    pub fn log_key(&self) -> Option<&LogKey<'a>> {
        match self {
            Self::Log(_, key) | Self::Digest { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// Tells whether a folder name is an account id.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads the folders from the region down; the second part is the file's name.
fn log_key<'a>(
    organization: Option<&'a str>,
    account: &'a str,
    rest: &[&'a str],
) -> Option<(LogKey<'a>, &'a str)> {
    let [region, year, month, day, file] = rest else { return None };
    let date = parse_date(year, month, day)?;
    Some((LogKey { organization, account, region, date, delivered_at: None }, file))
}

fn parse_date(year: &str, month: &str, day: &str) -> Option<EventDate> {
    let is_shaped = year.len() == 4 && month.len() == 2 && day.len() == 2;
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let year = i32::try_from(number(year)?).ok()?;
    EventDate::from_ymd(year, number(month)?, number(day)?).filter(|_| is_shaped)
}

/// Reads the instant of `ACCOUNT_LABEL_REGION_YYYYMMDDTHHmmZ_SUFFIX.json.gz`.
///
/// Samples exist without the last `_`, so the instant is looked for and not counted off.
fn log_delivered_at(file: &str) -> Option<Timestamp> {
    let stem = file.split('.').next()?;
    stem.split('_').rev().find_map(|part| compact_instant(part.get(..14)?, 14))
}

/// Reads `YYYYMMDDTHHmmZ` or `YYYYMMDDTHHMMSSZ`, of the length that is given.
fn compact_instant(text: &str, length: usize) -> Option<Timestamp> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    if text.len() != length || day.len() != 8 || !text.is_ascii() {
        return None;
    }
    let date = parse_date(&day[..4], &day[4..6], &day[6..])?;
    let seconds = if time.len() == 4 { "00" } else { time.get(4..)? };
    format!("{date}T{}:{}:{seconds}Z", time.get(..2)?, time.get(2..4)?).parse().ok()
}

/// Reads a digest's file name from both ends, since a trail's name may hold `_` and `-`.
fn digest<'a>(mut key: LogKey<'a>, file: &'a str) -> ObjectKind<'a> {
    let stem = file.strip_suffix(".gz").unwrap_or(file);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let (stem, backfill) = match stem.strip_suffix("_backfill") {
        Some(stem) => (stem, true),
        None => (stem, false),
    };
    let (stem, time) = stem.rsplit_once('_').unwrap_or((stem, ""));
    key.delivered_at = compact_instant(time, 16);
    let trail = || {
        let rest = stem.strip_prefix(key.account)?.strip_prefix("_CloudTrail-Digest_")?;
        let rest = rest.strip_prefix(key.region)?.strip_prefix('_')?;
        let (trail, _home_region) = rest.rsplit_once('_')?;
        Some(trail)
    };
    ObjectKind::Digest { trail: trail(), key, backfill }
}

/// Recognises saved query results, with or without the folders above them.
fn lake_file(key: &str) -> Option<ObjectKind<'_>> {
    let file = key.rsplit('/').next()?;
    if file == "result_sign.json" {
        return Some(ObjectKind::LakeSignature);
    }
    let number = file.strip_prefix("result_")?.strip_suffix(".csv.gz")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(ObjectKind::LakeResult)
}

#[cfg(test)]
mod tests;
