//! `regexp_replace`: every match, by text with groups in it.

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::{DataFusionError, Result};
use regex::{CaptureLocations, Regex};

use super::pattern::{Patterns, for_each_border, for_each_match};
use crate::call::{Call, invalid};

pub(super) fn replace(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, patterns) = (call.texts(0)?, Patterns::of(call.texts(1)?)?);
    let replacements = call.texts_or(2, "")?;
    if let (Patterns::Constant(Some(regex)), Some(Some(replacement))) = (&patterns, replacements.constant()) {
        let pieces = parse(replacement, regex)?;
        let mut locations = regex.capture_locations();
        return call
            .give_texts(|row| Ok(texts.at(row).map(|text| replaced(text, regex, &mut locations, &pieces))));
    }
    call.give_texts(|row| {
        let (Some(text), Some(regex), Some(replacement)) =
            (texts.at(row), patterns.at(row)?, replacements.at(row))
        else {
            return Ok(None);
        };
        let pieces = parse(replacement, &regex)?;
        Ok(Some(replaced(text, &regex, &mut regex.capture_locations(), &pieces)))
    })
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Group(usize),
}

/// Parses a replacement: `$1`, `${name}`, and `\` before a character that stands for itself.
fn parse(replacement: &str, regex: &Regex) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = replacement;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let Some(escaped) = rest.chars().next() else {
                    return Err(malformed(replacement, "it ends in a backslash"));
                };
                text.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            '$' => {
                let (group, behind) = group(rest, regex).map_err(|what| malformed(replacement, &what))?;
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
                rest = behind;
            }
            other => text.push(other),
        }
    }
    pieces.push(Piece::Text(text));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(pieces)
}

fn malformed(replacement: &str, what: &str) -> DataFusionError {
    invalid(
        format!("`{replacement}` is no replacement: {what}"),
        "Write $1 or ${name} for a group, \\$ for a dollar sign, \\\\ for a backslash.",
    )
}

/// Parses what stands behind `$`; of digits, as many as name a group of the pattern.
fn group<'a>(rest: &'a str, regex: &Regex) -> std::result::Result<(usize, &'a str), String> {
    if let Some(braced) = rest.strip_prefix('{') {
        let Some((name, behind)) = braced.split_once('}') else {
            return Err("`${` is not closed".to_owned());
        };
        return match regex.capture_names().position(|group| group == Some(name)) {
            Some(group) => Ok((group, behind)),
            None => Err(format!("the pattern has no group `{name}`")),
        };
    }
    let mut group = None;
    let mut behind = rest;
    while let Some(digit) = behind.chars().next().and_then(|c| c.to_digit(10)) {
        let longer = group.unwrap_or(0usize).saturating_mul(10).saturating_add(digit as usize);
        if longer >= regex.captures_len() {
            if group.is_none() {
                return Err(format!("the pattern has no group {longer}"));
            }
            break;
        }
        group = Some(longer);
        behind = &behind[1..];
    }
    match group {
        Some(group) => Ok((group, behind)),
        None => Err("`$` is followed by no group".to_owned()),
    }
}

fn replaced<'a>(
    text: &'a str,
    regex: &Regex,
    locations: &mut CaptureLocations,
    pieces: &[Piece],
) -> Cow<'a, str> {
    let mut result = String::new();
    let mut done = 0;
    let mut is_changed = false;
    if pieces.iter().any(|piece| matches!(piece, Piece::Group(_))) {
        for_each_match(regex, text, locations, |groups| {
            let (start, end) = groups.get(0).unwrap_or_default();
            result.push_str(text.get(done..start).unwrap_or_default());
            for piece in pieces {
                result.push_str(match piece {
                    Piece::Text(text) => text,
                    Piece::Group(group) => {
                        groups.get(*group).and_then(|(start, end)| text.get(start..end)).unwrap_or_default()
                    }
                });
            }
            (done, is_changed) = (end, true);
            true
        });
    } else {
        for_each_border(regex, text, 0, |start, end| {
            result.push_str(text.get(done..start).unwrap_or_default());
            for piece in pieces {
                if let Piece::Text(text) = piece {
                    result.push_str(text);
                }
            }
            (done, is_changed) = (end, true);
            true
        });
    }
    if !is_changed {
        return Cow::Borrowed(text);
    }
    result.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_as_many_digits_as_name_one() {
        let regex = Regex::new("(a)(?<b>b)").unwrap();
        let parsed = |text: &str| parse(text, &regex).unwrap();
        assert_eq!(parsed("$12"), [Piece::Group(1), Piece::Text("2".to_owned())]);
        assert_eq!(parsed(r"\$1${b}"), [Piece::Text("$1".to_owned()), Piece::Group(2)]);
        for fault in ["$", "$x", "$3", "${c}", "${b", "\\"] {
            assert!(parse(fault, &regex).is_err(), "{fault}");
        }
    }
}
