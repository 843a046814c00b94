//! What an object of a trail's bucket is, told from its key alone.
//!
//! ```text
//! [prefix/]AWSLogs/[o-ORG/]ACCOUNT/LABEL/REGION/YYYY/MM/DD/FILE
//! FILE   = ACCOUNT_LABEL_REGION_YYYYMMDDTHHmmZ_SUFFIX.json.gz
//! digest = ACCOUNT_CloudTrail-Digest_SOURCEREGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//! result = [prefix/]AWSLogs/ACCOUNT/CloudTrail-Lake/Query/YYYY/MM/DD/QUERYID/result_N.csv.gz
//! ```
//! The date of a key is the day of *delivery*; events may be older.
//!
//! # Source
//!
//! Spec section 4a; shared/spec/log-quirks.md section 1.

use crate::time::EventDate;

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
    pub fn of(key: &'a str) -> Self {
        let mut parts = key.split('/');
        if !parts.by_ref().any(|part| part == AWS_LOGS) {
            return lake_file(key).unwrap_or(Self::Unknown);
        }
        let mut next = parts.next();
        let organization = next.filter(|part| part.starts_with("o-"));
        if organization.is_some() {
            next = parts.next();
        }
        let (Some(account), Some(label)) = (next, parts.next()) else { return Self::Unknown };
        if !is_account(account) {
            return Self::Unknown;
        }
        let rest: Vec<&str> = parts.collect();
        if rest.is_empty() {
            return Self::Unknown;
        }
        match label {
            "CloudTrail-Lake" => lake_file(key).unwrap_or(Self::Unknown),
            "CloudTrail-Digest" => log_key(organization, account, &rest)
                .map_or(Self::Unknown, |(log_key, file)| digest(log_key, file)),
            _ => match LogLabel::from_name(label) {
                Some(label) => log_key(organization, account, &rest)
                    .map_or(Self::Unknown, |(log_key, _)| Self::Log(label, log_key)),
                None => Self::OtherService(label),
            },
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

fn log_key<'a>(
    organization: Option<&'a str>,
    account: &'a str,
    rest: &[&'a str],
) -> Option<(LogKey<'a>, &'a str)> {
    let [region, year, month, day, file] = rest else { return None };
    let date = parse_date(year, month, day)?;
    Some((LogKey { organization, account, region, date }, file))
}

fn parse_date(year: &str, month: &str, day: &str) -> Option<EventDate> {
    let is_shaped = year.len() == 4 && month.len() == 2 && day.len() == 2;
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let year = i32::try_from(number(year)?).ok()?;
    EventDate::from_ymd(year, number(month)?, number(day)?).filter(|_| is_shaped)
}

/// Reads a digest's file name from both ends, since a trail's name may hold `_` and `-`.
fn digest<'a>(key: LogKey<'a>, file: &'a str) -> ObjectKind<'a> {
    let stem = file.strip_suffix(".gz").unwrap_or(file);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let (stem, backfill) = match stem.strip_suffix("_backfill") {
        Some(stem) => (stem, true),
        None => (stem, false),
    };
    let trail = || {
        let rest = stem.strip_prefix(key.account)?.strip_prefix("_CloudTrail-Digest_")?;
        let rest = rest.strip_prefix(key.region)?.strip_prefix('_')?;
        let (rest, _time) = rest.rsplit_once('_')?;
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
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(ObjectKind::LakeResult)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;

    const FILE: &str = "111122223333_CloudTrail_us-east-1_20260131T2235Z_AbCdEfGhIjKlMnOp.json.gz";

    #[test]
    fn log_keys_are_read_with_and_without_prefix_and_organization() {
        for (head, organization) in
            [("", None), ("a/b/", None), ("", Some("o-abc123")), ("team/", Some("o-abc123"))]
        {
            let org = organization.map(|o| format!("{o}/")).unwrap_or_default();
            let key = format!("{head}AWSLogs/{org}111122223333/CloudTrail/us-east-1/2026/01/31/{FILE}");
            let expected = LogKey {
                organization,
                account: "111122223333",
                region: "us-east-1",
                date: EventDate::from_ymd(2026, 1, 31).unwrap(),
            };
            assert_eq!(ObjectKind::of(&key), ObjectKind::Log(LogLabel::CloudTrail, expected), "{key}");
        }
    }

    #[test]
    fn labels_and_other_services_are_told_apart() {
        let key = |label: &str| format!("AWSLogs/111122223333/{label}/us-east-1/2026/01/31/x.json.gz");
        for label in
            [LogLabel::CloudTrail, LogLabel::Insight, LogLabel::NetworkActivity, LogLabel::Aggregated]
        {
            assert!(matches!(ObjectKind::of(&key(label.as_str())), ObjectKind::Log(l, _) if l == label));
        }
        assert_eq!(ObjectKind::of(&key("vpcflowlogs")), ObjectKind::OtherService("vpcflowlogs"));
        assert_eq!(ObjectKind::of(&key("Config")), ObjectKind::OtherService("Config"));
    }

    #[test]
    fn digest_names_are_read_from_both_ends() {
        let folder = "AWSLogs/111122223333/CloudTrail-Digest/us-east-2/2026/01/31/";
        let name = "111122223333_CloudTrail-Digest_us-east-2_my_odd-trail_us-east-1_20260131T233000Z";
        for (end, expected) in [(".json.gz", false), ("_backfill.json.gz", true)] {
            let key = format!("{folder}{name}{end}");
            let ObjectKind::Digest { key, trail, backfill } = ObjectKind::of(&key) else { panic!("{key}") };
            assert_eq!((key.region, trail, backfill), ("us-east-2", Some("my_odd-trail"), expected));
        }
    }

    #[test]
    fn lake_results_are_known_anywhere() {
        let key = "AWSLogs/111122223333/CloudTrail-Lake/Query/2026/01/31/id/result_12.csv.gz";
        assert_eq!(ObjectKind::of(key), ObjectKind::LakeResult);
        assert_eq!(ObjectKind::of("copy/result_1.csv.gz"), ObjectKind::LakeResult);
        assert_eq!(ObjectKind::of("copy/result_sign.json"), ObjectKind::LakeSignature);
        assert_eq!(ObjectKind::of("copy/result_x.csv.gz"), ObjectKind::Unknown);
    }

    #[test]
    fn what_breaks_the_grammar_is_unknown() {
        for key in [
            "",
            "x.json",
            "AWSLogs",
            "AWSLogs/111122223333",
            "AWSLogs/notanaccount/CloudTrail/us-east-1/2026/01/31/x.json.gz",
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/30/x.json.gz",
            "AWSLogs/111122223333/CloudTrail/us-east-1/2026/1/31/x.json.gz",
        ] {
            assert_eq!(ObjectKind::of(key), ObjectKind::Unknown, "{key}");
        }
    }
}
