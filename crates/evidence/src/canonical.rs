//! The one byte form of a JSON value.
//!
//! It is RFC 8785 (JCS) for the values that manifests are made of:
//!
//! | | form |
//! |---|---|
//! | text | UTF-8, no byte order mark, no white space between tokens, no line end at the end |
//! | object | members by name, in the order of the names' UTF-16 code units; no name twice |
//! | string | `\"`, `\\`, `\b`, `\t`, `\n`, `\f`, `\r`; other characters below U+0020 as `\u00xx` in lower case; all else as it is |
//! | number | a whole number from -(2^53-1) to 2^53-1, in digits; others are refused |
//!
//! # Source
//! RFC 8785, sections 3.2.2 and 3.2.3.

use auditlake_model::{Error, Result};
use serde_json::{Map, Number, Value};

/// Largest whole number that every JSON reader takes as it is.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// Returns the canonical bytes of `value`.
///
/// # Errors
/// `Invalid` for a number that is not whole, or beyond [`MAX_NUMBER`].
pub fn to_canonical_bytes(value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write_value(value, &mut out)?;
    Ok(out)
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<()> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) -> Result<()> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write_value(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<()> {
    let is_safe = match (number.as_u64(), number.as_i64()) {
        (Some(whole), _) => whole <= MAX_NUMBER,
        (None, Some(negative)) => negative.unsigned_abs() <= MAX_NUMBER,
        (None, None) => false,
    };
    if !is_safe {
        return Err(Error::invalid(format!("`{number}` has no canonical form"))
            .with_hint("Use whole numbers of at most 53 bits; write others as text."));
    }
    out.extend(number.to_string().as_bytes());
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for char in text.chars() {
        match char {
            '"' => out.extend(b"\\\""),
            '\\' => out.extend(b"\\\\"),
            '\u{8}' => out.extend(b"\\b"),
            '\t' => out.extend(b"\\t"),
            '\n' => out.extend(b"\\n"),
            '\u{c}' => out.extend(b"\\f"),
            '\r' => out.extend(b"\\r"),
            control if control < ' ' => out.extend(format!("\\u{:04x}", u32::from(control)).as_bytes()),
            other => out.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> String {
        String::from_utf8(to_canonical_bytes(value).unwrap()).unwrap()
    }

    #[test]
    fn members_are_sorted_and_nothing_is_superfluous() {
        let value = json!({"b": [1, -2, null, true], "a": {"z": "x", "A": false}, "": {}});
        assert_eq!(canonical(&value), r#"{"":{},"a":{"A":false,"z":"x"},"b":[1,-2,null,true]}"#);
    }

    #[test]
    fn names_are_ordered_by_utf16_as_the_rfc_asks() {
        // U+FB33 is below U+1F600 as a character, and above its first surrogate.
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": 3});
        assert_eq!(canonical(&value), "{\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn strings_have_the_fewest_escapes() {
        let value = json!("\u{20ac}$\u{f}\nA'B\"\\\u{7f}/<\u{8}\t\u{c}\r");
        assert_eq!(canonical(&value), "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\u{7f}/<\\b\\t\\f\\r\"");
    }

    #[test]
    fn numbers_that_readers_would_round_are_refused() {
        assert_eq!(canonical(&json!(MAX_NUMBER)), "9007199254740991");
        for wrong in [json!(MAX_NUMBER + 1), json!(1.5), json!(-9_007_199_254_740_992_i64)] {
            assert!(to_canonical_bytes(&wrong).is_err(), "{wrong}");
        }
    }
}
