//! Values of types that do not go together, refused as Trino does and not brought to one type in silence.
//!
//! | where | refused |
//! |---|---|
//! | `1 = 'x'`, BETWEEN, IN | a text in the statement that is no number, beside a number |
//! | `eventTime BETWEEN 1 AND 2` | numbers beside times |
//! | `CASE WHEN 'x'`, `IF(1, ..)` | what is no condition |
//! | `SELECT 1 UNION SELECT 'x'` | columns of numbers, booleans, text or times under each other |
//!
//! Text under times is let through: CloudTrail Lake does so, and there are queries that rely on it.

use auditlake_functions::engine_error::into_datafusion;
use auditlake_functions::{is_text, type_name};
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, DataFusionError, NullEquality, Result};
use datafusion::logical_expr::expr::{Between, Case};
use datafusion::logical_expr::{Expr, ExprSchemable, JoinType, LogicalPlan};

use super::INVALID_STATEMENT;

const BOTH: &str = "Write CAST to bring both to one type, as in `CAST(x AS varchar)`.";

fn refused(message: String, hint: &str) -> DataFusionError {
    into_datafusion(Error::invalid(message).with_code(INVALID_STATEMENT).with_hint(hint))
}

/// What types are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Boolean,
    Time,
    Other,
}

impl Kind {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Dictionary(_, value) => Self::of(value),
            DataType::Boolean => Self::Boolean,
            DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => Self::Time,
            of if of.is_numeric() => Self::Number,
            of if is_text(of) => Self::Text,
            _ => Self::Other,
        }
    }

    /// Tells whether columns of both kinds may stand under each other.
    fn joins(self, other: Self) -> bool {
        match (self, other) {
            (Self::Other, _) | (_, Self::Other) => true,
            (Self::Text, Self::Time) | (Self::Time, Self::Text) => true,
            (one, other) => one == other,
        }
    }
}

/// Checks a text of the statement that is compared with a number.
///
/// # Errors
/// `Invalid` for a text that is none.
pub(super) fn check_text(text: &Expr, other: &Field) -> Result<()> {
    let Expr::Literal(value, _) = text else { return Ok(()) };
    let Some(text) = value.try_as_str().flatten() else { return Ok(()) };
    if Kind::of(other.data_type()) != Kind::Number || text.trim().parse::<f64>().is_ok() {
        return Ok(());
    }
    let message = format!("'{text}' is no number, and is compared with {}", type_name(other));
    Err(refused(message, "Compare text with text: `CAST(x AS varchar) = 'text'`."))
}

/// Checks the bounds of BETWEEN.
///
/// # Errors
/// `Invalid` for times between numbers, and the like.
pub(super) fn check_between(between: &Between, schema: &DFSchema) -> Result<()> {
    let (_, value) = between.expr.to_field(schema)?;
    for bound in [&between.low, &between.high] {
        let (_, bound) = bound.to_field(schema)?;
        let kinds = (Kind::of(value.data_type()), Kind::of(bound.data_type()));
        if matches!(
            kinds,
            (Kind::Time, Kind::Number | Kind::Boolean) | (Kind::Number | Kind::Boolean, Kind::Time)
        ) {
            let message = format!("BETWEEN does not compare {} and {}", type_name(&value), type_name(&bound));
            return Err(refused(
                message,
                "Timestamps read `2026-01-31 10:00:00` or `2026-01-31`; `from_unixtime(seconds)` makes one of a number.",
            ));
        }
    }
    Ok(())
}

/// Checks the conditions of CASE WHEN, which IF is too.
///
/// # Errors
/// `Invalid` for a value that is no condition.
pub(super) fn check_conditions(case: &Case, schema: &DFSchema) -> Result<()> {
    if case.expr.is_some() {
        return Ok(());
    }
    for (when, _) in &case.when_then_expr {
        let (_, field) = when.to_field(schema)?;
        if !matches!(field.data_type(), DataType::Boolean | DataType::Null) {
            let message = format!("IF and CASE WHEN want a condition, not {}", type_name(&field));
            return Err(refused(
                message,
                "Compare it with something, as in `x = 'text'`, or write `x IS NOT NULL`.",
            ));
        }
    }
    Ok(())
}

/// Checks that columns of the sides of UNION, INTERSECT and EXCEPT are alike.
///
/// # Errors
/// `Invalid`, naming the column.
pub(super) fn check_sides(plan: &LogicalPlan) -> Result<()> {
    match plan {
        LogicalPlan::Union(union) => {
            let Some((first, others)) = union.inputs.split_first() else { return Ok(()) };
            for other in others {
                let fields = first.schema().fields().iter().zip(other.schema().fields());
                for (at, (one, other)) in fields.enumerate() {
                    check_columns("UNION", at + 1, one, other)?;
                }
            }
        }
        // Joins in which NULL equals NULL are what the planner makes of set operations.
        LogicalPlan::Join(join) if join.null_equality == NullEquality::NullEqualsNull => {
            let name = match join.join_type {
                JoinType::LeftSemi => "INTERSECT",
                JoinType::LeftAnti => "EXCEPT",
                _ => return Ok(()),
            };
            for (at, (left, right)) in join.on.iter().enumerate() {
                let (_, left) = left.to_field(join.left.schema())?;
                let (_, right) = right.to_field(join.right.schema())?;
                check_columns(name, at + 1, &left, &right)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_columns(operation: &str, number: usize, one: &Field, other: &Field) -> Result<()> {
    if Kind::of(one.data_type()).joins(Kind::of(other.data_type())) {
        return Ok(());
    }
    let (one, other) = (type_name(one), type_name(other));
    let message = format!("column {number} of {operation} is {one} on one side and {other} on the other");
    Err(refused(message, BOTH))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::testing::{run, session};

    #[tokio::test]
    async fn unlike_values_are_refused() {
        let state = session();
        for (sql, said) in [
            ("SELECT 1 = 'x'", "'x' is no number, and is compared with bigint"),
            ("SELECT 1 IN ('x', 'y')", "'x' is no number"),
            (
                "SELECT 1 FROM trail WHERE eventTime BETWEEN 1 AND 2",
                "BETWEEN does not compare timestamp and bigint",
            ),
            ("SELECT CASE WHEN eventName THEN 1 END FROM trail", "want a condition, not varchar"),
            ("SELECT IF(1, 2, 3)", "want a condition, not bigint"),
            ("SELECT transform(ARRAY['a'], x -> IF(x, 1, 2))", "want a condition, not varchar"),
            ("SELECT 1 UNION SELECT 'x'", "column 1 of UNION is bigint on one side and varchar"),
            ("SELECT 'a', true UNION ALL SELECT 'x', 2", "column 2 of UNION"),
            ("SELECT 1 INTERSECT SELECT 'x'", "column 1 of INTERSECT"),
            ("SELECT 1 EXCEPT SELECT 'x'", "column 1 of EXCEPT"),
        ] {
            let error = run(&state, sql).await.unwrap_err();
            assert!(error.message().contains(said), "{sql}: {error:?}");
        }
    }

    #[tokio::test]
    async fn what_lake_compares_is_compared() {
        let state = session();
        for (sql, rows) in [
            ("SELECT 1 = '1', 1.5 = ' 1.5', NULL = 'x'", vec!["true|true|NULL"]),
            ("SELECT eventID FROM trail WHERE sessionCredentialFromConsole = true", vec!["e1"]),
            ("SELECT eventID FROM trail WHERE readOnly = 'true'", vec!["e1"]),
            ("SELECT count(*) FROM (SELECT 1 UNION SELECT 2.5 UNION SELECT NULL)", vec!["3"]),
            (
                "SELECT count(*) FROM (SELECT eventTime FROM trail UNION ALL SELECT sourceIPAddress FROM trail)",
                vec!["6"],
            ),
        ] {
            assert_eq!(run(&state, sql).await.unwrap().rows, rows, "{sql}");
        }
    }
}
