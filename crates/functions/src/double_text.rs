//! Floating-point numbers as Trino, and so CloudTrail Lake, writes them: as Java does.

use std::fmt::{LowerExp, Write};

/// Appends a number in the shortest digits that tell it apart: `0.1`, `1.0`, `1.0E10`, `NaN`, `Infinity`.
///
/// From 10^-3 up to 10^7 it is written out, otherwise with an exponent.
pub fn push_double(out: &mut String, value: f64) {
    push(out, value, value);
}

/// Appends a number of single precision, by its own shortest digits.
pub fn push_real(out: &mut String, value: f32) {
    push(out, f64::from(value), value);
}

fn push(out: &mut String, value: f64, digits: impl LowerExp) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let text = format!("{digits:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    out.push_str(sign);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    match exponent {
        0..7 => push_at(out, &digits, usize::try_from(exponent).unwrap_or(0) + 1),
        -3..0 => {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', usize::try_from(-exponent - 1).unwrap_or(0)));
            out.push_str(&digits);
        }
        _ => {
            push_at(out, &digits, 1);
            // Writing to a string cannot fail.
            let _ = write!(out, "E{exponent}");
        }
    }
}

/// Appends digits with the point after the first `whole` of them, and at least one digit behind it.
fn push_at(out: &mut String, digits: &str, whole: usize) {
    let (before, after) = digits.split_at(whole.min(digits.len()));
    out.push_str(before);
    out.extend(std::iter::repeat_n('0', whole.saturating_sub(digits.len())));
    out.push('.');
    out.push_str(if after.is_empty() { "0" } else { after });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_java_writes_them() {
        for (value, expect) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (0.001, "0.001"),
            (0.000_12, "1.2E-4"),
            (123_456.789, "123456.789"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.5e10, "1.5E10"),
            (1e-10, "1.0E-10"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            let mut text = String::new();
            push_double(&mut text, value);
            assert_eq!(text, expect);
        }
        let mut text = String::new();
        push_real(&mut text, 0.1);
        assert_eq!(text, "0.1");
    }
}
