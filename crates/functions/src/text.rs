//! Text columns in whatever form they come, and columns of text made from them.

use std::borrow::Cow;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArrayType, StringViewBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err, internal_err};
use datafusion::logical_expr::ColumnarValue;

/// Tells whether a type is one of text.
pub fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Returns text for each text of a column; nulls stay null.
pub(crate) fn map_text<F>(column: &ColumnarValue, rows: usize, to_text: F) -> Result<ColumnarValue>
where
    F: for<'a> FnMut(&'a str) -> Option<Cow<'a, str>>,
{
    match column {
        ColumnarValue::Scalar(scalar) => {
            let Some(text) = scalar.try_as_str() else { return exec_err!("expected text, got {scalar:?}") };
            let text = text.and_then(to_text).map(Cow::into_owned);
            Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(text)))
        }
        ColumnarValue::Array(array) => {
            debug_assert_eq!(array.len(), rows);
            let mut builder = StringViewBuilder::with_capacity(rows);
            match array.data_type() {
                DataType::Utf8View => append_all(&mut builder, array.as_string_view(), to_text),
                DataType::Utf8 => append_all(&mut builder, array.as_string::<i32>(), to_text),
                DataType::LargeUtf8 => append_all(&mut builder, array.as_string::<i64>(), to_text),
                other => return internal_err!("expected text, got {other}"),
            }
            Ok(ColumnarValue::Array(std::sync::Arc::new(builder.finish())))
        }
    }
}

fn append_all<'a, A, F>(builder: &mut StringViewBuilder, texts: A, mut to_text: F)
where
    A: StringArrayType<'a>,
    F: FnMut(&'a str) -> Option<Cow<'a, str>>,
{
    for text in texts.iter() {
        match text.and_then(&mut to_text) {
            Some(text) => builder.append_value(text),
            None => builder.append_null(),
        }
    }
}

/// Returns text for each pair of texts of two columns; null where either is.
pub(crate) fn zip_text<F>(left: &ArrayRef, right: &ArrayRef, mut to_text: F) -> Result<ArrayRef>
where
    F: for<'a> FnMut(&'a str, &str) -> Result<Option<Cow<'a, str>>>,
{
    let mut builder = StringViewBuilder::with_capacity(left.len());
    for row in 0..left.len() {
        match (text_at(left, row)?, text_at(right, row)?) {
            (Some(left), Some(right)) => builder.append_option(to_text(left, right)?),
            _ => builder.append_null(),
        }
    }
    Ok(std::sync::Arc::new(builder.finish()))
}

fn text_at(array: &ArrayRef, row: usize) -> Result<Option<&str>> {
    if array.is_null(row) {
        return Ok(None);
    }
    match array.data_type() {
        DataType::Utf8View => Ok(Some(array.as_string_view().value(row))),
        DataType::Utf8 => Ok(Some(array.as_string::<i32>().value(row))),
        DataType::LargeUtf8 => Ok(Some(array.as_string::<i64>().value(row))),
        other => internal_err!("expected text, got {other}"),
    }
}

/// Returns the value of an argument that is a constant text.
pub(crate) fn constant_text(value: &ColumnarValue) -> Option<Option<&str>> {
    match value {
        ColumnarValue::Scalar(scalar) => scalar.try_as_str(),
        ColumnarValue::Array(_) => None,
    }
}

/// Returns the texts of a column, whatever form they have.
pub(crate) fn texts(array: &ArrayRef) -> Result<Box<dyn Iterator<Item = Option<&str>> + '_>> {
    match array.data_type() {
        DataType::Utf8View => Ok(Box::new(array.as_string_view().iter())),
        DataType::Utf8 => Ok(Box::new(array.as_string::<i32>().iter())),
        DataType::LargeUtf8 => Ok(Box::new(array.as_string::<i64>().iter())),
        other => internal_err!("expected text, got {other}"),
    }
}
