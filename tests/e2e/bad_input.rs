//! Bad input: one clear line each, and good files beside it land.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::environment::Environment;

const GOOD: &str = r#"{"Records":[{"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventID":"good-1","eventName":"GetUser"}]}"#;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Imports a bad file beside a good one; returns what is said about the bad one.
fn import_beside_good(name: &str, bytes: &[u8], extra: &[&str]) -> String {
    let env = Environment::new();
    let logs = env.folder().join("logs");
    std::fs::create_dir(&logs).unwrap();
    std::fs::write(logs.join("good.json.gz"), gzip(GOOD.as_bytes())).unwrap();
    std::fs::write(logs.join(name), bytes).unwrap();
    env.ok(&["store", "create", "trail"]);
    let mut arguments = vec!["import", "logs", "--store", "trail"];
    arguments.extend(extra);
    let outcome = env.run(&arguments);
    assert_eq!(outcome.code, 3, "{name}\n{}\n{}", outcome.stdout, outcome.stderr);
    assert_eq!(env.number("SELECT count(*) FROM trail WHERE eventID = 'good-1'"), 1, "{name}");
    let lines: Vec<_> = outcome.stderr.lines().filter(|line| line.contains(name)).collect();
    assert_eq!(lines.len(), 1, "one line names {name}:\n{}", outcome.stderr);
    outcome.stderr
}

#[test]
fn each_damaged_file_is_told_apart() {
    let whole = gzip(GOOD.as_bytes());
    let cases: [(&str, &[u8], &str); 8] = [
        ("empty.json.gz", b"", "empty"),
        ("plain.json.gz", b"\x00\x01\x02 not gzip", "gzip"),
        ("cut.json.gz", &whole[..whole.len() / 2], "cut off"),
        ("half.json", br#"{"Records":[{"eventID":"a"},{"eventI"#, "cut off"),
        ("comma.json", br#"{"Records":[{"eventID":"a",,}]}"#, "malformed"),
        ("policy.json", br#"{"Version":"2012-10-17","Statement":[]}"#, "IAM policy"),
        ("table.csv", b"eventName,n\nA,1\n", "eventJson"),
        ("text.log", b"hello", "JSON"),
    ];
    for (name, bytes, expected) in cases {
        let said = import_beside_good(name, bytes, &[]);
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![b' '; 4 << 20]);
    let said = import_beside_good("bomb.json.gz", &bomb, &["--max-decompressed-size", "1MiB"]);
    assert!(said.contains("1048576") && said.contains("--max-decompressed-size"), "{said}");
}

#[test]
fn records_that_are_no_events_go_to_quarantine_and_their_neighbours_in() {
    let env = Environment::new();
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let large = "x".repeat(300 << 10);
    let mut log = format!(
        r#"{{"Records":["a string",{{"eventID":"kept","eventTime":"2026-01-01T00:00:00Z","userAgent":"{large}"}},{{"x":1}},{{"eventID":"deep","requestParameters":{{"a":{deep}}}}},{{"eventID":"bad "#
    )
    .into_bytes();
    log.extend_from_slice(b"\xff\xfe\"}]}");
    std::fs::write(env.folder().join("log.json"), log).unwrap();
    env.ok(&["store", "create", "trail"]);
    let summary = env.import(Path::new("log.json"), &[], 3);
    assert_eq!(
        (&summary["eventsStored"], &summary["eventsQuarantined"]),
        (&1.into(), &4.into()),
        "{summary}"
    );
    assert_eq!(env.number("SELECT length(userAgent) FROM trail"), 300 << 10);
}

#[test]
fn empty_logs_and_other_services_are_no_failure() {
    let env = Environment::new();
    let folder = env.folder().join("AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/01/31");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("x.log.gz"), b"whatever").unwrap();
    std::fs::write(env.folder().join("AWSLogs/none.json"), br#"{"Records":[]}"#).unwrap();
    env.ok(&["store", "create", "trail"]);
    let summary = env.import(Path::new("AWSLogs"), &[], 0);
    assert_eq!(summary["otherObjects"]["vpcflowlogs"]["count"], 1, "{summary}");
}

#[test]
fn an_unreadable_store_name_gets_the_nearest() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let outcome = env.run(&["import", ".", "--store", "trial"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("EventDataStoreNotFoundException") && outcome.stderr.contains("trail"),
        "{}",
        outcome.stderr
    );
}
