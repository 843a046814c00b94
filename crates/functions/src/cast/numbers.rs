//! Numbers from text and to text, and between their types.

use std::fmt::Write;

/// Writes a decimal with all digits of its scale.
pub(super) fn write_decimal(value: i128, scale: u8, out: &mut String) {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let _ = match fraction {
        "" => write!(out, "{sign}{whole}"),
        _ => write!(out, "{sign}{whole}.{fraction}"),
    };
}

/// Reads a floating number as Java does: with blanks around it, `NaN` and `Infinity` as they are written here.
pub(super) fn double(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (is_number || matches!(unsigned, "NaN" | "Infinity")).then(|| text.parse().ok())?
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("t") || text == "1" {
        Some(true)
    } else if is("false") || is("f") || text == "0" {
        Some(false)
    } else {
        None
    }
}

/// Reads digits, perhaps with a point and an exponent, as a decimal of a scale; further digits round.
pub(super) fn decimal(text: &str, scale: u8) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let negative = mantissa.starts_with('-');
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut value = 0i128;
    for digit in digits() {
        value = value.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let own_scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let value = rescale(value, own_scale, i32::from(scale))?;
    Some(if negative { -value } else { value })
}

/// Returns a decimal with another scale, rounded half away from zero.
pub(super) fn rescale(value: i128, from: i32, to: i32) -> Option<i128> {
    if to >= from {
        if value == 0 {
            return Some(0);
        }
        return value.checked_mul(10i128.checked_pow(u32::try_from(to.checked_sub(from)?).ok()?)?);
    }
    let Some(divisor) = u32::try_from(from.checked_sub(to)?).ok().and_then(|by| 10i128.checked_pow(by))
    else {
        return Some(0);
    };
    let (quotient, rest) = (value / divisor, value % divisor);
    let is_up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    Some(if is_up { quotient + value.signum() } else { quotient })
}

/// Tells whether a decimal has no more digits than its precision.
pub(super) fn fits(value: i128, precision: u8) -> bool {
    10i128.checked_pow(u32::from(precision)).is_none_or(|limit| value.unsigned_abs() < limit.unsigned_abs())
}

/// Rounds half away from zero.
pub(super) fn round(value: f64) -> Option<i64> {
    let rounded = value.round();
    // Both bounds are exact; the upper one is one beyond the largest.
    #[allow(clippy::cast_possible_truncation, reason = "checked right before")]
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded).then_some(rounded as i64)
}

/// Returns the number nearest to a decimal.
pub(super) fn decimal_to_double(value: i128, scale: u8) -> f64 {
    let mut text = String::new();
    write_decimal(value, scale, &mut text);
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn decimals_round_half_away_from_zero() {
        for (text, scale, expect) in [
            ("1.25", 1, Some(13)),
            ("-1.25", 1, Some(-13)),
            ("1.249", 1, Some(12)),
            ("+.5", 0, Some(1)),
            ("1e2", 1, Some(1000)),
            ("1.5E-2", 2, Some(2)),
            ("0", 38, Some(0)),
            ("1e-99", 2, Some(0)),
            ("1e99", 0, None),
            ("", 0, None),
            (".", 0, None),
            ("1,5", 0, None),
        ] {
            assert_eq!(decimal(text, scale), expect, "{text}");
        }
        let mut out = String::new();
        write_decimal(-5, 2, &mut out);
        assert_eq!(out, "-0.05");
    }

    #[test]
    fn doubles_round_into_bounds_only() {
        assert_eq!(round(2.5), Some(3));
        assert_eq!(round(-2.5), Some(-3));
        assert_eq!(round(0.499_999_999_999_999_94), Some(0));
        assert_eq!(round(9.3e18), None);
        assert_eq!(round(f64::NAN), None);
        assert_eq!(double(" 1.5 "), Some(1.5));
        assert_eq!(double("inf"), None);
        assert_eq!(double("-Infinity"), Some(f64::NEG_INFINITY));
    }
}
