//! Results in every form, among them one event whose writer tries to break each of them.

use serde_json::{Value, json};

use crate::environment::Environment;

const HOSTILE: &str =
    "=cmd|' /C calc'!A0 \u{1b}[2J\u{1b}]0;owned\u{7}<script>alert(1)</script>\r\nX: 1\t\u{202e}exe\u{9b}31m|";

/// A lake with one event whose user agent, user name and parameters are hostile.
fn attacked() -> Environment {
    let env = Environment::new();
    let event = json!({
        "eventVersion": "1.08", "eventTime": "2026-01-31T23:59:59Z", "eventID": "bad", "eventName": "GetObject",
        "userAgent": HOSTILE, "userIdentity": {"type": "IAMUser", "userName": HOSTILE},
        "requestParameters": {"bucketName": HOSTILE, HOSTILE: [1.5, null]},
    });
    let log = json!({"Records": [event]}).to_string();
    std::fs::write(env.folder().join("log.json"), log).unwrap();
    env.ok(&["store", "create", "trail"]);
    env.import(std::path::Path::new("log.json"), &[], 0);
    env
}

const ATTACK: &str = "SELECT eventTime, userAgent, userIdentity, requestParameters, userIdentity.userName AS \"=x<b>\" FROM trail";

/// Tells whether a character acts on a terminal, line ends left out.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_hostile_event_passes_through_every_form_without_effect() {
    let env = attacked();
    for format in ["table", "expanded", "json", "ndjson", "markdown", "html"] {
        let text = env.ok(&["sql", "--format", format, "-c", ATTACK]);
        assert!(!text.contains(acts), "{format}: {text:?}");
        assert!(!text.contains("\nX: 1"), "{format}: {text:?}");
    }
    let tsv = env.ok(&["sql", "--format", "tsv", "-c", ATTACK]);
    assert!(!tsv.replace('\t', "").contains(acts), "{tsv:?}");
    assert_eq!(tsv.lines().map(|line| line.matches('\t').count()).collect::<Vec<_>>(), [4, 4], "{tsv}");
    let html = env.ok(&["sql", "--format", "html", "-c", ATTACK]);
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
    let rows = env.rows(ATTACK);
    assert_eq!(
        (&rows[0]["userAgent"], &rows[0]["userIdentity"]["userName"]),
        (&json!(HOSTILE), &json!(HOSTILE))
    );
    let parameters: Value = serde_json::from_str(rows[0]["requestParameters"].as_str().unwrap()).unwrap();
    assert_eq!(parameters["bucketName"], HOSTILE);
    let csv = env.ok(&[
        "sql",
        "--format",
        "csv",
        "--csv-safe",
        "-c",
        "SELECT userAgent, -5 AS n, '-7' AS t FROM trail",
    ]);
    assert!(csv.starts_with("userAgent,n,t\n\"'=cmd|"), "{csv:?}");
    assert!(csv.ends_with("|\",-5,-7\n"), "{csv:?}");
}

#[test]
fn the_ending_of_the_file_chooses_the_form() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let sql = "SELECT value AS v, value AS v FROM generate_series(1, 3)";
    let starts: [(&str, &[u8]); 9] = [
        ("rows.csv", b"v,v\n1,1\n"),
        ("rows.tsv", b"v\tv\n1\t1\n"),
        ("rows.json", b"[\n{\"v\":1,\"v_1\":1},\n"),
        ("rows.ndjson", b"{\"v\":1,\"v_1\":1}\n"),
        ("rows.jsonl", b"{\"v\":1,\"v_1\":1}\n"),
        ("rows.md", b"| v | v\\_1 |\n| ---: | ---: |\n| 1 | 1 |\n"),
        ("rows.html", b"<!DOCTYPE html>\n"),
        ("rows.parquet", b"PAR1"),
        ("rows.arrow", b"ARROW1"),
    ];
    for (name, start) in starts {
        assert_eq!(env.ok(&["sql", "--output", name, "-c", sql]), "", "{name}");
        let bytes = std::fs::read(env.folder().join(name)).unwrap();
        assert!(bytes.starts_with(start), "{name}: {:?}", String::from_utf8_lossy(&bytes));
    }
    env.ok(&["sql", "--output", "rows.parquet", "--format", "csv", "-c", sql]);
    assert!(std::fs::read(env.folder().join("rows.parquet")).unwrap().starts_with(b"v,v\n"));
    let piped = env.command(&["sql", "--format", "arrow", "-c", sql]).output().unwrap();
    assert!(
        piped.status.success() && piped.stdout.starts_with(b"ARROW1") && piped.stdout.ends_with(b"ARROW1")
    );
}

#[test]
fn forms_that_do_not_go_together_are_refused() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    for (arguments, said) in [
        (
            &["sql", "--format", "parquet", "-c", "SELECT 1; SELECT 2"][..],
            "2 results do not go into one parquet file",
        ),
        (&["sql", "--csv-safe", "-c", "SELECT 1"][..], "--csv-safe is for csv and tsv, not for table"),
        (&["sql", "--time-zone", "Berlin", "-c", "SELECT 1"][..], "Did you mean `Europe/Berlin`?"),
        (&["sql", "--param", "a=1", "-c", "SELECT ':a'"][..], "parameter `a` is used by no statement"),
        (&["sql", "--param", "a:number=x", "-c", "SELECT :a"][..], "`x` is no number"),
    ] {
        let outcome = env.run(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?}\n{}", outcome.stderr);
        assert!(outcome.stderr.contains(said), "{arguments:?}\n{}", outcome.stderr);
    }
}

#[test]
fn a_terminal_gets_tables_that_fit_and_no_binary() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let on_terminal = |arguments: &str, columns: u16| {
        let program = env!("CARGO_BIN_EXE_auditlake");
        let script = format!("stty cols {columns} rows 40; {program} sql {arguments} 2>said");
        let output = std::process::Command::new("script")
            .args(["-qec", &script, "/dev/null"])
            .env("AUDITLAKE_LAKE", env.folder().join("lake"))
            .env("HOME", env.folder())
            .current_dir(env.folder())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let said = std::fs::read_to_string(env.folder().join("said")).unwrap();
        (String::from_utf8(output.stdout).unwrap().replace('\r', ""), said)
    };
    let (shown, _) = on_terminal("-c \"SELECT rpad('long ', 500, 'long ') AS a, 12345 AS n\"", 40);
    assert!(shown.lines().all(|line| line.chars().count() <= 40) && shown.contains('…'), "{shown}");
    let (shown, _) = on_terminal("-c \"DESCRIBE trail\"", 100);
    assert!(shown.contains("eventVersion"), "{shown}");
    let (shown, _) = on_terminal("-c \"SELECT 'a' AS c1, 'b' AS c2, 'c' AS c3, 'd' AS c4\"", 12);
    assert!(shown.starts_with("-[ RECORD 1 ]"), "{shown}");
    let (shown, said) = on_terminal("--format parquet -c 'SELECT 1'", 80);
    assert_eq!(shown, "");
    assert!(
        said.contains("a terminal cannot show parquet") && said.contains("--output rows.parquet"),
        "{said}"
    );
}

#[test]
fn parameters_and_time_zones_reach_the_query() {
    let env = attacked();
    let count = |arguments: &[&str], sql: &str| {
        let all = [&["sql", "--format", "csv", "-c", sql][..], arguments].concat();
        env.ok(&all).lines().nth(1).unwrap().to_owned()
    };
    let sql = "SELECT count(*) FROM trail WHERE eventTime >= :since AND userAgent = :agent";
    let agent = format!("agent={HOSTILE}");
    assert_eq!(count(&["--param", "since=2026-01-31", "--param", &agent], sql), "1");
    assert_eq!(count(&["--param", "since:timestamp=2026-02-01", "--param", &agent], sql), "0");
    assert_eq!(count(&["--param", "since=2026-01-31", "--param", "agent=x' OR '1'='1"], sql), "0");
    let time = "SELECT eventTime FROM trail";
    assert_eq!(count(&[], time), "2026-01-31 23:59:59.000");
    assert_eq!(count(&["--time-zone", "Asia/Tokyo"], time), "2026-02-01 08:59:59.000 +09:00");
    let outcome = env.run(&["sql", "-c", "SELECT 1,\n  :n"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("2 |   :n\n    |   ^"), "{}", outcome.stderr);
}

#[test]
fn the_first_error_ends_the_run() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let outcome = env.run(&["sql", "-q", "--format", "csv", "-c", "SELECT 1 AS a; SELEC 2; SELECT 3 AS c"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "a\n1\n"), "{}", outcome.stderr);
    let outcome = env.run(&["sql", "-o", "rows.csv", "-c", "SELECT 1", "-c", "SELECT nothing"]);
    assert_eq!(outcome.code, 1);
    assert!(!env.folder().join("rows.csv").exists(), "a failed run leaves no file");
    let quiet = env.run(&["sql", "-q", "-c", "SELECT 1 AS a"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}
