//! Characters, code points, bytes and normal forms.

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use crate::call::{Call, invalid};

pub(super) fn length(call: &Call<'_>) -> Result<ArrayRef> {
    if call.type_of(0) == DataType::Binary {
        let bytes = call.bytes(0)?;
        return call.give_integers(|row| Ok(bytes.at(row).map(|bytes| count(bytes.len()))));
    }
    let texts = call.texts(0)?;
    call.give_integers(|row| Ok(texts.at(row).map(|text| count(text.chars().count()))))
}

/// Returns a count as a bigint.
pub(super) fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn chr(call: &Call<'_>) -> Result<ArrayRef> {
    let numbers = call.integers(0)?;
    call.give_texts(|row| {
        let Some(number) = numbers.at(row) else { return Ok(None) };
        match character(number) {
            Some(character) => Ok(Some(String::from(character))),
            None => Err(invalid(format!("{number} is no Unicode code point"), "")),
        }
    })
}

fn character(code_point: i64) -> Option<char> {
    u32::try_from(code_point).ok().and_then(char::from_u32)
}

pub(super) fn codepoint(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_integers(|row| {
        let Some(text) = texts.at(row) else { return Ok(None) };
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(only), None) => Ok(Some(i64::from(u32::from(only)))),
            _ => Err(invalid(
                format!("`codepoint` of {} characters", text.chars().count()),
                "It takes text of one character; cut it with substr(x, 1, 1).",
            )),
        }
    })
}

pub(super) fn normalize(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, forms) = (call.texts(0)?, call.texts_or(1, "NFC")?);
    call.give_texts(|row| match (texts.at(row), forms.at(row)) {
        (Some(text), Some(form)) => normal_form(text, form).map(Some),
        _ => Ok(None),
    })
}

fn normal_form<'a>(text: &'a str, form: &str) -> Result<Cow<'a, str>> {
    Ok(match form.to_ascii_uppercase().as_str() {
        "NFC" => ComposingNormalizerBorrowed::new_nfc().normalize(text),
        "NFKC" => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
        "NFD" => DecomposingNormalizerBorrowed::new_nfd().normalize(text),
        "NFKD" => DecomposingNormalizerBorrowed::new_nfkd().normalize(text),
        _ => {
            return Err(invalid(
                format!("`{form}` is no normal form of Unicode"),
                "Write NFC, NFD, NFKC or NFKD.",
            ));
        }
    })
}

pub(super) fn to_utf8(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_bytes(|row| Ok(texts.at(row)))
}

pub(super) fn from_utf8(call: &Call<'_>) -> Result<ArrayRef> {
    let bytes = call.bytes(0)?;
    if call.len() < 2 {
        return call.give_texts(|row| Ok(bytes.at(row).map(String::from_utf8_lossy)));
    }
    if call.type_of(1) == DataType::Int64 {
        let numbers = call.integers(1)?;
        return call.give_texts(|row| {
            let Some((bytes, number)) = bytes.at(row).zip(numbers.at(row)) else { return Ok(None) };
            let Some(replacement) = character(number) else {
                return Err(invalid(format!("{number} is no Unicode code point"), ""));
            };
            Ok(Some(decoded(bytes, replacement.encode_utf8(&mut [0; 4]))))
        });
    }
    let replacements = call.texts(1)?;
    call.give_texts(|row| {
        let Some((bytes, replacement)) = bytes.at(row).zip(replacements.at(row)) else { return Ok(None) };
        if replacement.chars().nth(1).is_some() {
            return Err(invalid("a replacement of several characters", "Give one character, or none."));
        }
        Ok(Some(decoded(bytes, replacement)))
    })
}

/// Reads bytes as UTF-8, with the replacement for each run of bytes that begins no character.
fn decoded(bytes: &[u8], replacement: &str) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push_str(replacement);
        }
    }
    text
}
