//! Literals of intervals as Trino writes them, for a planner that takes one number and one unit.

use sqlparser::ast::{DateTimeField, Expr, Interval, UnaryOperator, Value};

/// Writes `INTERVAL '1-2' YEAR TO MONTH` and `INTERVAL '1 02:03:04.5' DAY TO SECOND` in units.
///
/// What has another form is left for the planner to refuse.
pub(super) fn rewrite(interval: &mut Interval) {
    let (Some(first), Some(last)) = (&interval.leading_field, &interval.last_field) else { return };
    let Some((negative, text)) = text_of(&interval.value) else { return };
    let (signed, text) = match text.strip_prefix('-') {
        Some(rest) => (!negative, rest),
        None => (negative, text),
    };
    let Some(value) = in_units(text.trim(), first, last, if signed { "-" } else { "" }) else { return };
    *interval.value = Expr::Value(Value::SingleQuotedString(value).into());
    interval.leading_field = None;
    interval.last_field = None;
    interval.fractional_seconds_precision = None;
}

fn text_of(value: &Expr) -> Option<(bool, &str)> {
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some((false, text)),
            _ => None,
        },
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            text_of(expr).map(|(negative, text)| (!negative, text))
        }
        _ => None,
    }
}

/// The units from the first to the last, and what parts them in the text.
const UNITS: [(DateTimeField, &str, char); 6] = [
    (DateTimeField::Year, "years", '-'),
    (DateTimeField::Month, "months", ' '),
    (DateTimeField::Day, "days", ' '),
    (DateTimeField::Hour, "hours", ':'),
    (DateTimeField::Minute, "minutes", ':'),
    (DateTimeField::Second, "seconds", ' '),
];

fn in_units(text: &str, first: &DateTimeField, last: &DateTimeField, sign: &str) -> Option<String> {
    let index = |unit: &DateTimeField| UNITS.iter().position(|(known, ..)| known == unit);
    let units = UNITS.get(index(first)?..=index(last)?)?;
    let mut rest = text;
    let mut parts = Vec::new();
    for (position, (_, name, separator)) in units.iter().enumerate() {
        let is_last = position + 1 == units.len();
        let (number, after) = if is_last { (rest, "") } else { rest.split_once(*separator)? };
        rest = after.trim_start();
        let is_number = |c: char| c.is_ascii_digit() || (is_last && *name == "seconds" && c == '.');
        if number.is_empty() || !number.chars().all(is_number) {
            return None;
        }
        parts.push(format!("{sign}{number} {name}"));
    }
    Some(parts.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use sqlparser::parser::Parser;

    use super::*;
    use crate::LakeDialect;

    #[test]
    fn intervals_of_several_units_are_sums() {
        for (sql, expect) in [
            ("INTERVAL '1-2' YEAR TO MONTH", "INTERVAL '1 years 2 months'"),
            ("INTERVAL '-1-2' YEAR TO MONTH", "INTERVAL '-1 years -2 months'"),
            ("INTERVAL -'1-2' YEAR TO MONTH", "INTERVAL '-1 years -2 months'"),
            ("INTERVAL '1 02:03:04.5' DAY TO SECOND", "INTERVAL '1 days 02 hours 03 minutes 04.5 seconds'"),
            ("INTERVAL '2:30' MINUTE TO SECOND", "INTERVAL '2 minutes 30 seconds'"),
            ("INTERVAL '1 2' DAY TO HOUR", "INTERVAL '1 days 2 hours'"),
            ("INTERVAL '2' DAY", "INTERVAL '2' DAY"),
            ("INTERVAL 'x' DAY TO HOUR", "INTERVAL 'x' DAY TO HOUR"),
        ] {
            let mut expr = Parser::new(&LakeDialect).try_with_sql(sql).unwrap().parse_expr().unwrap();
            let Expr::Interval(interval) = &mut expr else { panic!("{sql}") };
            rewrite(interval);
            assert_eq!(expr.to_string(), expect);
        }
    }
}
