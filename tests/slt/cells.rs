//! A value becomes text, in the form of CloudTrail Lake.

use std::fmt::Write;

use auditlake_query::render::push_value;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, DurationMicrosecondType, Field, Float32Type, Float64Type, Int64Type, IntervalDayTimeType,
    IntervalMonthDayNanoType, IntervalUnit, IntervalYearMonthType, TimeUnit,
};

/// Returns the value at `row` as a file shows it; the caller has dealt with NULL.
pub(crate) fn cell_text(field: &Field, array: &ArrayRef, row: usize) -> String {
    let text = lake_text(array, row).replace('\n', "\\n");
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match text.as_str() {
        "" => "(empty)".to_owned(),
        _ if is_text && text.trim() != text => format!("\"{text}\""),
        _ => text,
    }
}

/// Returns the value at `row` as Lake shows it, `null` for null.
fn lake_text(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Float32 => java_number(&format!("{:e}", array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => java_number(&format!("{:e}", array.as_primitive::<Float64Type>().value(row))),
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let members =
                columns.map(|(column, field)| format!("{}={}", field.name(), lake_text(column, row)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let entry =
                |at| format!("{}={}", lake_text(entries.column(0), at), lake_text(entries.column(1), at));
            format!("{{{}}}", (0..entries.len()).map(entry).collect::<Vec<_>>().join(", "))
        }
        DataType::List(_) => list_text(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list_text(&array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(..) => list_text(&array.as_fixed_size_list().value(row)),
        DataType::Dictionary(_, values) => lake_text(&cast(array, values).unwrap(), row),
        DataType::Interval(unit) => interval_text(array, row, *unit),
        DataType::Duration(_) => {
            let micros = cast(array, &DataType::Duration(TimeUnit::Microsecond)).unwrap();
            day_time(i128::from(micros.as_primitive::<DurationMicrosecondType>().value(row)) * 1_000)
        }
        DataType::Time32(_) | DataType::Time64(_) => time_text(array, row),
        _ => {
            let mut text = String::new();
            push_value(&mut text, array, row).unwrap();
            text
        }
    }
}

fn list_text(elements: &ArrayRef) -> String {
    let elements = (0..elements.len()).map(|at| lake_text(elements, at));
    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
}

/// A number as Java writes it, from the shortest digits: `1.0`, `1.0E10`, `1.0E-4`.
fn java_number(scientific: &str) -> String {
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific.replace("inf", "Infinity");
    };
    let exponent: i32 = exponent.parse().unwrap();
    let digits = if digits.contains('.') { digits.to_owned() } else { format!("{digits}.0") };
    if (-3..7).contains(&exponent) {
        let plain: f64 = format!("{digits}e{exponent}").parse().unwrap();
        // Digits after the point, but at least one.
        return if plain.fract() == 0.0 { format!("{plain:.1}") } else { plain.to_string() };
    }
    format!("{digits}E{exponent}")
}

fn interval_text(array: &ArrayRef, row: usize, unit: IntervalUnit) -> String {
    let (months, nanos) = match unit {
        IntervalUnit::YearMonth => (array.as_primitive::<IntervalYearMonthType>().value(row), 0),
        IntervalUnit::DayTime => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            (0, i128::from(value.days) * DAY + i128::from(value.milliseconds) * 1_000_000)
        }
        IntervalUnit::MonthDayNano => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            (value.months, i128::from(value.days) * DAY + i128::from(value.nanoseconds))
        }
    };
    match (months, nanos) {
        (0, nanos) => day_time(nanos),
        (months, 0) => year_month(months),
        (months, nanos) => format!("{} {}", year_month(months), day_time(nanos)),
    }
}

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

fn year_month(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    format!("{sign}{}-{}", months.abs() / 12, months.abs() % 12)
}

fn day_time(nanos: i128) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.abs();
    format!("{sign}{} {}", nanos / DAY, clock(nanos % DAY))
}

fn clock(nanos: i128) -> String {
    let (seconds, millis) = (nanos / SECOND, nanos % SECOND / 1_000_000);
    let mut text = String::new();
    write!(text, "{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60).unwrap();
    text
}

fn time_text(array: &ArrayRef, row: usize) -> String {
    let nanos = cast(array, &DataType::Time64(TimeUnit::Nanosecond)).unwrap();
    let nanos = cast(&nanos, &DataType::Int64).unwrap();
    clock(i128::from(nanos.as_primitive::<Int64Type>().value(row)))
}

#[test]
fn numbers_are_written_as_java_does() {
    for (value, text) in [
        (1.0, "1.0"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9_999_999.0, "9999999.0"),
        (10_000_000.0, "1.0E7"),
        (1.25e10, "1.25E10"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(java_number(&format!("{value:e}")), text);
    }
}

#[test]
fn intervals_have_two_forms() {
    assert_eq!(day_time(2 * DAY), "2 00:00:00.000");
    assert_eq!(day_time(-(DAY + 1_500_000_000)), "-1 00:00:01.500");
    assert_eq!((year_month(14), year_month(-5)), ("1-2".to_owned(), "-0-5".to_owned()));
}
