//! `xxhash64`: the 64-bit xxHash with seed 0, its bytes from the highest.
//!
//! # Source
//! The xxHash specification, section XXH64.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::Call;

const PRIME_1: u64 = 0x9E37_79B1_85EB_CA87;
const PRIME_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const PRIME_3: u64 = 0x1656_67B1_9E37_79F9;
const PRIME_4: u64 = 0x85EB_CA77_C2B2_AE63;
const PRIME_5: u64 = 0x27D4_EB2F_1656_67C5;

pub(super) fn xxhash64(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    call.give_bytes(|row| Ok(bytes.at(row).map(|bytes| hash(bytes).to_be_bytes())))
}

/// Returns the hash of bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let stripes = bytes.chunks_exact(32);
    let rest = stripes.remainder();
    let mut sum = if bytes.len() < 32 { PRIME_5 } else { lanes(stripes) };
    sum = sum.wrapping_add(bytes.len() as u64);
    let words = rest.chunks_exact(8);
    let mut tail = words.remainder();
    for word in words {
        sum = (sum ^ round(0, number(word))).rotate_left(27).wrapping_mul(PRIME_1).wrapping_add(PRIME_4);
    }
    if tail.len() >= 4 {
        let (half, behind) = tail.split_at(4);
        let mixed = sum ^ number(half).wrapping_mul(PRIME_1);
        sum = mixed.rotate_left(23).wrapping_mul(PRIME_2).wrapping_add(PRIME_3);
        tail = behind;
    }
    for byte in tail {
        sum = (sum ^ u64::from(*byte).wrapping_mul(PRIME_5)).rotate_left(11).wrapping_mul(PRIME_1);
    }
    sum = (sum ^ (sum >> 33)).wrapping_mul(PRIME_2);
    sum = (sum ^ (sum >> 29)).wrapping_mul(PRIME_3);
    sum ^ (sum >> 32)
}

/// Mixes stripes of four words, each word of a stripe into a sum of its own.
fn lanes<'a>(stripes: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut sums = [PRIME_1.wrapping_add(PRIME_2), PRIME_2, 0, 0u64.wrapping_sub(PRIME_1)];
    for stripe in stripes {
        for (sum, word) in sums.iter_mut().zip(stripe.chunks_exact(8)) {
            *sum = round(*sum, number(word));
        }
    }
    let turns = [1, 7, 12, 18];
    let start =
        sums.iter().zip(turns).fold(0u64, |total, (sum, turn)| total.wrapping_add(sum.rotate_left(turn)));
    sums.iter().fold(start, |total, sum| (total ^ round(0, *sum)).wrapping_mul(PRIME_1).wrapping_add(PRIME_4))
}

fn round(sum: u64, word: u64) -> u64 {
    sum.wrapping_add(word.wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
}

/// Reads up to eight bytes, the lowest first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the reference implementation, seed 0.
    #[test]
    fn hashes_are_those_of_the_specification() {
        assert_eq!(hash(b""), 0xEF46_DB37_51D8_E999);
        assert_eq!(hash(b"a"), 0xD24E_C4F1_A98C_6E5B);
        assert_eq!(hash(b"abc"), 0x44BC_2CF5_AD77_0999);
        assert_eq!(hash(b"Nobody inspects the spammish repetition"), 0xFBCE_A83C_8A37_8BF1);
    }
}
