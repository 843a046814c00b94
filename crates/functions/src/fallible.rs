//! Which expressions may fail for some values.
//!
//! A condition evaluates such expressions only for rows that pass its other parts.

use auditlake_events::schema::is_json;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};

use crate::cast::CAST;
use crate::text::is_text;

/// Functions that fail for some values of arguments of the right types.
const FALLIBLE: &[&str] = &[
    "arrow_cast",
    "at_timezone",
    "chr",
    "combinations",
    "date",
    "date_add",
    "date_diff",
    "date_parse",
    "date_trunc",
    "day",
    "day_of_week",
    "element_at",
    "format",
    "from_base",
    "from_base32",
    "from_base64",
    "from_base64url",
    "from_big_endian_32",
    "from_big_endian_64",
    "from_hex",
    "from_ieee754_32",
    "from_ieee754_64",
    "from_iso8601_date",
    "from_iso8601_timestamp",
    "from_iso8601_timestamp_nanos",
    "from_unixtime",
    "from_utf8",
    "hour",
    "ip_in",
    "ip_prefix",
    "ip_subnet_max",
    "ip_subnet_min",
    "ip_subnet_range",
    "is_json_scalar",
    "is_subnet_of",
    "json_exists",
    "json_format",
    "json_object",
    "json_parse",
    "json_query",
    "json_value",
    "lake_add",
    CAST,
    "lake_item",
    "lake_multiply",
    "lake_negate",
    "lake_required",
    "lake_subtract",
    "map",
    "map_from_entries",
    "minute",
    "mod",
    "month",
    "multimap_from_entries",
    "ngrams",
    "parse_data_size",
    "parse_datetime",
    "parse_duration",
    "quarter",
    "regexp_count",
    "regexp_extract",
    "regexp_extract_all",
    "regexp_like",
    "regexp_position",
    "regexp_replace",
    "regexp_split",
    "repeat",
    "second",
    "sequence",
    "split",
    "split_part",
    "split_to_map",
    "split_to_multimap",
    "to_char",
    "to_date",
    "to_timestamp",
    "url_decode",
    "week",
    "width_bucket",
    "with_timezone",
    "year",
];

/// Those of them that fail over text alone: a date or a timestamp has all the parts they ask for.
const FALLIBLE_OVER_TEXT: &[&str] =
    &["date", "day", "day_of_week", "hour", "minute", "month", "quarter", "second", "week", "year"];

/// Tells whether evaluating an expression may fail for some row; constants are evaluated once and count as safe.
pub fn may_fail(expr: &Expr, schema: &DFSchema) -> bool {
    let mut found = false;
    // The closure never fails.
    let _ = expr.apply(|expr| {
        found |= fails_by_itself(expr, schema);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}

/// Tells whether an expression, without those in it, is of a kind that may fail; its types are not looked at.
pub fn could_fail(expr: &Expr) -> bool {
    match expr {
        Expr::Cast(cast) => !matches!(*cast.expr, Expr::Literal(..)),
        Expr::BinaryExpr(BinaryExpr { op: Operator::Divide | Operator::Modulo, right, .. }) => {
            !is_nonzero(right)
        }
        Expr::ScalarFunction(call) => {
            FALLIBLE.binary_search(&call.func.name()).is_ok() && !is_safe_call(call.func.name(), &call.args)
        }
        _ => false,
    }
}

fn fails_by_itself(expr: &Expr, schema: &DFSchema) -> bool {
    could_fail(expr)
        && match expr {
            Expr::Cast(cast) => {
                let from = cast.expr.get_type(schema);
                from.map_or(true, |from| !is_safe_cast(&from, cast.field.data_type()))
            }
            Expr::BinaryExpr(division) => {
                !division.left.get_type(schema).is_ok_and(|left| left.is_floating())
            }
            Expr::ScalarFunction(call) if call.func.name() == CAST => cast_may_fail(expr, &call.args, schema),
            Expr::ScalarFunction(call) if FALLIBLE_OVER_TEXT.contains(&call.func.name()) => {
                let is_time = |arg: &Expr| arg.get_type(schema).is_ok_and(|of| is_time(&of));
                !call.args.iter().all(is_time)
            }
            _ => true,
        }
}

fn is_time(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Timestamp(..) | DataType::Date32 | DataType::Time32(_) | DataType::Time64(_)
    )
}

fn cast_may_fail(expr: &Expr, args: &[Expr], schema: &DFSchema) -> bool {
    let types = || {
        let (_, from) = args.first()?.to_field(schema).ok()?;
        Some((from, expr.get_type(schema).ok()?))
    };
    // An object is no text, though both are kept as text.
    types().is_none_or(|(from, to)| is_json(&from) || !is_safe_cast(from.data_type(), &to))
}

/// Tells whether a call cannot fail because its pattern, position or unit is a constant, which was checked before.
fn is_safe_call(name: &str, args: &[Expr]) -> bool {
    let is_constant = |index: usize| matches!(args.get(index), Some(Expr::Literal(..)));
    match name {
        CAST => args.first().is_some_and(is_literal),
        "element_at" | "regexp_like" | "regexp_count" | "regexp_position" | "regexp_split" => is_constant(1),
        "regexp_extract" | "regexp_extract_all" | "regexp_replace" => args.iter().skip(1).all(is_literal),
        "json_exists" | "json_query" | "json_value" => !args.iter().skip(2).any(says_error),
        "split_part" => is_constant(2),
        "date_trunc" | "date_add" | "date_diff" | "to_char" => is_constant(0),
        "mod" => args.get(1).is_some_and(is_nonzero),
        "split" => args.iter().skip(1).all(is_literal),
        _ => false,
    }
}

/// Tells whether a clause of a JSON function asks for an error.
fn says_error(clause: &Expr) -> bool {
    matches!(clause, Expr::Literal(text, _) if text.try_as_str() == Some(Some("error")))
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..))
}

fn is_nonzero(expr: &Expr) -> bool {
    let Expr::Literal(value, _) = expr else { return false };
    !value.is_null() && ScalarValue::new_zero(&value.data_type()).is_ok_and(|zero| *value != zero)
}

fn is_safe_cast(from: &DataType, to: &DataType) -> bool {
    let whole_bits =
        |data_type: &DataType| data_type.is_signed_integer().then(|| data_type.primitive_width());
    match (from, to) {
        (from, to) if from == to => true,
        (DataType::Null, _) => true,
        (DataType::Dictionary(_, value), to) => is_safe_cast(value, to),
        (from, to) if is_text(to) => is_text(from) || from.is_primitive() || *from == DataType::Boolean,
        (from, to) if from.is_numeric() && to.is_floating() => true,
        (DataType::Date32, DataType::Timestamp(..)) => true,
        (DataType::Timestamp(..), DataType::Date32 | DataType::Timestamp(..)) => true,
        (from, to) => {
            matches!((whole_bits(from), whole_bits(to)), (Some(from), Some(to)) if from <= to)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]
    use datafusion::arrow::datatypes::{Field, Schema, TimeUnit};
    use datafusion::prelude::col;

    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(FALLIBLE.is_sorted());
        assert!(FALLIBLE_OVER_TEXT.iter().all(|name| FALLIBLE.binary_search(name).is_ok()));
    }

    #[test]
    fn parts_of_times_never_fail() {
        let day = crate::field_function("day").expect("a function");
        let fails = |of: DataType| {
            let field = Field::new("x", of, true);
            let schema = DFSchema::try_from(Schema::new(vec![field])).expect("a schema");
            may_fail(&day.call(vec![col("x")]), &schema)
        };
        assert!(!fails(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))));
        assert!(!fails(DataType::Date32));
        assert!(fails(DataType::Utf8View));
    }
}
