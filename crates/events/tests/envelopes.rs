//! Every form in which events arrive.

use crate::compare::assert_same;
use crate::{decode, events, gzip, texts, try_decode};

const ONE: &str = r#"{"eventID":"1","eventTime":"2026-01-31T22:15:00Z","requestParameters":{"a":1.50}}"#;
const TWO: &str = r#"{"eventID":"2","eventTime":"2026-02-01T00:00:00Z","userAgent":"a\"b"}"#;

fn quoted(json: &str) -> String {
    serde_json::to_string(json).unwrap()
}

/// Asserts that a file, plain and compressed, holds the two events in order and nothing else.
fn check(content: impl AsRef<[u8]>) {
    check_bytes(content.as_ref());
    check_bytes(&gzip(content));
}

fn check_bytes(bytes: &[u8]) {
    let file = try_decode(bytes, "log").unwrap();
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(file.object.quarantined, [], "{shown}");
    assert_eq!(texts(&file, "eventID"), [Some("1".to_owned()), Some("2".to_owned())], "{shown}");
    for (event, source) in events(&file).iter().zip([ONE, TWO]) {
        assert_same(event, source);
    }
    let dates: Vec<String> = file.object.event_dates.iter().map(|date| date.unwrap().to_string()).collect();
    assert_eq!(dates, ["2026-01-31", "2026-02-01"]);
}

#[test]
fn log_files_of_a_trail() {
    check(format!(r#"{{"Records":[{ONE},{TWO}]}}"#));
    check(format!("{{ \"Records\" : [\n  {ONE} ,\n {TWO} ]\n}}\n"));
    check(format!(r#"{{"version":{{"Records":[1]}},"Records":[{ONE},{TWO}],"next":null}}"#));
    check(format!(r#"{{"Records":[{ONE}]}}{{"Records":[{TWO}]}}"#));
}

#[test]
fn streams_and_arrays() {
    check(format!("{ONE}\n{TWO}"));
    check(format!("{ONE}{TWO}\r\n\n"));
    check(format!("[{ONE},{TWO}]"));
    check(format!("{}\n{TWO}", ONE.replace(',', ",\n    ")));
}

#[test]
fn answers_and_rows_of_lookup_events() {
    let row =
        |json: &str| format!(r#"{{"EventId":"x","ReadOnly":"true","CloudTrailEvent":{}}}"#, quoted(json));
    check(format!(r#"{{"Events":[{},{}],"NextToken":"t"}}"#, row(ONE), row(TWO)));
    check(format!("{}\n{}", row(ONE), row(TWO)));
    check(format!("[{},{}]", row(ONE), row(TWO)));
}

#[test]
fn forwarded_events() {
    let bridged = |json: &str| {
        format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{json},"id":"x"}}"#)
    };
    check(format!("{}\n{}", bridged(ONE), bridged(TWO)));
    check(format!("[{},{}]", bridged(ONE), bridged(TWO)));
    check(format!(r#"{{"_raw":{},"host":"h"}}{{"event":{{"original":{}}}}}"#, quoted(ONE), quoted(TWO)));
}

#[test]
fn different_forms_in_one_stream() {
    let row = format!(r#"{{"CloudTrailEvent":{}}}"#, quoted(TWO));
    check(format!("{ONE}\n{{\"Records\":[]}}\n[{row}]\n[]"));
    check(format!(r#"{{"Records":[{{"detail-type":"x","detail":{ONE}}},{row}]}}"#));
}

#[test]
fn saved_lake_results() {
    let cell = |json: &str| format!("\"{}\"", json.replace('"', "\"\""));
    check(format!("\"eventTime\",\"eventJson\"\n\"t\",{}\nu,{}\n", cell(ONE), cell(TWO)));
    check(format!(
        "# Execution Time: 2024-01-01 Query Statement: SELECT\neventjson\r\n{}\r\n{}",
        cell(ONE),
        cell(TWO)
    ));
}

#[test]
fn odd_wrappings_of_the_bytes() {
    let text = format!(r#"{{"Records":[{ONE},{TWO}]}}"#);
    check(format!("\u{feff}{text}"));
    let (head, tail) = text.split_at(40);
    check_bytes(&[gzip(head), gzip(tail)].concat());
}

#[test]
fn files_without_records_are_fine() {
    for text in [r#"{"Records":[]}"#, r#"{"Records": [ ]}"#, "[]", r#"{"Events":[]}"#, "eventJson\n"] {
        let file = decode(text);
        assert_eq!((file.object.records, file.batch.num_rows()), (0, 0), "{text}");
        assert_eq!(file.batch.num_columns(), file.batch.schema().fields().len());
    }
}

#[test]
fn source_columns_tell_where_an_event_was_read() {
    let file = try_decode(format!(r#"[{ONE},"x",{TWO}]"#).as_bytes(), "log.json").unwrap();
    let positions = file.batch.column_by_name("_sourcePosition").unwrap();
    let positions = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(positions);
    assert_eq!(positions.values().as_ref(), [0, 2]);
    assert_eq!(texts(&file, "_sourceObject"), vec![Some("s3://trail/log.json".to_owned()); 2]);
    assert_eq!(texts(&file, "_importId"), vec![Some("import".to_owned()); 2]);
    assert_eq!(file.batch.column_by_name("_ingestVersion").unwrap().null_count(), 2);
}
