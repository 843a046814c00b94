#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;

use super::*;

const FILE: &str = "111122223333_CloudTrail_us-east-1_20260131T2235Z_AbCdEfGhIjKlMnOp.json.gz";

#[test]
fn log_keys_are_read_with_and_without_prefix_and_organization() {
    for head in ["", "/", "a/b/", "team/", "AWSLogs/copies/", "AWSLogs/999988887777/CloudTrail/"] {
        for organization in [None, Some("o-abc123")] {
            let org = organization.map(|o| format!("{o}/")).unwrap_or_default();
            let key = format!("{head}AWSLogs/{org}111122223333/CloudTrail/us-east-1/2026/01/31/{FILE}");
            let expected = LogKey {
                organization,
                account: "111122223333",
                region: "us-east-1",
                date: EventDate::from_ymd(2026, 1, 31).unwrap(),
                delivered_at: Some("2026-01-31T22:35:00Z".parse().unwrap()),
            };
            assert_eq!(ObjectKind::of(&key), ObjectKind::Log(LogLabel::CloudTrail, expected), "{key}");
        }
    }
}

#[test]
fn labels_and_other_services_are_told_apart() {
    let key = |label: &str| format!("AWSLogs/111122223333/{label}/us-east-1/2026/01/31/x.json.gz");
    for label in [LogLabel::CloudTrail, LogLabel::Insight, LogLabel::NetworkActivity, LogLabel::Aggregated] {
        assert!(matches!(ObjectKind::of(&key(label.as_str())), ObjectKind::Log(l, _) if l == label));
    }
    for service in ["vpcflowlogs", "Config", "CloudTrail2", "elasticloadbalancing"] {
        assert_eq!(ObjectKind::of(&key(service)), ObjectKind::OtherService(service));
    }
    for (key, service) in [
        ("AWSLogs/111122223333/Config/ConfigWritabilityCheckFile", "Config"),
        ("AWSLogs/111122223333/ELBAccessLogTestFile", "ELBAccessLogTestFile"),
        ("AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=x/f.gz", "vpcflowlogs"),
    ] {
        assert_eq!(ObjectKind::of(key), ObjectKind::OtherService(service), "{key}");
    }
}

#[test]
fn the_instant_of_delivery_is_found_in_odd_file_names() {
    for (file, expected) in [
        (FILE, Some("2026-01-31T22:35:00Z")),
        (
            "111122223333_CloudTrail_us-east-1_20260131T2235ZAbCdEfGhIjKlMnOp.json.gz",
            Some("2026-01-31T22:35:00Z"),
        ),
        ("111122223333_CloudTrail-Insight_us-east-1_20160229T0000Z_x.json.gz", Some("2016-02-29T00:00:00Z")),
        ("111122223333_CloudTrail_us-east-1_20260230T2235Z_x.json.gz", None),
        ("111122223333_CloudTrail_us-east-1_20260131T2535Z_x.json.gz", None),
        ("x.json.gz", None),
        ("é_éééééééééééééé.json", None),
        ("", None),
    ] {
        let key = format!("AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31/{file}");
        let ObjectKind::Log(_, log_key) = ObjectKind::of(&key) else { panic!("{key}") };
        assert_eq!(log_key.delivered_at.map(|at| at.to_string()).as_deref(), expected, "{file}");
    }
}

#[test]
fn digests_are_told_from_repairs() {
    let folder = "AWSLogs/o-abc123/111122223333/CloudTrail-Digest/us-east-2/2026/01/31";
    let name = "111122223333_CloudTrail-Digest_us-east-2_my_odd-trail_us-east-1_20260131T233015Z";
    for (end, expected) in [(".json.gz", false), (".json", false), ("_backfill.json.gz", true)] {
        let key = format!("{folder}/{name}{end}");
        let ObjectKind::Digest { key, trail, backfill } = ObjectKind::of(&key) else { panic!("{key}") };
        assert_eq!((key.region, key.organization), ("us-east-2", Some("o-abc123")));
        assert_eq!((trail, backfill), (Some("my_odd-trail"), expected));
        assert_eq!(key.delivered_at, Some("2026-01-31T23:30:15Z".parse().unwrap()));
    }
    let renamed = format!("{folder}/digest.json.gz");
    assert!(matches!(
        ObjectKind::of(&renamed),
        ObjectKind::Digest { trail: None, key: LogKey { delivered_at: None, .. }, .. }
    ));
}

#[test]
fn lake_results_are_known_anywhere() {
    let folder = "x/AWSLogs/111122223333/CloudTrail-Lake/Query/2026/01/31/id";
    assert_eq!(ObjectKind::of(&format!("{folder}/result_12.csv.gz")), ObjectKind::LakeResult);
    assert_eq!(ObjectKind::of(&format!("{folder}/result_sign.json")), ObjectKind::LakeSignature);
    assert_eq!(ObjectKind::of(&format!("{folder}/notes.txt")), ObjectKind::Unknown);
    assert_eq!(ObjectKind::of("copy/result_1.csv.gz"), ObjectKind::LakeResult);
    assert_eq!(ObjectKind::of("result_sign.json"), ObjectKind::LakeSignature);
    for key in ["copy/result_x.csv.gz", "copy/result_.csv.gz", "copy/result_1.csv"] {
        assert_eq!(ObjectKind::of(key), ObjectKind::Unknown, "{key}");
    }
}

#[test]
fn what_breaks_the_grammar_is_unknown() {
    for key in [
        "",
        "x.json",
        "AWSLogs",
        "AWSLogs/111122223333",
        "AWSLogs/111122223333/x.json.gz",
        "AWSLogs/o-abc123",
        "AWSLogs/notanaccount/CloudTrail/us-east-1/2026/01/31/x.json.gz",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/02/30/x.json.gz",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/1/31/x.json.gz",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31/more/x.json.gz",
        "awslogs/111122223333/CloudTrail/us-east-1/2026/01/31/x.json.gz",
    ] {
        assert_eq!(ObjectKind::of(key), ObjectKind::Unknown, "{key}");
    }
}

proptest! {
    #[test]
    fn a_trail_is_read_whatever_its_name(
        trail in "[a-zA-Z0-9][a-zA-Z0-9._-]{1,30}[a-zA-Z0-9]", seconds in 0..4_000_000_000_i64, backfill: bool,
    ) {
        let at = Timestamp::from_secs(seconds);
        let date = at.event_date();
        let compact = at.to_string().replace(['-', ':'], "");
        let end = if backfill { "_backfill" } else { "" };
        let folder = format!("p/AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/{}", date.to_string().replace('-', "/"));
        let key = format!("{folder}/111122223333_CloudTrail-Digest_eu-west-1_{trail}_us-east-1_{compact}{end}.json.gz");
        let expected = LogKey {
            organization: None, account: "111122223333", region: "eu-west-1", date, delivered_at: Some(at),
        };
        prop_assert_eq!(ObjectKind::of(&key), ObjectKind::Digest { key: expected, trail: Some(&trail), backfill });
    }

    #[test]
    fn any_key_is_told_without_panic(
        key in "\\PC{0,60}", parts in prop::collection::vec("AWSLogs|o-x|[0-9]{12}|CloudTrail(-Digest|-Lake)?|20[0-9]{2}|[0-9]{2}|\\PC{0,20}", 0..10),
    ) {
        let _ = ObjectKind::of(&key);
        let _ = ObjectKind::of(&parts.join("/"));
    }
}
