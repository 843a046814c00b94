//! Tells `json -> 'key'` from the lambda `x -> 'constant'`, before tokens are parsed.
//!
//! The parser takes every `name ->` for the beginning of a lambda. Trino knows lambdas alone; the operator on JSON is
//! beyond it, so where both could be meant it is a lambda.
//!
//! | tokens | is |
//! |---|---|
//! | `filter(resources, r -> ..)`, `map_filter(m, (k, v) -> ..)` | lambda: an argument of a function that takes lambdas |
//! | `requestParameters -> 'key'`, `t.column -> 0`, `f(x) -> 'key'`, `json -> 'a' -> 'b'` | operator, since text or a number follows |

use auditlake_functions::lambda_places;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The operator as it is written in trees.
pub(super) const MEMBER: &str = "->";

/// Makes each `->` that reads a member of JSON an operator of its own.
pub(super) fn mark(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| token.token == Token::Arrow) {
        return tokens;
    }
    let shown: Vec<usize> =
        (0..tokens.len()).filter(|index| !matches!(tokens[*index].token, Token::Whitespace(_))).collect();
    let mut arrows = Vec::new();
    // For each parenthesis that is open, whether it holds the arguments of a function that takes lambdas.
    let mut open: Vec<Open> = Vec::new();
    // Where the parenthesis began that closed last.
    let mut closed = 0;
    for (place, index) in shown.iter().enumerate() {
        let at = |place: usize| shown.get(place).map(|index| &tokens[*index].token);
        match &tokens[*index].token {
            Token::LParen => {
                let lambdas = place.checked_sub(1).and_then(at).map(lambdas_of).unwrap_or_default();
                open.push(Open { start: place, lambdas, argument: 0 });
            }
            Token::LBracket => open.push(Open { start: place, lambdas: Vec::new(), argument: 0 }),
            Token::Comma => {
                if let Some(open) = open.last_mut() {
                    open.argument += 1;
                }
            }
            Token::RParen => closed = open.pop().map_or(0, |open| open.start),
            Token::RBracket => drop(open.pop()),
            Token::Arrow => {
                let parameters = match place.checked_sub(1).and_then(at) {
                    Some(Token::Word(_)) => place - 1,
                    Some(Token::RParen) => closed,
                    _ => 0,
                };
                let begins = parameters.checked_sub(1).and_then(at);
                let is_argument = open.last().is_some_and(Open::takes_lambda)
                    && matches!(begins, Some(Token::LParen | Token::Comma));
                let has_key = matches!(
                    at(place + 1),
                    Some(
                        Token::SingleQuotedString(_)
                            | Token::Number(..)
                            | Token::Minus
                            | Token::Placeholder(_)
                    )
                );
                if has_key && !is_argument {
                    arrows.push(*index);
                }
            }
            _ => {}
        }
    }
    for index in arrows {
        tokens[index].token = Token::CustomBinaryOperator(MEMBER.to_owned());
    }
    tokens
}

/// A parenthesis or bracket that is open.
struct Open {
    start: usize,
    /// Which arguments of the call are lambdas.
    lambdas: Vec<Option<usize>>,
    /// The argument that is being passed.
    argument: usize,
}

impl Open {
    fn takes_lambda(&self) -> bool {
        self.lambdas.get(self.argument).is_some_and(Option::is_some)
    }
}

/// Returns which arguments of a call are lambdas; `token` stands before its parenthesis.
fn lambdas_of(token: &Token) -> Vec<Option<usize>> {
    let Token::Word(word) = token else { return Vec::new() };
    lambda_places(&word.value.to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::parse::tokenize;

    #[test]
    fn operators_are_told_from_lambdas() {
        for (sql, operators) in [
            ("SELECT a -> 'k'", 1),
            ("SELECT a -> 'k' -> 0 ->> 'x'", 2),
            ("SELECT t.a -> 'k', lower(a -> 'k'), (a -> 'k') = 'x'", 3),
            ("SELECT filter(a, x -> x.b = 'c')", 0),
            ("SELECT transform(a, x -> 'c'), transform(a, x -> 1)", 0),
            ("SELECT filter(a, x -> x -> 'c' = 'd')", 1),
            ("SELECT map_filter(m, (k, v) -> 'c' = v)", 0),
            ("SELECT reduce(a, 0, (s, x) -> s + x, s -> s)", 0),
            ("SELECT filter(a, x -> (x) -> 'k' = 'b')", 1),
            ("SELECT transform(a -> 'k', x -> x)", 1),
            ("SELECT regexp_replace(a -> 'k', b -> 'k', '')", 2),
            ("SELECT regexp_replace(a, 'b', x -> 'c')", 0),
            ("SELECT transform(ARRAY[1, 2], x -> 'c')", 0),
            ("SELECT '->'", 0),
        ] {
            let marked = mark(tokenize(sql).unwrap());
            let found = marked.iter().filter(|token| matches!(token.token, Token::CustomBinaryOperator(_)));
            assert_eq!(found.count(), operators, "{sql}");
        }
    }
}
