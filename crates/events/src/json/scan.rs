//! A cursor over JSON text that checks grammar while it moves.
//!
//! It finds the ends of tokens and keeps no state beside its position; whoever drives it decides what
//! to keep. Strings are searched eight bytes at a time, since most of an event is strings.

use auditlake_model::Error;

/// What is wrong with JSON text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Byte offset into the text of the cursor.
    pub(crate) offset: usize,
    /// What the grammar wants at that place.
    pub(crate) expected: &'static str,
}

impl From<SyntaxError> for Error {
    fn from(error: SyntaxError) -> Self {
        Error::invalid(format!("malformed JSON at byte {}: expected {}", error.offset, error.expected))
    }
}

/// Contents of a string token, without its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StringToken<'a> {
    pub(crate) start: usize,
    /// The text between the quotes, escapes as written.
    pub(crate) raw: &'a str,
    pub(crate) escaped: bool,
}

/// The kind of a JSON value; its first byte tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `"text"`
    String,
    /// `{..}`
    Object,
    /// `[..]`
    Array,
    /// `1.5`
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// A position in JSON text.
///
/// - `position` never exceeds the length of the text and stands on a character boundary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

type Scan<T> = Result<T, SyntaxError>;

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(crate) fn at(text: &'a str, position: usize) -> Self {
        Self { text, position }
    }

    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Returns the text from `start` to the cursor.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.position]
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    pub(crate) fn error(&self, expected: &'static str) -> SyntaxError {
        SyntaxError { offset: self.position, expected }
    }

    #[inline]
    pub(crate) fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.position += 1;
        }
    }

    /// Moves past one byte if it is the next one.
    #[inline]
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    /// Skips white space, then moves past `byte`.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8, expected: &'static str) -> Scan<()> {
        self.skip_space();
        if self.eat(byte) { Ok(()) } else { Err(self.error(expected)) }
    }

    /// Skips white space, then tells what value follows.
    #[inline]
    pub(crate) fn value_kind(&mut self) -> Scan<ValueKind> {
        self.skip_space();
        Ok(match self.peek() {
            Some(b'"') => ValueKind::String,
            Some(b'{') => ValueKind::Object,
            Some(b'[') => ValueKind::Array,
            Some(b'-' | b'0'..=b'9') => ValueKind::Number,
            Some(b't') => ValueKind::True,
            Some(b'f') => ValueKind::False,
            Some(b'n') => ValueKind::Null,
            _ => return Err(self.error("a value")),
        })
    }

    /// Moves into an object or array; the cursor stands on its opening bracket.
    ///
    /// Returns whether it has a first item.
    #[inline]
    pub(crate) fn open(&mut self, close: u8) -> bool {
        self.position += 1;
        self.skip_space();
        !self.eat(close)
    }

    /// Moves past the comma or the closing bracket that follows an item; tells whether another follows.
    #[inline]
    pub(crate) fn more(&mut self, close: u8) -> Scan<bool> {
        self.skip_space();
        if self.eat(b',') {
            return Ok(true);
        }
        if self.eat(close) {
            return Ok(false);
        }
        Err(self.error(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" }))
    }

    /// Reads a member name and the colon after it.
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Scan<StringToken<'a>> {
        self.skip_space();
        if self.peek() != Some(b'"') {
            return Err(self.error("a member name in quotes"));
        }
        let key = self.string()?;
        if !self.eat(b':') {
            self.expect(b':', "`:`")?;
        }
        Ok(key)
    }

    /// Reads a member name and the colon after it if both are written as in `label`.
    #[inline]
    pub(crate) fn label(&mut self, label: &str) -> Option<StringToken<'a>> {
        if !self.text.as_bytes().get(self.position..)?.starts_with(label.as_bytes()) {
            return None;
        }
        let start = self.position + 1;
        self.position += label.len();
        let raw = self.text.get(start..self.position - 2)?;
        Some(StringToken { start, raw, escaped: false })
    }

    /// Reads a string; the cursor stands on its opening quote.
    // Inlined, since its result is large and taken apart at once.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Scan<StringToken<'a>> {
        let start = self.position + 1;
        self.position = start;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => {
                    let raw = self.since(start);
                    self.position += 1;
                    return Ok(StringToken { start, raw, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("no control character inside a string")),
                None => return Err(self.error("the end of a string")),
            }
        }
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    #[inline(always)]
    fn skip_plain(&mut self) {
        let mut rest = &self.text.as_bytes()[self.position..];
        while let Some((word, tail)) = rest.split_first_chunk::<8>() {
            let found = special_bytes(u64::from_le_bytes(*word));
            if found != 0 {
                self.position += (found.trailing_zeros() / 8) as usize;
                return;
            }
            self.position += 8;
            rest = tail;
        }
        for byte in rest {
            if matches!(byte, b'"' | b'\\' | 0..0x20) {
                return;
            }
            self.position += 1;
        }
    }

    #[inline(never)]
    fn escape(&mut self) -> Scan<()> {
        let rest = &self.text.as_bytes()[self.position..];
        let length = match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if rest.len() >= 6 && rest[2..6].iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(self.error("a valid escape")),
        };
        self.position += length;
        Ok(())
    }

    /// Reads a number by JSON's grammar and returns its digits as written.
    pub(crate) fn number(&mut self) -> Scan<&'a str> {
        let start = self.position;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            self.digits()?;
        }
        Ok(self.since(start))
    }

    fn digits(&mut self) -> Scan<()> {
        let start = self.position;
        while let Some(b'0'..=b'9') = self.peek() {
            self.position += 1;
        }
        if self.position == start { Err(self.error("a digit")) } else { Ok(()) }
    }

    /// Reads `true`, `false` or `null`.
    // Inlined, so that a word is compared as one number.
    #[inline(always)]
    pub(crate) fn literal(&mut self, word: &'static str) -> Scan<()> {
        if !self.text.as_bytes()[self.position..].starts_with(word.as_bytes()) {
            return Err(self.error("`true`, `false` or `null`"));
        }
        self.position += word.len();
        Ok(())
    }

    /// Moves past one value of any depth without recursion.
    pub(crate) fn skip_value(&mut self) -> Scan<()> {
        // One bit per open bracket would do; a byte each keeps the code plain, and the text bounds it.
        let mut open: Vec<u8> = Vec::new();
        loop {
            let opened = match self.value_kind()? {
                ValueKind::String => self.string().map(|_| None)?,
                ValueKind::Number => self.number().map(|_| None)?,
                ValueKind::True => self.literal("true").map(|()| None)?,
                ValueKind::False => self.literal("false").map(|()| None)?,
                ValueKind::Null => self.literal("null").map(|()| None)?,
                ValueKind::Object => self.open(b'}').then_some(b'}'),
                ValueKind::Array => self.open(b']').then_some(b']'),
            };
            if let Some(close) = opened {
                open.push(close);
            } else if !self.close_finished(&mut open)? {
                return Ok(());
            }
            if open.last() == Some(&b'}') {
                self.key()?;
            }
        }
    }

    /// Pops every bracket that ends here; tells whether an open one has a next item.
    pub(crate) fn close_finished(&mut self, open: &mut Vec<u8>) -> Scan<bool> {
        while let Some(close) = open.last() {
            if self.more(*close)? {
                return Ok(true);
            }
            open.pop();
        }
        Ok(false)
    }

    /// Skips white space and checks that nothing follows.
    pub(crate) fn expect_end(&mut self) -> Scan<()> {
        self.skip_space();
        if self.peek().is_none() { Ok(()) } else { Err(self.error("the end of the text")) }
    }
}

/// Marks the high bit of each byte that is a quote, a backslash or a control character.
///
/// A borrow can mark a byte above a marked one wrongly; the lowest mark is always right.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    let zero_byte = |word: u64| word.wrapping_sub(ONES) & !word;
    let quote = zero_byte(word ^ (ONES * b'"' as u64));
    let backslash = zero_byte(word ^ (ONES * b'\\' as u64));
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (quote | backslash | control) & HIGH
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn skip(text: &str) -> Result<usize, SyntaxError> {
        let mut cursor = Cursor::new(text);
        cursor.skip_value()?;
        Ok(cursor.position())
    }

    #[test]
    fn values_of_every_kind_are_skipped_whole() {
        for text in [
            "0",
            "-1.50e+07",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\"b\\""#,
            r#""\ud83d\u00e9/é""#,
            "[]",
            "{}",
            "[ 1 , [ ] , { } ]",
            r#"{ "a" : [1,{"b":null}] , "c":"long enough to pass a word" }"#,
        ] {
            assert_eq!(skip(text), Ok(text.len()), "{text}");
        }
    }

    #[test]
    fn malformed_text_names_place_and_expectation() {
        for (text, offset, expected) in [
            ("", 0, "a value"),
            ("{a:1}", 1, "a member name in quotes"),
            ("{\"a\" 1}", 5, "`:`"),
            ("{\"a\":1,}", 7, "a member name in quotes"),
            ("[1 2]", 3, "`,` or `]`"),
            ("[1,]", 3, "a value"),
            ("01", 1, "the end of the text"),
            ("1.", 2, "a digit"),
            ("-", 1, "a digit"),
            ("tru", 0, "`true`, `false` or `null`"),
            ("\"abc", 4, "the end of a string"),
            ("\"a\\x\"", 2, "a valid escape"),
            ("\"a\\u12g4\"", 2, "a valid escape"),
            ("\"a\nb\"", 2, "no control character inside a string"),
            ("\"0123456789\u{1}\"", 11, "no control character inside a string"),
        ] {
            let mut cursor = Cursor::new(text);
            let error = cursor.skip_value().and_then(|()| cursor.expect_end()).unwrap_err();
            assert_eq!(error, SyntaxError { offset, expected }, "{text}");
        }
    }

    #[test]
    fn deep_nesting_needs_no_stack() {
        let text = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(skip(&text), Ok(text.len()));
    }

    #[test]
    fn the_first_special_byte_is_found_at_every_offset() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for offset in 0..8 {
                let mut bytes = [0x80_u8 + offset as u8, b'a', b'!', b'#', 0x7f, b' ', 0xff, b'z'];
                bytes[offset] = special;
                let found = special_bytes(u64::from_le_bytes(bytes));
                assert_eq!(found.trailing_zeros() / 8, offset as u32, "{special} at {offset}");
            }
        }
        assert_eq!(special_bytes(u64::from_le_bytes(*b" !#azZ[\x7f")), 0);
    }
}
