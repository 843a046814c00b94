//! `lake check` finds what happened to the files of an event data store, and `store maintain` leaves it well.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::Environment;

/// A lake whose store has taken two files, one with a record for the quarantine.
fn lake() -> Environment {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    for (name, log) in [
        ("a.json", r#"{"Records":[{"eventID":"a","eventTime":"2026-01-01T00:00:00Z"},{"neither":1}]}"#),
        ("b.json", r#"{"Records":[{"eventID":"b","eventTime":"2026-01-01T01:00:00Z"}]}"#),
    ] {
        std::fs::write(env.folder().join(name), log).unwrap();
        env.run(&["import", name, "--store", "trail"]);
    }
    assert_eq!(env.number("SELECT count(*) FROM trail"), 2);
    env
}

/// Returns the files of the store whose path below it holds `part` and ends in `.parquet`.
fn files(env: &Environment, part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![env.folder().join("lake/stores")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "parquet")
                && path.to_str().unwrap().contains(part)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Runs a deep check that must end with `code`; returns the kinds of its findings.
fn check(env: &Environment, code: i32) -> Vec<String> {
    let outcome = env.run(&["lake", "check", "--deep", "--format", "json"]);
    assert_eq!(outcome.code, code, "{}\n{}", outcome.stdout, outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let kind = |finding: &Value| finding["finding"].as_str().unwrap().to_owned();
    report["findings"].as_array().unwrap().iter().map(kind).collect()
}

fn flip_a_byte(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damage_to_each_kind_of_file_is_found() {
    let env = lake();
    assert_eq!(check(&env, 0), [""; 0]);
    for (part, finding) in [("eventDate=", "missing"), ("_ingest", "missing"), (".quarantine", "missing")] {
        let file = &files(&env, part)[0];
        let bytes = std::fs::read(file).unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(check(&env, 1).contains(&finding.to_owned()), "{part} removed");
        std::fs::write(file, bytes).unwrap();
    }
    let file = &files(&env, "eventDate=")[0];
    flip_a_byte(file);
    assert_eq!(check(&env, 1), ["changed"]);
    flip_a_byte(file);
    assert_eq!(check(&env, 0), [""; 0]);
}

#[test]
fn maintenance_leaves_the_same_events_in_fewer_files() {
    let env = lake();
    let before = env.rows("SELECT eventJson FROM trail ORDER BY eventID");
    env.ok(&["store", "maintain"]);
    assert_eq!(env.rows("SELECT eventJson FROM trail ORDER BY eventID"), before);
    assert_eq!(check(&env, 0), [""; 0], "files that were merged stay for queries that still read them");
    let again: Value = serde_json::from_str(&env.ok(&["store", "maintain", "--format", "json"])).unwrap();
    assert_eq!(again[0]["filesMerged"], 0, "{again}");
    assert_eq!(env.import(Path::new("a.json"), &[], 0)["filesRead"], 0, "what was imported stays known");
}
