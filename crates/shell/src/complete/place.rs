//! Where the cursor stands in a statement, as far as its tokens tell.

use super::significant;
use crate::lexer::{Token, TokenKind, tokens};
use crate::names;

/// Words behind which a table is named.
const BEFORE_TABLE: &[&str] = &["FROM", "JOIN", "DESCRIBE", "DESC", "TABLE"];
/// Operators between a column and a value.
const COMPARISONS: &[&str] = &["=", "==", "<>", "!="];
/// Functions whose second argument names a member of the first.
const MEMBER_FUNCTIONS: &[&str] = &["element_at", "json_extract", "json_extract_scalar"];

/// A table that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedTable {
    pub(super) name: String,
    pub(super) alias: Option<String>,
}

impl NamedTable {
    /// Tells whether a path may begin with this name to mean the table.
    pub(super) fn is_called(&self, name: &str) -> bool {
        let alias = self.alias.as_deref().unwrap_or(&self.name);
        alias.eq_ignore_ascii_case(name) || self.name.eq_ignore_ascii_case(name)
    }
}

/// The cursor and what is around it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    cursor: usize,
    /// Tokens of the statement before what is being typed.
    before: Vec<Token<'a>>,
    /// The token that the cursor is at the end of.
    pub(super) typed: Option<Token<'a>>,
    /// Tables that the whole statement names.
    pub(super) tables: Vec<NamedTable>,
}

impl<'a> Place<'a> {
    pub(super) fn of(text: &'a str, cursor: usize) -> Self {
        let all: Vec<Token<'a>> = tokens(&text[..cursor]).collect();
        let begin =
            all.iter().rposition(|token| token.kind == TokenKind::Semicolon).map_or(0, |index| index + 1);
        let mut before: Vec<Token<'a>> = all[begin..].iter().copied().filter(Token::is_significant).collect();
        let typed = before.last().copied().filter(|last| last.end() == cursor && is_typing(last));
        if typed.is_some() {
            before.pop();
        }
        Self { cursor, before, typed, tables: statement_tables(text, cursor) }
    }

    /// Returns the text that the cursor is in.
    pub(super) fn open_text(&self) -> Option<Token<'a>> {
        self.typed.filter(|token| token.kind == TokenKind::Text && !token.closed)
    }

    /// Returns where completion begins to replace.
    pub(super) fn start(&self) -> usize {
        self.typed.map_or(self.cursor, |token| token.start)
    }

    /// Returns what is typed of the name so far, without its quote.
    pub(super) fn typed_text(&self) -> String {
        self.typed.map_or_else(String::new, |token| token.name())
    }

    /// Returns the path before the dot that the cursor stands behind: `a.b.` gives `a`, `b`.
    pub(super) fn path_before_dot(&self) -> Vec<String> {
        match self.before.split_last() {
            Some((dot, rest)) if dot.is_symbol(".") => path_at_end(rest),
            _ => Vec::new(),
        }
    }

    /// Tells whether a table is named here.
    pub(super) fn wants_table(&self) -> bool {
        self.before.last().is_some_and(|last| BEFORE_TABLE.iter().any(|word| last.is_word(word)))
    }

    /// Returns the path that what is typed here is compared with.
    pub(super) fn compared_path(&self) -> Vec<String> {
        let mut end = self.before.len();
        let at = |index: usize| self.before.get(index.wrapping_sub(1));
        // IN ( 'a', 'b', ..
        while at(end).is_some_and(|token| token.is_symbol(","))
            && at(end - 1).is_some_and(|t| t.kind == TokenKind::Text)
        {
            end -= 2;
        }
        if at(end).is_some_and(|token| token.is_symbol("("))
            && at(end - 1).is_some_and(|token| token.is_word("IN"))
        {
            end -= 2;
        } else if at(end).is_some_and(|token| {
            COMPARISONS.iter().any(|symbol| token.is_symbol(symbol))
                || token.is_word("LIKE")
                || token.is_word("ILIKE")
        }) {
            end -= 1;
        } else {
            return Vec::new();
        }
        if at(end).is_some_and(|token| token.is_word("NOT")) {
            end -= 1;
        }
        path_at_end(&self.before[..end])
    }

    /// Returns the first argument of a function whose second names a member of it, when the cursor is there.
    pub(super) fn member_argument(&self) -> Option<Vec<String>> {
        let (comma, rest) = self.before.split_last()?;
        if !comma.is_symbol(",") {
            return None;
        }
        let path = path_at_end(rest);
        let tokens = path.len().checked_mul(2)?.checked_sub(1)?;
        let head = rest.get(..rest.len().checked_sub(tokens)?)?;
        let [.., function, bracket] = head else { return None };
        let fits = bracket.is_symbol("(") && MEMBER_FUNCTIONS.iter().any(|name| function.is_word(name));
        fits.then_some(path)
    }
}

fn is_typing(token: &Token<'_>) -> bool {
    match token.kind {
        TokenKind::Word | TokenKind::Parameter | TokenKind::Number => true,
        TokenKind::Text | TokenKind::Quoted => !token.closed,
        _ => false,
    }
}

/// Returns the longest `name.name.name` at the end of the tokens.
fn path_at_end(tokens: &[Token<'_>]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = tokens;
    while let Some((name, before)) = rest.split_last() {
        if !matches!(name.kind, TokenKind::Word | TokenKind::Quoted) {
            break;
        }
        path.insert(0, name.name());
        match before.split_last() {
            Some((dot, before)) if dot.is_symbol(".") => rest = before,
            _ => break,
        }
    }
    path
}

/// Returns the tables of the statement that the cursor is in, behind it too.
pub(super) fn statement_tables(text: &str, cursor: usize) -> Vec<NamedTable> {
    let all = significant(text);
    let is_end = |token: &Token<'_>| token.kind == TokenKind::Semicolon;
    let begin =
        all.iter().rposition(|token| is_end(token) && token.end() <= cursor).map_or(0, |index| index + 1);
    let end = all[begin..].iter().position(is_end).map_or(all.len(), |index| begin + index);
    let statement = &all[begin..end];
    let mut tables = Vec::new();
    for (index, _) in statement.iter().enumerate().filter(|(_, t)| t.is_word("FROM") || t.is_word("JOIN")) {
        tables.extend(table_at(&statement[index + 1..]));
    }
    tables
}

/// Reads `table`, `system.table` or a bare UUID, and the alias behind it.
fn table_at(tokens: &[Token<'_>]) -> Option<NamedTable> {
    let is_name = |token: &&Token<'_>| {
        token.kind == TokenKind::Quoted || (token.kind == TokenKind::Word && !names::is_keyword(token.text))
    };
    let first = tokens.first().filter(is_name)?;
    let mut name = first.name();
    let mut rest = &tokens[1..];
    if let [dot, table, ..] = rest
        && dot.is_symbol(".")
        && is_name(&table)
    {
        name = format!("{name}.{}", table.name());
        rest = &rest[2..];
    }
    if rest.first().is_some_and(|token| token.is_word("AS")) {
        rest = &rest[1..];
    }
    let alias = rest.first().filter(is_name).map(Token::name);
    Some(NamedTable { name, alias })
}
