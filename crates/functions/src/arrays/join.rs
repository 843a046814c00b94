//! The items of an array as one text.

use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, TimeUnit};
use datafusion::arrow::temporal_conversions::timestamp_ms_to_datetime;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::lists::as_list;
use super::takes::{Shape, Takes, column, lists, made};
use crate::TEXT;
use crate::call_error::wrong_call;
use crate::text::is_text;

const SHAPE: Shape = Shape {
    name: "array_join",
    signature: "array_join(array, delimiter, null_text)",
    takes: &[Takes::Own, Takes::Text, Takes::Text],
    required: 2,
};

/// `array_join` takes an array of simple values and one or two texts.
pub(super) fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let coerced = SHAPE.coerce(types)?;
    if let Some(DataType::List(item)) = types.first().and_then(as_list)
        && item.data_type().is_nested()
    {
        let message = format!("`array_join` does not join items of type {}", item.data_type());
        return Err(wrong_call(SHAPE.name, SHAPE.signature, message));
    }
    Ok(coerced)
}

/// The items as text with a delimiter between them; NULLs are left out, or stand as a text of their own.
pub(super) fn join(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (lists, delimiters) = (lists(args, 0)?, column(args, 1)?);
    let delimiters = delimiters.as_string_view();
    let null_texts = if args.args.len() > 2 { Some(column(args, 2)?) } else { None };
    let null_texts = null_texts.as_ref().map(|texts| texts.as_string_view());
    let items = as_text(&lists.values)?;
    let items = items.as_string_view();
    let mut builder = StringViewBuilder::with_capacity(lists.len());
    let mut joined = String::new();
    for row in 0..lists.len() {
        let no_null_text = null_texts.is_some_and(|texts| texts.is_null(row));
        if lists.is_null(row) || delimiters.is_null(row) || no_null_text {
            builder.append_null();
            continue;
        }
        joined.clear();
        let null_text = null_texts.map(|texts| texts.value(row));
        let texts = lists
            .range(row)
            .filter_map(|item| if items.is_null(item) { null_text } else { Some(items.value(item)) });
        for (place, text) in texts.enumerate() {
            if place > 0 {
                joined.push_str(delimiters.value(row));
            }
            joined.push_str(text);
        }
        builder.append_value(&joined);
    }
    made(Arc::new(builder.finish()))
}

/// Returns values as Lake writes them.
fn as_text(values: &ArrayRef) -> Result<ArrayRef> {
    let mut builder = StringViewBuilder::with_capacity(values.len());
    match values.data_type() {
        text if is_text(text) => return Ok(cast(values, &TEXT)?),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => {
            let numbers = cast(values, &DataType::Float64)?;
            let is_short = !matches!(values.data_type(), DataType::Float64);
            for number in numbers.as_primitive::<Float64Type>() {
                builder.append_option(number.map(|number| double_text(number, is_short)));
            }
        }
        DataType::Timestamp(_, _) => {
            let instants = cast(values, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
            for instant in instants.as_primitive::<datafusion::arrow::datatypes::TimestampMillisecondType>() {
                let time = instant.and_then(timestamp_ms_to_datetime);
                builder.append_option(time.map(|time| time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()));
            }
        }
        _ => return Ok(cast(&cast(values, &DataType::Utf8)?, &TEXT)?),
    }
    Ok(Arc::new(builder.finish()))
}

/// Returns a floating number as Java writes it.
fn double_text(number: f64, is_short: bool) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let plain = |number: f64| {
        #[allow(clippy::cast_possible_truncation, reason = "the number was of this width")]
        if is_short { format!("{:?}", number as f32) } else { format!("{number:?}") }
    };
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = plain(number);
        return if text.contains('e') { format!("{number}") } else { text };
    }
    #[allow(clippy::cast_possible_truncation, reason = "the number was of this width")]
    let text = if is_short { format!("{:e}", number as f32) } else { format!("{number:e}") };
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut written = digits.to_owned();
    if !digits.contains('.') {
        written.push_str(".0");
    }
    // Writing to a string does not fail.
    let _ = write!(written, "E{exponent}");
    written
}

#[cfg(test)]
mod tests {
    use super::double_text;

    #[test]
    fn doubles_are_written_as_java_does() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e10, "1.25E10"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double_text(number, false), text);
        }
        assert_eq!(double_text(f64::from(0.1f32), true), "0.1");
    }
}
