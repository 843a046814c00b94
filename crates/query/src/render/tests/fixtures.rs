//! Results for the tests of every format.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema};

/// What an attacker writes: terminal sequences, a page's script, a formula, line ends, directions, markup.
pub(super) const HOSTILE: &str = "=cmd|' /C calc'!A0 \u{1b}[2J\u{1b}]0;owned\u{7}<script>alert(\"1\")</script>\r\n\
     Injected: yes\t\u{202e}gpj.exe\u{2066}\u{9b}31m\u{feff}|`*_[a](http://x)&amp;\\";

/// A name of a column that does the same.
pub(super) const HOSTILE_NAME: &str = "=1+1\u{1b}[31m<b>\r\n|\u{202e}x";

pub(super) fn text(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringViewArray::from(values))
}

pub(super) fn numbers(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

pub(super) fn instants(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

/// Columns in order; names may repeat.
pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Marks a column as JSON text.
pub(super) fn with_json(batch: &RecordBatch, column: usize) -> RecordBatch {
    let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let marker = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.json".to_owned())]);
    fields[column] = fields[column].clone().with_metadata(marker);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), batch.columns().to_vec()).unwrap()
}

/// Two rows with names, numbers, an instant, null and empty text; the second row holds as little as there can be.
pub(super) fn sample() -> RecordBatch {
    batch(vec![
        ("eventName", text(vec![Some("ConsoleLogin"), Some("")])),
        ("n", numbers(vec![Some(-3405), None])),
        ("eventTime", instants(vec![Some(1_769_903_999_000_000), None])),
    ])
}

/// Three columns of one name, and one that has the name they would get.
pub(super) fn duplicates() -> RecordBatch {
    batch(vec![
        ("arn", text(vec![Some("a")])),
        ("arn", text(vec![None])),
        ("arn_1", text(vec![Some("c")])),
        ("arn", numbers(vec![Some(9_007_199_254_740_993)])),
    ])
}

/// A struct, a list, and JSON text.
pub(super) fn nested() -> RecordBatch {
    let fields =
        Fields::from(vec![Field::new("type", DataType::Utf8, true), Field::new("arn", DataType::Utf8, true)]);
    let members: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("IAMUser"), None])),
        Arc::new(StringArray::from(vec![None::<&str>, None])),
    ];
    let identity = StructArray::new(fields, members, None);
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None]), None]);
    let json = text(vec![Some(r#"{"bucketName":"logs","n":1.50}"#), None]);
    with_json(&batch(vec![("id", Arc::new(identity)), ("l", Arc::new(list)), ("p", json)]), 2)
}

/// One event that tries everything, in plain text, in a struct's member and its name, and in a column's name.
pub(super) fn hostile() -> RecordBatch {
    let fields = Fields::from(vec![Field::new(HOSTILE_NAME, DataType::Utf8, true)]);
    let members: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec![HOSTILE]))];
    batch(vec![
        ("userAgent", text(vec![Some(HOSTILE)])),
        (HOSTILE_NAME, text(vec![Some("@SUM(A1)")])),
        ("id", Arc::new(StructArray::new(fields, members, None))),
        ("n", numbers(vec![Some(-5)])),
        ("nothing", text(vec![None])),
    ])
}
