//! Names of types in the text of a statement.
//!
//! The parser's own grammar of types is not Trino's: it has no `row(name varchar)`. So the tokens of a type become
//! one token, a name in quotes that holds the text of the type, and the parser takes it for a type it does not know:
//!
//! ```text
//! CAST(x AS map(varchar, row(n bigint)))  ->  CAST(x AS "map(varchar, row(n bigint))")
//! x::array(varchar)                       ->  x::"array(varchar)"
//! IPADDRESS '10.0.0.1'                    ->  CAST('10.0.0.1' AS "ipaddress")
//! ```
//!
//! What the name means is known to [`auditlake_functions`].

use auditlake_functions::type_fault;
use auditlake_model::{Error, Result};
use sqlparser::ast::DataType;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::INVALID_STATEMENT;
use super::errors::foreign;
use super::names::nearest;
use super::position::Position;

/// Names to suggest for one that is no type.
const NAMES: &[&str] = &[
    "array",
    "bigint",
    "boolean",
    "char",
    "date",
    "decimal",
    "double",
    "integer",
    "ipaddress",
    "json",
    "map",
    "real",
    "row",
    "smallint",
    "time",
    "timestamp",
    "tinyint",
    "uuid",
    "varbinary",
    "varchar",
];

/// Types that the parser knows no literals of.
const LITERALS: [&str; 2] = ["ipaddress", "varbinary"];

/// Makes each type one token.
///
/// # Errors
/// `Invalid` at a name that is no type.
pub(super) fn mark(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>> {
    if !tokens.iter().any(starts_type) {
        return Ok(tokens);
    }
    let mut marked = Vec::with_capacity(tokens.len());
    // Whether each open parenthesis is that of a CAST.
    let mut open = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        index += 1;
        match &token.token {
            Token::LParen => open.push(is_cast(&marked)),
            Token::RParen => drop(open.pop()),
            Token::Word(word) if word.keyword == Keyword::AS && open.last() == Some(&true) => {
                marked.push(token.clone());
                let length = length_in_cast(&tokens[index..]);
                index += take(&tokens[index..], length, &mut marked)?;
                continue;
            }
            Token::DoubleColon => {
                marked.push(token.clone());
                let length = length_after_colons(&tokens[index..]);
                index += take(&tokens[index..], length, &mut marked)?;
                continue;
            }
            Token::Word(word) if is_literal_type(word) => {
                if let Some(text) = next_text(&tokens[index..]) {
                    marked.extend(cast_of(word, token.span, &tokens[index + text]));
                    index += text + 1;
                    continue;
                }
            }
            _ => {}
        }
        marked.push(token.clone());
    }
    Ok(marked)
}

fn starts_type(token: &TokenWithSpan) -> bool {
    match &token.token {
        Token::DoubleColon => true,
        Token::Word(word) => {
            matches!(word.keyword, Keyword::CAST | Keyword::TRY_CAST) || is_literal_type(word)
        }
        _ => false,
    }
}

fn is_literal_type(word: &Word) -> bool {
    word.quote_style.is_none() && LITERALS.iter().any(|name| word.value.eq_ignore_ascii_case(name))
}

fn is_space(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// Tells whether CAST or TRY_CAST stands at the end.
fn is_cast(before: &[TokenWithSpan]) -> bool {
    let last = before.iter().rev().find(|token| !is_space(token));
    matches!(
        last.map(|token| &token.token),
        Some(Token::Word(word)) if matches!(word.keyword, Keyword::CAST | Keyword::TRY_CAST)
    )
}

/// Returns how many tokens stand before the parenthesis that closes a CAST.
fn length_in_cast(tokens: &[TokenWithSpan]) -> usize {
    let mut depth = 0usize;
    let closes = |token: &TokenWithSpan| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => return true,
            Token::RParen => depth -= 1,
            _ => {}
        }
        false
    };
    tokens.iter().position(closes).unwrap_or(tokens.len())
}

/// Returns how many tokens after `::` are the type.
fn length_after_colons(tokens: &[TokenWithSpan]) -> usize {
    let mut length = with_parts(tokens, 0);
    for words in [
        &["with", "time", "zone"][..],
        &["without", "time", "zone"],
        &["precision"],
        &["day", "to", "second"],
        &["year", "to", "month"],
    ] {
        length = with_words(tokens, length, words);
    }
    length
}

/// Returns where the first word from `start` ends, with the parts that follow it.
fn with_parts(tokens: &[TokenWithSpan], start: usize) -> usize {
    let skip = |from: usize| from + tokens[from..].iter().take_while(|token| is_space(token)).count();
    let word = skip(start);
    let mut end = tokens.len().min(word + 1);
    let open = skip(end);
    let mut depth = 0i32;
    for (offset, token) in tokens[open..].iter().enumerate() {
        depth += match token.token {
            Token::LParen | Token::Lt => 1,
            Token::RParen | Token::Gt => -1,
            Token::ShiftRight => -2,
            // A comparison, not the parts of a type.
            _ if depth == 0 => return end,
            _ => 0,
        };
        if depth <= 0 {
            if depth == 0 && offset > 0 {
                end = open + offset + 1;
            }
            return end;
        }
    }
    end
}

/// Returns where `words` end if they stand at `start`, else `start`.
fn with_words(tokens: &[TokenWithSpan], start: usize, words: &[&str]) -> usize {
    let mut found = tokens[start..].iter().enumerate().filter(|(_, token)| !is_space(token));
    let mut end = start;
    for word in words {
        match found.next() {
            Some((offset, TokenWithSpan { token: Token::Word(next), .. }))
                if next.value.eq_ignore_ascii_case(word) =>
            {
                end = start + offset + 1;
            }
            _ => return start,
        }
    }
    end
}

/// Appends the first tokens as one, and returns how many they are.
fn take(tokens: &[TokenWithSpan], length: usize, marked: &mut Vec<TokenWithSpan>) -> Result<usize> {
    let named = &tokens[..length];
    let mut words = named.iter().filter(|token| !is_space(token));
    let (Some(first), last) = (words.next(), words.next_back()) else { return Ok(0) };
    let text: String = named.iter().map(|token| token.token.to_string()).collect();
    let text = text.trim();
    if let Some(fault) = type_fault(text) {
        return Err(no_type(first, &fault));
    }
    let span = Span::new(first.span.start, last.unwrap_or(first).span.end);
    marked.push(TokenWithSpan { token: quoted(text), span });
    Ok(length)
}

fn quoted(text: &str) -> Token {
    Token::Word(Word { value: text.to_owned(), quote_style: Some('"'), keyword: Keyword::NoKeyword })
}

fn no_type(first: &TokenWithSpan, fault: &str) -> Error {
    let mut error = Error::invalid(fault.to_owned()).with_code(INVALID_STATEMENT);
    let name = fault.strip_prefix("no type `").and_then(|rest| rest.strip_suffix('`'));
    if let Some(ours) = name.and_then(foreign::data_type) {
        error = error.with_hint(format!("Write `{ours}`."));
    } else if let Some(candidate) = name.and_then(|name| nearest(name, NAMES.iter().copied())) {
        error = error.with_hint(format!("Did you mean `{candidate}`?"));
    }
    match Position::of_span(first.span) {
        Some(position) => position.attach(error),
        None => error,
    }
}

/// Returns where a text stands that follows at once.
fn next_text(tokens: &[TokenWithSpan]) -> Option<usize> {
    let next = tokens.iter().position(|token| !is_space(token))?;
    matches!(tokens[next].token, Token::SingleQuotedString(_)).then_some(next)
}

/// Returns the CAST that a literal of a type stands for, all at the place of the literal.
fn cast_of(word: &Word, span: Span, text: &TokenWithSpan) -> Vec<TokenWithSpan> {
    let keyword =
        |value: &str, keyword| Token::Word(Word { value: value.to_owned(), quote_style: None, keyword });
    let blank = || Token::Whitespace(sqlparser::tokenizer::Whitespace::Space);
    let tokens = [
        keyword("CAST", Keyword::CAST),
        Token::LParen,
        text.token.clone(),
        blank(),
        keyword("AS", Keyword::AS),
        blank(),
        quoted(&word.value.to_lowercase()),
        Token::RParen,
    ];
    tokens.into_iter().map(|token| TokenWithSpan { token, span }).collect()
}

/// Returns the text of the type that the parser read.
pub(super) fn text_of(data_type: &DataType) -> String {
    match data_type {
        DataType::Custom(name, modifiers) if modifiers.is_empty() => match name.0.as_slice() {
            [part] => part.as_ident().map_or_else(|| name.to_string(), |ident| ident.value.clone()),
            _ => name.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Position;
    use crate::parse::parse;

    #[test]
    fn types_end_where_they_end() {
        for sql in [
            "SELECT CAST(a AS row(x varchar, y array(bigint)))",
            "SELECT CAST(a AS array<map<varchar,array<bigint>>>)",
            "SELECT try_cast(CAST(a AS bigint) AS decimal(3, 1)) AS x, cast ( b AS double precision )",
            "SELECT a::bigint < 5, (a::map(varchar, json))['x'], (a::timestamp(3) with time zone) AS b",
            "SELECT a::array<bigint>, b :: date FROM t WHERE c::interval day to second > d",
            "SELECT CAST((SELECT max(x) AS y FROM t) AS varchar(10)) AS varchar, ipaddress '10.0.0.1', ipaddress FROM t",
            "SELECT CAST(x AS timestamp without time zone)",
        ] {
            assert!(parse(sql).is_ok(), "{sql}: {:?}", parse(sql));
        }
    }

    #[test]
    fn what_is_no_type_has_a_place() {
        for (sql, message, hint, column) in [
            ("SELECT CAST(a AS strin)", "no type `strin`", None, 18),
            ("SELECT a::bigit", "no type `bigit`", Some("Did you mean `bigint`?"), 11),
            ("SELECT CAST(a AS int64)", "no type `int64`", Some("Write `bigint`."), 18),
            ("SELECT TRY_CAST(a AS map(varchar))", "`map` with 1 parts", None, 22),
            ("SELECT CAST(a AS varchar FORMAT 'x')", "`FORMAT` after the type `varchar`", None, 18),
        ] {
            let Err(error) = parse(sql) else { panic!("{sql}") };
            assert!(error.message().contains(message), "{sql}: {error:?}");
            assert_eq!(error.hint(), hint, "{sql}");
            assert_eq!(Position::of(&error), Some(Position { line: 1, column }), "{sql}");
        }
    }
}
