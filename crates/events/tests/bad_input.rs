//! What is wrong with a file or a record is said in one clear error or reason, and costs no neighbour.

use auditlake_events::{DecodeOptions, Error, ErrorKind, EventFilter, Limits, decode_object};
use bytes::Bytes;

use crate::{decode, gzip, hint, options, texts, try_decode};

const GOOD: &str = r#"{"eventID":"1","eventTime":"2026-01-31T22:15:00Z"}"#;

fn refused(bytes: &[u8], name: &str) -> Error {
    let error = try_decode(bytes, name).unwrap_err();
    assert!(error.report().contains(&format!("file: s3://trail/{name}")), "{}", error.report());
    assert!(error.hint().is_some(), "{error}");
    error
}

fn check_refused(bytes: impl AsRef<[u8]>, name: &str, kind: ErrorKind, message: &str) {
    let error = refused(bytes.as_ref(), name);
    assert_eq!(error.message(), message);
    assert_eq!(error.kind(), kind, "{error}");
}

/// Asserts that one bad record of three is quarantined for that reason, and that its neighbours land.
fn check_quarantined(record: impl AsRef<[u8]>, reason: &str) {
    let file = decode([b"[", GOOD.as_bytes(), b", ", record.as_ref(), b" ,", GOOD.as_bytes(), b"]"].concat());
    assert_eq!(texts(&file, "eventID").len(), 2);
    assert_eq!(file.object.records, 3);
    let [bad] = file.object.quarantined.as_slice() else { panic!("{:?}", file.object.quarantined) };
    assert_eq!(bad.reason, reason);
    assert_eq!((bad.position, bad.offset), (1, GOOD.len() as u64 + 3));
    assert_eq!(bad.bytes, record.as_ref());
}

#[test]
fn files_that_are_no_logs() {
    check_refused("", "a.json", ErrorKind::Corrupt, "file is empty");
    check_refused(gzip(""), "a.json.gz", ErrorKind::Corrupt, "file is empty");
    check_refused(" \n", "a.json", ErrorKind::Invalid, "file holds nothing but white space");
    check_refused(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}"#,
        "policy.json",
        ErrorKind::Invalid,
        "file is an IAM policy document, which holds no events",
    );
    check_refused(
        r#"{"awsAccountId":"1","digestStartTime":"2026-01-01T00:00:00Z","logFiles":[]}"#,
        "digest.json.gz",
        ErrorKind::Invalid,
        "file is a CloudTrail digest, which lists log files and holds no events",
    );
    check_refused(
        b"\x89PNG\r\n",
        "x.json.gz",
        ErrorKind::Invalid,
        "file is named .gz and holds neither gzip nor JSON: it starts with byte 0x89",
    );
    check_refused("hello", "x.txt", ErrorKind::Invalid, "file holds no JSON: it starts with byte 0x68");
    check_refused(gzip(gzip("{}")), "x.gz", ErrorKind::Invalid, "file was compressed twice");
    check_refused(
        "eventTime,eventName\n1,2\n",
        "result_1.csv.gz",
        ErrorKind::Invalid,
        "CSV has no column `eventJson`, so its rows are no whole events",
    );
}

#[test]
fn csv_without_events_names_the_query_to_run() {
    let error = refused(b"eventTime,eventName\n1,2\n", "result_1.csv");
    assert!(error.hint().unwrap().contains("SELECT eventJson FROM"), "{:?}", error.hint());
}

#[test]
fn damaged_gzip() {
    let whole = gzip(format!("[{GOOD}]"));
    let error = refused(&whole[..whole.len() - 12], "a.json.gz");
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.message().starts_with("gzip stream is cut off after "), "{error}");
}

#[test]
fn a_gzip_bomb_is_stopped() {
    let limits = Limits { max_decompressed_bytes: 1 << 20, ..Limits::default() };
    let options = DecodeOptions { limits, ..options() };
    let bomb = Bytes::from(gzip(vec![b' '; 50 << 20]));
    let error = decode_object(&bomb, &hint("bomb.gz"), &options, &EventFilter::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourcesExhausted);
    assert_eq!(error.message(), "file is larger than 1048576 bytes uncompressed");
    assert!(error.hint().unwrap().contains("--max-decompressed-size"));
}

#[test]
fn json_that_breaks_halfway_tells_byte_and_record() {
    let cut_off = format!(r#"{{"Records":[{GOOD},{{"eventID":"#);
    let at = cut_off.len();
    check_refused(
        &cut_off,
        "a.json",
        ErrorKind::Corrupt,
        &format!("JSON is cut off at byte {at}, in record 1: expected a value"),
    );
    let unquoted = format!("{GOOD}\n{{eventID: '1'}}");
    check_refused(
        &unquoted,
        "a.json",
        ErrorKind::Corrupt,
        &format!(
            "JSON is malformed at byte {}, in record 1: expected a member name in quotes",
            GOOD.len() + 2
        ),
    );
    for broken in [
        format!("[{GOOD}{GOOD}]"),
        format!("[{GOOD},]"),
        format!("{{\"x\":1,\"Records\":[{GOOD}"),
        format!("{GOOD},{GOOD}"),
        "{\"eventID\":\"a\nb\"}".to_owned(),
        "{\"eventID\":01}".to_owned(),
        "{\"eventID\":nul}".to_owned(),
    ] {
        assert_eq!(refused(broken.as_bytes(), "a.json").kind(), ErrorKind::Corrupt, "{broken}");
    }
}

#[test]
fn a_byte_order_mark_counts_in_positions() {
    check_refused(
        "\u{feff}{\"a\" 1}",
        "a.json",
        ErrorKind::Corrupt,
        "JSON is malformed at byte 8, in record 0: expected `:`",
    );
    let file = decode("\u{feff}[1]");
    assert_eq!(file.object.quarantined[0].offset, 4);
}

#[test]
fn records_that_are_no_events() {
    check_quarantined("\"just text\"", "record is a string, no object");
    check_quarantined("17", "record is a number, no object");
    check_quarantined("null", "record is null, no object");
    check_quarantined("[1]", "record is an array, no object");
    let neither = "object has neither a readable eventTime nor an eventID";
    check_quarantined("{}", neither);
    check_quarantined(r#"{"eventTime":"yesterday","eventID":""}"#, neither);
    check_quarantined(r#"{"eventTime":1700000000,"eventID":null}"#, neither);
    check_quarantined(r#"{"Records":{"eventID":"1"}}"#, neither);
}

#[test]
fn deep_nesting_is_quarantined() {
    let nested =
        |depth: usize| format!(r#"{{"eventID":"1","x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1));
    let file = decode(nested(128));
    assert_eq!(file.batch.num_rows(), 1);
    check_quarantined(nested(129), "record is nested deeper than 128 levels");
    check_quarantined(nested(100_000), "record is nested deeper than 128 levels");
    check_quarantined(
        nested(200).replace("\"x\"", "\"requestParameters\":{},\"userIdentity\""),
        "record is nested deeper than 128 levels",
    );
}

#[test]
fn depth_can_be_set() {
    let limits = Limits { max_json_depth: 2, ..Limits::default() };
    let options = DecodeOptions { limits, ..options() };
    let decode = |text: &str| {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        decode_object(&bytes, &hint("x"), &options, &EventFilter::default()).unwrap().batch.num_rows()
    };
    assert_eq!(decode(r#"{"eventID":"1","requestParameters":{"a":1},"resources":[]}"#), 1);
    assert_eq!(decode(r#"{"eventID":"1","requestParameters":{"a":{}}}"#), 0);
    assert_eq!(decode(r#"{"eventID":"1","resources":[{}]}"#), 0);
    assert_eq!(decode(r#"{"eventID":"1","userIdentity":{"sessionContext":{}}}"#), 0);
}

#[test]
fn the_greatest_depth_fits_the_stack() {
    let limits = Limits { max_json_depth: usize::MAX, ..Limits::default() };
    let options = DecodeOptions { limits, ..options() };
    // Without an id and with a repeated name, the parts that recurse are walked too.
    let nested = |depth: usize| {
        let open = r#"{"a":["#.repeat(depth / 2);
        let text = format!(
            r#"{{"eventTime":"2026-01-31T22:15:00Z","eventName":"x","eventName":"y","x":{open}{}}}"#,
            "]}".repeat(depth / 2)
        );
        decode_object(&Bytes::from(text), &hint("x"), &options, &EventFilter::default())
            .unwrap()
            .batch
            .num_rows()
    };
    assert_eq!((nested(510), nested(512)), (1, 0));
}

#[test]
fn bytes_that_are_no_utf8_cost_one_record() {
    let text = [&b"{\"eventID\":\"2\",\"userAgent\":\"caf"[..], b"\xe9", b"\"}"].concat();
    check_quarantined(&text, "record holds bytes that are no UTF-8, first at byte 84");
}

#[test]
fn embedded_text_that_is_no_event_costs_one_record() {
    let malformed = "text of the event is malformed JSON: expected a member name in quotes at byte 1";
    check_quarantined(r#"{"EventId":"x","CloudTrailEvent":"{eventID: 1}"}"#, malformed);
    let file = decode(format!("eventJson\n\"\"\n\"{}\"\n", GOOD.replace('"', "\"\"")));
    assert_eq!((file.object.records, file.batch.num_rows()), (2, 1));
    let no_object = "text of the event is malformed JSON: expected an object at byte 0";
    check_quarantined(r#"{"CloudTrailEvent":"[1]"}"#, no_object);
    let more = "text of the event is malformed JSON: expected the end of the text at byte 3";
    check_quarantined(r#"{"CloudTrailEvent":"{} {}"}"#, more);
}

#[test]
fn large_fields_are_no_problem() {
    let text = format!(r#"{{"eventID":"1","requestParameters":{{"policy":"{}"}}}}"#, "x".repeat(300 << 10));
    let file = decode(&text);
    assert_eq!(texts(&file, "requestParameters")[0].as_ref().unwrap().len(), (300 << 10) + 13);
}

#[test]
fn an_object_that_fails_leaves_nothing_in_a_shared_batch() {
    let decoder = auditlake_events::Decoder::new(options(), EventFilter::default());
    let mut rows = decoder.start_batch();
    let good = Bytes::from(format!("[{GOOD}]"));
    let broken = Bytes::from(format!("[{GOOD},{GOOD}"));
    decoder.decode_into(&good, &hint("a"), &mut rows).unwrap();
    decoder.decode_into(&broken, &hint("b"), &mut rows).unwrap_err();
    decoder.decode_into(&good, &hint("c"), &mut rows).unwrap();
    assert_eq!(rows.num_rows(), 2);
    let batch = rows.finish().unwrap();
    let sources = arrow::array::AsArray::as_string_view(batch.column_by_name("_sourceObject").unwrap());
    assert_eq!(sources.iter().flatten().collect::<Vec<_>>(), ["s3://trail/a", "s3://trail/c"]);
}
