#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;

use super::*;
use crate::sample::Sample;
use crate::session::{ColumnFacts, FunctionFacts};

fn column(name: &str, json: bool, fields: Vec<ColumnFacts>) -> ColumnFacts {
    ColumnFacts { name: name.to_owned(), type_name: "varchar".to_owned(), json, fields }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn words() -> Words {
    let leaf = |name| column(name, false, vec![]);
    let columns = vec![
        leaf("eventTime"),
        leaf("eventSource"),
        leaf("eventName"),
        column(
            "userIdentity",
            false,
            vec![leaf("type"), leaf("arn"), column("sessionContext", false, vec![leaf("mfa")])],
        ),
        column("requestParameters", true, vec![]),
    ];
    let sample = Sample {
        values: HashMap::from([
            ("eventsource".to_owned(), texts(&["s3.amazonaws.com", "iam.amazonaws.com", "it's.odd"])),
            ("useridentity.type".to_owned(), texts(&["IAMUser", "Root"])),
        ]),
        members: HashMap::from([("requestparameters".to_owned(), texts(&["bucketName", "instancesSet"]))]),
    };
    let trail = Arc::new(TableWords { columns, sample });
    let function =
        |name: &str| FunctionFacts { name: name.to_owned(), signature: String::new(), help: String::new() };
    Words {
        tables: texts(&["trail", "my-trail", "system.queries"]),
        functions: vec![function("element_at"), function("encode")],
        known: std::collections::BTreeMap::from([("trail".to_owned(), trail)]),
        examples: texts(&["01-root"]),
        parameters: texts(&["user"]),
    }
}

/// Completes at the `|` and returns the text with each candidate in place.
fn completed(text: &str) -> Vec<String> {
    let cursor = text.find('|').unwrap();
    let text = text.replace('|', "");
    let completion = complete(&text, cursor, &words());
    let put = |candidate: Candidate| format!("{}{}", &text[..completion.start], candidate.text);
    completion.candidates.into_iter().map(put).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(completed(text), expected, "{text}");
}

#[test]
fn tables_stand_behind_from() {
    check("SELECT 1 FROM tr|", &["SELECT 1 FROM trail"]);
    check(
        "SELECT 1 FROM |",
        &["SELECT 1 FROM trail", "SELECT 1 FROM \"my-trail\"", "SELECT 1 FROM system.queries"],
    );
    check("SELECT 1 FROM system.|", &["SELECT 1 FROM system.queries"]);
    check("SELECT 1; SELECT 2 FROM a JOIN my|", &["SELECT 1; SELECT 2 FROM a JOIN \"my-trail\""]);
}

#[test]
fn columns_functions_and_keywords_fit_what_was_typed() {
    check("SELECT eventn| FROM trail", &["SELECT eventName"]);
    check(
        "SELECT e|",
        &[
            "SELECT eventTime",
            "SELECT eventSource",
            "SELECT eventName",
            "SELECT element_at(",
            "SELECT encode(",
            "SELECT else",
            "SELECT end",
            "SELECT except",
            "SELECT exists",
            "SELECT explain",
        ],
    );
    check("SEL|", &["SELECT"]);
    check("sel|", &["select"]);
    assert!(completed("SELECT |").contains(&"SELECT userIdentity".to_owned()));
}

#[test]
fn paths_go_down_into_rows_and_free_form_fields() {
    check("SELECT userIdentity.a| FROM trail", &["SELECT userIdentity.arn"]);
    check("SELECT useridentity.sessioncontext.|", &["SELECT useridentity.sessioncontext.mfa"]);
    check("SELECT requestParameters.b|", &["SELECT requestParameters.bucketName"]);
    check("SELECT t.eventS| FROM trail t", &["SELECT t.eventSource"]);
    check("SELECT t.userIdentity.t| FROM trail AS t WHERE x", &["SELECT t.userIdentity.type"]);
}

#[test]
fn values_stand_behind_comparisons() {
    check(
        "SELECT 1 FROM trail WHERE eventSource = 'ia|",
        &["SELECT 1 FROM trail WHERE eventSource = 'iam.amazonaws.com'"],
    );
    check(
        "SELECT 1 FROM trail WHERE eventsource IN ('a', 'S3|",
        &["SELECT 1 FROM trail WHERE eventsource IN ('a', 's3.amazonaws.com'"],
    );
    check("WHERE eventSource <> 'it|", &["WHERE eventSource <> 'it''s.odd'"]);
    check("WHERE eventSource NOT LIKE 's3|", &["WHERE eventSource NOT LIKE 's3.amazonaws.com'"]);
    check(
        "SELECT 1 FROM trail t WHERE t.userIdentity.type = |",
        &[
            "SELECT 1 FROM trail t WHERE t.userIdentity.type = 'IAMUser'",
            "SELECT 1 FROM trail t WHERE t.userIdentity.type = 'Root'",
        ],
    );
    check("SELECT 'ia|", &[]);
}

#[test]
fn members_stand_in_functions_that_read_them() {
    check("element_at(requestParameters, 'b|", &["element_at(requestParameters, 'bucketName'"]);
    check(
        "json_extract_scalar(requestParameters, '$.i|",
        &["json_extract_scalar(requestParameters, '$.instancesSet'"],
    );
}

#[test]
fn commands_and_their_arguments_are_completed() {
    check("\\exa|", &["\\examples"]);
    check("\\d t|", &["\\d trail"]);
    check("SELECT 1;\n\\x a|", &["SELECT 1;\n\\x auto"]);
    check("\\format nd|", &["\\format ndjson"]);
    check("\\examples run 0|", &["\\examples run 01-root"]);
    check("SELECT 1 WHERE a = :u|", &["SELECT 1 WHERE a = :user"]);
    check("\\nonsense a|", &[]);
}

#[test]
fn unfinished_and_foreign_text_does_no_harm() {
    for text in
        ["|", "'|", "\"|", ".|", "(((|", "日本|", "a = |", "IN (|", ", 'a|", "/* |", "\\|", ";|", "= '|"]
    {
        let _ = completed(text);
    }
    assert_eq!(complete("日本", 1, &words()), Completion::default());
}

#[test]
fn the_tables_of_a_statement_are_its_own() {
    assert_eq!(tables_named("SELECT 1 FROM a; SELECT 2 FROM b, c JOIN \"d-e\" x", 20), ["b", "d-e"]);
    assert_eq!(tables_named("SELECT 1 FROM system.queries q", 0), ["system.queries"]);
}
