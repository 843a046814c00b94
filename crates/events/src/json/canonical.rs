//! Writes JSON with sorted member names, no white space and the fewest escapes.
//!
//! Values that say the same get the same bytes. Numbers keep their digits; of duplicate names the last
//! one counts. It is slow (it sorts), so only events that need it pay: those without an id, and those
//! that repeat a name.

use std::collections::BTreeMap;

use super::hash::HashError;
use super::scan::{Cursor, ValueKind};
use super::text::{Piece, Pieces};

/// Appends the canonical form of the value at the cursor and moves past it.
///
/// # Errors
/// A fault of the grammar, or more than `depth` objects and arrays open at once.
pub(crate) fn write_canonical(
    cursor: &mut Cursor<'_>,
    depth: usize,
    out: &mut String,
) -> Result<(), HashError> {
    match cursor.value_kind()? {
        ValueKind::String => write_token(cursor.string()?.raw, out),
        ValueKind::Number => out.push_str(cursor.number()?),
        ValueKind::Object => return write_object(cursor, inner_depth(depth)?, out),
        ValueKind::Array => return write_array(cursor, inner_depth(depth)?, out),
        ValueKind::True => write_literal(cursor, "true", out)?,
        ValueKind::False => write_literal(cursor, "false", out)?,
        ValueKind::Null => write_literal(cursor, "null", out)?,
    }
    Ok(())
}

fn inner_depth(depth: usize) -> Result<usize, HashError> {
    depth.checked_sub(1).ok_or(HashError::TooDeep)
}

fn write_literal(cursor: &mut Cursor<'_>, word: &'static str, out: &mut String) -> Result<(), HashError> {
    cursor.literal(word)?;
    out.push_str(word);
    Ok(())
}

fn write_object(cursor: &mut Cursor<'_>, depth: usize, out: &mut String) -> Result<(), HashError> {
    let mut members: BTreeMap<String, String> = BTreeMap::new();
    let mut has_next = cursor.open(b'}');
    while has_next {
        let mut name = String::new();
        write_token(cursor.key()?.raw, &mut name);
        let mut value = String::new();
        write_canonical(cursor, depth, &mut value)?;
        members.insert(name, value);
        has_next = cursor.more(b'}')?;
    }
    out.push('{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(name);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    Ok(())
}

fn write_array(cursor: &mut Cursor<'_>, depth: usize, out: &mut String) -> Result<(), HashError> {
    out.push('[');
    let mut has_next = cursor.open(b']');
    while has_next {
        write_canonical(cursor, depth, out)?;
        has_next = cursor.more(b']')?;
        if has_next {
            out.push(',');
        }
    }
    out.push(']');
    Ok(())
}

/// Writes a string token again with the fewest escapes; a lone surrogate keeps its escape.
fn write_token(raw: &str, out: &mut String) {
    out.push('"');
    for piece in Pieces::new(raw) {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Char(char) => {
                let mut quoted = String::new();
                super::text::write_string(char.encode_utf8(&mut [0; 4]), &mut quoted);
                out.push_str(&quoted[1..quoted.len() - 1]);
            }
            Piece::LoneSurrogate(unit) => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn canonical(text: &str) -> String {
        let mut out = String::new();
        write_canonical(&mut Cursor::new(text), 5, &mut out).unwrap();
        out
    }

    #[test]
    fn values_that_say_the_same_look_the_same() {
        for text in [
            r#"{"a":1.0,"b":["\u003d",{"c":null,"d":true}]}"#,
            "{ \"b\": [ \"=\", {\"d\":true,\"c\":null} ],\n\"a\": 1.0 }",
            r#"{"a":0,"a":1.0,"b":["=",{"c":null,"d":true}]}"#,
        ] {
            assert_eq!(canonical(text), r#"{"a":1.0,"b":["=",{"c":null,"d":true}]}"#);
        }
        assert_eq!(canonical(r#""\uD800\u0001\"\/""#), r#""\ud800\u0001\"/""#);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = write_canonical(&mut Cursor::new("[[[]]]"), 2, &mut String::new());
        assert_eq!(deep, Err(HashError::TooDeep));
    }
}
