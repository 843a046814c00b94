#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use auditlake_model::{Error, ErrorKind};
use proptest::prelude::*;

use super::*;
use crate::Position;
use crate::testing::{Answer, run_with, session};

fn parameters(assignments: &[&str]) -> Parameters {
    let mut parameters = Parameters::default();
    for assignment in assignments {
        parameters.assign(assignment).unwrap();
    }
    parameters
}

async fn ask(sql: &str, assignments: &[&str]) -> Result<Answer, Error> {
    run_with(&session(), sql, &parameters(assignments)).await
}

async fn check(sql: &str, assignments: &[&str], rows: &[&str]) {
    match ask(sql, assignments).await {
        Ok(answer) => assert_eq!(answer.rows, rows, "{sql} {assignments:?}"),
        Err(error) => panic!("{sql} {assignments:?}: {error:?}"),
    }
}

async fn refused(sql: &str, assignments: &[&str]) -> Error {
    match ask(sql, assignments).await {
        Ok(answer) => panic!("{sql} {assignments:?}: {answer:?}"),
        Err(error) => error,
    }
}

#[test]
fn assignments_are_text_unless_a_type_is_named() {
    let value = |assignment: &str| {
        let parameters = parameters(&[assignment]);
        let (_, value) = parameters.iter().next().unwrap();
        value.clone()
    };
    let text = |text: &str| ParameterValue::Text(text.to_owned());
    assert_eq!(value("a=5"), text("5"));
    assert_eq!(value("a="), text(""));
    assert_eq!(value("a= b=c'; -- "), text(" b=c'; -- "));
    assert_eq!(value("a=x:number=5"), text("x:number=5"));
    assert_eq!(value("a:text=NULL"), text("NULL"));
    assert_eq!(value("a:number=-1.50"), ParameterValue::Number("-1.50".parse().unwrap()));
    assert_eq!(value("a:INT=007"), ParameterValue::Number("007".parse().unwrap()));
    assert_eq!(value("a:bool=TRUE"), ParameterValue::Boolean(true));
    assert_eq!(value("a:null"), ParameterValue::Null);
    assert_eq!(value("a:null="), ParameterValue::Null);
    let midnight = ParameterValue::Timestamp("2026-01-31T00:00:00Z".parse().unwrap());
    assert_eq!(value("a:timestamp=2026-01-31"), midnight);
    assert_eq!(value("a:timestamp=2026-01-31T01:00:00+01:00"), midnight);
}

#[test]
fn assignments_of_no_sense_are_refused() {
    for (assignment, message, hint) in [
        ("a", "gives a parameter no value", "name=value"),
        ("a:number", "gives a parameter no value", "name:type=value"),
        ("=5", "no name of a parameter", "letters"),
        ("1a=5", "no name of a parameter", "letters"),
        ("a b=5", "no name of a parameter", "letters"),
        ("a:float4=5", "`float4` is no type", "text, number, boolean, timestamp, null"),
        ("a:number=5 OR 1=1", "is no number", "as in SQL"),
        ("a:number=0x10", "is no number", ""),
        ("a:number=.5", "is no number", ""),
        ("a:bool=yes", "is no boolean", "true or false"),
        ("a:timestamp=yesterday", "is no instant", "2026-01-31"),
        ("a:null=x", "type null", "name:null"),
    ] {
        let error = Parameters::default().assign(assignment).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{assignment}");
        assert!(error.message().contains(message), "{assignment}: {error:?}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{assignment}: {error:?}");
    }
    let mut many = Parameters::default();
    for number in 0..MAX_PARAMETERS {
        many.set(&format!("p{number}"), ParameterValue::Null).unwrap();
    }
    many.set("p0", ParameterValue::Boolean(true)).unwrap();
    assert_eq!(many.set("q", ParameterValue::Null).unwrap_err().kind(), ErrorKind::ResourcesExhausted);
    let long = ParameterValue::Text("x".repeat(MAX_PARAMETER_BYTES + 1));
    assert_eq!(Parameters::default().set("p", long).unwrap_err().kind(), ErrorKind::ResourcesExhausted);
}

#[tokio::test]
async fn values_have_their_types() {
    check("SELECT eventID FROM trail WHERE eventName = :name", &["name=GetObject"], &["e1"]).await;
    check("SELECT eventID FROM trail WHERE eventTime >= :since", &["since=2024-01-02"], &["e3"]).await;
    check(
        "SELECT eventID FROM trail WHERE eventTime > :since ORDER BY 1",
        &["since:timestamp=2024-01-01T12:00:00+02:00"],
        &["e2", "e3"],
    )
    .await;
    check("SELECT eventID FROM trail ORDER BY eventID LIMIT :n", &["n:number=1"], &["e1"]).await;
    check("SELECT :n, :n + 1, 1 - :n, :m", &["n:number=-5", "m:number=1.50"], &["-5|-4|6|1.5"]).await;
    check("SELECT eventID FROM trail WHERE readOnly = :b", &["b:boolean=false"], &["e2"]).await;
    check("SELECT coalesce(:x, 'none'), :x IS NULL", &["x:null"], &["none|true"]).await;
    check("SELECT :a || :b", &["a=1", "b=2"], &["12"]).await;
    check("SELECT 'a%b' LIKE 'a\\%_' ESCAPE :e", &["e=\\"], &["true"]).await;
    check("SELECT count(*) FROM trail WHERE eventID IN (:a, :b)", &["a=e1", "b=e3"], &["2"]).await;
    let plan = ask("EXPLAIN SELECT eventID FROM trail WHERE eventName = :a", &["a=x"]).await.unwrap();
    assert!(plan.rows.iter().any(|row| row.contains("(\"x\")")), "{plan:?}");
}

#[tokio::test]
async fn a_value_cannot_change_the_statement() {
    for text in ["x' OR '1'='1", "'; DROP TABLE trail; --", "\\'", ":name", "/*", "\u{0}\u{1b}\n"] {
        let mut given = Parameters::default();
        given.set("name", ParameterValue::Text(text.to_owned())).unwrap();
        let state = session();
        let rows = run_with(&state, "SELECT count(*) FROM trail WHERE eventName = :name", &given).await;
        assert_eq!(rows.unwrap().rows, ["0"], "{text:?}");
        assert_eq!(run_with(&state, "SELECT :name", &given).await.unwrap().rows, [text], "{text:?}");
    }
}

#[tokio::test]
async fn strings_comments_casts_and_slices_are_no_parameters() {
    check("SELECT ':a', \":b\" FROM (SELECT 1 AS \":b\") -- :c\n/* :d */", &[], &[":a|1"]).await;
    check("SELECT '5'::int, :a::int, (:a)::int + 1", &["a=7"], &["5|7|8"]).await;
    let list = "(SELECT make_array(1, 2, 3, 4) AS a, 2 AS n, 3 AS date)";
    check(
        &format!("SELECT a[1:2], a[n:3], a[n:date], a[2:n] FROM {list}"),
        &[],
        &["[1, 2]|[2, 3]|[2, 3]|[2]"],
    )
    .await;
    check(&format!("SELECT a[:k], a[(:k):3], a[1:(:k)] FROM {list}"), &["k:int=2"], &["2|[2, 3]|[1, 2]"])
        .await;
    check(
        &format!("SELECT make_array(:k, :k)[1], a[CASE WHEN true THEN :k END] FROM {list}"),
        &["k:int=2"],
        &["2|2"],
    )
    .await;
    check(
        "SELECT eventID FROM trail WHERE eventName=:a AND(:a)<>'x' LIMIT:n",
        &["a=GetObject", "n:int=1"],
        &["e1"],
    )
    .await;
    check("SELECT (SELECT :inner), x FROM (SELECT :sub AS x)", &["inner=i", "sub=s"], &["i|s"]).await;
}

#[tokio::test]
async fn faults_name_the_place_and_the_nearest() {
    for (sql, assignments, message, hint, place) in [
        (
            "SELECT 1,\n  :sicne",
            &["since=x"][..],
            "`:sicne` has no value",
            "Did you mean `:since`?",
            Some((2, 3)),
        ),
        ("SELECT :a", &[][..], "`:a` has no value", "--param a=VALUE", Some((1, 8))),
        ("SELECT :since", &["since=1", "sinc=2"][..], "`sinc` is not used", "Did you mean `:since`?", None),
        ("SELECT ':a'", &["a=1"][..], "`a` is not used", "outside of quotes", None),
        ("SHOW TABLES", &["a=1"][..], "`a` is not used", "", None),
        ("SELECT * FROM :t", &["t=trail"][..], "syntax error", "stands for a value", Some((1, 15))),
        ("SELECT :'a'", &["a=1"][..], "syntax error", "Write `:name`", Some((1, 9))),
        ("SELECT 'x' LIKE 'y' ESCAPE :e", &["e:int=-1"][..], "a parameter stands here", "", Some((1, 28))),
    ] {
        let error = refused(sql, assignments).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}: {error:?}");
        assert!(error.message().contains(message), "{sql}: {error:?}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{sql}: {error:?}");
        let place = place.map(|(line, column)| Position { line, column });
        assert_eq!(Position::of(&error), place, "{sql}: {error:?}");
    }
}

#[test]
fn a_session_gives_what_a_statement_uses() {
    let all = parameters(&["a=1", "b=2", "c=3"]);
    let used_by = |sql: &str| {
        let names: Vec<String> = parameter_uses(sql).into_iter().map(|found| found.name).collect();
        all.only(&names)
    };
    let used = used_by("SELECT :a, ':b', x[1:b] FROM t WHERE y = :c AND z = :d");
    assert_eq!(used.names().collect::<Vec<_>>(), ["a", "c"]);
    assert!(used_by("SELECT 'open").is_empty());
}

#[test]
fn values_that_are_offered_may_be_left_unused() {
    let given = parameters(&["a=1", "b=2"]);
    let bind = |given: Parameters| {
        let mut statement = crate::parse("SELECT :a").unwrap();
        statement.bind(&given, Vec::new())
    };
    assert!(bind(given.clone()).unwrap_err().message().contains("`b` is not used"));
    assert_eq!(bind(given.offered()).unwrap(), ["a"]);
}

proptest! {
    #[test]
    fn numbers_parse_as_sql_and_print_as_given(text in "-?[0-9]{1,20}(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,2})?") {
        let value = ParameterValue::parse("number", &text).unwrap();
        prop_assert_eq!(value.to_string(), text);
    }

    #[test]
    fn marking_never_fails_and_only_joins_tokens(sql in "[ab:'\"\\[\\](),.=0-9 \\-]{0,40}") {
        for found in parameter_uses(&sql) {
            prop_assert!(sql.contains(&format!(":{}", found.name)), "{}", sql);
        }
    }
}

#[tokio::test]
async fn dashboards_write_parameters_between_dollars() {
    let day = ["StartTime=2024-01-01T10:00:00Z", "EndTime:timestamp=2024-01-02"];
    let quoted = "SELECT eventID FROM trail WHERE eventTime > '$StartTime$' AND eventTime < '$endtime$'";
    check(quoted, &day, &["e2"]).await;
    let bare = "SELECT eventID FROM trail WHERE eventTime > $StartTime$ AND eventTime < $EndTime$";
    check(bare, &day, &["e2"]).await;
    let trend = "SELECT date_trunc('$Period$', eventTime), count(*) FROM trail GROUP BY 1 ORDER BY 1";
    check(trend, &["Period=day"], &["2024-01-01T00:00:00Z|2", "2024-01-02T00:00:00Z|1"]).await;
    check("SELECT $n$ + 1", &["n:number=2"], &["3"]).await;
    check("SELECT '$n$', 'x$StartTime$'", &[], &["$n$|x$StartTime$"]).await;
    let table = "SELECT count(*) FROM $EventDataStoreId$ t";
    check(table, &[&format!("EventDataStoreId={}", crate::testing::UUID)], &["3"]).await;
    check(table, &["EventDataStoreId=my-trail"], &["3"]).await;
    let error = refused(table, &[]).await;
    assert!(error.message().contains("`EventDataStoreId` has no value"), "{error:?}");
    let error = refused("SELECT '$StartTime$'", &[]).await;
    assert!(error.message().contains("`:StartTime` has no value"), "{error:?}");
}
