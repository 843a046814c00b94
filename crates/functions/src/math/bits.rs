//! Bits of a bigint.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::{Call, invalid};

pub(super) fn of_two(call: &Call<'_>, function: fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (left, right) = (call.integers(0)?, call.integers(1)?);
    call.give_integers(|row| Ok(left.at(row).zip(right.at(row)).map(|(left, right)| function(left, right))))
}

pub(super) fn not(call: &Call<'_>) -> Result<ArrayRef> {
    let numbers = call.integers(0)?;
    call.give_integers(|row| Ok(numbers.at(row).map(|number| !number)))
}

pub(super) fn left_shift(call: &Call<'_>) -> Result<ArrayRef> {
    shift(call, |number, by| number.checked_shl(by).unwrap_or(0))
}

pub(super) fn right_shift(call: &Call<'_>) -> Result<ArrayRef> {
    shift(call, |number, by| number.cast_unsigned().checked_shr(by).unwrap_or(0).cast_signed())
}

pub(super) fn right_shift_arithmetic(call: &Call<'_>) -> Result<ArrayRef> {
    shift(call, |number, by| number >> by.min(63))
}

fn shift(call: &Call<'_>, function: fn(i64, u32) -> i64) -> Result<ArrayRef> {
    let (numbers, shifts) = (call.integers(0)?, call.integers(1)?);
    call.give_integers(|row| {
        let Some((number, by)) = numbers.at(row).zip(shifts.at(row)) else { return Ok(None) };
        match u64::try_from(by) {
            Ok(by) => Ok(Some(function(number, u32::try_from(by).unwrap_or(u32::MAX)))),
            Err(_) => Err(invalid(format!("a shift by {by} bits"), "Shift the other way instead.")),
        }
    })
}

pub(super) fn count(call: &Call<'_>) -> Result<ArrayRef> {
    let (numbers, sizes) = (call.integers(0)?, call.integers(1)?);
    call.give_integers(|row| {
        let Some((number, size)) = numbers.at(row).zip(sizes.at(row)) else { return Ok(None) };
        let Some(size) = u32::try_from(size).ok().filter(|size| (2..=64).contains(size)) else {
            return Err(invalid(format!("`bit_count` of {size} bits"), "A number has 2 to 64 bits."));
        };
        let above = 64 - size;
        // A number fits if its bits above are all as its sign.
        if (number << above) >> above != number {
            return Err(invalid(format!("{number} does not fit into {size} bits"), ""));
        }
        Ok(Some(i64::from((number << above).count_ones())))
    })
}
