use std::collections::HashSet;

use super::*;

fn home() -> Home {
    Home { data: Some(PathBuf::from("/home/u/.local/share")) }
}

fn config(flags: &[(Key, &str)], environment: &[(&str, &str)], file: &str) -> Result<Config> {
    let mut values = Values::default();
    for (key, value) in flags {
        values.set(*key, *value);
    }
    Config::try_new(&Layers::of(values, environment, file)?, &home())
}

#[test]
fn the_default_lake_is_in_the_data_folder() {
    let config = config(&[], &[("AUDITLAKE_LAKE", "")], "").unwrap();
    assert_eq!(config.lake.to_string(), "/home/u/.local/share/auditlake");
    assert_eq!((config.object_store, config.auth_root), (ObjectStoreConfig::default(), None));
    let error = Config::try_new(&Layers::default(), &Home::default()).unwrap_err();
    assert!(error.hint().unwrap().contains("--lake"));
}

#[test]
fn flags_beat_the_environment_and_that_beats_the_file() {
    let file = "lake = '/file'\n[auth]\nroot = 's3://bucket/users'\n[s3]\nregion = 'eu-west-1'\nallow-http = true\n[query]\ntime-limit = '5m'\nstatement-limit = '64KiB'";
    let environment = [("AUDITLAKE_LAKE", "/variable"), ("AUDITLAKE_ALLOW_HTTP", "0")];
    let config = config(&[(Key::Lake, "/flag")], &environment, file).unwrap();
    assert_eq!(config.lake.to_string(), "/flag");
    assert_eq!(config.auth_root.unwrap().to_string(), "s3://bucket/users");
    assert!(!config.object_store.allow_http);
    assert_eq!(config.object_store.region.as_deref(), Some("eu-west-1"));
    assert_eq!(config.query.time_limit, Duration::from_mins(5));
    assert_eq!(config.query.statement_limit_bytes, 64 << 10);
}

#[test]
fn errors_name_the_place_the_key_and_the_value() {
    let check = |result: Result<Config>, expected: &str| {
        assert_eq!(result.unwrap_err().report(), expected);
    };
    check(
        config(&[], &[], "[s3]\nallow-http = 'maybe'"),
        "`maybe` is neither true nor false (file: config.toml, key: s3.allow-http, value: maybe)",
    );
    check(
        config(&[], &[("AUDITLAKE_QUERY_MEMORY_LIMIT", "lots")], ""),
        "`lots` is no size (variable: AUDITLAKE_QUERY_MEMORY_LIMIT, value: lots)",
    );
    check(
        config(&[], &[], "query.statement-limit = 'long'"),
        "`long` is no size (file: config.toml, key: query.statement-limit, value: long)",
    );
    check(
        config(&[(Key::ImportThreads, "0")], &[], ""),
        "`0` is no whole number from 1 on (flag: --threads, value: 0)",
    );
    check(
        config(&[], &[], "s3.regoin = 'x'"),
        "there is no setting `s3.regoin` (file: config.toml, key: s3.regoin, value: \"x\")",
    );
    check(
        config(&[], &[], "lake = ['a']"),
        "`lake` must be a text, a number or a switch (file: config.toml, key: lake, value: [\"a\"])",
    );
}

#[test]
fn a_server_is_told_by_file_and_variables() {
    let file = "[server]\nlisten = '0.0.0.0:1'\ntls_cert = 'c,d.pem'\ntls-key = 'k'\nshutdown-grace = '5s'\n\
                signing-keys = ['a:x,y', 'b:z']\n[import]\nallowed-sources = ['/a,b']\n\
                [[import.scheduled]]\nsource = '/logs'\nstore = 'trail'\ninterval = '5m'";
    let server = config(&[], &[("AUDITLAKE_SERVER_HTTP", "[::1]:2")], file).unwrap().server;
    assert_eq!((server.listen.to_string(), server.http.to_string()), ("0.0.0.0:1".into(), "[::1]:2".into()));
    assert_eq!(server.tls.unwrap().cert, PathBuf::from("c,d.pem"));
    assert_eq!(server.signing_keys.0, ["a:x,y", "b:z"]);
    assert_eq!(server.allowed_sources[0].to_string(), "/a,b");
    assert_eq!(server.imports[0].interval, Duration::from_mins(5));
    assert_eq!((server.shutdown_grace, server.import_limits.decode_threads), (Duration::from_secs(5), 1));
    let keys = config(&[], &[("AUDITLAKE_SERVER_SIGNING_KEYS", "a:x, b:y")], "").unwrap().server.signing_keys;
    assert_eq!(keys.0, ["a:x", "b:y"]);
    let short =
        config(&[], &[], "[[import]]\nsource = 's3://bucket/x'\nstore = 'trail'\ninterval = '1h'").unwrap();
    assert_eq!(short.server.imports[0].source.to_string(), "s3://bucket/x");
}

#[test]
fn faults_of_scheduled_imports_are_told() {
    let report = |file: &str| config(&[], &[], file).unwrap_err().report();
    assert!(report("[[import]]\nsource = 'x'\nstore = 'trail'").contains("needs source, store and interval"));
    assert!(report("[[import]]\nsorce = 'x'").contains("has no key `sorce`"));
    let wrong = report("[[import]]\nsource = 'x'\nstore = 'trail'\ninterval = 'often'");
    assert!(wrong.contains("key: import.interval, value: often, file: config.toml"), "{wrong}");
    assert!(report("import = ['a']").contains("must be a list of tables"));
    assert!(report("server.listen = ['a']").contains("must be a text, a number or a switch"));
}

#[test]
fn secrets_are_in_no_error() {
    let layers = Layers::of(Values::default(), &[("AUDITLAKE_SERVER_SIGNING_KEYS", "hunter2")], "").unwrap();
    let error = layers.parse(Key::ServerSigningKeys, |_| Err::<(), _>(Error::invalid("x"))).unwrap_err();
    assert_eq!(error.report(), "x (variable: AUDITLAKE_SERVER_SIGNING_KEYS)");
}

#[test]
fn a_file_that_is_no_toml_shows_its_line() {
    let error = config(&[], &[], "lake = 'a'\nlake = \n").unwrap_err();
    let report = error.report();
    assert!(report.contains("(file: config.toml, line: 2, text: lake =)"), "{report}");
}

#[test]
fn an_unknown_key_names_the_nearest_one() {
    let hint = |file: &str| config(&[], &[], file).unwrap_err().hint().unwrap().to_owned();
    assert_eq!(hint("[s3]\nendpoint = 'x'"), "Did you mean `s3.endpoint-url`?");
    assert!(hint("colour_of_the_sky_at_night_in_spring = 1").starts_with("The keys are lake, "));
}

#[test]
fn names_are_unique_and_follow_one_pattern() {
    let mut seen = HashSet::new();
    for key in Key::ALL {
        assert!(seen.insert(key.file_name()) && seen.insert(key.variable()));
        assert!(key.variable().starts_with("AUDITLAKE_"));
        assert!(key.flag().starts_with("--"));
        assert_eq!(Key::from_file_name(key.file_name()), Some(*key));
    }
}
