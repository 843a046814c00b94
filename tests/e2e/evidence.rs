//! Results as evidence: what the manifest says is so, and each row's source object really holds its event.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use auditlake_evidence::{FileFacts, Manifest, Mismatch, Provenance, verify};
use serde_json::Value;

use crate::answers::gunzip;
use crate::environment::Environment;

fn filled() -> Environment {
    let env = Environment::new();
    env.ok(&["synth", "--out", "corpus", "--events", "3000", "--seed", "4"]);
    env.ok(&["store", "create", "trail"]);
    env.import(Path::new("corpus/AWSLogs"), &[], 0);
    env
}

/// The files of a folder of evidence, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

/// Reads the manifest and checks the folder against it.
fn verified(folder: &Path) -> Manifest {
    let files = files(folder);
    let manifest = Manifest::parse(&files["manifest.json"]).unwrap();
    let facts: Vec<FileFacts> = files.iter().map(|(name, bytes)| FileFacts::of(name, bytes)).collect();
    assert_eq!(verify(&manifest, &facts), []);
    assert_eq!(manifest.query.sql.as_bytes(), files["query.sql"]);
    manifest
}

/// Source objects, read once.
#[derive(Default)]
struct Sources(HashMap<String, (String, Vec<Value>)>);

impl Sources {
    /// Returns the SHA-256 of the object's uncompressed bytes, and its records.
    fn get(&mut self, uri: &str) -> &(String, Vec<Value>) {
        self.0.entry(uri.to_owned()).or_insert_with(|| {
            let text = gunzip(Path::new(uri.strip_prefix("file://").unwrap_or(uri)));
            let log: Value = serde_json::from_str(&text).unwrap();
            let sha256 = FileFacts::of("", text.as_bytes()).sha256;
            (sha256, log["Records"].as_array().unwrap().clone())
        })
    }
}

/// Checks that the source named for each row holds the event `events` at that position, with that hash.
fn assert_sources(folder: &Path, event_ids: &[String]) {
    let text = String::from_utf8(files(folder)["provenance.csv"].clone()).unwrap();
    let mut lines = text.lines();
    let header = "row,sourceObject,sourceSha256,sourceVersionId,sourceEtag,sourcePosition,importId";
    assert_eq!(lines.next(), Some(header));
    let mut sources = Sources::default();
    let mut rows = 0;
    for (index, (line, event_id)) in lines.zip(event_ids).enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let [row, object, sha256, _, _, position, import_id] = cells[..] else { panic!("{line}") };
        assert_eq!(row, (index + 1).to_string());
        let (found, records) = sources.get(object);
        assert_eq!(found, sha256, "{line}");
        assert_eq!(records[position.parse::<usize>().unwrap()]["eventID"], *event_id, "{line}");
        assert_eq!(import_id.len(), 36, "{line}");
        rows += 1;
    }
    assert_eq!(rows, event_ids.len());
}

fn ids_of(ndjson: &str) -> Vec<String> {
    let row = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    ndjson.lines().map(|line| row(line)["eventID"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_row_of_a_selection_names_the_record_it_came_from() {
    let env = filled();
    for (number, sql) in [
        "SELECT eventID, eventName FROM trail ORDER BY eventTime DESC, eventID LIMIT 100 OFFSET 7",
        "SELECT * FROM trail t WHERE t.eventName LIKE 'Get%' ORDER BY t.eventID",
        "SELECT eventJson, eventID FROM trail ORDER BY eventTime, eventID LIMIT 10",
        "WITH s AS (SELECT upper(eventName) AS n, eventID FROM trail) SELECT eventID, n AS _sourceObject FROM s ORDER BY 1",
        "SELECT eventID FROM trail WHERE eventName IN (SELECT eventName FROM trail WHERE errorCode IS NOT NULL) ORDER BY eventID",
        "SELECT * FROM (SELECT eventID FROM trail WHERE errorCode IS NOT NULL UNION ALL SELECT eventID FROM trail WHERE eventName = 'AssumeRole') u ORDER BY eventID",
        "SELECT requestParameters.bucketName, eventID FROM trail WHERE requestParameters.bucketName IS NOT NULL ORDER BY eventID",
        "SELECT eventID FROM trail WHERE 1 = 2",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = env.folder().join(format!("evidence-{number}"));
        env.ok(&["sql", "-c", sql, "--evidence", folder.to_str().unwrap()]);
        let manifest = verified(&folder);
        let Provenance::PerRow { rows, rows_without_custody, .. } = manifest.provenance else {
            panic!("{sql}: {:?}", manifest.provenance)
        };
        assert_eq!((rows, rows_without_custody), (manifest.result.rows, 0));
        assert_eq!(manifest.stores.len(), 1);
        let result = String::from_utf8(files(&folder)["result.ndjson"].clone()).unwrap();
        assert_eq!(result, env.ok(&["sql", "--format", "ndjson", "-c", sql]), "{sql}");
        assert_eq!(result.is_empty(), number == 7, "{sql}");
        assert_sources(&folder, &ids_of(&result));
    }
}

#[test]
fn other_results_say_why_their_rows_have_no_source() {
    let env = filled();
    for (sql, reason) in [
        ("SELECT eventName, count(*) AS n FROM trail GROUP BY 1", "the query aggregates"),
        ("SELECT DISTINCT eventName FROM trail", "the query "),
        ("SELECT a.eventID FROM trail a JOIN trail b ON a.eventID = b.eventID", "the query joins"),
        (
            "SELECT eventID, row_number() OVER (ORDER BY eventID) FROM trail",
            "the query uses a window function",
        ),
        ("SELECT eventName FROM trail UNION SELECT eventName FROM trail", "the query "),
        ("SELECT 1 AS one", "the query reads no event data store"),
        ("SELECT sql FROM system.queries", "the query reads a table that holds no events"),
        (
            "SELECT eventID, (SELECT max(eventName) FROM trail) AS m FROM trail",
            "the query selects from a subquery",
        ),
        ("SHOW TABLES", ""),
    ] {
        let folder = env.folder().join("evidence");
        env.ok(&["sql", "-c", sql, "--evidence", "evidence", "--format", "csv"]);
        let manifest = verified(&folder);
        let Provenance::NotPerRow { reason: said } = &manifest.provenance else { panic!("{sql}") };
        assert!(said.starts_with(reason), "{sql}: {said}");
        let names: Vec<String> = files(&folder).into_keys().collect();
        assert_eq!(names, ["manifest.json", "query.sql", "result.csv"], "{sql}");
        if sql.contains("FROM trail") {
            assert_eq!((manifest.stores[0].name.as_str(), manifest.stores[0].version > 0), ("trail", true));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_manifest_tells_what_was_asked_and_what_was_altered() {
    let env = filled();
    std::fs::write(env.folder().join("q.sql"), "-- who\nSELECT eventID FROM trail WHERE eventName = :name")
        .unwrap();
    let outcome = env.run(&["sql", "-f", "q.sql", "--param", "name=AssumeRole", "--evidence", "evidence"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains("with the source of each"),
        "{}",
        outcome.stderr
    );
    let folder = env.folder().join("evidence");
    let manifest = verified(&folder);
    let parameter = &manifest.query.parameters[0];
    assert_eq!((parameter.name.as_str(), parameter.value.as_str()), ("name", "AssumeRole"));
    let lake: Value =
        serde_json::from_slice(&std::fs::read(env.folder().join("lake/lake.json")).unwrap()).unwrap();
    assert!(lake.to_string().contains(&manifest.lake.id), "{lake}");
    let known = env.rows(&format!("SELECT sql FROM system.queries WHERE query_id = '{}'", manifest.query.id));
    assert_eq!(known.len(), 1);

    let mut altered = files(&folder);
    altered.get_mut("result.ndjson").unwrap()[0] ^= 1;
    let facts: Vec<FileFacts> = altered.iter().map(|(name, bytes)| FileFacts::of(name, bytes)).collect();
    assert!(matches!(&verify(&manifest, &facts)[..], [Mismatch::Altered { .. }]));
}

#[test]
fn evidence_is_refused_where_it_would_not_be_plain() {
    let env = filled();
    std::fs::create_dir(env.folder().join("full")).unwrap();
    std::fs::write(env.folder().join("full/a"), "").unwrap();
    for (code, arguments, said) in [
        (2, &["-c", "SELECT 1; SELECT 2", "--evidence", "e"][..], "for one statement"),
        (2, &["-c", "SELECT 1", "--evidence", "e", "--format", "table"], "is for people"),
        (2, &["-c", "SELECT 1", "--evidence", "e", "-o", "x.csv"], "cannot be used with"),
        (1, &["-c", "SELECT 1", "--evidence", "full"], "the folder is not empty"),
        (1, &["-c", "SELECT nothing FROM trail", "--evidence", "e"], "nothing"),
    ] {
        let mut all = vec!["sql"];
        all.extend(arguments);
        let outcome = env.run(&all);
        assert_eq!(outcome.code, code, "{arguments:?}\n{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{arguments:?}\n{}", outcome.stderr);
        assert!(!env.folder().join("e").exists(), "{arguments:?}");
    }
    let hidden = env.run(&["sql", "-c", "SELECT _importId FROM trail", "--evidence", "e"]);
    assert_eq!(
        hidden.code, 1,
        "SQL sees the source object and position of an event, and no other hidden column"
    );
}

#[test]
fn provenance_outlives_compaction_and_new_columns() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    for seed in ["1", "2"] {
        env.ok(&["synth", "--out", seed, "--events", "600", "--seed", seed]);
        env.import(&Path::new(seed).join("AWSLogs"), &["--commit-files", "10"], 0);
        // Later files hold another column, so that the store is read as a union.
        env.ok(&["store", "update", "trail", "--promote", "requestParameters.functionName"]);
    }
    let sql = "SELECT eventID FROM trail ORDER BY eventID";
    for folder in ["before", "after"] {
        env.ok(&["sql", "-c", sql, "--evidence", folder]);
        let folder = env.folder().join(folder);
        assert!(matches!(verified(&folder).provenance, Provenance::PerRow { rows_without_custody: 0, .. }));
        let ids = ids_of(&String::from_utf8(files(&folder)["result.ndjson"].clone()).unwrap());
        assert!(ids.len() >= 1_000);
        assert_sources(&folder, &ids);
        env.ok(&["store", "maintain", "trail"]);
    }
}

#[test]
fn an_export_as_evidence_names_the_source_of_each_event() {
    let env = filled();
    let text = env.ok(&["export", "trail", "--evidence", "evidence", "--part-size", "500kB", "--json"]);
    let summary: Value = serde_json::from_str(&text).unwrap();
    let folder = env.folder().join("evidence");
    let manifest = verified(&folder);
    assert_eq!(manifest.result.rows, env.number("SELECT count(*) FROM trail"));
    assert_eq!(summary["storeVersion"], manifest.stores[0].version);
    assert!(manifest.result.files.len() > 2);
    let mut ids = Vec::new();
    for part in &manifest.result.files {
        let log: Value = serde_json::from_str(&gunzip(&folder.join(&part.name))).unwrap();
        let events = log["Records"].as_array().unwrap();
        assert_eq!(events.len() as u64, part.rows);
        ids.extend(events.iter().map(|event| event["eventID"].as_str().unwrap().to_owned()));
    }
    assert_sources(&folder, &ids);

    env.ok(&[
        "export",
        "trail",
        "--evidence",
        "rows",
        "--format",
        "parquet",
        "--where",
        "errorCode IS NOT NULL",
    ]);
    let names: Vec<String> = files(&env.folder().join("rows")).into_keys().collect();
    assert_eq!(names, ["manifest.json", "part-00001.parquet", "provenance.parquet", "query.sql"]);
    verified(&env.folder().join("rows"));
}
