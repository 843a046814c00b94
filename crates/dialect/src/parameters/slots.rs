//! The parameters of a statement before they have values: how many, and of what type.
//!
//! | written | bound | name of the slot |
//! |---|---|---|
//! | `?` | by position | `$1`, `$2`, ... in the order of the text |
//! | `$1`, `$2` | by position, also repeated | `$1`, `$2`, ... |
//! | `:name` | by name; by position in the order of first mention | `name` |
//!
//! One statement keeps to one way. The type is what the other side of an operator asks for, else text: nobody
//! knows what a client means by a value before it gives one.

use std::sync::Arc;

use auditlake_model::{Error, Result, Timestamp};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use datafusion::execution::SessionState;

use serde::{Deserialize, Serialize};

use super::{MAX_PARAMETERS, NumberText, ParameterValue, Parameters, parameter_uses};
use crate::INVALID_STATEMENT;
use crate::parse::{parse, tokenize};
use sqlparser::tokenizer::Token;

/// What a parameter's value should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    Text,
    /// A whole number.
    BigInt,
    /// Any number.
    Double,
    /// True or false.
    Boolean,
    /// An instant.
    Timestamp,
    /// A day.
    Date,
}

impl ParameterType {
    fn of(data_type: Option<&DataType>) -> Self {
        match data_type {
            Some(t) if t.is_integer() => Self::BigInt,
            Some(t) if t.is_numeric() => Self::Double,
            Some(DataType::Boolean) => Self::Boolean,
            Some(DataType::Timestamp(..)) => Self::Timestamp,
            Some(DataType::Date32 | DataType::Date64) => Self::Date,
            _ => Self::Text,
        }
    }

    /// Returns the Arrow type that every client can send: no views, no zones.
    pub fn arrow_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::BigInt => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Date => DataType::Date32,
        }
    }
}

/// A place for a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterSlot {
    /// Its name; see the [module](self).
    pub name: String,
    /// What its value should be.
    #[serde(rename = "type")]
    pub parameter_type: ParameterType,
}

impl ParameterSlot {
    /// Returns the parameter as messages name it.
    pub fn label(&self) -> String {
        label(&self.name)
    }
}

/// Returns a parameter as messages name it: `$1` or `:name`.
pub(super) fn label(name: &str) -> String {
    match name.starts_with('$') {
        true => name.to_owned(),
        false => format!(":{name}"),
    }
}

/// Returns the schema of a row of values: one nullable column for each slot, in order.
pub fn parameter_schema(slots: &[ParameterSlot]) -> SchemaRef {
    let field = |slot: &ParameterSlot| Field::new(&slot.name, slot.parameter_type.arrow_type(), true);
    Arc::new(Schema::new(slots.iter().map(field).collect::<Vec<_>>()))
}

/// Returns the names of the slots of a statement, in the order of their positions.
///
/// # Errors
///
/// `Invalid` for a statement that mixes the ways to write them, or leaves a number out.
pub(super) fn slot_names(sql: &str) -> Result<Vec<String>> {
    let wrong = |message: String| Error::invalid(message).with_code(INVALID_STATEMENT);
    let mut named: Vec<String> = Vec::new();
    for found in parameter_uses(sql) {
        if !named.contains(&found.name) {
            named.push(found.name);
        }
    }
    let (mut marks, mut numbers) = (0_usize, Vec::new());
    for token in tokenize(sql)? {
        let Token::Placeholder(text) = token.token else { continue };
        if text.starts_with('?') {
            marks += 1;
        } else if let Some(digits) = text.strip_prefix('$') {
            let number = digits.parse().ok().filter(|n| (1..=MAX_PARAMETERS).contains(n));
            let number: usize = number.ok_or_else(|| {
                wrong(format!("`{text}` is no parameter"))
                    .with_hint("Write `?`, `$1` or `:name`, not in one statement.")
            })?;
            numbers.push(number);
        }
    }
    let ways = usize::from(marks > 0) + usize::from(!numbers.is_empty()) + usize::from(!named.is_empty());
    if ways > 1 {
        return Err(wrong("a statement mixes parameters by position and by name".to_owned())
            .with_hint("Write all of them as `?`, as `$1`, or as `:name`."));
    }
    let last = numbers.iter().copied().max().unwrap_or(marks);
    if last > MAX_PARAMETERS {
        return Err(Error::resources_exhausted(format!("there are more than {MAX_PARAMETERS} parameters")));
    }
    if let Some(gap) = (1..=last).find(|n| marks == 0 && !numbers.contains(n)) {
        return Err(wrong(format!("parameter `${gap}` is not used, but `${last}` is"))
            .with_hint("Number the parameters from 1 on, without gaps."));
    }
    Ok(if named.is_empty() { (1..=last).map(|n| format!("${n}")).collect() } else { named })
}

/// Returns the names of the slots of a statement as [`slot_names`], and of those of the saved queries that it reads.
///
/// # Errors
/// As [`slot_names`] and [`parse()`]; whatever looking for its tables gives.
pub async fn statement_slot_names(state: &SessionState, sql: &str) -> Result<Vec<String>> {
    let mut names = slot_names(sql)?;
    let mut statement = parse(sql)?;
    statement.expand_views(state).await?;
    for name in statement.named_parameters() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Finds the types of the slots `names` of a statement.
///
/// # Errors
///
/// As parsing; a statement that cannot be planned with open parameters has slots of text.
pub async fn parameter_slots(
    state: &SessionState,
    sql: &str,
    names: Vec<String>,
) -> Result<Vec<ParameterSlot>> {
    let mut statement = parse(sql)?;
    statement.expand_views(state).await?;
    let row_counts = statement.open(&names);
    let planned = crate::plan_body(state, statement.body).await;
    let types = planned.ok().and_then(|(plan, _)| plan.get_parameter_types().ok()).unwrap_or_default();
    let slot = |(index, name): (usize, String)| {
        let number = index + 1;
        let found = types.get(&format!("${number}")).and_then(Option::as_ref);
        let parameter_type = match row_counts.contains(&number) {
            true => ParameterType::BigInt,
            false => ParameterType::of(found),
        };
        ParameterSlot { name, parameter_type }
    };
    Ok(names.into_iter().enumerate().map(slot).collect())
}

/// What stands for a text that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// NULL.
    Null,
    /// The empty text.
    Text,
}

/// Returns a value for each slot that fits its type, so that the statement can be planned.
pub fn samples(slots: &[ParameterSlot], text: Sample) -> Parameters {
    let value = |slot: &ParameterSlot| match slot.parameter_type {
        ParameterType::Text | ParameterType::Date if text == Sample::Null => ParameterValue::Null,
        ParameterType::Text => ParameterValue::Text(String::new()),
        // Neither zero, which may stand below a line, nor NULL, which is no limit.
        ParameterType::BigInt => ParameterValue::Number(NumberText("1".to_owned())),
        ParameterType::Double => ParameterValue::Number(NumberText("1.5e0".to_owned())),
        ParameterType::Boolean => ParameterValue::Boolean(true),
        ParameterType::Timestamp => ParameterValue::Timestamp(Timestamp::from_micros(0)),
        ParameterType::Date => ParameterValue::Text("1970-01-01".to_owned()),
    };
    let values = slots.iter().map(|slot| (slot.name.clone(), value(slot))).collect();
    Parameters { values, offered: false }
}

/// Reads the values of all slots from one row, by position.
///
/// Names and exact types of the columns do not matter: clients choose them. A dense union stands for the value
/// that it holds.
///
/// # Errors
///
/// `Invalid` for another number of rows or columns, and for a value that is none of its slot's type.
pub fn bind_row(slots: &[ParameterSlot], row: &RecordBatch) -> Result<Parameters> {
    if row.num_rows() != 1 || row.num_columns() != slots.len() {
        return Err(Error::invalid(format!(
            "the statement has {} parameters, but {} rows of {} values are bound",
            slots.len(),
            row.num_rows(),
            row.num_columns()
        ))
        .with_code(INVALID_STATEMENT)
        .with_hint("Bind one row with one value for each parameter."));
    }
    let mut parameters = Parameters::default();
    for (slot, column) in slots.iter().zip(row.columns()) {
        let value = value_of(slot.parameter_type, column.as_ref());
        let value = value.map_err(|error| error.with_context("parameter", slot.label()))?;
        parameters.put(&slot.name, value)?;
    }
    Ok(parameters)
}

fn value_of(wanted: ParameterType, column: &dyn Array) -> Result<ParameterValue> {
    if let DataType::Union(..) = column.data_type() {
        let union = column.as_union();
        return value_of(wanted, union.value(0).as_ref());
    }
    if let DataType::Dictionary(_, values) = column.data_type() {
        return value_of(wanted, converted(column, values)?.as_ref());
    }
    if column.is_null(0) || column.data_type() == &DataType::Null {
        return Ok(ParameterValue::Null);
    }
    match wanted {
        ParameterType::Timestamp => instant(column),
        ParameterType::BigInt | ParameterType::Double => match column.data_type() {
            DataType::Boolean => Err(Error::invalid("true and false are no numbers")),
            _ => text(column)?.parse().map(ParameterValue::Number),
        },
        ParameterType::Boolean => boolean(column),
        ParameterType::Text | ParameterType::Date => text(column).map(ParameterValue::Text),
    }
}

/// Text goes on as it is: the dialect compares it with times in every form that it knows.
fn instant(column: &dyn Array) -> Result<ParameterValue> {
    match column.data_type() {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let micros = converted(column, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let micros = micros.as_primitive::<TimestampMicrosecondType>().value(0);
            Ok(ParameterValue::Timestamp(Timestamp::from_micros(micros)))
        }
        _ => text(column).map(ParameterValue::Text),
    }
}

/// Some drivers have no boolean of their own and send 0 and 1.
fn boolean(column: &dyn Array) -> Result<ParameterValue> {
    let text = text(column)?;
    match text.as_str() {
        "0" => Ok(ParameterValue::Boolean(false)),
        "1" => Ok(ParameterValue::Boolean(true)),
        _ => ParameterValue::parse("boolean", &text),
    }
}

fn text(column: &dyn Array) -> Result<String> {
    Ok(converted(column, &DataType::Utf8)?.as_string::<i32>().value(0).to_owned())
}

fn converted(column: &dyn Array, wanted: &DataType) -> Result<ArrayRef> {
    let failed = |error: ArrowError| {
        Error::invalid(format!("a value of type {} cannot be bound", column.data_type()))
            .with_code(INVALID_STATEMENT)
            .with_source(error)
    };
    let array = cast(column, wanted).map_err(failed)?;
    match array.is_null(0) && !column.is_null(0) {
        true => Err(Error::invalid(format!("a value of type {} is out of range", column.data_type()))),
        false => Ok(array),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{
        Int32Array, Int64Array, LargeStringArray, StringArray, TimestampSecondArray, UnionArray,
    };
    use datafusion::arrow::buffer::ScalarBuffer;
    use datafusion::arrow::datatypes::UnionFields;

    use super::*;

    fn slot(name: &str, parameter_type: ParameterType) -> ParameterSlot {
        ParameterSlot { name: name.to_owned(), parameter_type }
    }

    fn row(columns: Vec<ArrayRef>) -> RecordBatch {
        let named = columns.into_iter().map(|column| ("", column));
        RecordBatch::try_from_iter_with_nullable(named.map(|(n, c)| (n, c, true))).unwrap()
    }

    #[test]
    fn slots_are_counted_by_tokens_and_not_by_letters() {
        let names = |sql: &str| slot_names(sql).unwrap();
        assert_eq!(names("SELECT '?' , \"a?\" /* ? */ FROM t -- ?\nWHERE a = ? AND b=?"), ["$1", "$2"]);
        let many: Vec<String> = (1..=11).map(|n| format!("${n}")).collect();
        assert_eq!(names(&format!("SELECT {}", many.join(", "))), many);
        assert_eq!(names("SELECT $2, $1, $2"), ["$1", "$2"]);
        assert_eq!(names("SELECT :b, :a, :b, x::int"), ["b", "a"]);
        assert_eq!(names("SELECT 1"), Vec::<String>::new());
    }

    #[test]
    fn one_way_in_one_statement_and_no_gaps() {
        for sql in ["SELECT ?, $1", "SELECT ?, :a", "SELECT $1, $3", "SELECT $0", "SELECT $name"] {
            assert!(slot_names(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn values_are_bound_by_position_whatever_their_arrow_type() {
        let slots = [
            slot("$1", ParameterType::BigInt),
            slot("$2", ParameterType::Text),
            slot("$3", ParameterType::Timestamp),
            slot("$4", ParameterType::Text),
        ];
        let values = row(vec![
            Arc::new(Int32Array::from(vec![-5])),
            Arc::new(LargeStringArray::from(vec!["x"])),
            Arc::new(TimestampSecondArray::from(vec![60])),
            Arc::new(Int64Array::from(vec![None])),
        ]);
        let bound = bind_row(&slots, &values).unwrap();
        assert_eq!(bound.get("$1"), Some(&ParameterValue::Number("-5".parse().unwrap())));
        assert_eq!(bound.get("$2"), Some(&ParameterValue::Text("x".into())));
        assert_eq!(bound.get("$3"), Some(&ParameterValue::Timestamp(Timestamp::from_micros(60_000_000))));
        assert_eq!(bound.get("$4"), Some(&ParameterValue::Null));
    }

    #[test]
    fn a_dense_union_stands_for_its_value() {
        let fields = UnionFields::try_new(
            [0, 1],
            [Field::new("s", DataType::Utf8, true), Field::new("i", DataType::Int64, true)],
        )
        .unwrap();
        let children: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from(vec!["no"])), Arc::new(Int64Array::from(vec![7]))];
        let union =
            UnionArray::try_new(fields, ScalarBuffer::from(vec![1_i8]), Some(vec![0_i32].into()), children);
        let values = row(vec![Arc::new(union.unwrap())]);
        let bound = bind_row(&[slot("$1", ParameterType::BigInt)], &values).unwrap();
        assert_eq!(bound.get("$1"), Some(&ParameterValue::Number("7".parse().unwrap())));
    }

    #[test]
    fn wrong_counts_and_wrong_values_are_named() {
        let one = row(vec![Arc::new(StringArray::from(vec!["abc"]))]);
        assert!(bind_row(&[], &one).unwrap_err().message().contains("0 parameters"));
        let error = bind_row(&[slot("n", ParameterType::BigInt)], &one).unwrap_err();
        assert_eq!(error.report(), "`abc` is no number (parameter: :n)");
    }
}
