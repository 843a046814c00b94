//! Lake SQL as a row of tokens: what splitting, colours and completion need, and no more.
//!
//! It never fails: text that is still being typed is text too. Every character belongs to one token.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// White space.
    Space,
    /// `-- to the end of the line`, or `/* .. */`, which may hold others.
    Comment,
    /// A keyword or a bare name.
    Word,
    /// A name in double quotes or backticks.
    Quoted,
    /// Text in single quotes.
    Text,
    /// A number, or the start of a bare UUID.
    Number,
    /// `:name`.
    Parameter,
    /// `;`.
    Semicolon,
    /// `\`, which begins a command of the shell.
    Backslash,
    /// Anything else: one operator or bracket.
    Symbol,
}

/// A piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Its characters, quotes included.
    pub(crate) text: &'a str,
    /// Where it begins in the text, in bytes.
    pub(crate) start: usize,
    /// Whether its closing quote or end of comment is there.
    pub(crate) closed: bool,
}

impl Token<'_> {
    /// Returns the byte behind its last.
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Tells whether it is this word, whatever its case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Tells whether it is this symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// Tells whether it is neither space nor comment.
    pub(crate) fn is_significant(&self) -> bool {
        !matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// Returns the name that a word or quoted name stands for.
    pub(crate) fn name(&self) -> String {
        match self.kind {
            TokenKind::Quoted => {
                let quote = &self.text[..1];
                let inner = &self.text[1..];
                let inner = if self.closed { inner.strip_suffix(quote).unwrap_or(inner) } else { inner };
                inner.replace(&quote.repeat(2), quote)
            }
            _ => self.text.to_owned(),
        }
    }
}

/// Splits text into its tokens.
pub(crate) fn tokens(text: &str) -> Tokens<'_> {
    Tokens { text, place: 0 }
}

/// The tokens of a text, in order.
#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Tokens<'a> {
    /// Goes on at another place of the text, which must not lie inside a character.
    pub(crate) fn skip_to(&mut self, place: usize) {
        self.place = place.min(self.text.len());
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.place..)?;
        let first = rest.chars().next()?;
        let before = self.text[..self.place].chars().next_back();
        let (kind, length, closed) = measure(rest, first, before);
        let token = Token { kind, text: &rest[..length], start: self.place, closed };
        self.place += length;
        Some(token)
    }
}

/// Returns kind, length in bytes and closedness of the token that `rest` begins with.
fn measure(rest: &str, first: char, before: Option<char>) -> (TokenKind, usize, bool) {
    let while_ = |accept: &dyn Fn(char) -> bool| rest.find(|c| !accept(c)).unwrap_or(rest.len());
    match first {
        c if c.is_whitespace() => (TokenKind::Space, while_(&char::is_whitespace), true),
        '\'' | '"' | '`' => {
            let (length, closed) = quoted(rest, first);
            (if first == '\'' { TokenKind::Text } else { TokenKind::Quoted }, length, closed)
        }
        '-' if rest.starts_with("--") => {
            let length = rest.find('\n').unwrap_or(rest.len());
            (TokenKind::Comment, length, true)
        }
        '/' if rest.starts_with("/*") => {
            let (length, closed) = comment(rest);
            (TokenKind::Comment, length, closed)
        }
        ';' => (TokenKind::Semicolon, 1, true),
        '\\' => (TokenKind::Backslash, 1, true),
        ':' if rest.starts_with("::") => (TokenKind::Symbol, 2, true),
        ':' if starts_name(&rest[1..]) && !before.is_some_and(is_name) => {
            let length = 1 + rest[1..].find(|c| !is_name(c)).unwrap_or(rest.len() - 1);
            (TokenKind::Parameter, length, true)
        }
        c if c.is_ascii_digit() => (TokenKind::Number, while_(&is_name), true),
        c if is_name(c) => (TokenKind::Word, while_(&is_name), true),
        '<' | '>' | '!' | '=' | '|' => {
            let two = ["<=", ">=", "<>", "!=", "||", "=="].iter().any(|two| rest.starts_with(two));
            (TokenKind::Symbol, if two { 2 } else { 1 }, true)
        }
        c => (TokenKind::Symbol, c.len_utf8(), true),
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn starts_name(text: &str) -> bool {
    text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

/// Measures quoted text, in which a doubled quote is one quote.
fn quoted(rest: &str, quote: char) -> (usize, bool) {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((index, char)) = chars.next() {
        if char == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => drop(chars.next()),
                _ => return (index + 1, true),
            }
        }
    }
    (rest.len(), false)
}

/// Measures a comment, which may hold comments.
fn comment(rest: &str) -> (usize, bool) {
    let bytes = rest.as_bytes();
    let (mut depth, mut place) = (0_usize, 0);
    while place + 1 < bytes.len() {
        match &bytes[place..place + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                place += 1;
                continue;
            }
        }
        place += 2;
        if depth == 0 {
            return (place, true);
        }
    }
    (rest.len(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(TokenKind, &str)]) {
        let found: Vec<_> = tokens(text).filter(Token::is_significant).map(|t| (t.kind, t.text)).collect();
        assert_eq!(found, expected, "{text}");
        let whole: String = tokens(text).map(|token| token.text).collect();
        assert_eq!(whole, text);
    }

    #[test]
    fn tokens_know_quotes_comments_and_parameters() {
        use TokenKind::{Number, Parameter, Quoted, Semicolon, Symbol, Text, Word};
        check(
            "SELECT 'it''s;', \"a\"\"b\" -- c;\nFROM t;",
            &[
                (Word, "SELECT"),
                (Text, "'it''s;'"),
                (Symbol, ","),
                (Quoted, "\"a\"\"b\""),
                (Word, "FROM"),
                (Word, "t"),
                (Semicolon, ";"),
            ],
        );
        check(
            "x::date >= :since",
            &[(Word, "x"), (Symbol, "::"), (Word, "date"), (Symbol, ">="), (Parameter, ":since")],
        );
        check(
            "a[1:n]",
            &[(Word, "a"), (Symbol, "["), (Number, "1"), (Symbol, ":"), (Word, "n"), (Symbol, "]")],
        );
        check("/* a /* b; */ ' */ 日本 = 'ü", &[(Word, "日本"), (Symbol, "="), (Text, "'ü")]);
    }

    #[test]
    fn what_is_open_is_told() {
        let last = |text| tokens(text).last().map(|token| token.closed);
        assert_eq!(last("'a"), Some(false));
        assert_eq!(last("'a''"), Some(false));
        assert_eq!(last("'a'"), Some(true));
        assert_eq!(last("/* a"), Some(false));
        assert_eq!(last("/* a */"), Some(true));
    }

    #[test]
    fn quoted_names_lose_their_quotes() {
        let name = |text| tokens(text).next().map(|token| token.name());
        assert_eq!(name("\"a\"\"b\"").as_deref(), Some("a\"b"));
        assert_eq!(name("`x").as_deref(), Some("x"));
        assert_eq!(name("plain").as_deref(), Some("plain"));
    }
}
