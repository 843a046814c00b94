//! What to write where the parser stumbles, by the words around the place.

use auditlake_model::Error;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::foreign;
use crate::names::nearest;
use crate::position::Position;

/// Words that begin the parts of a statement.
const CLAUSES: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "CROSS",
    "BETWEEN",
    "WITH",
    "VALUES",
    "DESCRIBE",
    "EXPLAIN",
    "SHOW",
];

/// Adds what to write instead to a fault at the place that it names; moves the place where the parser was too far.
pub(crate) fn explain(tokens: &[TokenWithSpan], error: Error) -> Error {
    let words: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let Some(place) = Position::of(&error) else { return error };
    let at =
        words.iter().position(|token| Position::of_span(token.span) >= Some(place)).unwrap_or(words.len());
    if error.hint().is_some() {
        return error;
    }
    match hint(&words, at) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn hint(words: &[&TokenWithSpan], at: usize) -> Option<String> {
    let found = words.get(at).map(|token| &token.token);
    let before = |steps: usize| at.checked_sub(steps).and_then(|at| words.get(at)).map(|token| &token.token);
    match (before(1), found) {
        (_, Some(Token::Char('`'))) | (Some(Token::Char('`')), _) => {
            return Some(
                "Names stand in double quotes: \"name\". Text stands in single ones: 'text'.".to_owned(),
            );
        }
        (_, Some(Token::Pipe | Token::VerticalBarRightAngleBracket)) => {
            return foreign::clause("|>").map(str::to_owned);
        }
        (Some(Token::Number(..)), Some(Token::Word(_))) if touches(words, at) => {
            let called = caller(words, at).and_then(foreign::function);
            return Some(called.unwrap_or("A span of time reads `INTERVAL '5' MINUTE`.").to_owned());
        }
        (Some(Token::Comma), Some(token)) if is_clause(token) => return Some(comma_before(token)),
        (Some(token), _) if is_clause(token) && before(2) == Some(&Token::Comma) => {
            return Some(comma_before(token));
        }
        (_, Some(Token::Comma)) if (1..4).any(|steps| is_keyword(before(steps), Keyword::LIMIT)) => {
            return Some("Write `OFFSET n LIMIT m`.".to_owned());
        }
        (Some(Token::Word(word)), _)
            if word.keyword == Keyword::DISTINCT && is_keyword(before(2), Keyword::BY) =>
        {
            return Some("Write GROUPING SETS that name each set once.".to_owned());
        }
        (Some(Token::Word(left)), Some(Token::Word(right))) => {
            if let Some(hint) = foreign::clause(&right.value).or_else(|| foreign::clause(&left.value)) {
                return Some(hint.to_owned());
            }
        }
        _ => {}
    }
    // A clause whose first word is misspelled reads as an alias, one or two words before the place.
    let misspelled = |steps: usize| match before(steps) {
        Some(Token::Word(word)) if word.quote_style.is_none() => {
            let is_known = CLAUSES.iter().any(|clause| clause.eq_ignore_ascii_case(&word.value));
            nearest(&word.value, CLAUSES.iter().copied())
                .filter(|near| !is_known && is_slip(&word.value, near))
        }
        _ => None,
    };
    let here = match found {
        Some(Token::Word(word)) if word.quote_style.is_none() => {
            nearest(&word.value, CLAUSES.iter().copied()).filter(|near| is_slip(&word.value, near))
        }
        _ => None,
    };
    let clause = here.or_else(|| misspelled(1)).or_else(|| misspelled(2))?;
    Some(format!("Did you mean `{clause}`?"))
}

/// Returns what to say about a word that begins no statement.
pub(crate) fn first_word(word: &str) -> Option<String> {
    let near = nearest(word, CLAUSES.iter().copied()).filter(|near| is_slip(word, near))?;
    Some(format!("Did you mean `{near}`?"))
}

/// Tells whether a word is another one with a letter or two wrong.
fn is_slip(word: &str, clause: &str) -> bool {
    let distance = strsim::damerau_levenshtein(&word.to_uppercase(), clause);
    word.len() >= 3 && (1..=2).contains(&distance) && distance * 3 <= clause.len() + 1
}

fn comma_before(token: &Token) -> String {
    format!("A comma stands before {token}: a column is missing, or the comma is one too many.")
}

fn is_clause(token: &Token) -> bool {
    let begins = |keyword| {
        matches!(
            keyword,
            Keyword::FROM
                | Keyword::WHERE
                | Keyword::GROUP
                | Keyword::ORDER
                | Keyword::HAVING
                | Keyword::LIMIT
        )
    };
    matches!(token, Token::Word(word) if begins(word.keyword))
}

fn is_keyword(token: Option<&Token>, keyword: Keyword) -> bool {
    matches!(token, Some(Token::Word(word)) if word.keyword == keyword)
}

/// Tells whether no blank stands before a word.
fn touches(words: &[&TokenWithSpan], at: usize) -> bool {
    at > 0 && words[at - 1].span.end == words[at].span.start
}

/// Returns the name before the parenthesis that is open at a word.
fn caller<'a>(words: &[&'a TokenWithSpan], at: usize) -> Option<&'a str> {
    let mut depth = 0usize;
    for index in (1..at).rev() {
        match &words[index].token {
            Token::RParen => depth += 1,
            Token::LParen if depth > 0 => depth -= 1,
            Token::LParen => match &words[index - 1].token {
                Token::Word(word) => return Some(&word.value),
                _ => return None,
            },
            _ => {}
        }
    }
    None
}

/// Returns where the words of a clause stand; `None` where the statement does not hold them side by side.
pub(crate) fn place_of_clause(tokens: &[TokenWithSpan], clause: &str) -> Option<Position> {
    let words: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let clause: Vec<&str> = clause.split_whitespace().collect();
    let is_clause = |window: &[&TokenWithSpan]| {
        window.iter().zip(&clause).all(|(token, word)| token.token.to_string().eq_ignore_ascii_case(word))
    };
    let start = words.windows(clause.len().max(1)).position(is_clause)?;
    Position::of_span(words[start].span)
}

/// Returns where the token stands that a message names; the parser's own place may be that of the next one.
pub(crate) fn place_of_found(tokens: &[TokenWithSpan], found: &str, place: Position) -> Position {
    let is_word = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_));
    let until: Vec<&TokenWithSpan> = tokens
        .iter()
        .filter(is_word)
        .take_while(|token| Position::of_span(token.span).is_some_and(|here| here <= place))
        .collect();
    let mut last = until.iter().rev().take(2).filter(|token| token.token.to_string() == found);
    last.next().and_then(|token| Position::of_span(token.span)).unwrap_or(place)
}
