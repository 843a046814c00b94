//! Questions about one JSON value; the grammar of the whole text is checked each time.

use std::borrow::Cow;

use auditlake_model::Result;

use super::member::value_text;
use super::path::items;
use super::scan::{Cursor, ValueKind};
use super::text::unescape;

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

/// Tells whether a text, number or boolean anywhere in a JSON text passes a test; texts have their escapes resolved.
///
/// Names of members and nulls are passed over.
///
/// # Errors
/// `Invalid` when `json` is malformed before the first that passes.
pub fn any_scalar(json: &str, mut test: impl FnMut(&str) -> bool) -> Result<bool> {
    let mut cursor = Cursor::new(json);
    let mut open: Vec<u8> = Vec::new();
    loop {
        let kind = cursor.value_kind()?;
        let start = cursor.position();
        let opened = match kind {
            ValueKind::Object => cursor.open(b'}').then_some(b'}'),
            ValueKind::Array => cursor.open(b']').then_some(b']'),
            ValueKind::String => {
                let token = cursor.string()?;
                if if token.escaped { test(&unescape(token.raw)) } else { test(token.raw) } {
                    return Ok(true);
                }
                None
            }
            ValueKind::Null => {
                cursor.literal("null")?;
                None
            }
            ValueKind::Number | ValueKind::True | ValueKind::False => {
                cursor.skip_value()?;
                if test(cursor.since(start)) {
                    return Ok(true);
                }
                None
            }
        };
        if let Some(close) = opened {
            open.push(close);
        } else if !cursor.close_finished(&mut open)? {
            cursor.expect_end()?;
            return Ok(false);
        }
        if open.last() == Some(&b'}') {
            cursor.key()?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn scalars_are_found_at_any_depth() {
        let json = r#"{"key":["a\u003db",{"n":12.50,"t":true,"x":null,"e":{}},[]],"p":"{\"in\":1}"}"#;
        for (text, expect) in [
            ("a=b", true),
            ("2.5", true),
            ("true", true),
            ("null", false),
            ("key", false),
            ("{\"in\"", true),
            ("u003d", false),
        ] {
            assert_eq!(any_scalar(json, |scalar| scalar.contains(text)).unwrap(), expect, "{text}");
        }
        assert!(any_scalar("[1", |_| false).is_err());
    }
}
