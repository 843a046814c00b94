//! The JSON functions of standard SQL, whose arguments are words: `KEY 'a' VALUE x NULL ON NULL`.
//!
//! They become plain calls, with what the words say as texts before or behind the values:
//!
//! | as typed | becomes |
//! |---|---|
//! | `json_object(KEY 'a' VALUE x ABSENT ON NULL WITH UNIQUE KEYS)` | `json_object('absent unique', 'a', x)`, key and value cast to JSON |
//! | `json_array(x, y FORMAT JSON)` | `json_array('absent', CAST(x AS json), json_format(y))` |
//! | `json_exists(j, 'lax $.a' ERROR ON ERROR)` | `json_exists(j, 'lax $.a', 'error')` |
//! | `json_query(j, 'lax $.a' WITH ARRAY WRAPPER)` | `json_query(j, 'lax $.a', 'with', 'keep', 'null', 'null')` |
//! | `json_value(j, 'lax $.a' RETURNING bigint)` | `TRY_CAST(json_value(j, 'lax $.a', 'json', 'null', 'null', NULL, NULL) AS bigint)` |

mod construct;
mod look;

use sqlparser::ast::{CastKind, DataType, Expr, Ident, ObjectNamePart, Value};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::cast::plain_call;

type Parsed<T> = Result<T, ParserError>;

/// Parses a call of one of these functions; `None` if none stands here.
pub(super) fn parse(parser: &mut Parser) -> Option<Parsed<Expr>> {
    let Token::Word(word) = &parser.peek_token_ref().token else { return None };
    if word.quote_style.is_some() || parser.peek_nth_token_ref(1).token != Token::LParen {
        return None;
    }
    let parts: fn(&mut Parser, &Ident) -> Parsed<Expr> = match word.value.to_lowercase().as_str() {
        "json_object" => construct::object,
        "json_array" => construct::array,
        "json_exists" => look::exists,
        "json_query" => look::query,
        "json_value" => look::value,
        _ => return None,
    };
    Some(call(parser, parts))
}

fn call(parser: &mut Parser, parts: fn(&mut Parser, &Ident) -> Parsed<Expr>) -> Parsed<Expr> {
    let name = parser.parse_identifier()?;
    parser.expect_token(&Token::LParen)?;
    let call = parts(parser, &name)?;
    parser.expect_token(&Token::RParen)?;
    Ok(call)
}

/// Takes a word if it is next, keyword of the parser or not.
fn word(parser: &mut Parser, expected: &str) -> bool {
    let found = matches!(&parser.peek_token_ref().token,
        Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(expected));
    if found {
        parser.advance_token();
    }
    found
}

/// Takes several words if all of them are next.
fn words(parser: &mut Parser, expected: &[&str]) -> bool {
    let is_next = |(place, expected): (usize, &&str)| {
        matches!(&parser.peek_nth_token_ref(place).token,
            Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(expected))
    };
    let found = expected.iter().enumerate().all(is_next);
    if found {
        expected.iter().for_each(|_| parser.advance_token());
    }
    found
}

/// Takes `FORMAT JSON [ENCODING UTF8]` if it is next.
fn format_json(parser: &mut Parser) -> Parsed<bool> {
    if !words(parser, &["format", "json"]) {
        return Ok(false);
    }
    if word(parser, "encoding") && !word(parser, "utf8") {
        return parser.expected_ref("UTF8, the only encoding of text", parser.peek_token_ref());
    }
    Ok(true)
}

/// Takes `RETURNING type [FORMAT JSON]` if it is next.
fn returning(parser: &mut Parser) -> Parsed<Option<DataType>> {
    if !parser.parse_keyword(Keyword::RETURNING) {
        return Ok(None);
    }
    let data_type = parser.parse_data_type()?;
    format_json(parser)?;
    Ok(Some(data_type))
}

/// Gives JSON text the type that RETURNING names.
fn returned(parser: &Parser, text: Expr, data_type: Option<DataType>) -> Parsed<Expr> {
    match data_type {
        None => Ok(text),
        Some(DataType::JSON) => Ok(plain_call("json_parse", vec![text])),
        Some(data_type) if is_varchar(&data_type) => Ok(cast(CastKind::Cast, text, data_type)),
        Some(_) => parser.expected_ref("RETURNING varchar, or CAST around the call", parser.peek_token_ref()),
    }
}

fn is_varchar(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Varchar(_) | DataType::Char(_) | DataType::Text | DataType::String(_))
}

fn cast(kind: CastKind, expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind, expr: Box::new(expr), data_type, array: false, format: None }
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).into())
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

/// Returns a call under the name as it was typed, so that errors find its place.
fn named_call(name: &Ident, arguments: Vec<Expr>) -> Expr {
    let mut call = plain_call("", arguments);
    if let Expr::Function(function) = &mut call {
        function.name.0 = vec![ObjectNamePart::Identifier(name.clone())];
    }
    call
}
