//! Patterns as Java's Joda-Time writes them: `yyyy-MM-dd'T'HH:mm:ss.SSSZ`.

use datafusion::common::Result;

use super::args::invalid;
use super::pattern::{Form, Item, Number, Pattern, Text, number, push_literal};

const HINT: &str =
    "Letters are G C Y y x w e E D M d a K h k H m s S z Z; other text stands in 'single quotes'.";

/// The most digits that a year may have where no number follows it.
const YEAR_DIGITS: usize = 9;

/// Reads a pattern.
pub(super) fn compile(text: &str) -> Result<Pattern> {
    let mut pattern = Pattern::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '\'' {
            rest = quoted(rest, text, &mut pattern)?;
        } else if letter.is_ascii_alphabetic() {
            let length = rest.bytes().take_while(|byte| char::from(*byte) == letter).count();
            rest = rest.get(length..).unwrap_or_default();
            pattern.push(component(letter, length, rest, text)?);
        } else {
            push_literal(&mut pattern, letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(pattern)
}

/// Reads `'text'`, where `''` is a quote; returns what follows.
fn quoted<'a>(rest: &'a str, text: &str, pattern: &mut Pattern) -> Result<&'a str> {
    let rest = rest.get(1..).unwrap_or_default();
    if let Some(after) = rest.strip_prefix('\'') {
        push_literal(pattern, '\'');
        return Ok(after);
    }
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if characters.next_if(|(_, next)| *next == '\'').is_some() => push_literal(pattern, '\''),
            '\'' => return Ok(rest.get(at + 1..).unwrap_or_default()),
            other => push_literal(pattern, other),
        }
    }
    Err(invalid(format!("a quote is not closed in the date pattern '{text}'"), HINT))
}

fn component(letter: char, length: usize, rest: &str, text: &str) -> Result<Item> {
    let form = if length >= 4 { Form::Long } else { Form::Short };
    let year = |kind| match length {
        2 => number(Number::ShortYear, 2, 2),
        _ => number(kind, length, if begins_with_number(rest) { length } else { YEAR_DIGITS }),
    };
    let plain = |kind, most: usize| Ok(number(kind, length, most.max(length)));
    match letter {
        'G' => Ok(Item::Text(Text::Era, Form::Long)),
        'C' => plain(Number::Century, 2),
        'Y' => Ok(year(Number::YearOfEra)),
        'y' => Ok(year(Number::Year)),
        'x' if length == 2 => plain(Number::WeekYear, 4),
        'x' => Ok(year(Number::WeekYear)),
        'w' => plain(Number::Week, 2),
        'e' => plain(Number::DayOfWeek, 1),
        'E' => Ok(Item::Text(Text::DayOfWeek, form)),
        'D' => plain(Number::DayOfYear, 3),
        'M' if length >= 3 => Ok(Item::Text(Text::Month, form)),
        'M' => plain(Number::Month, 2),
        'd' => plain(Number::Day, 2),
        'a' => Ok(Item::Text(Text::Halfday, Form::Long)),
        'K' => plain(Number::HalfdayHour, 2),
        'h' => plain(Number::HalfdayClockHour, 2),
        'H' => plain(Number::Hour, 2),
        'k' => plain(Number::ClockHour, 2),
        'm' => plain(Number::Minute, 2),
        's' => plain(Number::Second, 2),
        'S' => Ok(number(Number::Fraction, length, length)),
        'z' if length < 4 => Ok(Item::ZoneName),
        'Z' if length < 3 => Ok(Item::Offset { colon: length == 2 }),
        'Z' => Ok(Item::ZoneId),
        'z' => Err(invalid(
            format!("long names of time zones are not supported in the date pattern '{text}'"),
            "Write z for a short name, or ZZZ for an id such as America/New_York.",
        )),
        other => Err(invalid(format!("no letter `{other}` in date patterns, as in '{text}'"), HINT)),
    }
}

/// Tells whether a number follows, so that a year before it has a fixed width.
fn begins_with_number(rest: &str) -> bool {
    let letter = rest.chars().next();
    let length = rest.chars().take_while(|next| Some(*next) == letter).count();
    match letter {
        Some('M') => length <= 2,
        Some(letter) => "cCxyYdhHmsSewDFwWkK".contains(letter),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    /// A year is as wide as its letters where a number follows, and as long as it likes elsewhere.
    #[test]
    fn years_end_where_numbers_follow() {
        assert_eq!(compile("yyyyMM").unwrap()[0], number(Number::Year, 4, 4));
        assert_eq!(compile("yyyyMMM").unwrap()[0], number(Number::Year, 4, YEAR_DIGITS));
        assert_eq!(compile("yyyy-MM").unwrap()[0], number(Number::Year, 4, YEAR_DIGITS));
    }

    #[test]
    fn quotes_are_text() {
        let literal = |pattern: &str| compile(pattern).unwrap();
        assert_eq!(literal("'T'"), [Item::Literal("T".to_owned())]);
        assert_eq!(literal("''"), [Item::Literal("'".to_owned())]);
        assert_eq!(literal("'o''clock'"), [Item::Literal("o'clock".to_owned())]);
        assert!(compile("'open").is_err());
        assert!(compile("bb").is_err());
    }
}
