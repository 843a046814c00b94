//! Digests, keyed digests and checksums.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result, ScalarValue};
use datafusion::functions::crypto;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512, digest};
use ring::hmac;

use crate::call::Call;

pub(super) fn md5(call: &Call<'_>) -> Result<ArrayRef> {
    let rows = call.rows();
    let field = |data_type| Arc::new(Field::new("", data_type, true));
    let args = vec![
        ColumnarValue::Array(call.array(0)?),
        ColumnarValue::Scalar(ScalarValue::Utf8(Some("md5".to_owned()))),
    ];
    let result = crypto::digest().invoke_with_args(ScalarFunctionArgs {
        args,
        arg_fields: vec![field(DataType::Binary), field(DataType::Utf8)],
        number_rows: rows,
        return_field: field(DataType::Binary),
        config_options: Arc::new(ConfigOptions::default()),
    })?;
    result.into_array(rows)
}

pub(super) fn sha1(call: &Call<'_>) -> Result<ArrayRef> {
    digests(call, &SHA1_FOR_LEGACY_USE_ONLY)
}

pub(super) fn sha256(call: &Call<'_>) -> Result<ArrayRef> {
    digests(call, &SHA256)
}

pub(super) fn sha512(call: &Call<'_>) -> Result<ArrayRef> {
    digests(call, &SHA512)
}

fn digests(call: &Call<'_>, algorithm: &'static Algorithm) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_bytes(|row| Ok(bytes.at(row).map(|bytes| digest(algorithm, bytes))))
}

pub(super) fn hmac_sha1(call: &Call<'_>) -> Result<ArrayRef> {
    keyed(call, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)
}

pub(super) fn hmac_sha256(call: &Call<'_>) -> Result<ArrayRef> {
    keyed(call, hmac::HMAC_SHA256)
}

pub(super) fn hmac_sha512(call: &Call<'_>) -> Result<ArrayRef> {
    keyed(call, hmac::HMAC_SHA512)
}

fn keyed(call: &Call<'_>, algorithm: hmac::Algorithm) -> Result<ArrayRef> {
    let (bytes, keys) = (call.bytes(0)?, call.bytes(1)?);
    let constant = keys.constant().flatten().map(|key| hmac::Key::new(algorithm, key));
    call.give_bytes(|row| {
        let Some((bytes, key)) = bytes.at(row).zip(keys.at(row)) else { return Ok(None) };
        Ok(Some(match &constant {
            Some(key) => hmac::sign(key, bytes),
            None => hmac::sign(&hmac::Key::new(algorithm, key), bytes),
        }))
    })
}

pub(super) fn crc32(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_integers(|row| Ok(bytes.at(row).map(|bytes| i64::from(checksum(bytes)))))
}

/// The remainder of each byte by the reversed polynomial of IEEE 802.3.
const REMAINDERS: [u32; 256] = {
    let mut remainders = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = if remainder & 1 == 1 { (remainder >> 1) ^ 0xedb8_8320 } else { remainder >> 1 };
            bit += 1;
        }
        remainders[byte] = remainder;
        byte += 1;
    }
    remainders
};

fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        let [low, ..] = sum.to_le_bytes();
        REMAINDERS[usize::from(low ^ byte)] ^ (sum >> 8)
    };
    !bytes.iter().fold(u32::MAX, step)
}
