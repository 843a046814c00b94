//! Values that a spreadsheet would run.

/// Returns `'` when a spreadsheet could take `text` for a formula, to be written before it; else nothing.
///
/// Such is text whose first character, white space and invisible characters left out, is `=`, `+`, `-` or `@` (also
/// in their full-width forms), and text that begins with a tab or a carriage return. A plain number such as `-5`
/// or `+1.5e3` is none: it stays a number.
pub(super) fn guard(text: &str) -> &'static str {
    let first =
        text.trim_start_matches(|c: char| c.is_whitespace() || super::escape::is_unsafe(c)).chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    let is_armed = (is_formula || text.starts_with(['\t', '\r'])) && !is_number(text);
    if is_armed { "'" } else { "" }
}

/// Tells whether the whole text is one decimal number.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_found_and_numbers_stay() {
        let armed = [
            "=cmd|' /C calc'!A0",
            "+1+cmd",
            "-2+3",
            "@SUM(A1)",
            "  =1",
            "\u{a0}=1",
            "\t=1",
            "\tplain",
            "\rplain",
            "\n@x",
            "\u{feff}=1",
            "\u{200b}=1",
            "\u{202e}=1",
            "＝1",
            "-",
            "-.5",
            "+1e",
        ];
        for text in armed {
            assert_eq!(guard(text), "'", "{text:?}");
        }
        let harmless = [
            "",
            " ",
            "plain",
            "a=b",
            "'=1",
            "-5",
            "+1.5e3",
            "-0.1",
            "1-2",
            "arn:aws:iam::1",
            "{\"a\":1}",
            "/=1",
        ];
        for text in harmless {
            assert_eq!(guard(text), "", "{text:?}");
        }
    }
}
