//! Casts that the engine does as well: they prune, fold and cost what its own do.

use std::sync::Arc;

use auditlake_events::schema::is_json;
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::{Cast, Expr};

use super::types::{LakeType, UTC};
use crate::engine_error::{INVALID_STATEMENT, into_datafusion};
use crate::is_free_form;
use crate::text::is_text;

const DAY_MICROS: i64 = 86_400_000_000;

/// Returns an expression of the engine that means the same as the cast; `None` if there is none.
pub(super) fn simpler(value: &Expr, from: &Field, to: &LakeType) -> Option<Expr> {
    if is_same(from, to) {
        return Some(value.clone());
    }
    // A cast to a date stays a call, so that comparisons of it become ranges.
    (is_plain(from, to) && *to != LakeType::Date).then(|| {
        Expr::Cast(Cast::new_from_field(Box::new(value.clone()), Arc::clone(&to.field("lake_cast"))))
    })
}

/// Tells whether all values are of the type already.
fn is_same(from: &Field, to: &LakeType) -> bool {
    let changes_values = match to {
        LakeType::Varchar(length) => length.is_some(),
        LakeType::Char(_) | LakeType::IpAddress | LakeType::Uuid => true,
        LakeType::Timestamp(digits) | LakeType::TimestampZone(digits, _) => {
            digits.is_some_and(|digits| digits < 6)
        }
        _ => to.is_nested() || matches!(to, LakeType::IntervalDay | LakeType::IntervalYear),
    };
    !changes_values
        && *from.data_type() == to.data_type()
        && is_json(from) == (*to == LakeType::Json)
        && !is_free_form(from)
}

/// Tells whether the engine's cast gives the same value for each value, and never an error.
pub(super) fn is_plain(from: &Field, to: &LakeType) -> bool {
    let is_utc = |zone: &Option<Arc<str>>| zone.as_deref().is_none_or(|zone| zone == UTC);
    let is_coarse =
        |unit: &TimeUnit| matches!(unit, TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond);
    match (from.data_type(), to) {
        (text, LakeType::Varchar(None)) if is_text(text) => !is_json(from),
        (integer, LakeType::BigInt) => integer.is_integer() && *integer != DataType::UInt64,
        (DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16, LakeType::Integer) => true,
        (integer, LakeType::Double) if integer.is_integer() => *integer != DataType::UInt64,
        (DataType::Float32, LakeType::Double) => true,
        (DataType::Timestamp(_, zone), LakeType::Date) => is_utc(zone),
        (DataType::Timestamp(unit, zone), LakeType::Timestamp(None)) => is_utc(zone) && is_coarse(unit),
        (DataType::Timestamp(unit, zone), LakeType::TimestampZone(None, _)) => {
            zone.is_some() && is_coarse(unit)
        }
        (DataType::Date32, LakeType::Timestamp(None) | LakeType::TimestampZone(None, None)) => true,
        _ => false,
    }
}

/// Returns the range of instants that a day is; `None` if values are no instants in UTC, or the day is no constant.
pub(super) fn day(from: &Field, to: &LakeType, day: &Expr) -> Option<Interval> {
    let (DataType::Timestamp(TimeUnit::Microsecond, zone), LakeType::Date) = (from.data_type(), to) else {
        return None;
    };
    let Expr::Literal(ScalarValue::Date32(Some(day)), _) = day else { return None };
    let midnight = |day: i64| {
        let micros = day.checked_mul(DAY_MICROS)?;
        Some(ScalarValue::TimestampMicrosecond(Some(micros), zone.clone()))
    };
    if !is_plain(from, to) {
        return None;
    }
    Interval::try_new(midnight(i64::from(*day))?, midnight(i64::from(*day) + 1)?).ok()
}

/// Checks that values of one type can be cast to another at all.
///
/// # Errors
/// `Invalid`.
pub(super) fn check(from: &Field, to: &LakeType) -> Result<()> {
    let is_list = |data_type: &DataType| {
        matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
    };
    let is_fine = match (from.data_type(), to) {
        (DataType::Null, _) => true,
        (_, LakeType::Json | LakeType::Varchar(_)) => true,
        (text, _) if is_json(from) && is_text(text) => true,
        (list, LakeType::Array(_)) => is_list(list),
        (map, LakeType::Map(..)) => matches!(map, DataType::Map(..)),
        (DataType::Struct(fields), LakeType::Row(to)) => fields.len() == to.len(),
        (_, LakeType::Row(_)) => false,
        (DataType::Struct(_) | DataType::Map(..), _) => false,
        (DataType::Boolean, to) => is_number(to) || matches!(to, LakeType::Boolean | LakeType::Char(_)),
        (list, _) if is_list(list) => false,
        (number, LakeType::Date | LakeType::Time | LakeType::Timestamp(_) | LakeType::TimestampZone(..)) => {
            !number.is_numeric()
        }
        (time, to) if time.is_temporal() => !is_number(to) && *to != LakeType::Boolean,
        _ => true,
    };
    if is_fine {
        return Ok(());
    }
    let from = crate::type_name(from);
    let error = Error::invalid(format!("cannot cast {from} to {to}")).with_code(INVALID_STATEMENT);
    Err(into_datafusion(match to {
        LakeType::Date | LakeType::Timestamp(_) | LakeType::TimestampZone(..) if from != "boolean" => {
            error.with_hint("Seconds since 1970 become an instant by `from_unixtime(x)`.")
        }
        LakeType::Map(..) | LakeType::Array(_) | LakeType::Row(_) if from == "varchar" => {
            error.with_hint(format!("Parse JSON text first: `CAST(json_parse(x) AS {to})`."))
        }
        _ => error,
    }))
}

fn is_number(to: &LakeType) -> bool {
    matches!(
        to,
        LakeType::TinyInt
            | LakeType::SmallInt
            | LakeType::Integer
            | LakeType::BigInt
            | LakeType::Real
            | LakeType::Double
            | LakeType::Decimal(..)
    )
}
