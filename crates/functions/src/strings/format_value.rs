//! Values as `format` takes them, and numbers as Java writes them.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::Result;

use crate::TEXT;
use crate::call::Call;
use crate::double_text::push_double;

const INSTANT: &str = "%Y-%m-%d %H:%M:%S%.3f";

/// One value to be written.
pub(super) enum Value<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Decimal(String),
    Text(&'a str),
    Other(String),
}

/// The values of one argument.
pub(super) struct Column {
    array: ArrayRef,
}

impl Column {
    pub(super) fn of(call: &Call<'_>, index: usize) -> Result<Self> {
        Ok(Self { array: call.array(index)? })
    }

    pub(super) fn at(&self, row: usize) -> Result<Value<'_>> {
        if self.array.is_null(row) {
            return Ok(Value::Null);
        }
        Ok(match self.array.data_type() {
            DataType::Boolean => Value::Boolean(self.array.as_boolean().value(row)),
            DataType::Int64 => Value::Integer(self.array.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Value::Double(self.array.as_primitive::<Float64Type>().value(row)),
            text if *text == TEXT => Value::Text(self.array.as_string_view().value(row)),
            DataType::Decimal128(..) | DataType::Decimal256(..) => Value::Decimal(self.display(row)?),
            _ => Value::Other(self.display(row)?),
        })
    }

    fn display(&self, row: usize) -> Result<String> {
        let options =
            FormatOptions::new().with_timestamp_format(Some(INSTANT)).with_timestamp_tz_format(Some(INSTANT));
        Ok(ArrayFormatter::try_new(&self.array, &options)?.value(row).to_string())
    }
}

/// Writes a double as Java's `Double.toString` does: `1.0`, `1.0E10`, `NaN`.
pub(super) fn java_double(number: f64) -> String {
    let mut text = String::new();
    push_double(&mut text, number);
    text
}

/// Writes a number that is not negative with so many digits behind the point; halves go up.
///
/// Java rounds the shortest decimal form of a double, so that 0.125 becomes 0.13.
pub(super) fn java_fixed(number: &str, precision: usize) -> String {
    let (mut digits, mut point) = decimal(number);
    let places = i64::try_from(precision).unwrap_or(i64::MAX);
    match usize::try_from(point.saturating_add(places)) {
        Ok(kept) => point += i64::from(round_half_up(&mut digits, kept)),
        Err(_) => digits.clear(),
    }
    let mut text = String::new();
    let whole_digits = usize::try_from(point).unwrap_or(0);
    for index in 0..whole_digits {
        text.push(char::from(digits.get(index).copied().unwrap_or(b'0')));
    }
    if text.is_empty() {
        text.push('0');
    }
    if precision > 0 {
        text.push('.');
    }
    for place in 0..places {
        let index = usize::try_from(point + place).ok();
        text.push(char::from(index.and_then(|index| digits.get(index).copied()).unwrap_or(b'0')));
    }
    text
}

/// Writes a number that is not negative as `1.234560e+01`.
pub(super) fn java_scientific(number: f64, precision: usize) -> String {
    let (mut digits, mut point) = decimal(&format!("{number:e}"));
    if number == 0.0 {
        point = 1;
    }
    point += i64::from(round_half_up(&mut digits, precision + 1));
    let digit = |index: usize| char::from(digits.get(index).copied().unwrap_or(b'0'));
    let fraction: String = (1..=precision).map(digit).collect();
    let exponent = point - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    let dot = if precision > 0 { "." } else { "" };
    format!("{}{dot}{fraction}e{sign}{:02}", digit(0), exponent.abs())
}

/// Splits a number such as `12.50` or `1.25e-3` into digits and the place of the point among them.
fn decimal(number: &str) -> (Vec<u8>, i64) {
    let (mantissa, exponent) = number.split_once('e').unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let point = i64::try_from(whole.len()).unwrap_or(0) + exponent.parse::<i64>().unwrap_or(0);
    (digits, point)
}

/// Cuts digits to a count; tells whether a digit came up before them all, as in 9.9 to 10.
fn round_half_up(digits: &mut Vec<u8>, kept: usize) -> bool {
    let rounds_up = digits.get(kept).is_some_and(|digit| *digit >= b'5');
    digits.truncate(kept);
    if !rounds_up {
        return false;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return false;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
    true
}

/// Puts a comma after each three digits before the point.
pub(super) fn grouped(digits: &str) -> String {
    let whole = digits.find(['.', 'e']).unwrap_or(digits.len());
    let mut text = String::with_capacity(digits.len() + whole / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
