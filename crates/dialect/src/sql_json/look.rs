//! `json_exists`, `json_query` and `json_value`.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{CaseWhen, CastKind, DataType, Expr, Ident};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::{
    Parsed, cast, format_json, is_varchar, named_call, null, plain_call, returned, returning, text, word,
    words,
};

/// The longest JSON argument and default, as text, that may be written twice into a plan.
const LONGEST_REPEATED: usize = 2_000;

/// Parses what all three begin with: JSON and a path.
fn json_and_path(parser: &mut Parser) -> Parsed<Vec<Expr>> {
    let json = parser.parse_expr()?;
    format_json(parser)?;
    parser.expect_token(&Token::Comma)?;
    let path = parser.parse_expr()?;
    if word(parser, "passing") {
        return Err(ParserError::ParserError(
            "PASSING is not part of Lake SQL: a path holds no variables".to_owned(),
        ));
    }
    Ok(vec![json, path])
}

pub(super) fn exists(parser: &mut Parser, name: &Ident) -> Parsed<Expr> {
    let mut arguments = json_and_path(parser)?;
    let answers = ["true", "false", "unknown", "error"];
    let found = answers.into_iter().find(|answer| words(parser, &[answer, "on", "error"]));
    arguments.push(text(found.unwrap_or("false")));
    Ok(named_call(name, arguments))
}

pub(super) fn query(parser: &mut Parser, name: &Ident) -> Parsed<Expr> {
    let mut arguments = json_and_path(parser)?;
    let data_type = returning(parser)?;
    let wrapper = wrapper(parser)?;
    let quotes = quotes(parser);
    if quotes.is_some() && wrapper != "without" {
        return Err(ParserError::ParserError(
            "KEEP or OMIT QUOTES beside an ARRAY WRAPPER, in which texts keep theirs".to_owned(),
        ));
    }
    let on_empty = json_instead(parser, "empty").unwrap_or("null");
    let on_error = json_instead(parser, "error").unwrap_or("null");
    arguments.extend([wrapper, quotes.unwrap_or("keep"), on_empty, on_error].map(text));
    returned(parser, named_call(name, arguments), data_type)
}

fn wrapper(parser: &mut Parser) -> Parsed<&'static str> {
    let found = if word(parser, "without") {
        "without"
    } else if word(parser, "with") {
        let is_conditional = word(parser, "conditional");
        if is_conditional {
            "conditional"
        } else {
            word(parser, "unconditional");
            "with"
        }
    } else {
        return Ok("without");
    };
    word(parser, "array");
    if word(parser, "wrapper") {
        return Ok(found);
    }
    parser.expected_ref("ARRAY WRAPPER", parser.peek_token_ref())
}

fn quotes(parser: &mut Parser) -> Option<&'static str> {
    let found = ["keep", "omit"].into_iter().find(|what| words(parser, &[what, "quotes"]));
    if found.is_some() {
        words(parser, &["on", "scalar", "string"]);
    }
    found
}

/// Parses what `json_query` gives in place of nothing, or of an error.
fn json_instead(parser: &mut Parser, of: &str) -> Option<&'static str> {
    let forms: [(&[&str], &str); 4] = [
        (&["null"], "null"),
        (&["error"], "error"),
        (&["empty", "array"], "array"),
        (&["empty", "object"], "object"),
    ];
    let found = forms.into_iter().find(|(form, _)| {
        let form: Vec<&str> = form.iter().copied().chain(["on", of]).collect();
        words(parser, &form)
    });
    found.map(|(_, what)| what)
}

/// What `json_value` gives in place of nothing, or of an error.
struct Instead {
    what: &'static str,
    default: Option<Expr>,
}

/// Parses what stands before ON EMPTY, then what stands before ON ERROR.
fn instead(parser: &mut Parser) -> Parsed<[Instead; 2]> {
    let mut found = [Instead { what: "null", default: None }, Instead { what: "null", default: None }];
    for (place, of) in ["empty", "error"].into_iter().enumerate() {
        if words(parser, &["error", "on", of]) {
            found[place].what = "error";
        } else if !words(parser, &["null", "on", of]) && word(parser, "default") {
            let default = Instead { what: "default", default: Some(parser.parse_expr()?) };
            if words(parser, &["on", of]) {
                found[place] = default;
            } else if place == 0 && words(parser, &["on", "error"]) {
                found[1] = default;
                break;
            } else {
                return parser.expected_ref("ON EMPTY or ON ERROR", parser.peek_token_ref());
            }
        }
    }
    Ok(found)
}

pub(super) fn value(parser: &mut Parser, name: &Ident) -> Parsed<Expr> {
    let mut arguments = json_and_path(parser)?;
    let data_type = returning(parser)?;
    let [on_empty, on_error] = instead(parser)?;
    let is_json = data_type.as_ref().is_some_and(is_of_json);
    // The defaults have the form of what is found: JSON, where a number or a boolean is wanted.
    let default = |default: Option<Expr>| match (default, is_json) {
        (None, _) => null(),
        (Some(default), true) => cast(CastKind::Cast, default, DataType::JSON),
        (Some(default), false) => cast(CastKind::Cast, default, DataType::Varchar(None)),
    };
    arguments.extend([if is_json { "json" } else { "text" }, on_empty.what, on_error.what].map(text));
    arguments.extend([default(on_empty.default), default(on_error.default.clone())]);
    let found = named_call(name, arguments);
    let Some(data_type) = data_type else { return Ok(found) };
    if is_varchar(&data_type) {
        return Ok(cast(CastKind::Cast, found, data_type));
    }
    match (on_error.what, on_error.default) {
        ("error", _) => Ok(cast(CastKind::Cast, found, data_type)),
        (_, Some(default)) => converted_or(found, data_type, default),
        _ => Ok(cast(CastKind::TryCast, found, data_type)),
    }
}

/// Tells whether a value becomes one of this type by way of JSON, in which a number is told from its text.
fn is_of_json(data_type: &DataType) -> bool {
    let is_text_or_time = matches!(
        data_type,
        DataType::Date | DataType::Timestamp(..) | DataType::Time(..) | DataType::Datetime(_)
    );
    !is_varchar(data_type) && !is_text_or_time
}

/// Gives a value another type, or the default where it does not become one; NULL stays NULL.
fn converted_or(found: Expr, data_type: DataType, default: Expr) -> Parsed<Expr> {
    if found.to_string().len() > LONGEST_REPEATED {
        return Err(ParserError::ParserError(
            "json_value with RETURNING and DEFAULT .. ON ERROR is too long: name its JSON in a WITH query"
                .to_owned(),
        ));
    }
    let converted = plain_call(
        "coalesce",
        vec![
            cast(CastKind::TryCast, found.clone(), data_type.clone()),
            cast(CastKind::Cast, default, data_type),
        ],
    );
    Ok(Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition: Expr::IsNotNull(Box::new(found)), result: converted }],
        else_result: None,
    })
}
