//! The items of an array as one text.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, TimeUnit, TimestampMillisecondType};
use datafusion::arrow::temporal_conversions::timestamp_ms_to_datetime;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::lists::as_list;
use super::takes::{Shape, Takes, column, lists, made};
use crate::TEXT;
use crate::call_error::wrong_call;
use crate::double_text::{push_double, push_real};
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
        DataType::Float64 => {
            let mut text = String::new();
            for number in values.as_primitive::<Float64Type>() {
                text.clear();
                builder.append_option(number.map(|number| {
                    push_double(&mut text, number);
                    text.as_str()
                }));
            }
        }
        DataType::Float32 => {
            let mut text = String::new();
            for number in values.as_primitive::<Float32Type>() {
                text.clear();
                builder.append_option(number.map(|number| {
                    push_real(&mut text, number);
                    text.as_str()
                }));
            }
        }
        DataType::Timestamp(_, _) => {
            let instants = cast(values, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
            for instant in instants.as_primitive::<TimestampMillisecondType>() {
                let time = instant.and_then(timestamp_ms_to_datetime);
                builder.append_option(time.map(|time| time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()));
            }
        }
        _ => return Ok(cast(&cast(values, &DataType::Utf8)?, &TEXT)?),
    }
    Ok(Arc::new(builder.finish()))
}
