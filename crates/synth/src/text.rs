//! Writes small pieces of text: random ids and instants.

use crate::rng::Rng;

const HEX: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Appends `length` hexadecimal digits.
pub(crate) fn push_hex(out: &mut String, rng: &mut Rng, length: usize) {
    push_from(out, rng, HEX, 4, length);
}

/// Appends `length` upper-case letters and digits, as access keys have.
pub(crate) fn push_upper(out: &mut String, rng: &mut Rng, length: usize) {
    push_from(out, rng, UPPER, 5, length);
}

/// Appends a random (version 4) UUID.
pub(crate) fn push_uuid(out: &mut String, rng: &mut Rng) {
    let bits = (u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())) & !(0xF << 76 | 0b11 << 62)
        | (4 << 76 | 0b10 << 62);
    for digit in 0..32 {
        if matches!(digit, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(char::from(HEX[(bits >> (124 - 4 * digit)) as usize & 0xF]));
    }
}

/// Returns `length` hexadecimal digits.
pub(crate) fn hex(rng: &mut Rng, length: usize) -> String {
    let mut out = String::new();
    push_hex(&mut out, rng, length);
    out
}

/// Returns `length` upper-case letters and digits.
pub(crate) fn upper(rng: &mut Rng, length: usize) -> String {
    let mut out = String::new();
    push_upper(&mut out, rng, length);
    out
}

/// Returns a random UUID.
pub(crate) fn uuid(rng: &mut Rng) -> String {
    let mut out = String::new();
    push_uuid(&mut out, rng);
    out
}

/// Returns the 16 letters and digits that end a log file's name.
pub(crate) fn file_suffix(rng: &mut Rng) -> String {
    (0..16).map(|_| char::from(ALPHANUMERIC[rng.index(ALPHANUMERIC.len())])).collect()
}

/// Appends the decimal digits of a number.
pub(crate) fn push_number(out: &mut String, number: u64) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// Appends a number below 100 as two digits.
pub(crate) fn push_two_digits(out: &mut String, number: i64) {
    out.push(char::from(b'0' + (number / 10 % 10) as u8));
    out.push(char::from(b'0' + (number % 10) as u8));
}

fn push_from(out: &mut String, rng: &mut Rng, alphabet: &[u8], bits_each: usize, length: usize) {
    let each_draw = 64 / bits_each;
    let mut left = length;
    while left > 0 {
        let mut bits = rng.next_u64();
        for _ in 0..left.min(each_draw) {
            out.push(char::from(alphabet[bits as usize & (alphabet.len() - 1)]));
            bits >>= bits_each;
        }
        left -= left.min(each_draw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_form() {
        let mut rng = Rng::new(1, 1);
        let id = uuid(&mut rng);
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        assert!(b"89ab".contains(&id.as_bytes()[19]), "{id}");
        assert_eq!(upper(&mut rng, 17).len(), 17);
        assert_eq!(hex(&mut rng, 40).len(), 40);
        assert_eq!(file_suffix(&mut rng).len(), 16);
    }

    #[test]
    fn numbers_are_decimal() {
        let mut out = String::new();
        push_number(&mut out, 0);
        push_number(&mut out, 907);
        push_two_digits(&mut out, 5);
        push_two_digits(&mut out, 59);
        assert_eq!(out, "09070559");
    }
}
