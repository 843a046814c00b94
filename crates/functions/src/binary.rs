//! Bytes: digests, checksums, text forms, numbers.
//!
//! Digests and hashes are binary, as in Trino; `to_hex` shows them. Beyond Trino, text stands for its UTF-8 bytes.

mod base32;
mod digest;
mod numbers;
mod text_form;
pub(crate) mod xxhash;

use crate::call::scalar;
use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: &[Scalar] = &[
    scalar!("md5", [], "md5(binary)", "Returns the MD5 digest, as binary.", [Bytes] -> Bytes, digest::md5),
    scalar!("sha1", [], "sha1(binary)", "Returns the SHA-1 digest, as binary.", [Bytes] -> Bytes, digest::sha1),
    scalar!("sha256", [], "sha256(binary)", "Returns the SHA-256 digest, as binary.", [Bytes] -> Bytes, digest::sha256),
    scalar!("sha512", [], "sha512(binary)", "Returns the SHA-512 digest, as binary.", [Bytes] -> Bytes, digest::sha512),
    scalar!("hmac_sha1", [], "hmac_sha1(binary, key)", "Returns the HMAC with SHA-1, as binary.",
        [Bytes Bytes] -> Bytes, digest::hmac_sha1),
    scalar!("hmac_sha256", [], "hmac_sha256(binary, key)", "Returns the HMAC with SHA-256, as binary.",
        [Bytes Bytes] -> Bytes, digest::hmac_sha256),
    scalar!("hmac_sha512", [], "hmac_sha512(binary, key)", "Returns the HMAC with SHA-512, as binary.",
        [Bytes Bytes] -> Bytes, digest::hmac_sha512),
    scalar!("crc32", [], "crc32(binary)", "Returns the CRC-32 checksum.", [Bytes] -> Integer, digest::crc32),
    scalar!("xxhash64", [], "xxhash64(binary)", "Returns the xxHash64 hash, as binary.",
        [Bytes] -> Bytes, xxhash::xxhash64),
    scalar!("to_hex", [], "to_hex(binary)", "Writes bytes as hexadecimal digits in upper case.",
        [Bytes] -> Text, text_form::to_hex),
    scalar!("from_hex", [], "from_hex(text)", "Reads bytes from hexadecimal digits.",
        [Bytes] -> Bytes, text_form::from_hex),
    scalar!("to_base64", [], "to_base64(binary)", "Writes bytes as Base64.", [Bytes] -> Text, text_form::to_base64),
    scalar!("from_base64", [], "from_base64(text)", "Reads bytes from Base64.", [Bytes] -> Bytes, text_form::from_base64),
    scalar!("to_base64url", [], "to_base64url(binary)", "Writes bytes as Base64 for URLs.",
        [Bytes] -> Text, text_form::to_base64url),
    scalar!("from_base64url", [], "from_base64url(text)", "Reads bytes from Base64 for URLs.",
        [Bytes] -> Bytes, text_form::from_base64url),
    scalar!("to_base32", [], "to_base32(binary)", "Writes bytes as Base32.", [Bytes] -> Text, base32::to_base32),
    scalar!("from_base32", [], "from_base32(text)", "Reads bytes from Base32.", [Bytes] -> Bytes, base32::from_base32),
    scalar!("to_big_endian_64", [], "to_big_endian_64(n)", "Writes an integer as 8 bytes.",
        [Integer] -> Bytes, numbers::to_big_endian_64),
    scalar!("from_big_endian_64", [], "from_big_endian_64(binary)", "Reads an integer from 8 bytes.",
        [Bytes] -> Integer, numbers::from_big_endian_64),
    scalar!("to_big_endian_32", [], "to_big_endian_32(n)", "Writes an integer as 4 bytes.",
        [Integer] -> Bytes, numbers::to_big_endian_32),
    scalar!("from_big_endian_32", [], "from_big_endian_32(binary)", "Reads an integer from 4 bytes.",
        [Bytes] -> Integer, numbers::from_big_endian_32),
    scalar!("to_ieee754_64", [], "to_ieee754_64(x)", "Writes a double as 8 bytes.",
        [Double] -> Bytes, numbers::to_ieee754_64),
    scalar!("from_ieee754_64", [], "from_ieee754_64(binary)", "Reads a double from 8 bytes.",
        [Bytes] -> Double, numbers::from_ieee754_64),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}
