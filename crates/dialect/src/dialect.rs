//! What Lake SQL looks like to the parser.

use std::any::TypeId;

use sqlparser::ast::Expr;
use sqlparser::dialect::{Dialect, GenericDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::arrows::MEMBER;
use super::sql_json;

/// Between a cast by `::` and `AT TIME ZONE`.
const MEMBER_PRECEDENCE: u8 = 45;

/// The syntax of Lake SQL: Trino's SELECT, as far as CloudTrail Lake takes it, and what costs nothing beside it.
///
/// Names stand in double quotes only, strings have no backslash escapes, comments do not nest, and
/// `x -> x.type` is a lambda. Statement kinds are not decided here but in [`super::parse`].
#[derive(Debug, Clone, Copy, Default)]
pub struct LakeDialect;

impl Dialect for LakeDialect {
    /// The parser ties UNNEST in FROM and more to type ids of its own dialects.
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch.is_ascii_digit() || ch == '_'
    }

    fn identifier_quote_style(&self, _identifier: &str) -> Option<char> {
        Some('"')
    }

    fn supports_lambda_functions(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_unicode_string_literal(&self) -> bool {
        true
    }

    /// `$StartTime$` is one token; strings in dollars are not Trino's.
    fn supports_dollar_placeholder(&self) -> bool {
        true
    }

    fn supports_select_wildcard_except(&self) -> bool {
        true
    }

    fn supports_select_wildcard_exclude(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_comma_separated_trim(&self) -> bool {
        true
    }

    fn allow_extract_custom(&self) -> bool {
        true
    }

    fn parse_prefix(&self, parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
        sql_json::parse(parser).or_else(|| keyword_as_name(parser))
    }

    /// `OPERATOR` is an alias unless it names an operator in parentheses; steps into JSON (`->`, `->>`) bind closer
    /// than arithmetic and comparisons.
    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        match &parser.peek_token_ref().token {
            Token::LongArrow => Some(Ok(MEMBER_PRECEDENCE)),
            Token::CustomBinaryOperator(operator) if operator == MEMBER => Some(Ok(MEMBER_PRECEDENCE)),
            _ => {
                let is_alias = keyword(parser.peek_token_ref()) == Keyword::OPERATOR
                    && parser.peek_nth_token_ref(1).token != Token::LParen;
                is_alias.then(|| Ok(self.prec_unknown()))
            }
        }
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        expr: &Expr,
        _precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        is_distinct_from(parser, expr)
    }
}

fn keyword(token: &TokenWithSpan) -> Keyword {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// Takes `USER` for a name, and `INTERVAL` where no literal follows.
fn keyword_as_name(parser: &mut Parser) -> Option<Result<Expr, ParserError>> {
    let next = parser.peek_nth_token_ref(1);
    let is_name = match keyword(parser.peek_token_ref()) {
        Keyword::USER => next.token != Token::LParen,
        Keyword::INTERVAL => match &next.token {
            Token::SingleQuotedString(_) | Token::Number(..) | Token::Placeholder(_) => false,
            Token::LParen | Token::Minus | Token::Plus => false,
            Token::Word(_) => ENDS_NAME.contains(&keyword(next)),
            _ => true,
        },
        _ => false,
    };
    is_name.then(|| parser.parse_identifier().map(Expr::Identifier))
}

/// Words that no value begins with.
const ENDS_NAME: [Keyword; 26] = [
    Keyword::FROM,
    Keyword::AS,
    Keyword::IS,
    Keyword::IN,
    Keyword::NOT,
    Keyword::LIKE,
    Keyword::BETWEEN,
    Keyword::AND,
    Keyword::OR,
    Keyword::ASC,
    Keyword::DESC,
    Keyword::NULLS,
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::UNION,
    Keyword::EXCEPT,
    Keyword::INTERSECT,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::END,
];

/// Parses `IS [NOT] DISTINCT FROM value`.
///
/// The parser of the library takes everything behind it for the value: `a IS DISTINCT FROM b AND c` would be
/// `a IS DISTINCT FROM (b AND c)`.
fn is_distinct_from(parser: &mut Parser, expr: &Expr) -> Option<Result<Expr, ParserError>> {
    let negated = if parser.parse_keywords(&[Keyword::IS, Keyword::DISTINCT, Keyword::FROM]) {
        false
    } else if parser.parse_keywords(&[Keyword::IS, Keyword::NOT, Keyword::DISTINCT, Keyword::FROM]) {
        true
    } else {
        return None;
    };
    let left = Box::new(expr.clone());
    let value = parser.parse_subexpr(LakeDialect.prec_value(Precedence::Eq));
    Some(value.map(|right| match negated {
        false => Expr::IsDistinctFrom(left, Box::new(right)),
        true => Expr::IsNotDistinctFrom(left, Box::new(right)),
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn parsed(sql: &str) -> String {
        let mut parser = Parser::new(&LakeDialect).try_with_sql(sql).unwrap();
        let expr = parser.parse_expr().unwrap();
        match expr {
            Expr::BinaryOp { left, op, right } => format!("[{left}] {op} [{right}]"),
            other => format!("[{other}]"),
        }
    }

    #[test]
    fn is_distinct_from_ends_where_its_value_ends() {
        for (sql, expect) in [
            ("a IS DISTINCT FROM b AND c", "[a IS DISTINCT FROM b] AND [c]"),
            ("a IS NOT DISTINCT FROM b OR c", "[a IS NOT DISTINCT FROM b] OR [c]"),
            ("x AND a IS DISTINCT FROM b + 1", "[x] AND [a IS DISTINCT FROM b + 1]"),
            ("a IS DISTINCT FROM b || 'x'", "[a IS DISTINCT FROM b || 'x']"),
            ("a IS NOT NULL AND c", "[a IS NOT NULL] AND [c]"),
        ] {
            assert_eq!(parsed(sql), expect, "{sql}");
        }
    }
}
