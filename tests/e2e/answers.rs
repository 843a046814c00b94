//! Answers on real logs, checked against plain JSON counting.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::environment::{Environment, shared_data};

pub(crate) fn log_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

pub(crate) fn gunzip(path: &Path) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// Returns the distinct events of a log tree, by eventID.
pub(crate) fn plain_events(folder: &Path) -> BTreeMap<String, Value> {
    let mut events = BTreeMap::new();
    for file in log_files(folder) {
        let log: Value = serde_json::from_str(&gunzip(&file)).unwrap();
        for event in log["Records"].as_array().unwrap() {
            events.insert(event["eventID"].as_str().unwrap().to_owned(), event.clone());
        }
    }
    events
}

fn count_by(
    events: &BTreeMap<String, Value>,
    key: impl Fn(&Value) -> Option<String>,
) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for event in events.values() {
        if let Some(key) = key(event) {
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

fn counts(env: &Environment, sql: &str) -> BTreeMap<String, u64> {
    let pair = |row: &Value| {
        let mut values = row.as_object().unwrap().values();
        let key = values.clone().find_map(Value::as_str).unwrap().to_owned();
        (key, values.find_map(Value::as_u64).unwrap())
    };
    env.rows(sql).iter().map(pair).collect()
}

/// Returns JSON with the members of every object in order, whatever map serde_json was built with.
pub(crate) fn canonical(text: &str) -> String {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<String, Value> =
                    members.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                Value::Object(members.into_iter().collect())
            }
            Value::Array(items) => items.into_iter().map(sorted).collect(),
            other => other,
        }
    }
    sorted(serde_json::from_str(text).unwrap()).to_string()
}

fn text(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer)?.as_str().map(str::to_owned)
}

#[test]
fn real_logs_give_the_counts_of_plain_json() {
    let Some(data) = shared_data() else { return };
    let logs = data.join("AWSLogs");
    let events = plain_events(&logs);
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let summary = env.import(&logs, &[], 0);
    assert_eq!(summary["eventsStored"], events.len() as u64);
    assert_eq!(env.number("SELECT count(*) FROM trail"), events.len() as u64);
    let failed = "SELECT eventName, count(*) AS n FROM trail WHERE errorCode IS NOT NULL GROUP BY eventName ORDER BY n DESC";
    let plain = count_by(&events, |e| text(e, "/errorCode").and_then(|_| text(e, "/eventName")));
    assert_eq!(counts(&env, failed), plain);
    let by_arn = "SELECT userIdentity.ARN, count(*) FROM trail WHERE useridentity.arn IS NOT NULL GROUP BY 1";
    assert_eq!(counts(&env, by_arn), count_by(&events, |e| text(e, "/userIdentity/arn")));
    let by_bucket = "SELECT requestParameters.bucketName, count(*) FROM trail WHERE element_at(requestParameters, 'bucketName') IS NOT NULL GROUP BY 1";
    assert_eq!(counts(&env, by_bucket), count_by(&events, |e| text(e, "/requestParameters/bucketName")));
    let second = env.import(&logs, &[], 0);
    assert_eq!((&second["eventsRead"], &second["filesRead"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn real_events_come_back_as_they_were() {
    let Some(data) = shared_data() else { return };
    let source = data.join("real_events.ndjson.gz");
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.import(&source, &[], 0);
    let stored: BTreeSet<String> = env
        .rows("SELECT eventJson FROM trail")
        .iter()
        .map(|row| canonical(row["eventJson"].as_str().unwrap()))
        .collect();
    let plain: BTreeSet<String> = gunzip(&source).lines().map(canonical).collect();
    assert_eq!(stored.len(), plain.len());
    assert!(stored == plain, "first difference: {:?}", plain.difference(&stored).next());
}

#[test]
fn a_large_corpus_equals_its_truth() {
    let env = Environment::new();
    let out = env.folder().join("corpus");
    let out_text = out.to_str().unwrap();
    env.ok(&["synth", "--out", out_text, "--events", "200000", "--seed", "3"]);
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("TRUTH.json")).unwrap()).unwrap();
    env.ok(&["store", "create", "trail"]);
    let summary = env.import(&out.join("AWSLogs"), &[], 0);
    assert_eq!(summary["eventsStored"], truth["events"]);
    let expected = |member: &str| -> BTreeMap<String, u64> {
        truth[member].as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.as_u64().unwrap())).collect()
    };
    let by_day = "SELECT substr(CAST(eventTime AS VARCHAR), 1, 10), count(*) FROM trail GROUP BY 1";
    assert_eq!(counts(&env, by_day), expected("by_day"));
    assert_eq!(counts(&env, "SELECT eventName, count(*) FROM trail GROUP BY 1"), expected("by_name"));
    let second = env.import(&out.join("AWSLogs"), &[], 0);
    assert_eq!((&second["eventsStored"], &second["commits"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn a_query_is_on_record_with_its_parameters() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["sql", "-c", "SELECT :a + 1, :b", "--param", "a:number=41", "--param", "b=it's"]);
    let records = env.rows("SELECT sql, parameters, state FROM system.queries");
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0]["sql"], "SELECT :a + 1, :b");
    assert_eq!(records[0]["parameters"], r#"["a:number=41","b:text=it's"]"#);
}
