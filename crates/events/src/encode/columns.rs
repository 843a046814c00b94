//! The columns of a batch as the layout names them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, ListArray, StringViewArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use auditlake_model::{CategoryClass, Error, Result, Timestamp, format_event_time};

use super::overlay::write_object;
use crate::json::text::{compact_checked_into, write_string};
use crate::layout::{Field, Kind, fields_of};

/// A column or a member of a struct, ready to be written.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    /// The name in quotes and a colon.
    pub(super) label: String,
    pub(super) values: Values,
}

#[derive(Debug)]
pub(super) enum Values {
    Text(StringViewArray),
    Json(StringViewArray),
    Bool(BooleanArray),
    Time(TimestampMicrosecondArray),
    Struct(StructArray, Vec<Column>),
    List(ListArray, StructArray, Vec<Column>),
}

/// Returns the columns of the batch that hold parts of the event.
pub(super) fn top_level_columns(batch: &RecordBatch, class: CategoryClass) -> Result<Vec<Column>> {
    columns_of(fields_of(class), |name| batch.column_by_name(name).cloned())
}

/// Reads a column of text in any of Arrow's forms.
pub(super) fn view_column(column: &ArrayRef, name: &str) -> Result<StringViewArray> {
    let views = cast_column(column, &DataType::Utf8View, name)?;
    Ok(views.as_string_view().clone())
}

fn columns_of(fields: &'static [Field], find: impl Fn(&str) -> Option<ArrayRef>) -> Result<Vec<Column>> {
    let mut columns = Vec::with_capacity(fields.len());
    for field in fields {
        let Some(array) = find(field.name) else { continue };
        if let Some(values) = values_of(field, &array)? {
            columns.push(Column { name: field.name, label: format!("\"{}\":", field.name), values });
        }
    }
    Ok(columns)
}

/// Returns `None` for a column that never stands for a part of the event.
fn values_of(field: &Field, array: &ArrayRef) -> Result<Option<Values>> {
    Ok(Some(match field.kind {
        Kind::Text => Values::Text(view_column(array, field.name)?),
        Kind::Json => Values::Json(view_column(array, field.name)?),
        Kind::Bool => Values::Bool(cast_column(array, &DataType::Boolean, field.name)?.as_boolean().clone()),
        Kind::Time => {
            let data_type = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            let times = cast_column(array, &data_type, field.name)?;
            Values::Time(times.as_primitive::<TimestampMicrosecondType>().clone())
        }
        Kind::Struct(members) => {
            let (array, columns) = struct_columns(members, array, field.name)?;
            Values::Struct(array, columns)
        }
        Kind::List(members) => {
            let lists = array.as_list_opt::<i32>().ok_or_else(|| other_type(field.name, array))?;
            let (items, columns) = struct_columns(members, lists.values(), field.name)?;
            Values::List(lists.clone(), items, columns)
        }
        // Kept in the remainder, or derived.
        Kind::Insight => return Ok(None),
    }))
}

fn struct_columns(
    members: &'static [Field],
    array: &ArrayRef,
    name: &str,
) -> Result<(StructArray, Vec<Column>)> {
    let array = array.as_struct_opt().ok_or_else(|| other_type(name, array))?;
    let columns = columns_of(members, |member| array.column_by_name(member).cloned())?;
    Ok((array.clone(), columns))
}

fn cast_column(column: &ArrayRef, data_type: &DataType, name: &str) -> Result<ArrayRef> {
    if column.data_type() == data_type {
        return Ok(Arc::clone(column));
    }
    cast(column, data_type).map_err(|error| other_type(name, column).with_source(error))
}

fn other_type(name: &str, array: &ArrayRef) -> Error {
    Error::internal(format!("column `{name}` has type {}", array.data_type()))
}

impl Values {
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(array) | Self::Json(array) => array.is_null(row),
            Self::Bool(array) => array.is_null(row),
            Self::Time(array) => array.is_null(row),
            Self::Struct(array, _) => array.is_null(row),
            Self::List(array, _, _) => array.is_null(row),
        }
    }

    /// Appends the value of a row that is not null as JSON.
    pub(super) fn write(&self, row: usize, out: &mut String) {
        match self {
            Self::Text(array) => write_string(array.value(row), out),
            Self::Json(array) => compact_checked_into(array.value(row), out),
            Self::Bool(array) => out.push_str(if array.value(row) { "true" } else { "false" }),
            Self::Time(array) => {
                out.push('"');
                out.push_str(&format_event_time(Timestamp(array.value(row))));
                out.push('"');
            }
            Self::Struct(_, members) => write_object(members, row, None, "", out),
            Self::List(array, items, members) => {
                let offsets = array.value_offsets();
                write_items(offsets[row] as usize..offsets[row + 1] as usize, items, members, out);
            }
        }
    }
}

fn write_items(range: std::ops::Range<usize>, items: &StructArray, members: &[Column], out: &mut String) {
    out.push('[');
    for item in range.clone() {
        if item > range.start {
            out.push(',');
        }
        if items.is_valid(item) {
            write_object(members, item, None, "", out);
        } else {
            out.push_str("null");
        }
    }
    out.push(']');
}
