//! Events given back: every one of them, equal to the one that was delivered, in files of bounded size.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::answers::{canonical, gunzip, plain_events};
use crate::environment::{Environment, shared_data};

/// A lake with synthetic events, hostile ones among them, and the real ones where they are.
fn filled() -> Environment {
    let env = Environment::new();
    env.ok(&["synth", "--out", "corpus", "--events", "4000", "--seed", "11", "--hostile-share", "0.05"]);
    env.ok(&["store", "create", "trail"]);
    env.import(Path::new("corpus/AWSLogs"), &[], 0);
    if let Some(data) = shared_data() {
        env.import(&data.join("real_events.ndjson.gz"), &[], 0);
    }
    env
}

/// The events of a store as canonical JSON, with their checksums, which see every digit.
fn stored(env: &Environment, lake: &str, store: &str) -> BTreeSet<(String, String)> {
    let sql = format!("SELECT eventJson AS j, eventJsonChecksum AS c FROM {store}");
    let text = env.ok(&["sql", "--lake", lake, "--format", "ndjson", "-c", &sql]);
    let member = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    text.lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| (canonical(&member(&row, "j")), member(&row, "c")))
        .collect()
}

/// Runs an export and returns its summary.
fn export(env: &Environment, arguments: &[&str]) -> Value {
    let mut all = vec!["export", "trail", "--json"];
    all.extend(arguments);
    serde_json::from_str(&env.ok(&all)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn records(path: &Path) -> Vec<Value> {
    let text = match path.extension().is_some_and(|ending| ending == "gz") {
        true => gunzip(path),
        false => std::fs::read_to_string(path).unwrap(),
    };
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log.as_object().unwrap().len(), 1);
    log["Records"].as_array().unwrap().clone()
}

#[test]
fn an_export_imports_into_another_lake_as_it_was() {
    let env = filled();
    let original = stored(&env, "lake", "trail");
    let count = env.number("SELECT count(*) FROM trail");
    assert!(original.len() as u64 == count && count > 4_000);
    for (number, format) in ["cloudtrail-json", "ndjson"].into_iter().enumerate() {
        let out = format!("out-{number}");
        let summary = export(&env, &["--format", format, "-o", &out, "--part-size", "400kB"]);
        assert_eq!(summary["events"], count);
        assert!(summary["files"].as_array().unwrap().len() > 5, "{summary}");
        let second = format!("second-{number}");
        env.ok(&["store", "create", "copy", "--lake", &second]);
        let text = env.ok(&["import", &out, "--store", "copy", "--lake", &second, "--json"]);
        let imported: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&imported["eventsStored"], &imported["eventsRead"]), (&count.into(), &count.into()));
        assert!(stored(&env, &second, "copy") == original, "{format}");
    }
}

#[test]
fn real_logs_come_back_as_they_were_delivered() {
    let Some(data) = shared_data() else { return };
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.import(&data.join("AWSLogs"), &[], 0);
    let summary = export(&env, &["-o", "all.json.gz"]);
    let delivered = plain_events(&data.join("AWSLogs"));
    assert_eq!(summary["events"], delivered.len() as u64);
    let exported = records(&env.folder().join("all.json.gz"));
    let set = |events: Vec<String>| events.iter().map(|text| canonical(text)).collect::<BTreeSet<_>>();
    let delivered = set(delivered.values().map(Value::to_string).collect());
    assert!(set(exported.iter().map(Value::to_string).collect()) == delivered);
}

#[test]
fn parts_are_bounded_named_and_counted() {
    let env = filled();
    let count = env.number("SELECT count(*) FROM trail");
    let summary = export(&env, &["-o", "out", "--part-size", "300kB"]);
    let files = summary["files"].as_array().unwrap();
    let expected: Vec<String> = (1..=files.len()).map(|n| format!("part-{n:05}.json.gz")).collect();
    assert_eq!(names(&env.folder().join("out")), expected);
    let mut events = 0;
    for file in files {
        let path = env.folder().join("out").join(file["name"].as_str().unwrap());
        let records = records(&path);
        assert_eq!(file["events"], records.len() as u64);
        assert!(file["jsonBytes"].as_u64().unwrap() <= 300_000, "{file}");
        let bytes = std::fs::read(&path).unwrap();
        let facts = auditlake_evidence::FileFacts::of("", &bytes);
        assert_eq!((&file["sha256"], &file["sizeBytes"]), (&facts.sha256.into(), &facts.size_bytes.into()));
        events += records.len() as u64;
    }
    assert_eq!(events, count);

    let plain = export(&env, &["-o", "plain", "--format", "ndjson", "--no-gzip", "--part-size", "1"]);
    assert_eq!(plain["files"].as_array().unwrap().len() as u64, count, "one event each at least");
    let first = std::fs::read_to_string(env.folder().join("plain/part-00001.ndjson")).unwrap();
    assert_eq!(first.lines().count(), 1);

    let parquet = export(&env, &["-o", "parquet", "--format", "parquet", "--part-size", "1MB"]);
    assert!(parquet["files"].as_array().unwrap().len() > 1);
    assert_eq!(parquet["events"], count);
    for name in names(&env.folder().join("parquet")) {
        let bytes = std::fs::read(env.folder().join("parquet").join(&name)).unwrap();
        assert!(
            bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1") && name.ends_with(".parquet"),
            "{name}"
        );
    }
}

#[test]
fn one_file_takes_its_form_from_its_name() {
    let env = filled();
    let count = env.number("SELECT count(*) FROM trail") as usize;
    export(&env, &["-o", "all.json"]);
    assert_eq!(records(&env.folder().join("all.json")).len(), count);
    export(&env, &["-o", "all.json.gz"]);
    assert_eq!(records(&env.folder().join("all.json.gz")).len(), count);
    export(&env, &["-o", "all.jsonl.gz"]);
    let lines = gunzip(&env.folder().join("all.jsonl.gz"));
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert_eq!(lines.lines().count(), count);
    let piped = env.ok(&["export", "trail", "--format", "ndjson", "-o", "-"]);
    assert_eq!(piped.lines().count(), count);
    let none = export(&env, &["-o", "none.json", "--where", "eventName = 'NoSuchCall'"]);
    assert_eq!(none["events"], 0);
    assert_eq!(records(&env.folder().join("none.json")), Vec::<Value>::new());
    let nothing = export(&env, &["-o", "nothing", "--where", "eventName = 'NoSuchCall'"]);
    assert_eq!(nothing["files"], Value::Array(Vec::new()));
}

#[test]
fn a_condition_parameters_and_a_time_range_narrow() {
    let env = filled();
    let condition = "eventSource = :source OR errorCode IS NOT NULL";
    let summary = export(&env, &["-o", "a.json", "--where", condition, "--param", "source=s3.amazonaws.com"]);
    let sql = "SELECT count(*) FROM trail WHERE eventSource = 's3.amazonaws.com' OR errorCode IS NOT NULL";
    assert!(summary["events"].as_u64().unwrap() > 0);
    assert_eq!(summary["events"], env.number(sql));

    let day = env.rows("SELECT CAST(date_trunc('day', min(eventTime)) AS VARCHAR) AS d FROM trail");
    let day = &day[0]["d"].as_str().unwrap()[..10];
    let since = format!("{day}T06:00:00Z");
    let until = format!("{day}T18:30:00.5Z");
    let summary =
        export(&env, &["-o", "b.json", "--since", &since, "--until", &until, "--where", "true OR false"]);
    let sql = format!(
        "SELECT count(*) FROM trail WHERE eventTime >= TIMESTAMP '{since}' AND eventTime < TIMESTAMP '{until}'"
    );
    assert_eq!(summary["events"], env.number(&sql));
    assert_ne!(summary["events"], env.number("SELECT count(*) FROM trail"));
}

#[test]
fn what_cannot_be_exported_leaves_nothing() {
    let env = filled();
    std::fs::create_dir(env.folder().join("full")).unwrap();
    std::fs::write(env.folder().join("full/a"), "").unwrap();
    for (code, arguments, said) in [
        (2, &["-o", "x", "--where", "a) OR (b"][..], "--where is no SQL condition"),
        (2, &["-o", "x", "--where", "a LIMIT 1"], "--where is no SQL condition"),
        (2, &["-o", "x.json", "--part-size", "1MB"], "for folders and prefixes"),
        (2, &["-o", "x.parquet.gz"], "Parquet is compressed inside"),
        (2, &["-o", "-", "--json"], "cannot both go to stdout"),
        (2, &["-o", "x", "--evidence", "y"], "cannot be used with"),
        (2, &[], "required"),
        (2, &["-o", "x", "--param", "a=1"], "is used by no statement"),
        (1, &["-o", "x", "--where", "nothing = 1"], "nothing"),
        (1, &["-o", "x", "--where", "CAST(eventName AS BIGINT) = 1"], "error: "),
        (1, &["-o", "full"], "the folder is not empty"),
        (1, &["-o", "no/such/x.json"], "no/such/x.json"),
    ] {
        let mut all = vec!["export", "trail"];
        all.extend(arguments);
        let outcome = env.run(&all);
        assert_eq!(outcome.code, code, "{arguments:?}\n{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{arguments:?}\n{}", outcome.stderr);
        for name in ["x", "y", "x.json", "x.parquet.gz"] {
            assert!(!env.folder().join(name).exists(), "{arguments:?} left {name}");
        }
    }
    assert_eq!(env.run(&["export", "nowhere", "-o", "x"]).code, 1);
    assert_eq!(names(&env.folder().join("full")), ["a"]);
}

/// Waits until an export has begun to write into `folder`, then stops it as Ctrl-C does.
fn interrupt(env: &Environment, folder: &Path) -> i32 {
    let mut child = env
        .command(&["export", "trail", "-o", folder.to_str().unwrap(), "--part-size", "1MB"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !folder.exists() && child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap().code().unwrap()
}

#[test]
fn an_interrupted_export_leaves_nothing() {
    let env = Environment::new();
    env.ok(&["synth", "--out", "corpus", "--events", "60000", "--seed", "2"]);
    env.ok(&["store", "create", "trail"]);
    env.import(Path::new("corpus/AWSLogs"), &[], 0);
    let folder: PathBuf = env.folder().join("out");
    assert_eq!(interrupt(&env, &folder), 130);
    assert!(!folder.exists(), "{:?}", names(&folder));
}
