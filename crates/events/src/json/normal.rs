//! JSON as Trino's JSON functions write it: compact, the fewest escapes, fractions as Java prints doubles.

use std::fmt::Write;

use auditlake_model::{Error, Result};

use super::member::value_text;
use super::members::raw_members;
use super::path::items;
use super::scan::{Cursor, ValueKind};
use super::text::{kind_of, write_string};

/// How deep values may nest; each level is a call.
const MAX_DEPTH: usize = 500;

/// In what order the members of objects are written; of duplicate names the last value counts in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOrder {
    /// As they were.
    AsWritten,
    /// By name: `json_parse`.
    Sorted,
}

/// Writes JSON again in one form.
///
/// # Errors
/// `Invalid` when `json` is malformed or nests too deeply.
pub fn normalize(json: &str, order: MemberOrder) -> Result<String> {
    let mut cursor = Cursor::new(json);
    cursor.skip_value()?;
    cursor.expect_end()?;
    let mut out = String::with_capacity(json.len());
    write_value(json.trim(), order, MAX_DEPTH, &mut out)?;
    Ok(out)
}

fn write_value(value: &str, order: MemberOrder, depth: usize, out: &mut String) -> Result<()> {
    let too_deep = || Error::invalid(format!("JSON nests deeper than {MAX_DEPTH} levels"));
    match kind_of(value) {
        Some(ValueKind::Object) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            let mut members = raw_members(value)?.unwrap_or_default();
            if order == MemberOrder::Sorted {
                members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
            }
            out.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(&name, out);
                out.push(':');
                write_value(value, order, depth, out)?;
            }
            out.push('}');
        }
        Some(ValueKind::Array) => {
            let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
            out.push('[');
            for (index, item) in items(value)?.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, order, depth, out)?;
            }
            out.push(']');
        }
        Some(ValueKind::String) => match value_text(value) {
            Some(text) => write_string(&std::borrow::Cow::from(text), out),
            None => out.push_str(value),
        },
        Some(ValueKind::Number) => write_number(value, out),
        _ => out.push_str(value),
    }
    Ok(())
}

fn write_number(digits: &str, out: &mut String) {
    if !digits.contains(['.', 'e', 'E']) {
        out.push_str(if digits == "-0" { "0" } else { digits });
        return;
    }
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => write_double(number, out),
        _ => out.push_str(digits),
    }
}

/// Appends a finite number as Java prints it: `1.5`, `100.0`, `1.0E7`, `1.0E-4`.
pub fn write_double(number: f64, out: &mut String) {
    let magnitude = number.abs();
    if number == 0.0 || (1e-3..1e7).contains(&magnitude) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{number:?}");
        return;
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push('E');
    out.push_str(exponent);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn one_form_for_equal_values() {
        for (json, expect) in [
            (r#" { "b" : 1.50 , "a" : "\u003d\/\n" } "#, r#"{"a":"=/\n","b":1.5}"#),
            (
                "[1e2, 1E10, -0, -0.0, 0.00012, 123456789012345678901]",
                "[100.0,1.0E10,0,-0.0,1.2E-4,123456789012345678901]",
            ),
            (r#"{"a":1,"b":2,"a":[{"d":1,"c":null}]}"#, r#"{"a":[{"c":null,"d":1}],"b":2}"#),
        ] {
            assert_eq!(normalize(json, MemberOrder::Sorted).unwrap(), expect, "{json}");
        }
        assert_eq!(normalize(r#"{"b":1, "a":2}"#, MemberOrder::AsWritten).unwrap(), r#"{"b":1,"a":2}"#);
        assert!(normalize("{\"a\":1}x", MemberOrder::Sorted).is_err());
        assert!(normalize(&("[".repeat(600) + &"]".repeat(600)), MemberOrder::Sorted).is_err());
    }
}
