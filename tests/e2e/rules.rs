//! What a rule leaves out of a store comes in by an import after the rule has gone, and nothing comes in twice.

use std::path::Path;

use serde_json::Value;

use crate::environment::Environment;

/// Three events in one file: a long time ago, and on two days.
const LOG: &str = r#"{"Records":[
    {"eventVersion":"1.08","eventTime":"2001-01-01T00:00:00Z","eventID":"old","eventName":"GetUser","readOnly":true,"eventCategory":"Management"},
    {"eventVersion":"1.08","eventTime":"2026-01-01T00:00:00Z","eventID":"first","eventName":"GetUser","readOnly":true,"eventCategory":"Management"},
    {"eventVersion":"1.08","eventTime":"2026-01-02T00:00:00Z","eventID":"second","eventName":"PutUser","readOnly":false,"eventCategory":"Management"}]}"#;

const WRITES_ONLY: &str = r#"[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]"#;

fn with_log(create: &[&str]) -> Environment {
    let env = Environment::new();
    std::fs::write(env.folder().join("log.json"), LOG).unwrap();
    let mut arguments = vec!["store", "create", "trail"];
    arguments.extend(create);
    env.ok(&arguments);
    env
}

/// Imports the log; returns how many events were stored and how many files read.
fn import(env: &Environment, extra: &[&str]) -> (u64, u64) {
    let summary = env.import(Path::new("log.json"), extra, 0);
    (summary["eventsStored"].as_u64().unwrap(), summary["filesRead"].as_u64().unwrap())
}

fn assert_whole(env: &Environment) {
    assert_eq!(import(env, &[]), (0, 0), "nothing is left to read");
    assert_eq!(env.number("SELECT count(*) FROM trail"), 3);
    assert_eq!(env.number("SELECT count(DISTINCT eventID) FROM trail"), 3);
}

#[test]
fn a_narrow_import_does_not_keep_a_wider_one_from_the_rest() {
    let env = with_log(&[]);
    let day = ["--since", "2026-01-01", "--until", "2026-01-02"];
    assert_eq!(import(&env, &day), (1, 1));
    assert_eq!(import(&env, &["--since", "2026-01-02"]), (1, 1));
    assert_eq!(import(&env, &[]), (1, 1));
    assert_whole(&env);
}

#[test]
fn wider_selectors_bring_in_what_the_narrow_ones_left_out() {
    let env = with_log(&["--advanced-event-selectors", WRITES_ONLY]);
    assert_eq!(import(&env, &[]), (1, 1));
    assert_eq!(import(&env, &[]), (0, 0), "the same rules have nothing more to take");
    env.ok(&["store", "update", "trail", "--all-events"]);
    assert_eq!(import(&env, &[]), (2, 1));
    assert_whole(&env);
}

#[test]
fn a_longer_retention_period_brings_in_what_was_too_old() {
    let env = with_log(&["--retention-days", "3653"]);
    assert_eq!(import(&env, &[]), (2, 1));
    assert_eq!(import(&env, &[]), (0, 0));
    env.ok(&["store", "update", "trail", "--retention-days", "7"]);
    assert_eq!(import(&env, &[]), (0, 0), "a shorter period has nothing more to take");
    assert_eq!(env.number("SELECT count(*) FROM trail"), 0, "and hides what it no longer shows");
    env.ok(&["store", "update", "trail", "--keep-forever"]);
    assert_eq!(import(&env, &[]), (1, 1));
    assert_whole(&env);
}

#[test]
fn a_failed_file_is_on_record_until_a_retry_takes_it() {
    let env = with_log(&[]);
    let logs = env.folder().join("logs");
    std::fs::create_dir(&logs).unwrap();
    for name in ["mended.json", "gone.json"] {
        std::fs::write(logs.join(name), r#"{"Records":[{"eventID":"#).unwrap();
    }
    let summary = env.import(&logs, &[], 3);
    let id = summary["importId"].as_str().unwrap();
    let states = |format: &[&str]| -> Vec<Value> {
        let mut arguments = vec!["import"];
        arguments.extend(format);
        arguments.extend(["--format", "json"]);
        serde_json::from_str(&env.ok(&arguments)).unwrap()
    };
    assert_eq!(states(&["list"])[0]["state"], "FAILED");
    std::fs::copy(env.folder().join("log.json"), logs.join("mended.json")).unwrap();
    std::fs::remove_file(logs.join("gone.json")).unwrap();
    let retry = env.run(&["import", "retry", id]);
    assert_eq!(retry.code, 3, "{}", retry.stderr);
    assert!(retry.stderr.contains("gone.json"), "{}", retry.stderr);
    let failures = states(&["failures", id, "--all"]);
    let status = |name: &str| {
        let row = failures.iter().find(|row| row["location"].as_str().unwrap().ends_with(name)).unwrap();
        row["status"].clone()
    };
    assert_eq!((status("mended.json"), status("gone.json")), ("SUCCEEDED".into(), "FAILED".into()));
    assert_eq!(env.number("SELECT count(*) FROM trail"), 3);
}

#[test]
fn an_import_that_ends_early_is_on_record_with_its_reason() {
    let env = with_log(&[]);
    let outcome = env.run(&["import", "log.json", "nowhere", "--store", "trail"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let rows = env.rows("SELECT state, error FROM system.imports ORDER BY updated_at");
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&"IN_PROGRESS".into(), &"FAILED".into()));
    assert!(rows[1]["error"].as_str().unwrap().contains("nowhere"), "{rows:?}");
}
