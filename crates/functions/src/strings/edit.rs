//! Replacing, padding and trimming.

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use memchr::memmem::Finder;

use crate::call::{Call, invalid};

/// The longest text that padding makes, in characters, as in Trino.
const MAX_SIZE: i64 = i32::MAX as i64;

pub(super) fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, searches, replacements) = (call.texts(0)?, call.texts(1)?, call.texts_or(2, "")?);
    if let (Some(Some(search)), Some(Some(by))) = (searches.constant(), replacements.constant())
        && !search.is_empty()
    {
        let finder = Finder::new(search);
        return call.give_texts(|row| Ok(texts.at(row).map(|text| replaced(text, &finder, by))));
    }
    call.give_texts(|row| match (texts.at(row), searches.at(row), replacements.at(row)) {
        // An empty search is found between all characters and at both ends, as in Trino.
        (Some(text), Some(search), Some(by)) => Ok(Some(text.replace(search, by))),
        _ => Ok(None),
    })
}

fn replaced<'a>(text: &'a str, finder: &Finder<'_>, by: &str) -> Cow<'a, str> {
    let mut found = finder.find_iter(text.as_bytes()).peekable();
    if found.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for at in found {
        result.push_str(text.get(done..at).unwrap_or_default());
        result.push_str(by);
        done = at + finder.needle().len();
    }
    result.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(result)
}

pub(super) fn translate(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, from, to) = (call.texts(0)?, call.texts(1)?, call.texts(2)?);
    let constant = match (from.constant(), to.constant()) {
        (Some(Some(from)), Some(Some(to))) => Some(replacements(from, to)),
        _ => None,
    };
    call.give_texts(|row| match (texts.at(row), from.at(row), to.at(row)) {
        (Some(text), Some(from), Some(to)) => Ok(Some(match &constant {
            Some(pairs) => translated(text, pairs),
            None => translated(text, &replacements(from, to)),
        })),
        _ => Ok(None),
    })
}

/// Pairs each character with what it becomes; of equal characters the first counts.
fn replacements(from: &str, to: &str) -> Vec<(char, Option<char>)> {
    let mut to = to.chars();
    from.chars().map(|c| (c, to.next())).collect()
}

fn translated(text: &str, pairs: &[(char, Option<char>)]) -> String {
    let one = |c: char| match pairs.iter().find(|(from, _)| *from == c) {
        Some((_, to)) => *to,
        None => Some(c),
    };
    text.chars().filter_map(one).collect()
}

pub(super) fn lpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, "lpad", |text, padding| padding + text)
}

pub(super) fn rpad(call: &Call<'_>) -> Result<ArrayRef> {
    pad(call, "rpad", |text, padding| text.to_owned() + &padding)
}

fn pad(call: &Call<'_>, name: &str, join: fn(&str, String) -> String) -> Result<ArrayRef> {
    let (texts, sizes, paddings) = (call.texts(0)?, call.integers(1)?, call.texts_or(2, " ")?);
    call.give_texts(|row| {
        let (Some(text), Some(size), Some(padding)) = (texts.at(row), sizes.at(row), paddings.at(row)) else {
            return Ok(None);
        };
        if !(0..=MAX_SIZE).contains(&size) {
            return Err(invalid(format!("`{name}` to size {size}"), "The size is from 0 to 2147483647."));
        }
        if padding.is_empty() {
            return Err(invalid(format!("`{name}` with an empty padding"), "Give at least one character."));
        }
        let size = usize::try_from(size).unwrap_or(0);
        let missing = size.saturating_sub(text.chars().count());
        if missing == 0 {
            return Ok(Some(Cow::Borrowed(first_characters(text, size))));
        }
        Ok(Some(Cow::Owned(join(text, padding.chars().cycle().take(missing).collect()))))
    })
}

fn first_characters(text: &str, count: usize) -> &str {
    match text.char_indices().nth(count) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

pub(super) fn trim(call: &Call<'_>) -> Result<ArrayRef> {
    trimmed(call, true, true)
}

pub(super) fn ltrim(call: &Call<'_>) -> Result<ArrayRef> {
    trimmed(call, true, false)
}

pub(super) fn rtrim(call: &Call<'_>) -> Result<ArrayRef> {
    trimmed(call, false, true)
}

fn trimmed(call: &Call<'_>, left: bool, right: bool) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    if call.len() < 2 {
        return call.give_texts(|row| Ok(texts.at(row).map(|text| cut(text, left, right, is_white_space))));
    }
    let sets = call.texts(1)?;
    call.give_texts(|row| {
        let pair = texts.at(row).zip(sets.at(row));
        Ok(pair.map(|(text, set)| cut(text, left, right, |c| set.contains(c))))
    })
}

fn cut(text: &str, left: bool, right: bool, is_cut: impl Fn(char) -> bool) -> &str {
    let text = if left { text.trim_start_matches(&is_cut) } else { text };
    if right { text.trim_end_matches(&is_cut) } else { text }
}

/// Tells what Java takes for white space: separators that break, and the control characters that separate.
fn is_white_space(c: char) -> bool {
    let never_breaks = matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    (c.is_whitespace() && !never_breaks && c != '\u{85}') || matches!(c, '\u{1c}'..='\u{1f}')
}
