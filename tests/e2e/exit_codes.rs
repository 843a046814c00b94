//! Exit codes: the table is a promise to scripts.

use crate::environment::Environment;

#[test]
fn each_outcome_has_its_code() {
    let env = Environment::new();
    assert_eq!(env.run(&["store", "list"]).code, 0, "an empty lake is no failure");
    assert_eq!(env.run(&["store", "create", "trail"]).code, 0);
    assert_eq!(env.run(&["store", "create", "trail"]).code, 1, "the name is taken");
    assert_eq!(env.run(&["store", "show", "nowhere"]).code, 1);
    assert_eq!(env.run(&["store", "create", "no spaces"]).code, 2);
    assert_eq!(env.run(&["--no-such-flag"]).code, 2);
    assert_eq!(env.run(&["sql", "-c", "SELECT 1"]).code, 0);
    assert_eq!(env.run(&["sql", "-c", "SELEC 1"]).code, 1);
    assert_eq!(env.run(&["import", "missing-folder", "--store", "trail"]).code, 1);
    assert_eq!(env.run(&["import", ".", "--store", "nowhere"]).code, 1);
    std::fs::write(env.folder().join("broken.json"), "{\"Records\":[{").unwrap();
    assert_eq!(env.run(&["import", "broken.json", "--store", "trail"]).code, 3);
}

#[test]
fn sql_may_begin_with_a_comment() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let commented = "-- one\nSELECT 1 AS n";
    assert_eq!(env.ok(&["sql", "--format", "csv", "-c", commented]), "n\n1\n");
    assert_eq!(env.ok(&["sql", "-c", "-- none", "--command", commented, "--format", "csv"]), "n\n1\n");
    env.ok(&["view", "create", "one", "-c", commented]);
    assert_eq!(env.ok(&["sql", "--format", "csv", "-c", "SELECT n FROM one"]), "n\n1\n");
    env.ok(&["export", "trail", "--where", "-- all\ntrue", "--output", "events.ndjson"]);
}

#[test]
fn the_length_of_a_statement_is_a_setting() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let sql = ["sql", "--format", "csv", "-c", "SELECT 1 AS n"];
    assert_eq!(env.ok(&[&sql[..], &["--statement-limit", "13"]].concat()), "n\n1\n");
    let refused = env.run(&[&sql[..], &["--statement-limit", "12"]].concat());
    assert_eq!(refused.code, 1);
    let said = refused.stderr;
    assert!(said.contains("statement has 13 bytes, more than 12"), "{said}");
    assert!(
        said.contains("The limit is --statement-limit (in the config file: query.statement-limit)"),
        "{said}"
    );
}

#[test]
fn the_table_of_exit_codes_stands() {
    let table = Environment::new().ok(&["exit-codes", "--format", "csv"]);
    insta::assert_snapshot!(table, @r#"
    code,meaning,errors
    0,all was done; also when the reader of the output went away,[]
    1,failed,"[""invalid"",""not_found"",""already_exists"",""conflict"",""unauthenticated"",""permission_denied"",""unavailable"",""resources_exhausted"",""timed_out"",""unsupported"",""corrupt"",""internal""]"
    2,the command line or the configuration is wrong,[]
    3,"partly failed: some files were imported, others were not",[]
    130,interrupted by Ctrl-C or SIGTERM,"[""cancelled""]"
    "#);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    let program = env!("CARGO_BIN_EXE_auditlake");
    let script = format!(
        "set -o pipefail; {program} sql --format csv -c 'SELECT value FROM generate_series(1, 1000000)' | head -n 1"
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .env("AUDITLAKE_LAKE", env.folder().join("lake"))
        .env("HOME", env.folder())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn completion_is_made_for_the_usual_shells() {
    let env = Environment::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(env.ok(&["completion", shell]).contains("auditlake"), "{shell}");
    }
}
