#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use auditlake_model::ErrorKind;
use serde_json::Value;

use super::*;
use crate::incident::{INCIDENT_ADDRESS, INCIDENT_CREATED_USER};

fn small() -> SynthConfig {
    SynthConfig { events: 6_000, days: 2, accounts: 2, duplicate_share: 0.05, ..SynthConfig::default() }
}

fn corpus(config: &SynthConfig) -> (tempfile::TempDir, SynthTruth) {
    let out = tempfile::tempdir().unwrap();
    let truth = generate(config, out.path(), &mut |_| {}).unwrap();
    (out, truth)
}

fn log_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(log_files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn unpack(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn records(folder: &Path) -> Vec<Value> {
    let mut records = Vec::new();
    for path in log_files(&folder.join("AWSLogs")) {
        let text = unpack(&path);
        let Value::Object(mut file) =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
        else {
            panic!("{}", path.display());
        };
        let Some(Value::Array(events)) = file.remove("Records") else { panic!("{}", path.display()) };
        records.extend(events);
    }
    records
}

fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().to_owned();
    log_files(folder).into_iter().map(|path| (relative(path.clone()), fs::read(path).unwrap())).collect()
}

#[test]
fn equal_configurations_give_equal_bytes() {
    let (one, _) = corpus(&small());
    let (two, _) = corpus(&small());
    let (other, _) = corpus(&SynthConfig { seed: 2, ..small() });
    assert!(contents(one.path()) == contents(two.path()));
    assert!(contents(one.path()) != contents(other.path()));
}

#[test]
fn the_counts_are_those_of_plain_counting() {
    let (out, truth) = corpus(&small());
    let records = records(out.path());
    let mut seen = BTreeSet::new();
    let (mut by_day, mut by_name, mut by_error_code) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for event in &records {
        if !seen.insert(event["eventID"].as_str().unwrap().to_owned()) {
            continue;
        }
        *by_day.entry(event["eventTime"].as_str().unwrap()[..10].to_owned()).or_insert(0) += 1;
        *by_name.entry(event["eventName"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        if let Some(code) = event["errorCode"].as_str() {
            *by_error_code.entry(code.to_owned()).or_insert(0) += 1;
        }
    }
    let files = log_files(&out.path().join("AWSLogs"));
    let size = |path: &PathBuf| fs::metadata(path).unwrap().len();
    let counted = SynthTruth {
        events: seen.len() as u64,
        duplicates: (records.len() - seen.len()) as u64,
        files: files.len() as u64,
        raw_bytes: files.iter().map(|path| unpack(path).len() as u64).sum(),
        gzip_bytes: files.iter().map(size).sum(),
        by_day,
        by_name,
        by_error_code,
    };
    assert_eq!(truth, counted);
    assert_eq!(truth.events, 6_000);
    assert!(truth.duplicates > 200, "{}", truth.duplicates);
    assert!(truth.by_error_code.len() > 15, "{:?}", truth.by_error_code);
    let written: Value =
        serde_json::from_str(&fs::read_to_string(out.path().join("TRUTH.json")).unwrap()).unwrap();
    assert_eq!(written, truth.to_json());
}

#[test]
fn every_event_has_what_every_real_one_has() {
    let (out, _) = corpus(&small());
    let (mut kinds, mut categories) = (BTreeSet::new(), BTreeSet::new());
    for event in records(out.path()) {
        for field in [
            "eventVersion",
            "eventTime",
            "eventSource",
            "eventName",
            "awsRegion",
            "sourceIPAddress",
            "eventID",
            "eventType",
            "recipientAccountId",
            "eventCategory",
        ] {
            assert!(event[field].is_string(), "{field}: {event}");
        }
        // Network activity events know no parameters.
        let network = event["eventCategory"] == "NetworkActivity";
        for field in ["readOnly", "managementEvent", "userAgent", "requestParameters", "responseElements"] {
            assert_eq!(event.get(field).is_none(), network, "{field}: {event}");
        }
        assert!(!network || event["vpcEndpointId"].is_string(), "{event}");
        categories.insert(event["eventCategory"].as_str().unwrap().to_owned());
        assert!(("2026-01-05".."2026-01-07").contains(&event["eventTime"].as_str().unwrap()), "{event}");
        kinds.insert(event["userIdentity"]["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        categories.iter().map(String::as_str).collect::<Vec<_>>(),
        ["Data", "Management", "NetworkActivity"]
    );
    let expected = [
        "AWSAccount",
        "AWSService",
        "AssumedRole",
        "FederatedUser",
        "IAMUser",
        "IdentityCenterUser",
        "Root",
        "WebIdentityUser",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn the_incident_is_told_from_one_address() {
    let (out, _) = corpus(&small());
    let stranger: Vec<Value> = records(out.path())
        .into_iter()
        .filter(|event| event["sourceIPAddress"] == INCIDENT_ADDRESS)
        .collect();
    let names: BTreeSet<&str> = stranger.iter().filter_map(|event| event["eventName"].as_str()).collect();
    for name in [
        "GetCallerIdentity",
        "CreateUser",
        "AttachUserPolicy",
        "CreateAccessKey",
        "ConsoleLogin",
        "StopLogging",
        "GetObject",
        "DeleteObject",
    ] {
        assert!(names.contains(name), "{name}");
    }
    let created = |event: &&Value| event["userIdentity"]["userName"] == INCIDENT_CREATED_USER;
    assert!(stranger.iter().filter(created).count() > 60);

    let (quiet, _) = corpus(&SynthConfig { incident: false, ..small() });
    assert!(records(quiet.path()).iter().all(|event| event["sourceIPAddress"] != INCIDENT_ADDRESS));
}

#[test]
fn hostile_texts_come_through_unchanged() {
    let (out, _) = corpus(&SynthConfig { events: 400, hostile_share: 1.0, incident: false, ..small() });
    let mut seen = BTreeSet::new();
    for event in records(out.path()) {
        seen.extend(event["userAgent"].as_str().map(str::to_owned));
    }
    let expected: BTreeSet<String> = HOSTILE_TEXTS.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(seen, expected);
}

#[test]
fn sizes_around_the_edges_are_exact() {
    for events in [0, 1, INCIDENT_LEAST_EVENTS - 1, INCIDENT_LEAST_EVENTS, JOB_EVENTS, JOB_EVENTS + 1] {
        let config = SynthConfig { events, days: 1, ..small() };
        let mut told = vec![0];
        let out = tempfile::tempdir().unwrap();
        let truth = generate(&config, out.path(), &mut |done| told.push(done)).unwrap();
        assert_eq!(truth.events, events);
        assert!(told.is_sorted(), "{told:?}");
        assert_eq!(told.last(), Some(&events));
    }
}

#[test]
fn a_folder_with_a_corpus_is_left_alone() {
    let (out, _) = corpus(&SynthConfig { events: 10, ..small() });
    let before = contents(out.path());
    let error = generate(&small(), out.path(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(contents(out.path()) == before);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let error = generate(&small(), &file, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.report().contains("file/AWSLogs"), "{}", error.report());
}
