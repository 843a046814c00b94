//! What Lake SQL looks like to the parser.

use std::any::TypeId;

use sqlparser::dialect::{Dialect, GenericDialect};

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

    fn allow_extract_custom(&self) -> bool {
        true
    }
}
