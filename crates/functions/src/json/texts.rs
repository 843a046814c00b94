//! Text made from text by functions that may fail.

use std::borrow::Cow;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewBuilder};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::ColumnarValue;

use crate::text::texts;

/// Returns text for each text of a column; nulls stay null.
pub(crate) fn try_map_text<F>(column: &ColumnarValue, rows: usize, mut to_text: F) -> Result<ColumnarValue>
where
    F: for<'a> FnMut(&'a str) -> Result<Option<Cow<'a, str>>>,
{
    match column {
        ColumnarValue::Scalar(scalar) => {
            let Some(text) = scalar.try_as_str() else { return exec_err!("expected text, got {scalar:?}") };
            let text = text.map(&mut to_text).transpose()?.flatten().map(Cow::into_owned);
            Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(text)))
        }
        ColumnarValue::Array(array) => {
            let mut builder = StringViewBuilder::with_capacity(rows);
            for text in texts(array)? {
                builder.append_option(text.map(&mut to_text).transpose()?.flatten());
            }
            Ok(ColumnarValue::Array(Arc::new(builder.finish())))
        }
    }
}

/// Returns text for each pair of texts of two columns; null where either is.
pub(crate) fn try_zip_text<F>(left: &ArrayRef, right: &ArrayRef, to_text: F) -> Result<ArrayRef>
where
    F: for<'a> Fn(&'a str, &str) -> Result<Option<Cow<'a, str>>>,
{
    let mut builder = StringViewBuilder::with_capacity(left.len());
    for pair in texts(left)?.zip(texts(right)?) {
        match pair {
            (Some(left), Some(right)) => builder.append_option(to_text(left, right)?),
            _ => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}
