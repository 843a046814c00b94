#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod fixtures;
mod people;
mod programs;

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type};

use self::fixtures::{batch, numbers, text};
use super::*;

fn bytes_of(options: &RenderOptions, batch: &RecordBatch) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(write_with_options(options, batch, &mut out).unwrap().outcome, Outcome::Written);
    out
}

fn rendered_with(options: &RenderOptions, batch: &RecordBatch) -> String {
    String::from_utf8(bytes_of(options, batch)).unwrap()
}

fn rendered(format: Format, batch: &RecordBatch) -> String {
    rendered_with(&RenderOptions::new(format), batch)
}

fn sample() -> RecordBatch {
    batch(vec![
        ("eventName", text(vec![Some("ConsoleLogin"), None, Some("")])),
        ("n", numbers(vec![Some(12), Some(-3405), None])),
    ])
}

#[test]
fn a_table_aligns_numbers_right_and_shows_null() {
    let expected = "\
eventName    |     n
-------------+------
ConsoleLogin |    12
NULL         | -3405
             |  NULL
";
    assert_eq!(rendered(Format::Table, &sample()), expected);
}

#[test]
fn a_table_without_rows_keeps_its_header() {
    assert_eq!(rendered(Format::Table, &sample().slice(0, 0)), "eventName | n\n----------+--\n");
}

#[test]
fn a_table_streams_after_the_sample_and_loses_nothing() {
    let mut out = Vec::new();
    let short = batch(vec![("a", text(vec![Some("x"); 1_000])), ("b", numbers(vec![Some(1); 1_000]))]);
    let long = batch(vec![("a", text(vec![Some("longer")])), ("b", numbers(vec![Some(2)]))]);
    let mut writer = ResultWriter::new(Format::Table, short.schema(), &mut out);
    assert_eq!(writer.write(&short).unwrap(), Outcome::Written);
    assert_eq!(writer.write(&long).unwrap(), Outcome::Written);
    assert_eq!(writer.rows(), 1_001);
    assert_eq!(writer.finish().unwrap(), Outcome::Written);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("a | b\n--+--\nx | 1\n"), "{out}");
    assert!(out.ends_with("x | 1\nlonger | 2\n"), "{out}");
}

#[test]
fn text_written_by_an_attacker_does_not_steer_the_terminal() {
    let evil = batch(vec![("v", text(vec![Some("a\u{1b}[2J\nb\u{202e}c\u{9b}d\u{7f}")]))]);
    let table = rendered(Format::Table, &evil);
    assert!(table.ends_with("a\\u{1b}[2J\\nb\\u{202e}c\\u{9b}d\\u{7f}\n"), "{table}");
    let json = rendered(Format::Ndjson, &evil);
    assert_eq!(json, "{\"v\":\"a\\u001b[2J\\nb\\u202ec\\u009bd\\u007f\"}\n");
    let back: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(back["v"], "a\u{1b}[2J\nb\u{202e}c\u{9b}d\u{7f}");
}

#[test]
fn csv_tells_null_from_empty_and_keeps_double_names() {
    let twice = batch(vec![
        ("arn", text(vec![Some("a,b"), None, Some("")])),
        ("arn", text(vec![Some("say \"hi\"\nthere"), Some("x"), Some("y")])),
    ]);
    assert_eq!(rendered(Format::Csv, &twice), "arn,arn\n\"a,b\",\"say \"\"hi\"\"\nthere\"\n,x\n\"\",y\n");
    assert_eq!(rendered(Format::Csv, &twice.slice(0, 0)), "arn,arn\n");
}

#[test]
fn json_is_one_array_and_double_names_get_numbers() {
    let twice = batch(vec![
        ("arn", text(vec![Some("a")])),
        ("arn", text(vec![None])),
        ("arn_1", text(vec![Some("c")])),
        ("arn", numbers(vec![Some(9_007_199_254_740_993)])),
    ]);
    let expected = "[\n{\"arn\":\"a\",\"arn_2\":null,\"arn_1\":\"c\",\"arn_3\":9007199254740993}\n]\n";
    assert_eq!(rendered(Format::Json, &twice), expected);
    assert_eq!(rendered(Format::Json, &twice.slice(0, 0)), "[]\n");
    assert_eq!(rendered(Format::Ndjson, &twice.slice(0, 0)), "");
}

#[test]
fn json_rows_are_separated_by_commas_over_batches() {
    let mut out = Vec::new();
    let rows = sample();
    let mut writer = ResultWriter::new(Format::Json, rows.schema(), &mut out);
    for row in 0..3 {
        assert_eq!(writer.write(&rows.slice(row, 1)).unwrap(), Outcome::Written);
    }
    assert_eq!(writer.finish().unwrap(), Outcome::Written);
    let parsed: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(parsed.len(), 3);
    assert_eq!(parsed[1], serde_json::json!({"eventName": null, "n": -3405}));
}

#[test]
fn nested_values_are_json_without_null_members() {
    let fields =
        Fields::from(vec![Field::new("type", DataType::Utf8, true), Field::new("arn", DataType::Utf8, true)]);
    let members: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("IAMUser"), None])),
        Arc::new(StringArray::from(vec![None::<&str>, None])),
    ];
    let identity = StructArray::new(fields, members, None);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None]), None]);
    let nested = batch(vec![("id", Arc::new(identity)), ("l", Arc::new(list))]);
    assert_eq!(
        rendered(Format::Csv, &nested),
        "id,l\n\"{\"\"type\"\":\"\"IAMUser\"\"}\",\"[1,null]\"\n{},\n"
    );
    let expected = "{\"id\":{\"type\":\"IAMUser\"},\"l\":[1,null]}\n{\"id\":{},\"l\":null}\n";
    assert_eq!(rendered(Format::Ndjson, &nested), expected);
}

#[test]
fn timestamps_look_like_lakes() {
    let micros = vec![Some(1_769_903_999_000_000), Some(-1), Some(1_500), None];
    let utc = TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC");
    let tokyo = TimestampMicrosecondArray::from(micros).with_timezone("+09:00");
    let times = batch(vec![("utc", Arc::new(utc)), ("tokyo", Arc::new(tokyo))]);
    let expected = "\
utc,tokyo
2026-01-31 23:59:59.000,2026-02-01 08:59:59.000 +09:00
1969-12-31 23:59:59.999999,1970-01-01 08:59:59.999999 +09:00
1970-01-01 00:00:00.001500,1970-01-01 09:00:00.001500 +09:00
,
";
    assert_eq!(rendered(Format::Csv, &times), expected);
}

#[test]
fn instants_are_shown_in_a_chosen_zone() {
    let micros = vec![Some(1_769_903_999_000_000), Some(1_785_000_000_000_000)];
    let utc = TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC");
    let tokyo = TimestampMicrosecondArray::from(micros.clone()).with_timezone("Asia/Tokyo");
    let local = TimestampMicrosecondArray::from(micros.clone());
    let member = Fields::from(vec![Field::new("at", utc.data_type().clone(), true)]);
    let nested = StructArray::new(member, vec![Arc::new(utc.clone())], None);
    let times: Vec<(&str, ArrayRef)> = vec![
        ("utc", Arc::new(utc)),
        ("tokyo", Arc::new(tokyo)),
        ("local", Arc::new(local)),
        ("s", Arc::new(nested)),
    ];
    let times = batch(times);
    let shown = |zone: &str| {
        let options =
            RenderOptions { time_zone: Some(zone.parse().unwrap()), ..RenderOptions::new(Format::Tsv) };
        rendered_with(&options, &times).lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let berlin = [
        "2026-02-01 00:59:59.000 +01:00\t2026-02-01 00:59:59.000 +01:00\t2026-01-31 23:59:59.000\t\
         {\"at\":\"2026-02-01 00:59:59.000 +01:00\"}",
        "2026-07-25 19:20:00.000 +02:00\t2026-07-25 19:20:00.000 +02:00\t2026-07-25 17:20:00.000\t\
         {\"at\":\"2026-07-25 19:20:00.000 +02:00\"}",
    ];
    assert_eq!(shown("Europe/Berlin"), berlin);
    assert!(shown("UTC")[0].starts_with("2026-01-31 23:59:59.000\t2026-01-31 23:59:59.000\t"));
    assert!(shown("-03:30")[0].starts_with("2026-01-31 20:29:59.000 -03:30\t"));
    let far = TimestampMicrosecondArray::from(vec![i64::MAX]).with_timezone("UTC");
    let options =
        RenderOptions { time_zone: Some("+14:00".parse().unwrap()), ..RenderOptions::new(Format::Csv) };
    let far = rendered_with(&options, &batch(vec![("t", Arc::new(far))]));
    assert!(far.starts_with("t\n"), "{far}");
}

#[test]
fn numbers_without_json_form_become_strings() {
    let values = batch(vec![
        ("f", Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(0.5)])) as ArrayRef),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), None])) as ArrayRef),
    ]);
    assert_eq!(rendered(Format::Ndjson, &values), "{\"f\":\"NaN\",\"b\":true}\n{\"f\":0.5,\"b\":null}\n");
}

/// A reader that went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    assert_eq!(write_records(Format::Csv, &sample(), Closed).unwrap(), Outcome::Closed);
}

#[test]
fn formats_are_found_by_name_and_ending() {
    for format in Format::ALL {
        assert_eq!(format.as_str().to_uppercase().parse::<Format>().unwrap(), *format);
    }
    assert!("xml".parse::<Format>().unwrap_err().hint().unwrap().contains("ndjson, markdown"));
    for (path, format) in [
        ("a.csv", Some(Format::Csv)),
        ("a.tsv", Some(Format::Tsv)),
        ("a.JSON", Some(Format::Json)),
        ("a.ndjson", Some(Format::Ndjson)),
        ("a.b.jsonl", Some(Format::Ndjson)),
        ("a.md", Some(Format::Markdown)),
        ("a.html", Some(Format::Html)),
        ("dir.csv/a.parquet", Some(Format::Parquet)),
        ("a.arrow", Some(Format::Arrow)),
        ("a.csv.gz", None),
        ("csv", None),
    ] {
        assert_eq!(Format::of_path(Path::new(path)), format, "{path}");
    }
}
