//! Values as CloudTrail Lake writes them: every value is text. (spec section 1b, "Value rendering")
//!
//! | value | text |
//! |---|---|
//! | timestamp | `2026-01-31 23:59:59.000`, in UTC |
//! | time | `23:59:59.000` |
//! | double, real | as Java: `1.0`, `1.0E10`, `NaN`, `Infinity` |
//! | map, free-form field | `{k=v, k2=v2}` |
//! | row | `{name=value, name2=value2}` |
//! | array | `[a, b]` |
//! | null inside of these | `null` |
//! | bytes | `00ff` |
//! | interval | `2 03:04:05.000`, `1-2` (years and months) |

use std::fmt::Write;

use auditlake_events::json::members;
use auditlake_functions::{is_free_form, push_double, push_real};
use auditlake_model::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StructArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, DurationMillisecondType, Field, Float32Type, Float64Type, IntervalDayTimeType,
    IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, Time64MicrosecondType, TimeUnit,
};
use datafusion::arrow::error::ArrowError;

use super::cell::CellStyle;

/// Appends the value at `row` of a column as CloudTrail Lake writes it; returns false for NULL, and appends nothing
/// then.
///
/// # Errors
///
/// `Internal` when the value cannot be shown.
pub fn push_lake_text(out: &mut String, field: &Field, array: &ArrayRef, row: usize) -> Result<bool> {
    if array.is_null(row) || array.data_type().is_null() {
        return Ok(false);
    }
    push(CellStyle::default(), out, field, array, row).map(|()| true)
}

/// Appends the value at `row`; the caller has dealt with null.
pub(super) fn push(
    style: CellStyle,
    out: &mut String,
    field: &Field,
    array: &ArrayRef,
    row: usize,
) -> Result<()> {
    match array.data_type() {
        DataType::Float64 => push_double(out, array.as_primitive::<Float64Type>().value(row)),
        DataType::Float32 => push_real(out, array.as_primitive::<Float32Type>().value(row)),
        DataType::Interval(unit) => push_interval(out, *unit, array, row),
        DataType::Duration(_) => {
            let millis = cast(array, &DataType::Duration(TimeUnit::Millisecond)).map_err(failed)?;
            push_millis(out, millis.as_primitive::<DurationMillisecondType>().value(row));
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let micros = cast(array, &DataType::Time64(TimeUnit::Microsecond)).map_err(failed)?;
            push_time(out, micros.as_primitive::<Time64MicrosecondType>().value(row));
        }
        DataType::Dictionary(_, values) => {
            push(style, out, field, &cast(array, values).map_err(failed)?, row)?;
        }
        DataType::Struct(_) => push_row(style, out, array.as_struct(), row)?,
        DataType::Map(entries, _) => push_map(style, out, entries, &array.as_map().value(row))?,
        DataType::List(item) => push_list(style, out, item, &array.as_list::<i32>().value(row))?,
        DataType::LargeList(item) => push_list(style, out, item, &array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(item, _) => {
            push_list(style, out, item, &array.as_fixed_size_list().value(row))?;
        }
        DataType::ListView(item) => push_list(style, out, item, &array.as_list_view::<i32>().value(row))?,
        _ if is_free_form(field) => {
            let mut text = String::new();
            style.push_text(&mut text, array, row)?;
            push_free_form(out, &text);
        }
        _ => style.push_text(out, array, row)?,
    }
    Ok(())
}

fn push_or_null(
    style: CellStyle,
    out: &mut String,
    field: &Field,
    array: &ArrayRef,
    row: usize,
) -> Result<()> {
    if array.is_null(row) || array.data_type().is_null() {
        out.push_str("null");
        return Ok(());
    }
    push(style, out, field, array, row)
}

fn push_row(style: CellStyle, out: &mut String, array: &StructArray, row: usize) -> Result<()> {
    out.push('{');
    for (number, (field, column)) in array.fields().iter().zip(array.columns()).enumerate() {
        separate(out, number);
        out.push_str(field.name());
        out.push('=');
        push_or_null(style, out, field, column, row)?;
    }
    out.push('}');
    Ok(())
}

fn push_map(style: CellStyle, out: &mut String, entries: &Field, map: &StructArray) -> Result<()> {
    let DataType::Struct(fields) = entries.data_type() else { return Ok(()) };
    out.push('{');
    for entry in 0..map.len() {
        separate(out, entry);
        push_or_null(style, out, &fields[0], map.column(0), entry)?;
        out.push('=');
        push_or_null(style, out, &fields[1], map.column(1), entry)?;
    }
    out.push('}');
    Ok(())
}

fn push_list(style: CellStyle, out: &mut String, item: &Field, elements: &ArrayRef) -> Result<()> {
    out.push('[');
    for element in 0..elements.len() {
        separate(out, element);
        push_or_null(style, out, item, elements, element)?;
    }
    out.push(']');
    Ok(())
}

/// Text that is no JSON object is shown as it is.
fn push_free_form(out: &mut String, json: &str) {
    let Ok(Some(members)) = members(json) else {
        out.push_str(json);
        return;
    };
    out.push('{');
    for (number, (name, value)) in members.iter().enumerate() {
        separate(out, number);
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
    out.push('}');
}

fn separate(out: &mut String, number: usize) {
    if number > 0 {
        out.push_str(", ");
    }
}

fn push_interval(out: &mut String, unit: IntervalUnit, array: &ArrayRef, row: usize) {
    match unit {
        IntervalUnit::YearMonth => push_months(out, array.as_primitive::<IntervalYearMonthType>().value(row)),
        IntervalUnit::DayTime => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            push_millis(out, i64::from(value.days) * MILLIS_A_DAY + i64::from(value.milliseconds));
        }
        IntervalUnit::MonthDayNano => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            let millis = i64::from(value.days) * MILLIS_A_DAY + value.nanoseconds / 1_000_000;
            match (value.months, millis) {
                (0, millis) => push_millis(out, millis),
                (months, 0) => push_months(out, months),
                (months, millis) => {
                    push_months(out, months);
                    out.push(' ');
                    push_millis(out, millis);
                }
            }
        }
    }
}

fn failed(error: ArrowError) -> Error {
    Error::internal("render value").with_source(error)
}

/// As timestamps, with three digits of a second, or six where they are not zero.
fn push_time(out: &mut String, micros: i64) {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    // Writing to a string cannot fail.
    let _ = write!(out, "{hours:02}:{minutes:02}:{:02}.", seconds % 60);
    let _ = match micros % 1000 {
        0 => write!(out, "{:03}", micros / 1000),
        _ => write!(out, "{micros:06}"),
    };
}

const MILLIS_A_DAY: i64 = 86_400_000;

fn push_months(out: &mut String, months: i32) {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    // Writing to a string cannot fail.
    let _ = write!(out, "{sign}{}-{}", months / 12, months % 12);
}

fn push_millis(out: &mut String, millis: i64) {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    // Writing to a string cannot fail.
    let _ = write!(out, "{sign}{days} {hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use auditlake_functions::json_field;
    use datafusion::arrow::array::{Float64Array, StringViewArray, Time64MicrosecondArray};

    use super::*;

    fn text(field: &Field, array: ArrayRef) -> String {
        let mut out = String::new();
        assert!(push_lake_text(&mut out, field, &array, 0).unwrap());
        out
    }

    #[test]
    fn a_free_form_field_is_a_map_and_json_is_not() {
        let json: ArrayRef =
            Arc::new(StringViewArray::from(vec![r#"{"a":{"b":[1,null]},"n":null,"c":"x"}"#]));
        let value = json_field("j");
        let free_form = auditlake_events::schema::event_schema(auditlake_model::CategoryClass::Activity, &[]);
        let free_form = free_form.field_with_name("requestParameters").unwrap().clone();
        assert_eq!(text(&free_form, Arc::clone(&json)), r#"{a={"b":[1,null]}, c=x}"#);
        assert_eq!(text(&value, json), r#"{"a":{"b":[1,null]},"n":null,"c":"x"}"#);
    }

    #[test]
    fn numbers_and_times_have_lakes_forms() {
        let plain = |data_type| Field::new("x", data_type, true);
        let doubles: ArrayRef = Arc::new(Float64Array::from(vec![1e10]));
        assert_eq!(text(&plain(DataType::Float64), doubles), "1.0E10");
        let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![86_399_500_000]));
        assert_eq!(text(&plain(DataType::Time64(TimeUnit::Microsecond)), times), "23:59:59.500");
        let show = |millis| {
            let mut out = String::new();
            push_millis(&mut out, millis);
            out
        };
        assert_eq!(
            (show(2 * MILLIS_A_DAY), show(-1500)),
            ("2 00:00:00.000".into(), "-0 00:00:01.500".into())
        );
        let mut months = String::new();
        push_months(&mut months, -5);
        assert_eq!(months, "-0-5");
    }
}
