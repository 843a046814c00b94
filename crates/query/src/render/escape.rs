//! Text that cannot steer a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns `text` with everything spelled out that would move the cursor, change colours or turn the direction.
///
/// Line breaks and tabs become `\n`, `\r`, `\t`; a backslash stays, so this is for reading, not for parsing.
///
/// # Examples
///
/// ```
/// use auditlake_query::render::escape_text;
///
/// assert_eq!(escape_text("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
/// assert_eq!(escape_text("plain"), "plain");
/// ```
pub fn escape_text(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_escaped(&mut escaped, c);
    }
    Cow::Owned(escaped)
}

/// Appends a character, spelled out if [`is_unsafe`].
pub(super) fn push_escaped(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unsafe(c) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Tells whether a character changes how what follows is shown, instead of showing itself.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Direction marks, embeddings, overrides, isolates.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Characters without width or shape, which hide differences.
            | '\u{00ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Tags, which spell invisible text.
            | '\u{e0000}'..='\u{e007f}')
}
