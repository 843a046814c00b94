//! The names of types, as users of Lake know them.

use std::sync::Arc;

use auditlake_events::schema::is_json;
use datafusion::arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use crate::is_free_form;

/// Returns the type of a column in the words of CloudTrail Lake and Trino.
pub fn type_name(field: &Field) -> String {
    if is_free_form(field) {
        return "map(varchar, varchar)".to_owned();
    }
    if is_json(field) {
        return "json".to_owned();
    }
    let list = |item: &Field| format!("array({})", type_name(item));
    match field.data_type() {
        DataType::Null => "unknown".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 | DataType::UInt8 => "smallint".to_owned(),
        DataType::Int32 | DataType::UInt16 => "integer".to_owned(),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "bigint".to_owned(),
        DataType::Float16 | DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, Some(zone)) if !matches!(zone.as_ref(), "UTC" | "+00:00" | "Z") => {
            "timestamp with time zone".to_owned()
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => "timestamp(9)".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Interval(IntervalUnit::YearMonth) => "interval year to month".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "interval day to second".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "varbinary".to_owned()
        }
        DataType::Struct(fields) => format!("row({})", members(fields)),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => list(item),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                format!("map({}, {})", type_name(&fields[0]), type_name(&fields[1]))
            }
            other => other.to_string().to_lowercase(),
        },
        DataType::Dictionary(_, value) => type_name(&Field::new("", value.as_ref().clone(), true)),
        other => other.to_string().to_lowercase(),
    }
}

fn members(fields: &Fields) -> String {
    let member = |field: &Arc<Field>| format!("{} {}", field.name(), type_name(field));
    fields.iter().map(member).collect::<Vec<_>>().join(", ")
}
