//! Escapes and white space of JSON text.
//!
//! Raw text is what stands between the quotes of a checked string token.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::memchr;

use super::scan::{Cursor, ValueKind};

/// A stretch of a string as its escapes are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Plain(&'a str),
    Char(char),
    /// A surrogate without its partner: a code unit that is no character.
    LoneSurrogate(u16),
}

/// Resolves the escapes of raw text piece by piece.
pub(crate) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(raw: &'a str) -> Self {
        Self { rest: raw }
    }

    /// Takes four hex digits off the front; the text was checked when it was scanned.
    fn code_unit(&mut self) -> u16 {
        let (digits, rest) = self.rest.split_at(4);
        self.rest = rest;
        u16::from_str_radix(digits, 16).unwrap_or_default()
    }

    fn unicode(&mut self) -> Piece<'a> {
        let unit = self.code_unit();
        if let Some(plain) = char::from_u32(u32::from(unit)) {
            return Piece::Char(plain);
        }
        let before_low = self.rest;
        if unit < 0xdc00
            && let Some(rest) = self.rest.strip_prefix("\\u")
        {
            self.rest = rest;
            let low = self.code_unit();
            if let Some(Ok(pair)) = char::decode_utf16([unit, low]).next() {
                return Piece::Char(pair);
            }
            self.rest = before_low;
        }
        Piece::LoneSurrogate(unit)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let plain_length = memchr(b'\\', self.rest.as_bytes()).unwrap_or(self.rest.len());
        if plain_length > 0 {
            let (plain, rest) = self.rest.split_at(plain_length);
            self.rest = rest;
            return Some(Piece::Plain(plain));
        }
        let escaped = *self.rest.as_bytes().get(1)?;
        self.rest = &self.rest[2..];
        Some(match escaped {
            b'u' => self.unicode(),
            b'b' => Piece::Char('\u{8}'),
            b'f' => Piece::Char('\u{c}'),
            b'n' => Piece::Char('\n'),
            b'r' => Piece::Char('\r'),
            b't' => Piece::Char('\t'),
            other => Piece::Char(char::from(other)),
        })
    }
}

/// Appends the string that raw text stands for; returns false if it holds a lone surrogate.
///
/// Such a string is no Unicode text: U+FFFD is written in place of the surrogate.
pub(crate) fn unescape_into(raw: &str, out: &mut String) -> bool {
    let mut exact = true;
    for piece in Pieces::new(raw) {
        match piece {
            Piece::Plain(text) => out.push_str(text),
            Piece::Char(char) => out.push(char),
            Piece::LoneSurrogate(_) => {
                out.push(char::REPLACEMENT_CHARACTER);
                exact = false;
            }
        }
    }
    exact
}

/// Returns the string that raw text stands for, with U+FFFD in place of lone surrogates.
pub(crate) fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    unescape_into(raw, &mut text);
    Cow::Owned(text)
}

/// Appends a string as a JSON string token with the fewest escapes.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_start = 0;
    for (index, byte) in text.bytes().enumerate() {
        if !matches!(byte, b'"' | b'\\' | 0..0x20) {
            continue;
        }
        out.push_str(&text[plain_start..index]);
        plain_start = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            control => drop(write!(out, "\\u{control:04x}")),
        }
    }
    out.push_str(&text[plain_start..]);
    out.push('"');
}

/// Appends a value that was scanned before without the white space between its tokens.
pub(crate) fn compact_checked_into(value: &str, out: &mut String) {
    let bytes = value.as_bytes();
    let mut plain_start = 0;
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        match byte {
            b'"' => {
                let mut cursor = Cursor::at(value, index);
                // A checked value has no unfinished string; if it had, the rest is taken as it is.
                index = if cursor.string().is_ok() { cursor.position() } else { bytes.len() };
            }
            b' ' | b'\n' | b'\r' | b'\t' => {
                out.push_str(&value[plain_start..index]);
                index += 1;
                plain_start = index;
            }
            _ => index += 1,
        }
    }
    out.push_str(&value[plain_start..]);
}

/// Returns a checked value without the white space between its tokens, borrowed if it has none.
pub(crate) fn compact(value: &str) -> Cow<'_, str> {
    let mut out = String::new();
    compact_checked_into(value, &mut out);
    if out.len() == value.len() { Cow::Borrowed(value) } else { Cow::Owned(out) }
}

/// Tells what a value is by its first byte; the text has been checked before.
pub(crate) fn kind_of(value: &str) -> Option<ValueKind> {
    Cursor::new(value).value_kind().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        for (raw, expect) in [
            ("plain", "plain"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u003d\u00e9\u202f", "=é\u{202f}"),
            (r"\ud83d\ude00!", "😀!"),
            (r"\u0000", "\0"),
        ] {
            assert_eq!(unescape(raw), expect);
        }
    }

    #[test]
    fn a_lone_surrogate_is_told_and_replaced() {
        for raw in [r"\ud83d", r"\ude00", r"\ud83dx", r"\ud83d\n", r"\ud83d\u0041", r"\ud83d\ud83d"] {
            let mut out = String::new();
            assert!(!unescape_into(raw, &mut out), "{raw}");
            assert!(out.starts_with('\u{fffd}'), "{raw}");
        }
        let mut out = String::new();
        assert!(!unescape_into(r"\ud83d\ud83d\ude00", &mut out));
        assert_eq!(out, "\u{fffd}😀");
    }

    #[test]
    fn written_strings_read_back() {
        let text = "\"quoted\" back\\slash\u{1}\n\r\té\u{7f}";
        let mut out = String::new();
        write_string(text, &mut out);
        assert_eq!(out, "\"\\\"quoted\\\" back\\\\slash\\u0001\\n\\r\\té\u{7f}\"");
        assert_eq!(unescape(&out[1..out.len() - 1]), text);
    }

    #[test]
    fn compacting_leaves_strings_alone() {
        assert_eq!(compact(" { \"a b\" : [ 1 , \"x\\\" y\" ] }\n"), r#"{"a b":[1,"x\" y"]}"#);
        assert!(matches!(compact(r#"{"a b":[1]}"#), Cow::Borrowed(_)));
    }
}
