//! Finds `:name` among the tokens, before they are parsed.
//!
//! The parser knows `:name` too, but not everywhere: `a[:n]` would be a slice, and `x :n` a path into JSON. So
//! each parameter becomes one token, in which nothing else can be seen.

use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::dashboard;
use crate::parse::tokenize;
use crate::position::Position;
use sqlparser::keywords::Keyword;

/// A parameter where a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterUse {
    /// Its name, without the colon.
    pub name: String,
    /// The place of the colon.
    pub position: Position,
}

/// Returns the parameters that a text names, in order, each as often as it is named.
///
/// Text that is no SQL has none; running it tells why.
///
/// # Examples
///
/// ```
/// use auditlake_dialect::parameter_uses;
///
/// let uses = parameter_uses("SELECT ':no', n::int, a[1:n] FROM t WHERE x = :yes -- :no");
/// assert_eq!(uses.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["yes"]);
/// ```
pub fn parameter_uses(sql: &str) -> Vec<ParameterUse> {
    let Ok(tokens) = tokenize(sql) else { return Vec::new() };
    let found = |token: &TokenWithSpan| match &token.token {
        Token::Placeholder(text) => {
            let name = text.strip_prefix(':')?.to_owned();
            Some(ParameterUse { name, position: Position::of_span(token.span)? })
        }
        _ => None,
    };
    tokens.iter().filter_map(found).collect()
}

/// Makes each `:name` one token, gives each `?` its number: `?1`, and makes `$Name$` the parameter `:Name`.
pub(crate) fn mark(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    mark_names(dashboard::mark(number(tokens)))
}

/// Tells the `?` of a statement apart.
fn number(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let marks =
        tokens.iter_mut().filter(|token| matches!(&token.token, Token::Placeholder(text) if text == "?"));
    for (index, token) in marks.enumerate() {
        token.token = Token::Placeholder(format!("?{}", index + 1));
    }
    tokens
}

fn mark_names(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| token.token == Token::Colon) {
        return tokens;
    }
    let mut marked: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut place = Place::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let name = match (&token.token, tokens.peek().map(|next| &next.token)) {
            (Token::Colon, Some(Token::Word(word))) if word.quote_style.is_none() => Some(word.value.clone()),
            _ => None,
        };
        let token = match name.filter(|_| place.takes_value()) {
            Some(name) => {
                let end = tokens.next().map_or(token.span.end, |word| word.span.end);
                TokenWithSpan::new(Token::Placeholder(format!(":{name}")), Span::new(token.span.start, end))
            }
            None => token,
        };
        place.pass(&token.token);
        marked.push(token);
    }
    marked
}

/// Returns the place of a `:'name'` or `:"name"`, which psql's users write for a quoted value.
pub(crate) fn quoted_parameter(tokens: &[TokenWithSpan]) -> Option<Position> {
    let mut place = Place::default();
    for (index, token) in tokens.iter().enumerate() {
        let is_quoted = match tokens.get(index + 1).map(|next| &next.token) {
            Some(Token::SingleQuotedString(_)) => true,
            Some(Token::Word(word)) => word.quote_style.is_some(),
            _ => false,
        };
        if token.token == Token::Colon && is_quoted && place.takes_value() {
            return Position::of_span(token.span);
        }
        place.pass(&token.token);
    }
    None
}

/// What stands before a token.
#[derive(Debug, Default)]
struct Place {
    /// One entry for each open parenthesis, bracket and brace: whether it is a bracket.
    open: Vec<bool>,
    /// Whether the last token ends a value, white space left out.
    after_value: bool,
    /// Whether that token is a word that nothing else would make sense of.
    after_name: bool,
    /// Whether white space stands between that token and the next one.
    after_space: bool,
}

impl Place {
    /// Tells whether a value can begin here.
    ///
    /// In brackets a colon behind a value is a slice; elsewhere one that touches a name is a path into JSON.
    fn takes_value(&self) -> bool {
        let is_slice = self.open.last() == Some(&true) && self.after_value;
        let is_path = self.after_name && !self.after_space;
        !is_slice && !is_path
    }

    fn pass(&mut self, token: &Token) {
        match token {
            Token::Whitespace(_) => {
                self.after_space = true;
                return;
            }
            Token::LParen | Token::LBrace => self.open.push(false),
            Token::LBracket => self.open.push(true),
            Token::RParen | Token::RBrace | Token::RBracket => drop(self.open.pop()),
            _ => {}
        }
        self.after_space = false;
        self.after_name = match token {
            Token::Word(word) => word.keyword == Keyword::NoKeyword,
            Token::RParen | Token::RBracket => true,
            _ => false,
        };
        self.after_value = match token {
            Token::Word(word) => !is_operator(word.keyword),
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Placeholder(_)
            | Token::RParen
            | Token::RBracket
            | Token::RBrace => true,
            _ => false,
        };
    }
}

/// Tells whether a value comes after the keyword.
fn is_operator(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::CASE
            | Keyword::WHEN
            | Keyword::THEN
            | Keyword::ELSE
            | Keyword::BETWEEN
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::ESCAPE
            | Keyword::DISTINCT
            | Keyword::SELECT
            | Keyword::FROM
            | Keyword::BY
    )
}
