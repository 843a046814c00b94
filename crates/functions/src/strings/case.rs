//! `lower` and `upper`: one character becomes one character, whatever the language.

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::call::Call;

pub(super) fn lower(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| Ok(texts.at(row).map(lower_text)))
}

pub(super) fn upper(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| Ok(texts.at(row).map(upper_text)))
}

fn lower_text(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        // İ alone has a longer lower form; its first character is the one that Trino gives.
        return text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

fn upper_text(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return text.chars().map(upper_char).collect();
    }
    match text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(text.to_ascii_uppercase()),
        false => Cow::Borrowed(text),
    }
}

/// A character whose upper form is longer, such as ß, stays as it is.
fn upper_char(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}
