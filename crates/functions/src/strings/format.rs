//! `format`: text from a pattern of Java's `Formatter`, as far as values of Lake SQL need it.
//!
//! | conversion | takes |
//! |---|---|
//! | `%s` `%S` | anything; a double as Java prints it, an instant as `YYYY-MM-DD HH:MM:SS.mmm` |
//! | `%d` `%x` `%X` `%o` | integers |
//! | `%f` `%e` `%E` | doubles and decimals |
//! | `%b` `%B` | booleans; of anything else, whether it is not NULL |
//! | `%c` | a code point |
//! | `%%` `%n` | a percent sign, a line break |
//!
//! Flags `-`, `0`, `+`, blank, `,` and `(`, width, precision and `n$` are as in Java. `%t` is left to `date_format`.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::Volatility;

use super::format_value::{Column, Value, grouped, java_double, java_fixed, java_scientific};
use crate::TEXT;
use crate::call::{Call, Kind, field, invalid, run};
use crate::scalar::Scalar;
use crate::text::is_text;

/// The largest width and precision.
const MAX_SIZE: usize = 10_000;

pub(super) const FORMAT: Scalar = Scalar {
    name: "format",
    aliases: &[],
    signature: "format(pattern, x[, ...])",
    help: "Writes values into a pattern such as '%s of %,d: %.2f'.",
    volatility: Volatility::Immutable,
    coerce: coerce_format,
    returns: |_| Ok(field("format", Kind::Text)),
    invoke: |args| run(args, format),
};

fn coerce_format(types: &[DataType]) -> Result<Vec<DataType>> {
    let Some((pattern, values)) = types.split_first() else {
        return plan_err!("format takes a pattern and values");
    };
    if !is_text(pattern) && !pattern.is_null() {
        return plan_err!("format takes a pattern such as '%s', not {pattern}");
    }
    let value = |given: &DataType| match given {
        DataType::Null => TEXT,
        text if is_text(text) => TEXT,
        integer if integer.is_integer() => DataType::Int64,
        float if float.is_floating() => DataType::Float64,
        other => other.clone(),
    };
    Ok(std::iter::once(TEXT).chain(values.iter().map(value)).collect())
}

fn format(call: &Call<'_>) -> Result<ArrayRef> {
    let patterns = call.texts(0)?;
    let columns = (1..call.len()).map(|index| Column::of(call, index)).collect::<Result<Vec<_>>>()?;
    let constant = match patterns.constant() {
        Some(Some(pattern)) => Some(parse(pattern)?),
        _ => None,
    };
    call.give_texts(|row| {
        let Some(pattern) = patterns.at(row) else { return Ok(None) };
        match &constant {
            Some(pieces) => written(pieces, &columns, row).map(Some),
            None => written(&parse(pattern)?, &columns, row).map(Some),
        }
    })
}

enum Piece {
    Text(String),
    Value(Spec),
}

/// One `%` and what follows.
#[derive(Debug, Default)]
struct Spec {
    /// From 0.
    argument: usize,
    left: bool,
    zeros: bool,
    plus: bool,
    blank: bool,
    groups: bool,
    brackets: bool,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

fn parse(pattern: &str) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    let mut next_argument = 0;
    while let Some((text, behind)) = rest.split_once('%') {
        pieces.push(Piece::Text(text.to_owned()));
        let (spec, behind) = parse_spec(behind, &mut next_argument).ok_or_else(|| {
            invalid(
                format!("`{pattern}` is no pattern of `format`"),
                "Write %s, %d, %.2f, %,d, %05d, %x, %e, %b, or %% for a percent sign.",
            )
        })?;
        pieces.push(match spec.conversion {
            '%' => Piece::Text("%".to_owned()),
            'n' => Piece::Text("\n".to_owned()),
            _ => Piece::Value(spec),
        });
        rest = behind;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// Parses `[n$][flags][width][.precision]conversion`.
fn parse_spec<'a>(text: &'a str, next_argument: &mut usize) -> Option<(Spec, &'a str)> {
    let mut spec = Spec::default();
    let mut rest = text;
    let mut position = None;
    let (number, behind) = leading_number(rest)?;
    if let (Some(number), Some(behind)) = (number, behind.strip_prefix('$')) {
        position = Some(number.checked_sub(1)?);
        rest = behind;
    }
    while let Some(flag) = rest.chars().next().filter(|c| "-0+ ,(#".contains(*c)) {
        match flag {
            '-' => spec.left = true,
            '0' => spec.zeros = true,
            '+' => spec.plus = true,
            ' ' => spec.blank = true,
            ',' => spec.groups = true,
            '(' => spec.brackets = true,
            _ => return None,
        }
        rest = &rest[1..];
    }
    let (width, behind) = leading_number(rest)?;
    spec.width = width.unwrap_or(0);
    rest = behind;
    if let Some(behind) = rest.strip_prefix('.') {
        let (precision, behind) = leading_number(behind)?;
        spec.precision = Some(precision?);
        rest = behind;
    }
    spec.conversion = rest.chars().next().filter(|c| "sSdxXofeEbBc%n".contains(*c))?;
    if !matches!(spec.conversion, '%' | 'n') {
        spec.argument = position.unwrap_or(*next_argument);
        if position.is_none() {
            *next_argument += 1;
        }
    }
    Some((spec, &rest[1..]))
}

/// Splits off a number, if there is one; `None` if it is above the bound.
fn leading_number(text: &str) -> Option<(Option<usize>, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 {
        return Some((None, text));
    }
    let number = text[..end].parse().ok().filter(|number| *number <= MAX_SIZE)?;
    Some((Some(number), &text[end..]))
}

fn written(pieces: &[Piece], columns: &[Column], row: usize) -> Result<String> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(fixed) => text.push_str(fixed),
            Piece::Value(spec) => {
                let Some(column) = columns.get(spec.argument) else {
                    return Err(invalid(
                        format!("`format` has no value {} for `%{}`", spec.argument + 1, spec.conversion),
                        "Give a value for each % of the pattern.",
                    ));
                };
                text.push_str(&padded(spec, converted(spec, &column.at(row)?)?));
            }
        }
    }
    Ok(text)
}

/// Returns the text of a value before it is padded at blanks; zeros are in it already.
fn converted(spec: &Spec, value: &Value<'_>) -> Result<String> {
    match spec.conversion {
        's' => Ok(cut(spec, plain(value))),
        'S' => Ok(cut(spec, plain(value)).to_uppercase()),
        'b' | 'B' => {
            let text = match value {
                Value::Boolean(value) => *value,
                Value::Null => false,
                _ => true,
            };
            let text = cut(spec, text.to_string());
            Ok(if spec.conversion == 'B' { text.to_uppercase() } else { text })
        }
        _ if matches!(value, Value::Null) => Ok("null".to_owned()),
        'd' => match value {
            Value::Integer(number) => {
                let digits = number.unsigned_abs().to_string();
                Ok(signed(spec, *number < 0, if spec.groups { grouped(&digits) } else { digits }))
            }
            _ => Err(mismatch(spec, value)),
        },
        'x' | 'X' | 'o' => match value {
            Value::Integer(number) => Ok(zero_padded(
                spec,
                match spec.conversion {
                    'x' => format!("{number:x}"),
                    'X' => format!("{number:X}"),
                    _ => format!("{number:o}"),
                },
            )),
            _ => Err(mismatch(spec, value)),
        },
        'c' => match value {
            Value::Integer(number) => u32::try_from(*number)
                .ok()
                .and_then(char::from_u32)
                .map(String::from)
                .ok_or_else(|| mismatch(spec, value)),
            _ => Err(mismatch(spec, value)),
        },
        _ => real(spec, value),
    }
}

fn real(spec: &Spec, value: &Value<'_>) -> Result<String> {
    let number = match value {
        Value::Double(number) => *number,
        Value::Decimal(text) => text.parse().map_err(|_| mismatch(spec, value))?,
        _ => return Err(mismatch(spec, value)),
    };
    if !number.is_finite() {
        return Ok(java_double(number));
    }
    let precision = spec.precision.unwrap_or(6);
    let is_negative = number.is_sign_negative();
    let digits = match (spec.conversion, value) {
        ('f', Value::Decimal(text)) => java_fixed(text.trim_start_matches('-'), precision),
        ('f', _) => java_fixed(&format!("{:e}", number.abs()), precision),
        _ => java_scientific(number.abs(), precision),
    };
    let digits = if spec.conversion == 'E' { digits.to_uppercase() } else { digits };
    Ok(signed(spec, is_negative, if spec.groups { grouped(&digits) } else { digits }))
}

fn plain(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => java_double(*number),
        Value::Decimal(text) | Value::Other(text) => text.clone(),
        Value::Text(text) => (*text).to_owned(),
    }
}

fn cut(spec: &Spec, text: String) -> String {
    match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    }
}

/// Puts the sign before digits, with zeros between where they are wanted.
fn signed(spec: &Spec, is_negative: bool, digits: String) -> String {
    let (before, behind) = match is_negative {
        true if spec.brackets => ("(", ")"),
        true => ("-", ""),
        false if spec.plus => ("+", ""),
        false if spec.blank => (" ", ""),
        false => ("", ""),
    };
    let taken = before.len() + behind.len() + digits.len();
    let zeros = if spec.zeros { spec.width.saturating_sub(taken) } else { 0 };
    format!("{before}{}{digits}{behind}", "0".repeat(zeros))
}

fn zero_padded(spec: &Spec, digits: String) -> String {
    let zeros = if spec.zeros { spec.width.saturating_sub(digits.len()) } else { 0 };
    "0".repeat(zeros) + &digits
}

fn padded(spec: &Spec, text: String) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    match (missing, spec.left) {
        (0, _) => text,
        (_, true) => text + &" ".repeat(missing),
        (_, false) => " ".repeat(missing) + &text,
    }
}

fn mismatch(spec: &Spec, value: &Value<'_>) -> DataFusionError {
    invalid(
        format!("`%{}` of `{}` in `format`", spec.conversion, plain(value)),
        "%d and %x take integers, %f and %e doubles; %s takes anything.",
    )
}
