//! Questions about one JSON value; the grammar of the whole text is checked each time.

use std::borrow::Cow;

use auditlake_model::Result;

use super::member::value_text;
use super::path::items;
use super::scan::{Cursor, ValueKind};

/// Tells of what kind a JSON text is.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn kind(json: &str) -> Result<ValueKind> {
    let mut cursor = Cursor::new(json);
    let kind = cursor.value_kind()?;
    cursor.skip_value()?;
    cursor.expect_end()?;
    Ok(kind)
}

/// Returns the items of a JSON array as written; `None` if the JSON is no array.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn array_items(json: &str) -> Result<Option<Vec<&str>>> {
    if kind(json)? != ValueKind::Array {
        return Ok(None);
    }
    Ok(Some(items(json)?))
}

/// Returns the text of a value that was checked: the characters of a string, JSON text of all else; `None` for null.
pub fn scalar_text(value: &str) -> Option<Cow<'_, str>> {
    value_text(value.trim()).map(Cow::from)
}
