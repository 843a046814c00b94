//! What finds matches: like, extract, split, count, position.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use regex::Regex;

use super::pattern::{Patterns, for_each_border, for_each_match};
use crate::call::{Call, invalid};

pub(super) fn like(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    if let Patterns::Constant(Some(regex)) = &patterns {
        return call.give_booleans(|row| Ok(texts.at(row).map(|text| regex.is_match(text))));
    }
    call.give_booleans(|row| {
        Ok(texts.at(row).zip(patterns.at(row)?).map(|(text, regex)| regex.is_match(text)))
    })
}

pub(super) fn extract(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    let groups = call.integers_or(2, 0)?;
    call.give_texts(|row| {
        let (Some(text), Some(regex), Some(group)) = (texts.at(row), patterns.at(row)?, groups.at(row))
        else {
            return Ok(None);
        };
        let group = checked_group(&regex, group)?;
        if group == 0 {
            return Ok(regex.find(text).map(|found| found.as_str()));
        }
        Ok(regex.captures(text).and_then(|captures| captures.get(group)).map(|found| found.as_str()))
    })
}

fn checked_group(regex: &Regex, group: i64) -> Result<usize> {
    let groups = regex.captures_len() - 1;
    match usize::try_from(group) {
        Ok(group) if group <= groups => Ok(group),
        _ => Err(invalid(
            format!("group {group} of a pattern that has {groups} groups"),
            "Groups count from 1; 0 is the whole match.",
        )),
    }
}

pub(super) fn extract_all(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    let groups = call.integers_or(2, 0)?;
    call.give_lists(|row, items| {
        let (Some(text), Some(regex), Some(group)) = (texts.at(row), patterns.at(row)?, groups.at(row))
        else {
            return Ok(false);
        };
        let group = checked_group(&regex, group)?;
        for_each_match(&regex, text, &mut regex.capture_locations(), |groups| {
            items.append_option(groups.get(group).and_then(|(start, end)| text.get(start..end)));
            true
        });
        Ok(true)
    })
}

pub(super) fn split(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    call.give_lists(|row, items| {
        let Some((text, regex)) = texts.at(row).zip(patterns.at(row)?) else { return Ok(false) };
        let mut done = 0;
        for_each_border(&regex, text, 0, |start, end| {
            items.append_value(text.get(done..start).unwrap_or_default());
            done = end;
            true
        });
        items.append_value(text.get(done..).unwrap_or_default());
        Ok(true)
    })
}

pub(super) fn count(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    call.give_integers(|row| {
        let Some((text, regex)) = texts.at(row).zip(patterns.at(row)?) else { return Ok(None) };
        let mut count = 0;
        for_each_border(&regex, text, 0, |_, _| {
            count += 1;
            true
        });
        Ok(Some(count))
    })
}

pub(super) fn position(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    let (starts, occurrences) = (call.integers_or(2, 1)?, call.integers_or(3, 1)?);
    call.give_integers(|row| {
        let (Some(text), Some(regex), Some(start), Some(occurrence)) =
            (texts.at(row), patterns.at(row)?, starts.at(row), occurrences.at(row))
        else {
            return Ok(None);
        };
        if start < 1 || occurrence < 1 {
            return Err(invalid(
                format!("`regexp_position` with start {start} and occurrence {occurrence}"),
                "Both count from 1.",
            ));
        }
        Ok(Some(nth_position(text, &regex, start, occurrence)))
    })
}

/// Returns the position in characters of an occurrence at or behind a start; -1 if there is none.
fn nth_position(text: &str, regex: &Regex, start: i64, occurrence: i64) -> i64 {
    let skipped = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let first = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(skipped);
    let Some(first) = first else { return -1 };
    let (mut left, mut at) = (occurrence, None);
    for_each_border(regex, text, first, |start, _| {
        left -= 1;
        at = (left == 0).then_some(start);
        left > 0
    });
    at.and_then(|at| text.get(..at))
        .map_or(-1, |before| i64::try_from(before.chars().count()).unwrap_or(i64::MAX - 1) + 1)
}
