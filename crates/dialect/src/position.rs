//! Where in a statement an error is, and how it is shown under the text.

use auditlake_model::Error;
use sqlparser::tokenizer::{Location, Span};
use unicode_width::UnicodeWidthChar;

const LINE: &str = "line";
const COLUMN: &str = "column";

/// How many characters of a long line are shown on each side of the fault.
const MARGIN: usize = 60;

/// A place in a statement: line and column in characters, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u64,
    /// Character in the line, from 1.
    pub column: u64,
}

impl Position {
    /// Returns the place that an error names in its context.
    pub fn of(error: &Error) -> Option<Self> {
        let value = |key: &str| {
            let (_, value) = error.context().iter().rev().find(|(name, _)| *name == key)?;
            value.parse().ok()
        };
        Some(Self { line: value(LINE)?, column: value(COLUMN)? })
    }

    /// Returns the place behind the last character of `sql`.
    pub(super) fn end_of(sql: &str) -> Self {
        let text = sql.trim_end();
        let line_start = text.rfind('\n').map_or(0, |index| index + 1);
        let line = text.matches('\n').count() as u64 + 1;
        Self { line, column: text[line_start..].chars().count() as u64 + 1 }
    }

    /// Returns the place of a token or identifier; `None` for one that no text stands behind.
    pub(super) fn of_span(span: Span) -> Option<Self> {
        Self::of_location(span.start)
    }

    /// Returns the place of a location of the tokenizer.
    pub(super) fn of_location(location: Location) -> Option<Self> {
        (location.line > 0).then_some(Self { line: location.line, column: location.column })
    }

    /// Adds the place to the context of `error`, unless it names one already.
    pub(super) fn attach(self, error: Error) -> Error {
        if Self::of(&error).is_some() {
            return error;
        }
        error.with_context(LINE, self.line).with_context(COLUMN, self.column)
    }
}

/// Returns the line of `sql` that `error` is about, with a caret under the place; empty if it names none.
///
/// Only the surroundings of the place are shown when the line is long. The text ends without a line break.
///
/// # Examples
///
/// ```
/// use auditlake_dialect::{parse, render_caret};
///
/// let sql = "SELECT eventName\nFROM trail WHERE";
/// let error = parse(sql).unwrap_err();
/// assert_eq!(render_caret(sql, &error), "2 | FROM trail WHERE\n  |                 ^");
/// ```
pub fn render_caret(sql: &str, error: &Error) -> String {
    let Some(Position { line, column }) = Position::of(error) else { return String::new() };
    let Some(text) = usize::try_from(line).ok().and_then(|line| sql.split('\n').nth(line.saturating_sub(1)))
    else {
        return String::new();
    };
    let chars: Vec<char> = text.trim_end_matches('\r').chars().collect();
    let place = usize::try_from(column.saturating_sub(1)).unwrap_or(0).min(chars.len());
    let start = place.saturating_sub(MARGIN);
    let end = (place + MARGIN).min(chars.len());
    let lead = if start > 0 { "..." } else { "" };
    let tail = if end < chars.len() { "..." } else { "" };
    let shown: String = chars[start..end].iter().copied().map(printable).collect();
    let before = lead.len()
        + chars[start..place].iter().map(|char| printable(*char).width().unwrap_or(0)).sum::<usize>();
    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    format!("{number} | {lead}{shown}{tail}\n{gutter} | {}^", " ".repeat(before))
}

/// Replaces what would move the cursor of a terminal, tabs too, by a space.
fn printable(char: char) -> char {
    if char.is_control() { ' ' } else { char }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u64, column: u64) -> Error {
        Position { line, column }.attach(Error::invalid("x"))
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_eq!(render_caret("SELECT a\r\n\tFROM t", &at(2, 7)), "2 |  FROM t\n  |       ^");
        assert_eq!(
            render_caret("SELECT '日本', x", &at(1, 14)),
            "1 | SELECT '日本', x\n  |                ^"
        );
        assert_eq!(render_caret("SELECT", &at(1, 7)), "1 | SELECT\n  |       ^");
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let sql = format!("SELECT {}x{}", "a, ".repeat(100), ", b".repeat(100));
        let shown = render_caret(&sql, &at(1, 308));
        let (line, caret) = shown.split_once('\n').unwrap();
        assert!(line.starts_with("1 | ...") && line.ends_with("..."), "{line}");
        assert_eq!(line.chars().nth(caret.find('^').unwrap()), Some('x'));
    }

    #[test]
    fn places_out_of_the_text_do_no_harm() {
        assert_eq!(render_caret("SELECT 1", &Error::invalid("x")), "");
        assert_eq!(render_caret("SELECT 1", &at(7, 1)), "");
        assert_eq!(render_caret("SELECT 1", &at(1, 99)), "1 | SELECT 1\n  |         ^");
    }

    #[test]
    fn the_first_place_wins() {
        let error = Position { line: 3, column: 4 }.attach(at(1, 2));
        assert_eq!(Position::of(&error), Some(Position { line: 1, column: 2 }));
        assert_eq!(Position::end_of("a\nbc  \n"), Position { line: 2, column: 3 });
    }
}
