//! How wide columns are where there is room for so many characters.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands between two columns.
pub(super) const SEPARATOR: &str = " | ";
/// What ends a shortened text.
const ELLIPSIS: char = '…';
/// Columns of text are not made narrower than this, as far as they are that wide.
const LEAST_VALUE: usize = 8;
/// Headers keep so much of their text, whatever the values are.
const LEAST_HEADER: usize = 16;
/// Characters of a shortened text for each place: marks without width must not pile up without end.
const CHARS_PER_PLACE: usize = 8;

/// What the widths depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// Width of the header.
    pub(super) header: usize,
    /// Width of the widest value.
    pub(super) value: usize,
    /// Whether values are never shortened.
    pub(super) rigid: bool,
}

impl Column {
    fn natural(self) -> usize {
        self.header.max(self.value)
    }

    fn least(self) -> usize {
        let value = if self.rigid { self.value } else { self.value.min(LEAST_VALUE) };
        value.max(self.header.min(LEAST_HEADER))
    }
}

/// Returns widths that fit `max_width`, or none when even the shortest columns do not.
///
/// Narrow columns keep what they need; wide ones share the rest in equal parts.
pub(super) fn fit(columns: &[Column], max_width: usize) -> Option<Vec<usize>> {
    let separators = columns.len().saturating_sub(1) * SEPARATOR.len();
    let room = max_width.checked_sub(separators)?;
    let widths = |cap: usize| columns.iter().map(move |c| c.natural().min(cap.max(c.least())));
    if widths(0).sum::<usize>() > room {
        return None;
    }
    // The largest cap under which all fit: `low` always does.
    let (mut low, mut high) = (0, room + 1);
    while low + 1 < high {
        let cap = low.midpoint(high);
        if widths(cap).sum::<usize>() <= room { low = cap } else { high = cap }
    }
    let mut fitted: Vec<usize> = widths(low).collect();
    let mut left = room - fitted.iter().sum::<usize>();
    for (width, column) in fitted.iter_mut().zip(columns) {
        if left > 0 && *width < column.natural() {
            *width += 1;
            left -= 1;
        }
    }
    Some(fitted)
}

/// Returns the narrowest widths, for a table that does not fit.
pub(super) fn least(columns: &[Column]) -> Vec<usize> {
    columns.iter().map(|column| column.least()).collect()
}

/// Returns `text`, or as much of its start as has room in `width` together with `…`.
pub(super) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    // Most texts are short ASCII; a character is at most four bytes and two places wide.
    if text.len() <= width || (text.width() <= width && text.len() <= width * CHARS_PER_PLACE) {
        return Cow::Borrowed(text);
    }
    let room = width.saturating_sub(1);
    let mut used = 0;
    let mut end = 0;
    for (number, (index, c)) in text.char_indices().enumerate() {
        used += places(c);
        if used > room || number >= width * CHARS_PER_PLACE {
            break;
        }
        end = index + c.len_utf8();
    }
    let mut short = String::with_capacity(end + ELLIPSIS.len_utf8());
    short.push_str(&text[..end]);
    if width > 0 {
        short.push(ELLIPSIS);
    }
    Cow::Owned(short)
}

/// Returns the width of a character; the mark that makes a symbol an emoji makes it wider by one.
fn places(c: char) -> usize {
    if c == '\u{fe0f}' { 1 } else { c.width().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(header: usize, value: usize) -> Column {
        Column { header, value, rigid: false }
    }

    fn number(header: usize, value: usize) -> Column {
        Column { header, value, rigid: true }
    }

    #[test]
    fn narrow_columns_keep_what_they_need() {
        let check = |columns: &[Column], width: usize, expected: Option<&[usize]>| {
            assert_eq!(fit(columns, width).as_deref(), expected, "{columns:?} in {width}");
        };
        check(&[text(4, 10), text(4, 20)], 80, Some(&[10, 20]));
        check(&[text(4, 10), text(4, 200)], 43, Some(&[10, 30]));
        check(&[text(4, 100), text(4, 200)], 44, Some(&[21, 20]));
        check(&[number(1, 23), text(4, 200), number(1, 5)], 50, Some(&[23, 16, 5]));
        check(&[text(4, 100), text(4, 200)], 18, None);
        check(&[number(1, 30), number(1, 30)], 40, None);
        check(&[text(40, 3), text(4, 100)], 40, Some(&[19, 18]));
        check(&[], 10, Some(&[]));
        check(&[text(1, 1), text(1, 1)], 2, None);
    }

    #[test]
    fn texts_are_cut_by_their_width() {
        for (text, width, expected) in [
            ("GetObject", 9, "GetObject"),
            ("GetObject", 8, "GetObje…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("", 0, ""),
            ("é\u{301}a", 2, "é\u{301}a"),
        ] {
            assert_eq!(shorten(text, width), expected, "{text} in {width}");
        }
        let marks = format!("a{}", "\u{301}".repeat(100_000));
        assert!(shorten(&marks, 10).len() < 200);
    }

    proptest! {
        #[test]
        fn widths_fit_and_waste_nothing(
            columns in proptest::collection::vec((1usize..60, 0usize..300, any::<bool>()), 1..12),
            max_width in 1usize..400,
        ) {
            let columns: Vec<Column> =
                columns.into_iter().map(|(header, value, rigid)| Column { header, value, rigid }).collect();
            let Some(widths) = fit(&columns, max_width) else { return Ok(()) };
            let total = widths.iter().sum::<usize>() + (columns.len() - 1) * SEPARATOR.len();
            prop_assert!(total <= max_width);
            let is_shortened = widths.iter().zip(&columns).any(|(width, column)| *width < column.natural());
            prop_assert!(!is_shortened || total == max_width, "{widths:?}");
            for (width, column) in widths.iter().zip(&columns) {
                prop_assert!(*width >= column.least() && *width <= column.natural());
            }
        }

        #[test]
        fn a_shortened_text_has_room(text in "\\PC{0,40}", width in 0usize..30) {
            let short = shorten(&text, width);
            prop_assert!(short.width() <= width, "{short}");
        }
    }
}
