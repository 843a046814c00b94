//! CSV, TSV, JSON and files.

use std::io::Cursor;
use std::sync::Arc;

use arrow_ipc::reader::FileReader;
use bytes::Bytes;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::fixtures::{HOSTILE, HOSTILE_NAME, batch, duplicates, hostile, nested, numbers, sample, text};
use super::{bytes_of, rendered, rendered_with};
use crate::render::*;

/// Reads CSV by the rules of RFC 4180.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    rows
}

/// Undoes the escapes of TSV.
fn read_tsv(text: &str) -> Vec<Vec<Option<String>>> {
    let value = |field: &str| {
        if field == "\\N" {
            return None;
        }
        let mut value = String::new();
        let mut chars = field.chars();
        while let Some(c) = chars.next() {
            match (c, if c == '\\' { chars.next() } else { None }) {
                ('\\', Some('t')) => value.push('\t'),
                ('\\', Some('n')) => value.push('\n'),
                ('\\', Some('r')) => value.push('\r'),
                ('\\', Some('\\')) => value.push('\\'),
                ('\\', Some('u')) => {
                    let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                    value.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
                }
                (c, _) => value.push(c),
            }
        }
        Some(value)
    };
    text.lines().map(|line| line.split('\t').map(value).collect()).collect()
}

#[test]
fn tsv_is_a_line_a_row() {
    let expected = "eventName\tn\teventTime\nConsoleLogin\t-3405\t2026-01-31 23:59:59.000\n\t\\N\t\\N\n";
    assert_eq!(rendered(Format::Tsv, &sample()), expected);
    assert_eq!(rendered(Format::Tsv, &sample().slice(0, 0)), "eventName\tn\teventTime\n");
    assert_eq!(rendered(Format::Tsv, &duplicates()), "arn\tarn\tarn_1\tarn\na\t\\N\tc\t9007199254740993\n");
    let json = rendered(Format::Tsv, &nested());
    assert_eq!(
        json,
        "id\tl\tp\n{\"type\":\"IAMUser\"}\t[1,null]\t{\"bucketName\":\"logs\",\"n\":1.50}\n{}\t\\N\t\\N\n"
    );
}

#[test]
fn a_hostile_event_comes_back_from_csv_tsv_and_json() {
    let csv = read_csv(&rendered(Format::Csv, &hostile()));
    assert_eq!(csv.len(), 2);
    assert_eq!((csv[0][1].as_str(), csv[1][0].as_str(), csv[1][3].as_str()), (HOSTILE_NAME, HOSTILE, "-5"));

    let text = rendered(Format::Tsv, &hostile());
    assert!(text.chars().all(|c| matches!(c, '\t' | '\n') || !escape::is_unsafe(c)), "{text}");
    let tsv = read_tsv(&text);
    assert_eq!(tsv.len(), 2);
    assert_eq!(tsv[0][1].as_deref(), Some(HOSTILE_NAME));
    assert_eq!((tsv[1][0].as_deref(), tsv[1][4].as_deref()), (Some(HOSTILE), None));

    for format in [Format::Json, Format::Ndjson] {
        let text = rendered(format, &hostile());
        assert!(text.chars().all(|c| c == '\n' || !escape::is_unsafe(c)), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let row = if format == Format::Json { &value[0] } else { &value };
        assert_eq!(row["userAgent"], HOSTILE);
        assert_eq!(row[HOSTILE_NAME], "@SUM(A1)");
        assert_eq!(row["id"][HOSTILE_NAME], HOSTILE);
    }
}

#[test]
fn csv_safe_disarms_text_and_headers_and_leaves_numbers() {
    let safe = |format| RenderOptions { csv_safe: true, ..RenderOptions::new(format) };
    let csv = read_csv(&rendered_with(&safe(Format::Csv), &hostile()));
    assert_eq!(csv[0][1], format!("'{HOSTILE_NAME}"));
    assert_eq!(csv[1][0], format!("'{HOSTILE}"));
    assert_eq!((csv[1][1].as_str(), csv[1][3].as_str()), ("'@SUM(A1)", "-5"));
    assert!(csv[1][2].starts_with("{\""), "{csv:?}");
    let tsv = read_tsv(&rendered_with(&safe(Format::Tsv), &hostile()));
    assert_eq!(tsv[1][0], Some(format!("'{HOSTILE}")));
    assert_eq!(tsv[1][4], None);
    let plain = batch(vec![("a", text(vec![Some("x, y"), Some("-1.5"), Some("- 1"), None, Some("")]))]);
    assert_eq!(rendered_with(&safe(Format::Csv), &plain), "a\n\"x, y\"\n-1.5\n'- 1\n\n\"\"\n");
}

fn read_parquet(bytes: Vec<u8>) -> (SchemaRef, Vec<RecordBatch>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap();
    (Arc::clone(builder.schema()), builder.build().unwrap().map(Result::unwrap).collect())
}

fn read_arrow(bytes: Vec<u8>) -> (SchemaRef, Vec<RecordBatch>) {
    let reader = FileReader::try_new(Cursor::new(bytes), None).unwrap();
    (reader.schema(), reader.map(Result::unwrap).collect())
}

fn read(format: Format, bytes: Vec<u8>) -> (SchemaRef, Vec<RecordBatch>) {
    if format == Format::Parquet { read_parquet(bytes) } else { read_arrow(bytes) }
}

#[test]
fn files_hold_values_as_they_are() {
    for format in [Format::Parquet, Format::Arrow] {
        let (schema, batches) = read(format, bytes_of(&RenderOptions::new(format), &hostile()));
        assert_eq!(schema.field(1).name(), HOSTILE_NAME);
        assert_eq!(*schema.field(0).data_type(), DataType::Utf8, "{format}");
        let rows = &batches[0];
        assert_eq!(rows.column(0).as_string::<i32>().value(0), HOSTILE);
        assert_eq!(rows.column(2).as_struct().column(0).as_string::<i32>().value(0), HOSTILE);
        assert!(rows.column(4).is_null(0));

        let (schema, batches) = read(format, bytes_of(&RenderOptions::new(format), &duplicates()));
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["arn", "arn_2", "arn_1", "arn_3"]);
        assert_eq!(batches[0].num_rows(), 1);

        let (schema, batches) = read(format, bytes_of(&RenderOptions::new(format), &nested()));
        assert_eq!(rendered(Format::Ndjson, &batches[0]), rendered(Format::Ndjson, &nested()), "{format}");
        assert_eq!(schema.field(2).metadata().get("ARROW:extension:name").unwrap(), "arrow.json");

        let empty = nested().slice(0, 0);
        let (schema, batches) = read(format, bytes_of(&RenderOptions::new(format), &empty));
        assert_eq!((schema.fields().len(), batches.iter().map(RecordBatch::num_rows).sum::<usize>()), (3, 0));
    }
}

#[test]
fn files_keep_utc_whatever_zone_is_shown() {
    let tokyo = Some("Asia/Tokyo".parse().unwrap());
    for format in [Format::Parquet, Format::Arrow] {
        let options = RenderOptions { time_zone: tokyo, ..RenderOptions::new(format) };
        let (schema, batches) = read(format, bytes_of(&options, &sample()));
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        assert_eq!(*schema.field(2).data_type(), utc);
        let times = batches[0].column(2).as_primitive::<TimestampMicrosecondType>();
        assert_eq!((times.value(0), times.is_null(1)), (1_769_903_999_000_000, true));
    }
}

/// Notes how much is written at once.
#[derive(Default)]
struct Meter {
    largest: usize,
    total: usize,
}

impl Write for &mut Meter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.largest = self.largest.max(bytes.len());
        self.total += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn rows_leave_as_they_come() {
    let rows = 1_000;
    let one = batch(vec![("a", text(vec![Some("some text"); rows])), ("n", numbers(vec![Some(7); rows]))]);
    for format in Format::ALL {
        let mut meter = Meter::default();
        let mut writer = ResultWriter::new(*format, one.schema(), &mut meter);
        for _ in 0..200 {
            assert_eq!(writer.write(&one).unwrap(), Outcome::Written);
        }
        assert_eq!(writer.finish_with_summary().unwrap().rows, 200_000);
        if *format != Format::Parquet {
            assert!(meter.total > 2_000_000, "{format}: {}", meter.total);
            assert!(meter.largest < 200_000, "{format}: {} at once", meter.largest);
        }
    }
}
