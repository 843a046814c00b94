//! `json_object` and `json_array`.

use sqlparser::ast::{CastKind, DataType, Expr, Ident, ObjectNamePart};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use super::{Parsed, cast, format_json, named_call, plain_call, returned, returning, text, word, words};

pub(super) fn object(parser: &mut Parser, name: &Ident) -> Parsed<Expr> {
    let mut members = Vec::new();
    let mut on_null = "null";
    if !ends_members(parser) {
        loop {
            members.extend(member(parser)?);
            if !parser.consume_token(&Token::Comma) {
                break;
            }
        }
        on_null = null_clause(parser).unwrap_or(on_null);
    }
    let is_unique = words(parser, &["with", "unique"]);
    if is_unique || words(parser, &["without", "unique"]) {
        word(parser, "keys");
    }
    let options = if is_unique { format!("{on_null} unique") } else { on_null.to_owned() };
    finished(parser, name, &options, members)
}

pub(super) fn array(parser: &mut Parser, name: &Ident) -> Parsed<Expr> {
    let mut items = Vec::new();
    let mut on_null = "absent";
    if !ends_members(parser) {
        loop {
            items.push(value(parser)?);
            if !parser.consume_token(&Token::Comma) {
                break;
            }
        }
        on_null = null_clause(parser).unwrap_or(on_null);
    }
    finished(parser, name, on_null, items)
}

fn finished(parser: &mut Parser, name: &Ident, options: &str, values: Vec<Expr>) -> Parsed<Expr> {
    let data_type = returning(parser)?;
    let mut arguments = vec![text(options)];
    arguments.extend(values);
    returned(parser, named_call(name, arguments), data_type)
}

fn ends_members(parser: &Parser) -> bool {
    let is = |place: usize, words: &[&str]| {
        matches!(&parser.peek_nth_token_ref(place).token,
            Token::Word(word) if words.iter().any(|expected| word.value.eq_ignore_ascii_case(expected)))
    };
    parser.peek_token_ref().token == Token::RParen
        || is(0, &["with", "without"]) && is(1, &["unique"])
        || is(0, &["returning"]) && matches!(parser.peek_nth_token_ref(1).token, Token::Word(_))
}

fn null_clause(parser: &mut Parser) -> Option<&'static str> {
    if words(parser, &["null", "on", "null"]) {
        Some("null")
    } else if words(parser, &["absent", "on", "null"]) {
        Some("absent")
    } else {
        None
    }
}

/// Parses `KEY k VALUE v`, `k VALUE v` or `k : v`.
fn member(parser: &mut Parser) -> Parsed<[Expr; 2]> {
    // `key` may be the name of a column too.
    let is_name = |token: &Token| {
        matches!(token, Token::Colon | Token::Period | Token::LParen | Token::StringConcat)
            || matches!(token, Token::Word(word) if word.value.eq_ignore_ascii_case("value"))
    };
    if !is_name(&parser.peek_nth_token_ref(1).token) {
        word(parser, "key");
    }
    // Behind any other key the parser would take the colon for an operator.
    let key = match parser.peek_nth_token_ref(1).token {
        Token::Colon => parser.parse_prefix()?,
        _ => parser.parse_expr()?,
    };
    if !parser.consume_token(&Token::Colon) && !word(parser, "value") {
        return parser.expected_ref("VALUE or a colon behind the key of a member", parser.peek_token_ref());
    }
    Ok([as_json(key), value(parser)?])
}

/// Parses a value; what is JSON already is taken over.
fn value(parser: &mut Parser) -> Parsed<Expr> {
    let value = parser.parse_expr()?;
    if format_json(parser)? {
        return Ok(plain_call("json_format", vec![value]));
    }
    Ok(match made_here(&value).as_deref() {
        Some("json_object" | "json_array") => value,
        Some("json_query") => plain_call("json_format", vec![value]),
        _ => as_json(value),
    })
}

/// Returns the name of the function that a value is a call of.
fn made_here(value: &Expr) -> Option<String> {
    let Expr::Function(function) = value else { return None };
    match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => Some(name.value.to_lowercase()),
        _ => None,
    }
}

fn as_json(value: Expr) -> Expr {
    cast(CastKind::Cast, value, DataType::JSON)
}
