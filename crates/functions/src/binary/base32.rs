//! Base32 (RFC 4648, section 6).

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use super::text_form::malformed;
use crate::call::Call;

const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(super) fn to_base32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_texts(|row| Ok(bytes.at(row).map(encoded)))
}

pub(super) fn from_base32(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.bytes(0)?;
    call.give_bytes(|row| {
        let Some(text) = texts.at(row) else { return Ok(None) };
        match decoded(text) {
            Some(bytes) => Ok(Some(bytes)),
            None => Err(malformed(text, "Base32", "Its digits are A to Z and 2 to 7, padded with =.")),
        }
    })
}

/// Five bytes become eight digits; what is missing of them is padded.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let bits =
            (0..5).fold(0u64, |bits, index| bits << 8 | u64::from(chunk.get(index).copied().unwrap_or(0)));
        let digits = (chunk.len() * 8).div_ceil(5);
        for digit in 0..8 {
            let value = (bits >> (35 - 5 * digit)) & 31;
            let shown = DIGITS[usize::try_from(value).unwrap_or(0)];
            text.push(if digit < digits { char::from(shown) } else { '=' });
        }
    }
    text
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|digit| *digit != b'=').map_or(0, |last| last + 1);
    let digits = &text[..end];
    // No whole bytes end after one, three or six digits.
    if matches!(digits.len() % 8, 1 | 3 | 6) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut bits, mut count) = (0u32, 0);
    for digit in digits {
        let value = DIGITS.iter().position(|known| known == digit)?;
        bits = bits << 5 | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}
