//! Decides by its key what to do with an object, before anything is fetched.

use auditlake_model::log_key::LogLabel;
use auditlake_model::{CategoryClass, ObjectKind};

use crate::request::Narrowing;

/// What to do with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Triage {
    /// Read its events.
    Decode,
    /// Keep it as a digest file.
    KeepDigest,
    /// Outside what the import was limited to.
    NotAsked,
    /// Of a kind that the store does not take.
    Other {
        /// Shown in the summary.
        kind: String,
        /// What would take it.
        hint: Option<String>,
    },
}

/// Sorts the object of `key` for a store of `class`.
pub(crate) fn triage(key: &str, class: CategoryClass, narrowing: &Narrowing) -> Triage {
    let kind = ObjectKind::of(key);
    if !is_asked(&kind, narrowing) {
        return Triage::NotAsked;
    }
    match (&kind, class) {
        (ObjectKind::Digest { .. }, _) => Triage::KeepDigest,
        (ObjectKind::Log(LogLabel::CloudTrail | LogLabel::NetworkActivity, _), CategoryClass::Activity)
        | (ObjectKind::Log(LogLabel::Insight, _), CategoryClass::Insight)
        | (ObjectKind::LakeResult | ObjectKind::Unknown, _) => Triage::Decode,
        (ObjectKind::Log(LogLabel::Insight, _), CategoryClass::Activity) => {
            other(LogLabel::Insight.as_str(), Some("auditlake store create insights --category insight"))
        }
        (
            ObjectKind::Log(label @ (LogLabel::CloudTrail | LogLabel::NetworkActivity), _),
            CategoryClass::Insight,
        ) => other(label.as_str(), Some("auditlake store create trail")),
        (ObjectKind::Log(LogLabel::Aggregated, _), _) => other(LogLabel::Aggregated.as_str(), None),
        (ObjectKind::LakeSignature, _) => other("CloudTrail-Lake signature", None),
        (ObjectKind::OtherService(service), _) => other(service, None),
    }
}

fn other(kind: &str, hint: Option<&str>) -> Triage {
    Triage::Other { kind: kind.to_owned(), hint: hint.map(str::to_owned) }
}

/// Tells whether an import that is limited to days, accounts and regions asks for the object. What has
/// no such folders is always asked for: its events are filtered by their own time.
fn is_asked(kind: &ObjectKind<'_>, narrowing: &Narrowing) -> bool {
    let Some(key) = kind.log_key() else { return true };
    let named = |list: &[String], value: &str| list.is_empty() || list.iter().any(|entry| entry == value);
    named(&narrowing.accounts, key.account)
        && named(&narrowing.regions, key.region)
        && narrowing.delivery_range().overlaps_date(key.date)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use auditlake_model::{EventDate, TimeRange};

    use super::*;

    fn key(label: &str, day: &str) -> String {
        format!("AWSLogs/111122223333/{label}/us-east-1/2026/01/{day}/x.json.gz")
    }

    #[test]
    fn each_store_takes_its_own_class() {
        let all = Narrowing::default();
        let of = |label: &str, class| triage(&key(label, "31"), class, &all);
        assert_eq!(of("CloudTrail", CategoryClass::Activity), Triage::Decode);
        assert_eq!(of("CloudTrail-NetworkActivity", CategoryClass::Activity), Triage::Decode);
        assert_eq!(of("CloudTrail-Insight", CategoryClass::Insight), Triage::Decode);
        assert_eq!(of("CloudTrail-Digest", CategoryClass::Insight), Triage::KeepDigest);
        assert!(matches!(
            of("CloudTrail-Insight", CategoryClass::Activity),
            Triage::Other { hint: Some(_), .. }
        ));
        assert!(matches!(of("Config", CategoryClass::Activity), Triage::Other { hint: None, .. }));
        assert_eq!(triage("any/name.json", CategoryClass::Activity, &all), Triage::Decode);
    }

    #[test]
    fn narrowing_keeps_a_day_of_margin() {
        let day = EventDate::from_ymd(2026, 1, 15).unwrap();
        let range = TimeRange::try_new(Some(day.start()), Some(day.end())).unwrap();
        let narrowing = Narrowing { range, ..Narrowing::default() };
        for (day, asked) in [("13", false), ("14", true), ("15", true), ("16", true), ("17", false)] {
            let answer = triage(&key("CloudTrail", day), CategoryClass::Activity, &narrowing);
            assert_eq!(answer == Triage::Decode, asked, "{day}");
        }
        let elsewhere = Narrowing { regions: vec!["eu-west-1".into()], ..Narrowing::default() };
        assert_eq!(triage(&key("CloudTrail", "15"), CategoryClass::Activity, &elsewhere), Triage::NotAsked);
        assert_eq!(triage("loose.json", CategoryClass::Activity, &elsewhere), Triage::Decode);
    }
}
