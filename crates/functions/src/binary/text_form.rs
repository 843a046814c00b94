//! Bytes as hexadecimal digits and Base64, and back.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use datafusion::arrow::array::ArrayRef;
use datafusion::common::{DataFusionError, Result};

use crate::call::{Call, invalid};

/// As in Java, padding is written, and not asked for.
const FORM: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, FORM);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, FORM);
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

pub(super) fn to_hex(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_texts(|row| Ok(bytes.at(row).map(hexadecimal)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

pub(super) fn from_hex(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.bytes(0)?;
    call.give_bytes(|row| texts.at(row).map(hexadecimal_bytes).transpose())
}

fn hexadecimal_bytes(text: &[u8]) -> Result<Vec<u8>> {
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(value(high)? << 4 | value(low)?),
        _ => None,
    });
    pairs
        .collect::<Option<_>>()
        .ok_or_else(|| malformed(text, "hexadecimal text", "It takes pairs of digits."))
}

/// Makes the error for text that is not of a form.
pub(super) fn malformed(text: &[u8], form: &str, hint: &str) -> DataFusionError {
    let shown: String = String::from_utf8_lossy(text).chars().take(100).collect();
    invalid(format!("`{shown}` is no {form}"), hint)
}

pub(super) fn to_base64(call: &Call<'_>) -> Result<ArrayRef> {
    encoded(call, &BASE64)
}

pub(super) fn to_base64url(call: &Call<'_>) -> Result<ArrayRef> {
    encoded(call, &BASE64_URL)
}

fn encoded(call: &Call<'_>, form: &GeneralPurpose) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_texts(|row| Ok(bytes.at(row).map(|bytes| form.encode(bytes))))
}

pub(super) fn from_base64(call: &Call<'_>) -> Result<ArrayRef> {
    decoded(call, &BASE64)
}

pub(super) fn from_base64url(call: &Call<'_>) -> Result<ArrayRef> {
    decoded(call, &BASE64_URL)
}

fn decoded(call: &Call<'_>, form: &GeneralPurpose) -> Result<ArrayRef> {
    let texts = call.bytes(0)?;
    call.give_bytes(|row| {
        let Some(text) = texts.at(row) else { return Ok(None) };
        let hint = "from_base64 reads `+` and `/`, from_base64url `-` and `_`.";
        form.decode(text).map(Some).map_err(|_| malformed(text, "Base64", hint))
    })
}
