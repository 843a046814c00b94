//! Saved queries, reference tables and attached files, as a user keeps and uses them.

use crate::answers::plain_events;
use crate::control::{Server, remote};
use crate::environment::{Environment, shared_data};

#[test]
fn a_view_is_created_used_listed_and_deleted() {
    let Some(data) = shared_data() else { return };
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.import(&data.join("AWSLogs"), &[], 0);
    let sql = "SELECT eventTime, userIdentity.arn AS who FROM trail WHERE eventName = :name";
    env.ok(&["view", "create", "Calls", "-c", sql, "--description", "who called"]);
    let given = ["sql", "--format", "csv", "--param", "name=ConsoleLogin", "-c"];
    let ask = |sql: &str| env.ok(&[&given[..], &[sql]].concat());
    let viewed = ask("SELECT count(*), count(who) FROM calls");
    assert_eq!(viewed, ask(&format!("SELECT count(*), count(who) FROM ({sql})")));
    let list = env.ok(&["view", "list"]);
    assert!(list.contains("Calls") && list.contains("eventTime timestamp, who varchar"), "{list}");
    assert!(env.ok(&["view", "show", "CALLS"]).contains(sql));
    let taken = env.run(&["view", "create", "calls", "-c", "SELECT 1"]);
    assert!(taken.code != 0 && taken.stderr.contains("--replace"), "{}", taken.stderr);
    let store = env.run(&["view", "create", "TRAIL", "-c", "SELECT 1"]);
    assert!(store.code != 0 && store.stderr.contains("event data store"), "{}", store.stderr);
    let wrong = env.run(&["view", "create", "other", "-c", "SELECT evntName FROM trail"]);
    assert!(wrong.code != 0 && wrong.stderr.contains("eventName"), "{}", wrong.stderr);
    env.ok(&["view", "delete", "calls"]);
    let gone = env.run(&["sql", "-c", "SELECT * FROM calls"]);
    assert!(gone.code != 0 && gone.stderr.contains("calls"), "{}", gone.stderr);
}

#[test]
fn lists_are_kept_in_the_lake_or_come_with_a_statement() {
    let Some(data) = shared_data() else { return };
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.import(&data.join("AWSLogs"), &[], 0);
    let events = plain_events(&data.join("AWSLogs"));
    let address = events.values().find_map(|event| event["sourceIPAddress"].as_str()).unwrap().to_owned();
    let expect = events.values().filter(|event| event["sourceIPAddress"] == address.as_str()).count();
    let file = env.folder().join("iocs.csv");
    std::fs::write(&file, format!("ip,why\n{address},seen before\n")).unwrap();
    let file = file.to_str().unwrap();
    let sql = "SELECT count(*) FROM trail JOIN iocs ON sourceIPAddress = ip";
    env.ok(&["reference", "put", "iocs", file]);
    assert_eq!(env.number(sql), expect as u64);
    assert!(env.ok(&["reference", "list"]).contains("ip varchar, why varchar"));
    env.ok(&["reference", "delete", "IOCS"]);
    assert_ne!(env.run(&["sql", "-c", sql]).code, 0);
    let attach = format!("iocs={file}");
    let csv = env.ok(&["sql", "--attach", &attach, "--format", "csv", "-c", sql]);
    assert_eq!(csv.lines().last(), Some(expect.to_string().as_str()));
    let twice = env.run(&["sql", "--attach", &attach, "--attach", &attach, "-c", sql]);
    assert!(twice.code != 0 && twice.stderr.contains("two files are attached"), "{}", twice.stderr);
}

#[test]
fn lake_text_is_an_output_format() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let sql = "SELECT 1e10 AS d, ARRAY[1,2] AS a, TIMESTAMP '2026-01-31 10:00:00' AS t, NULL AS n";
    let text = env.ok(&["sql", "--format", "lake", "-c", sql]);
    assert_eq!(text, "d,a,t,n\n1.0E10,\"[1, 2]\",2026-01-31 10:00:00.000,\n");
}

#[test]
fn a_server_keeps_views_and_lists_as_the_lake_does() {
    let env = Environment::new();
    env.ok(&["synth", "--out", "logs", "--events", "300", "--seed", "7"]);
    env.ok(&["store", "create", "trail"]);
    env.ok(&["import", "logs/AWSLogs", "--store", "trail"]);
    let server = Server::start(&env);
    let ask = |arguments: &[&str]| {
        let outcome = remote(&env, &server, arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        outcome.stdout
    };
    let sql = "SELECT eventName FROM trail WHERE eventTime >= :start";
    ask(&["view", "create", "recent", "-c", sql, "--description", "since a day"]);
    assert!(ask(&["view", "list"]).contains("since a day"));
    assert_eq!(
        ask(&["view", "show", "RECENT", "--format", "json"]),
        env.ok(&["view", "show", "recent", "--format", "json"])
    );
    let count = ["sql", "--format", "csv", "-c", "SELECT count(*) AS n FROM recent"];
    let with = |start: &'static str| ask(&[&count[..], &["--param", start]].concat());
    let all = env.number("SELECT count(*) FROM trail");
    assert_eq!(with("start=2000-01-01"), format!("n\n{all}\n"));
    assert_eq!(with("start=2999-01-01"), "n\n0\n");
    let typo = remote(&env, &server, &[&count[..], &["--param", "strat=2000-01-01"]].concat());
    assert!(typo.code != 0 && typo.stderr.contains("Did you mean `start`?"), "{}", typo.stderr);
    ask(&["view", "create", "recent", "-c", "SELECT 1 AS one", "--replace"]);
    assert_eq!(ask(&["sql", "--format", "csv", "-c", "SELECT * FROM recent"]), "one\n1\n");
    let wrong = remote(&env, &server, &["view", "create", "other", "-c", "SELECT evntName FROM trail"]);
    assert!(
        wrong.code != 0 && wrong.stderr.contains("eventName") && wrong.stderr.contains('^'),
        "{}",
        wrong.stderr
    );

    std::fs::write(env.folder().join("iocs.csv"), "n,why\n1,seen\n").unwrap();
    ask(&["reference", "put", "iocs", "iocs.csv"]);
    assert!(ask(&["reference", "list"]).contains("n varchar, why varchar"));
    assert_eq!(ask(&["sql", "--format", "csv", "-c", "SELECT why FROM iocs"]), "why\nseen\n");
    ask(&["reference", "delete", "IOCS"]);
    ask(&["view", "delete", "recent"]);
    let gone = remote(&env, &server, &["sql", "-c", "SELECT * FROM recent"]);
    assert!(gone.code != 0 && gone.stderr.contains("recent"), "{}", gone.stderr);
    let gone = remote(&env, &server, &["view", "show", "recent"]);
    assert!(gone.code != 0 && gone.stderr.contains("no view `recent`"), "{}", gone.stderr);
}

#[test]
fn values_reach_the_views_of_every_statement() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["view", "create", "doubled", "-c", "SELECT 2 * :n AS d"]);
    let sql = [
        "sql",
        "--format",
        "csv",
        "--param",
        "n:number=21",
        "-c",
        "SELECT d FROM doubled",
        "-c",
        "SELECT 1 AS one",
    ];
    assert_eq!(env.ok(&sql), "d\n42\none\n1\n");
    let own = env.run(&["view", "create", "doubled", "-c", "SELECT d FROM doubled", "--replace"]);
    assert!(own.code != 0 && own.stderr.contains("reads `doubled` itself"), "{}", own.stderr);
}
