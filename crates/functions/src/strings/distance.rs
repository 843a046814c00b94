//! How far texts are apart, and checks of names and numbers.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use super::unicode::count;
use crate::call::{Call, invalid};

/// The most comparisons that one distance takes, as in Trino.
const MAX_COMPARISONS: usize = 1_000_000;

pub(super) fn levenshtein(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.texts(0)?, call.texts(1)?);
    call.give_integers(|row| match (left.at(row), right.at(row)) {
        (Some(left), Some(right)) => edits(left, right).map(Some),
        _ => Ok(None),
    })
}

fn edits(left: &str, right: &str) -> Result<i64> {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().saturating_mul(right.len()) > MAX_COMPARISONS {
        return Err(invalid(
            format!("distance of texts of {} and {} characters", left.len(), right.len()),
            "Cut them with substr: the product of the lengths is at most 1000000.",
        ));
    }
    // Distances from the part of `left` that is done to each beginning of `right`.
    let mut distances: Vec<usize> = (0..=right.len()).collect();
    for (row, from) in left.iter().enumerate() {
        let mut diagonal = row;
        let mut beside = row + 1;
        for (to, above) in right.iter().zip(distances.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *above;
            beside = replaced.min(*above + 1).min(beside + 1);
            *above = beside;
        }
        if let Some(first) = distances.first_mut() {
            *first = row + 1;
        }
    }
    Ok(count(distances.last().copied().unwrap_or(0)))
}

pub(super) fn hamming(call: &Call<'_>) -> Result<ArrayRef> {
    let (left, right) = (call.texts(0)?, call.texts(1)?);
    call.give_integers(|row| {
        let Some((left, right)) = left.at(row).zip(right.at(row)) else { return Ok(None) };
        if left.chars().count() != right.chars().count() {
            return Err(invalid(
                "`hamming_distance` of texts of different length",
                "Write levenshtein_distance(a, b) for these.",
            ));
        }
        Ok(Some(count(left.chars().zip(right.chars()).filter(|(a, b)| a != b).count())))
    })
}

pub(super) fn soundex(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| texts.at(row).map(sound).transpose())
}

/// The digit of each letter from A to Z; vowels are 0, H and W are none.
const SOUNDS: &[u8; 26] = b"01230120022455012623010202";

fn sound(text: &str) -> Result<String> {
    let mut code = String::with_capacity(4);
    let mut last = b'0';
    for letter in text.chars().filter(|c| c.is_alphabetic()).map(|c| c.to_ascii_uppercase()) {
        let index = u32::from(letter).wrapping_sub(u32::from('A'));
        let digit = usize::try_from(index).ok().and_then(|index| SOUNDS.get(index)).copied();
        let Some(digit) = digit else {
            return Err(invalid(
                format!("`soundex` of `{letter}`"),
                "It knows the letters from A to Z only.",
            ));
        };
        if code.is_empty() {
            code.push(letter);
            last = digit;
            continue;
        }
        // Equal sounds with H or W between them are one sound.
        if matches!(letter, 'H' | 'W') {
            continue;
        }
        if digit != b'0' && digit != last && code.len() < 4 {
            code.push(char::from(digit));
        }
        last = digit;
    }
    while !code.is_empty() && code.len() < 4 {
        code.push('0');
    }
    Ok(code)
}

pub(super) fn luhn_check(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_booleans(|row| texts.at(row).map(passes_luhn).transpose())
}

fn passes_luhn(text: &str) -> Result<bool> {
    if text.is_empty() {
        return Ok(false);
    }
    let mut sum = 0;
    for (place, digit) in text.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else {
            return Err(invalid(format!("`luhn_check` of `{text}`"), "It takes digits only."));
        };
        let doubled = digit * 2;
        sum += match place % 2 {
            0 => digit,
            _ if doubled > 9 => doubled - 9,
            _ => doubled,
        };
    }
    Ok(sum % 10 == 0)
}
