//! `strpos`: where a part of a text is.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use memchr::memmem::Finder;

use super::unicode::count;
use crate::call::{Call, invalid};

pub(super) fn strpos(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, parts) = (call.texts(0)?, call.texts(1)?);
    if call.len() < 3 {
        if let Some(Some(part)) = parts.constant() {
            let finder = Finder::new(part);
            return call.give_integers(|row| {
                Ok(texts.at(row).map(|text| position(text, finder.find(text.as_bytes()))))
            });
        }
        return call.give_integers(|row| {
            Ok(texts.at(row).zip(parts.at(row)).map(|(text, part)| position(text, text.find(part))))
        });
    }
    let instances = call.integers(2)?;
    call.give_integers(|row| match (texts.at(row), parts.at(row), instances.at(row)) {
        (Some(text), Some(part), Some(instance)) => {
            nth(text, part, instance).map(|at| Some(position(text, at)))
        }
        _ => Ok(None),
    })
}

/// Returns the position in characters, from 1, of a byte; 0 for none.
fn position(text: &str, byte: Option<usize>) -> i64 {
    byte.and_then(|byte| text.get(..byte)).map_or(0, |before| count(before.chars().count()) + 1)
}

/// Returns the byte at which an instance of the part begins; instances may overlap.
fn nth(text: &str, part: &str, instance: i64) -> Result<Option<usize>> {
    if instance == 0 {
        return Err(invalid("instance 0 of a part", "Instances count from 1, or from -1 at the end."));
    }
    if part.is_empty() {
        return Ok(Some(if instance > 0 { 0 } else { text.len() }));
    }
    let from_end = instance < 0;
    let mut left = instance.unsigned_abs();
    let mut next = if from_end { text.rfind(part) } else { text.find(part) };
    while let Some(at) = next {
        left -= 1;
        if left == 0 {
            return Ok(Some(at));
        }
        next = if from_end { before(text, part, at) } else { behind(text, part, at) };
    }
    Ok(None)
}

fn behind(text: &str, part: &str, at: usize) -> Option<usize> {
    let start = at + text[at..].chars().next().map_or(1, char::len_utf8);
    text.get(start..)?.find(part).map(|found| start + found)
}

fn before(text: &str, part: &str, at: usize) -> Option<usize> {
    let last = part.chars().next_back().map_or(1, char::len_utf8);
    // The instance before may reach into this one, but ends at least one character earlier.
    let mut end = (at + part.len()).checked_sub(last)?;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end)?.rfind(part)
}
