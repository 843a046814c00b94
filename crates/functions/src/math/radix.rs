//! Numbers in other bases.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::{Call, invalid};

fn checked(radix: i64) -> Result<u32> {
    match u32::try_from(radix) {
        Ok(radix @ 2..=36) => Ok(radix),
        _ => Err(invalid(format!("base {radix}"), "A base is from 2 to 36.")),
    }
}

pub(super) fn from_base(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, bases) = (call.texts(0)?, call.integers(1)?);
    call.give_integers(|row| {
        let Some((text, radix)) = texts.at(row).zip(bases.at(row)) else { return Ok(None) };
        match i64::from_str_radix(text, checked(radix)?) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(invalid(format!("`{text}` is no bigint of base {radix}"), "")),
        }
    })
}

pub(super) fn to_base(call: &Call<'_>) -> Result<ArrayRef> {
    let (numbers, bases) = (call.integers(0)?, call.integers(1)?);
    call.give_texts(|row| {
        let Some((number, radix)) = numbers.at(row).zip(bases.at(row)) else { return Ok(None) };
        Ok(Some(written(number, checked(radix)?)))
    })
}

fn written(number: i64, radix: u32) -> String {
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(rest % u64::from(radix)).unwrap_or(0);
        digits.push(char::from_digit(digit, radix).unwrap_or('0'));
        rest /= u64::from(radix);
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}
