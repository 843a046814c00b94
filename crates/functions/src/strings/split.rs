//! `split` and `split_part`.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{DataFusionError, Result};

use crate::call::{Call, invalid};

pub(super) fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, delimiters) = (call.texts(0)?, call.texts(1)?);
    let limits = call.integers_or(2, i64::MAX)?;
    call.give_lists(|row, items| {
        let (Some(text), Some(delimiter), Some(limit)) = (texts.at(row), delimiters.at(row), limits.at(row))
        else {
            return Ok(false);
        };
        if limit < 1 {
            return Err(invalid(format!("`split` with limit {limit}"), "The limit is at least 1."));
        }
        if delimiter.is_empty() {
            return Err(empty_delimiter("split"));
        }
        for part in text.splitn(usize::try_from(limit).unwrap_or(usize::MAX), delimiter) {
            items.append_value(part);
        }
        Ok(true)
    })
}

fn empty_delimiter(function: &str) -> DataFusionError {
    invalid(format!("`{function}` with an empty delimiter"), "Give at least one character.")
}

pub(super) fn split_part(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, delimiters, indexes) = (call.texts(0)?, call.texts(1)?, call.integers(2)?);
    call.give_texts(|row| {
        let (Some(text), Some(delimiter), Some(index)) = (texts.at(row), delimiters.at(row), indexes.at(row))
        else {
            return Ok(None);
        };
        if index < 1 {
            return Err(invalid(format!("part {index} of a split text"), "Parts count from 1."));
        }
        Ok(part(text, delimiter, usize::try_from(index - 1).unwrap_or(usize::MAX)))
    })
}

/// Returns the part at an index from 0; with an empty delimiter, each character is a part.
fn part<'a>(text: &'a str, delimiter: &str, index: usize) -> Option<&'a str> {
    let mut characters = delimiter.chars();
    match (characters.next(), characters.next()) {
        (None, _) => text.char_indices().nth(index).map(|(at, c)| &text[at..at + c.len_utf8()]),
        (Some(only), None) => text.split(only).nth(index),
        _ => text.split(delimiter).nth(index),
    }
}
