//! Patterns as MySQL writes them: `%Y-%m-%d %H:%i:%s`.

use datafusion::common::Result;

use super::args::invalid;
use super::pattern::{Form, Item, Number, Pattern, Text, number, push_literal};

/// Reads a pattern.
pub(super) fn compile(text: &str) -> Result<Pattern> {
    let mut pattern = Pattern::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => match characters.next() {
                Some(letter) => specifier(letter, text, &mut pattern)?,
                None => push_literal(&mut pattern, '%'),
            },
            other => push_literal(&mut pattern, other),
        }
    }
    Ok(pattern)
}

fn specifier(letter: char, text: &str, pattern: &mut Pattern) -> Result<()> {
    let item = match letter {
        'a' => Item::Text(Text::DayOfWeek, Form::Short),
        'b' => Item::Text(Text::Month, Form::Short),
        'c' => number(Number::Month, 1, 2),
        'd' => number(Number::Day, 2, 2),
        'e' => number(Number::Day, 1, 2),
        'f' => number(Number::Fraction, 6, 9),
        'H' => number(Number::Hour, 2, 2),
        'h' | 'I' => number(Number::HalfdayClockHour, 2, 2),
        'i' => number(Number::Minute, 2, 2),
        'j' => number(Number::DayOfYear, 3, 3),
        'k' => number(Number::Hour, 1, 2),
        'l' => number(Number::HalfdayClockHour, 1, 2),
        'M' => Item::Text(Text::Month, Form::Long),
        'm' => number(Number::Month, 2, 2),
        'p' => Item::Text(Text::Halfday, Form::Long),
        'S' | 's' => number(Number::Second, 2, 2),
        'v' => number(Number::Week, 2, 2),
        'W' => Item::Text(Text::DayOfWeek, Form::Long),
        'x' => number(Number::WeekYear, 4, 4),
        'Y' => number(Number::Year, 4, 4),
        'y' => number(Number::ShortYear, 2, 2),
        'T' => return compile("%H:%i:%s").map(|items| pattern.extend(items)),
        'r' => return compile("%h:%i:%s %p").map(|items| pattern.extend(items)),
        'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
            return Err(invalid(
                format!("%{letter} is not supported in the date pattern '{text}'"),
                "Weeks are %v with %x, days of the week %a or %W; day_of_week() gives a number.",
            ));
        }
        other => {
            push_literal(pattern, other);
            return Ok(());
        }
    };
    pattern.push(item);
    Ok(())
}
