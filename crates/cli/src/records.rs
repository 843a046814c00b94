//! Lists and single things, as table, JSON or CSV.
//!
//! | format | a list | one thing |
//! |---|---|---|
//! | table | a line each, as people read it | a line for each property |
//! | JSON | an array of objects | an object |
//! | CSV | a header and a line each | a header and one line |

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use auditlake_model::Error;
use auditlake_query::render::{Format, write_records};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::error::{Failure, go_on};
use crate::output::{ListFormat, Output, write_error};

/// What stands in a table for a value that is not there.
const NOTHING: &str = "-";

/// One thing that can be listed or shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    fields: Vec<RecordField>,
}

#[derive(Debug, Clone)]
struct RecordField {
    name: &'static str,
    value: Value,
    /// How people read it; the value itself when `None`.
    shown: Option<String>,
}

impl Record {
    /// Adds a property.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push(RecordField { name, value: value.into(), shown: None });
        self
    }

    /// Adds a property that tables show in other words.
    pub(crate) fn with_shown(
        mut self,
        name: &'static str,
        value: impl Into<Value>,
        shown: impl Into<String>,
    ) -> Self {
        self.fields.push(RecordField { name, value: value.into(), shown: Some(shown.into()) });
        self
    }

    /// Leaves the properties `names`, in their order.
    pub(crate) fn only(self, names: &[&str]) -> Self {
        let pick = |name: &&str| self.fields.iter().find(|field| field.name == *name).cloned();
        Self { fields: names.iter().filter_map(pick).collect() }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for field in &self.fields {
            map.serialize_entry(field.name, &field.value)?;
        }
        map.end()
    }
}

/// Writes a list to stdout; `columns` are the names of the properties, for a list that is empty.
pub(crate) fn write_list(
    output: &Output,
    format: ListFormat,
    columns: &[&'static str],
    records: &[Record],
) -> Result<(), Failure> {
    match format {
        ListFormat::Json => write_json(output, &records),
        ListFormat::Csv => write_batch(output, Format::Csv, &csv_batch(columns, records)?),
        ListFormat::Table => write_batch(output, Format::Table, &table_batch(columns, records)?),
    }
}

/// Writes one thing to stdout.
pub(crate) fn write_one(output: &Output, format: ListFormat, record: &Record) -> Result<(), Failure> {
    match format {
        ListFormat::Json => write_json(output, record),
        ListFormat::Csv => {
            let columns: Vec<_> = record.fields.iter().map(|field| field.name).collect();
            write_batch(output, Format::Csv, &csv_batch(&columns, std::slice::from_ref(record))?)
        }
        ListFormat::Table => {
            let names = record.fields.iter().map(|field| Some(field.name)).collect::<StringArray>();
            let values = record.fields.iter().map(|field| Some(shown(field))).collect::<StringArray>();
            let columns: Vec<(&str, ArrayRef)> =
                vec![("property", Arc::new(names)), ("value", Arc::new(values))];
            write_batch(output, Format::Table, &batch(columns)?)
        }
    }
}

/// Writes anything to stdout as JSON of several lines.
pub(crate) fn write_json(output: &Output, value: &impl Serialize) -> Result<(), Failure> {
    let mut text =
        serde_json::to_string_pretty(value).map_err(|e| Error::internal("write JSON").with_source(e))?;
    text.push('\n');
    write_text(output, &text)
}

/// Writes text to stdout.
pub(crate) fn write_text(output: &Output, text: &str) -> Result<(), Failure> {
    let mut out = output.data();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(Failure::PipeClosed),
        Err(error) => Err(write_error(error).into()),
    }
}

fn write_batch(output: &Output, format: Format, batch: &RecordBatch) -> Result<(), Failure> {
    go_on(write_records(format, batch, output.data())?)
}

/// Numbers and switches keep their types, so that tables align them and CSV does not quote them.
fn csv_batch(columns: &[&'static str], records: &[Record]) -> Result<RecordBatch, Error> {
    let column =
        |name: &&'static str| (*name, typed(records.iter().map(|record| value_of(record, name)).collect()));
    batch(columns.iter().map(column).collect())
}

fn table_batch(columns: &[&'static str], records: &[Record]) -> Result<RecordBatch, Error> {
    let column = |name: &&'static str| {
        let fields: Vec<_> = records.iter().map(|record| field_of(record, name)).collect();
        let as_shown = fields.iter().flatten().any(|field| field.shown.is_some() || field.value.is_null());
        let values = fields.iter().map(|field| field.map_or(&Value::Null, |field| &field.value));
        match as_shown {
            false => (*name, typed(values.collect())),
            true => {
                let cells = fields.iter().map(|field| Some(field.map_or_else(|| NOTHING.to_owned(), shown)));
                (*name, Arc::new(cells.collect::<StringArray>()) as ArrayRef)
            }
        }
    };
    batch(columns.iter().map(column).collect())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Error> {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), arrays).map_err(|e| Error::internal("write list").with_source(e))
}

fn field_of<'a>(record: &'a Record, name: &str) -> Option<&'a RecordField> {
    record.fields.iter().find(|field| field.name == name)
}

fn value_of<'a>(record: &'a Record, name: &str) -> &'a Value {
    field_of(record, name).map_or(&Value::Null, |field| &field.value)
}

fn shown(field: &RecordField) -> String {
    field.shown.clone().or_else(|| text(&field.value)).unwrap_or_else(|| NOTHING.to_owned())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn typed(values: Vec<&Value>) -> ArrayRef {
    let all = |test: fn(&Value) -> bool| {
        !values.iter().all(|value| value.is_null())
            && values.iter().all(|value| value.is_null() || test(value))
    };
    let data_type = if all(Value::is_i64) {
        DataType::Int64
    } else if all(Value::is_boolean) {
        DataType::Boolean
    } else {
        DataType::Utf8
    };
    match data_type {
        DataType::Int64 => Arc::new(values.iter().map(|value| value.as_i64()).collect::<Int64Array>()),
        DataType::Boolean => Arc::new(values.iter().map(|value| value.as_bool()).collect::<BooleanArray>()),
        _ => Arc::new(values.iter().map(|value| text(value)).collect::<StringArray>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, batch: &RecordBatch) -> String {
        let mut bytes = Vec::new();
        let _ = write_records(format, batch, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn records() -> Vec<Record> {
        vec![
            Record::default().with("name", "trail").with("files", 1_200).with_shown(
                "days",
                Value::Null,
                "forever",
            ),
            Record::default().with("name", "b").with("files", 7).with("days", 90),
        ]
    }

    #[test]
    fn tables_show_words_and_csv_shows_values() {
        let columns = ["name", "files", "days"];
        let table = written(Format::Table, &table_batch(&columns, &records()).unwrap());
        assert_eq!(
            table,
            "name  | files | days\n------+-------+--------\ntrail |  1200 | forever\nb     |     7 | 90\n"
        );
        let csv = written(Format::Csv, &csv_batch(&columns, &records()).unwrap());
        assert_eq!(csv.replace('\r', ""), "name,files,days\ntrail,1200,\nb,7,90\n");
    }

    #[test]
    fn json_keeps_the_order_of_properties() {
        let json = serde_json::to_string(&records()).unwrap();
        assert_eq!(json, r#"[{"name":"trail","files":1200,"days":null},{"name":"b","files":7,"days":90}]"#);
        let only = serde_json::to_string(&records()[1].clone().only(&["days", "name"])).unwrap();
        assert_eq!(only, r#"{"days":90,"name":"b"}"#);
    }

    #[test]
    fn an_empty_list_still_has_its_header() {
        assert!(written(Format::Csv, &csv_batch(&["name"], &[]).unwrap()).starts_with("name"));
    }
}
