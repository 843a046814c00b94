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
    let file = "lake = '/file'\n[auth]\nroot = 's3://bucket/users'\n[s3]\nregion = 'eu-west-1'\nallow-http = true\n[query]\ntime-limit = '5m'";
    let environment = [("AUDITLAKE_LAKE", "/variable"), ("AUDITLAKE_ALLOW_HTTP", "0")];
    let config = config(&[(Key::Lake, "/flag")], &environment, file).unwrap();
    assert_eq!(config.lake.to_string(), "/flag");
    assert_eq!(config.auth_root.unwrap().to_string(), "s3://bucket/users");
    assert!(!config.object_store.allow_http);
    assert_eq!(config.object_store.region.as_deref(), Some("eu-west-1"));
    assert_eq!(config.query.time_limit, Duration::from_mins(5));
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
