//! Numbers as bytes, the highest first, and back.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{DataFusionError, Result};

use crate::call::{Call, invalid};

pub(super) fn to_big_endian_64(call: &Call<'_>) -> Result<ArrayRef> {
    let numbers = call.integers(0)?;
    call.give_bytes(|row| Ok(numbers.at(row).map(i64::to_be_bytes)))
}

pub(super) fn from_big_endian_64(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_integers(|row| bytes.at(row).map(|bytes| exactly(bytes).map(i64::from_be_bytes)).transpose())
}

pub(super) fn to_big_endian_32(call: &Call<'_>) -> Result<ArrayRef> {
    let numbers = call.integers(0)?;
    call.give_bytes(|row| {
        let Some(number) = numbers.at(row) else { return Ok(None) };
        match i32::try_from(number) {
            Ok(number) => Ok(Some(number.to_be_bytes())),
            Err(_) => Err(invalid(
                format!("{number} does not fit into 4 bytes"),
                "Write to_big_endian_64(x) for larger numbers.",
            )),
        }
    })
}

pub(super) fn from_big_endian_32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_integers(|row| {
        bytes.at(row).map(|bytes| Ok(i64::from(i32::from_be_bytes(exactly(bytes)?)))).transpose()
    })
}

pub(super) fn to_ieee754_64(call: &Call<'_>) -> Result<ArrayRef> {
    let numbers = call.doubles(0)?;
    call.give_bytes(|row| Ok(numbers.at(row).map(f64::to_be_bytes)))
}

pub(super) fn from_ieee754_64(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_doubles(|row| bytes.at(row).map(|bytes| exactly(bytes).map(f64::from_be_bytes)).transpose())
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DataFusionError> {
    bytes.try_into().map_err(|_| invalid(format!("{} bytes where a number takes {N}", bytes.len()), ""))
}
