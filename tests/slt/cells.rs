//! A value becomes text, in the form of CloudTrail Lake.

use auditlake_query::render::push_lake_text;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field};

/// Returns the value at `row` as a file shows it.
pub(crate) fn cell_text(field: &Field, array: &ArrayRef, row: usize) -> String {
    let mut text = String::new();
    if !push_lake_text(&mut text, field, array, row).unwrap() {
        return "NULL".to_owned();
    }
    let text = text.replace('\n', "\\n");
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    match text.as_str() {
        "" => "(empty)".to_owned(),
        _ if is_text && text.trim() != text => format!("\"{text}\""),
        _ => text,
    }
}
