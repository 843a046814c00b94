//! Imports in processes that are really killed.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::environment::Environment;

const EVENTS: &str = "30000";

fn prepare(env: &Environment) -> u64 {
    env.ok(&["synth", "--out", "corpus", "--events", EVENTS, "--seed", "5"]);
    env.ok(&["store", "create", "trail"]);
    let truth = std::fs::read_to_string(env.folder().join("corpus/TRUTH.json")).unwrap();
    serde_json::from_str::<Value>(&truth).unwrap()["events"].as_u64().unwrap()
}

fn importer(env: &Environment) -> std::process::Child {
    env.command(&["import", "corpus/AWSLogs", "--store", "trail", "--commit-files", "20", "-q"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn assert_each_once(env: &Environment, distinct: u64) {
    assert_eq!(env.number("SELECT count(*) FROM trail"), distinct);
    assert_eq!(env.number("SELECT count(DISTINCT eventID) FROM trail"), distinct);
    env.ok(&["lake", "check", "--deep"]);
}

/// A number that looks random and is the same in every run.
fn spread(index: u64) -> u64 {
    index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

#[test]
fn an_import_killed_twenty_times_stores_each_event_once() {
    let env = Environment::new();
    let distinct = prepare(&env);
    let mut killed = 0;
    for round in 0..20 {
        let mut child = importer(&env);
        std::thread::sleep(Duration::from_millis(30 + spread(round) % 400));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
            child.kill().unwrap();
        }
        child.wait().unwrap();
    }
    assert!(importer(&env).wait().unwrap().success());
    println!("{killed} of 20 runs were killed");
    assert!(killed > 0, "every run was done before its kill");
    assert_each_once(&env, distinct);
}

#[test]
fn four_importers_at_once_some_killed_store_each_event_once() {
    let env = Environment::new();
    let distinct = prepare(&env);
    let mut importers: Vec<_> = (0..4).map(|_| importer(&env)).collect();
    std::thread::sleep(Duration::from_millis(400));
    for child in importers.iter_mut().take(2) {
        child.kill().unwrap();
    }
    for child in &mut importers {
        child.wait().unwrap();
    }
    assert!(importer(&env).wait().unwrap().success());
    assert_each_once(&env, distinct);
}
