//! What UNNEST in FROM and subqueries need of the engine; not for users.
//!
//! | function | gives |
//! |---|---|
//! | `lake_entries(map)` | the entries of a map, or of a free-form field as a map, as an array of rows |
//! | `lake_positions(array, ..)` | the array of the positions in the longest of its arguments: `[1, 2, 3]` |
//! | `lake_single(value, rows)` | the value; an error if there were more rows than one |

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, Volatility};

use auditlake_model::Error;

use crate::engine_error::into_datafusion;
use crate::family::Family;
use crate::maps::free_form;
use crate::scalar::Scalar;
use crate::text::is_text;

static ENTRIES: Scalar = Scalar {
    name: "lake_entries",
    aliases: &[],
    signature: "lake_entries(map)",
    help: "The entries of a map.",
    volatility: Volatility::Immutable,
    coerce: |types| Ok(types.to_vec()),
    returns: entries_field,
    invoke: entries,
};

static POSITIONS: Scalar = Scalar {
    name: "lake_positions",
    aliases: &[],
    signature: "lake_positions(array, ...)",
    help: "The positions in the longest of some arrays.",
    volatility: Volatility::Immutable,
    coerce: |types| Ok(types.to_vec()),
    returns: |_| Ok(Arc::new(Field::new("positions", positions_type(), true))),
    invoke: positions,
};

static SINGLE: Scalar = Scalar {
    name: "lake_single",
    aliases: &[],
    signature: "lake_single(value, rows)",
    help: "The value of a subquery that may give one row.",
    volatility: Volatility::Immutable,
    coerce: |types| Ok(types.to_vec()),
    returns: |args| match args.arg_fields {
        [value, _] => Ok(Arc::new(value.as_ref().clone().with_nullable(true))),
        _ => plan_err!("{} takes two arguments", SINGLE.name),
    },
    invoke: single,
};

static ENTRIES_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| ENTRIES.udf());
static POSITIONS_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| POSITIONS.udf());
static SINGLE_UDF: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| SINGLE.udf());

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { scalar: vec![entries_udf(), positions_udf(), single_udf()], ..Family::default() }
}

/// Returns the function that makes an array of rows of a map or a free-form field.
pub fn entries_udf() -> Arc<ScalarUDF> {
    Arc::clone(&ENTRIES_UDF)
}

/// Returns the function that counts through the longest of some arrays.
pub fn positions_udf() -> Arc<ScalarUDF> {
    Arc::clone(&POSITIONS_UDF)
}

/// Returns the function that refuses a second row of a scalar subquery.
pub fn single_udf() -> Arc<ScalarUDF> {
    Arc::clone(&SINGLE_UDF)
}

fn entries_field(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let [argument] = args.arg_fields else { return plan_err!("{} takes one argument", ENTRIES.name) };
    let entries = match argument.data_type() {
        DataType::Map(entries, _) => Arc::clone(entries),
        text if is_text(text) => match free_form::map_type() {
            DataType::Map(entries, _) => entries,
            other => return plan_err!("{other} is no map"),
        },
        other => return plan_err!("{} takes a map, not {other}", ENTRIES.name),
    };
    Ok(Arc::new(Field::new("entries", DataType::List(entries), true)))
}

fn entries(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(&args.args)?;
    let [argument] = arrays.as_slice() else { return plan_err!("{} takes one argument", ENTRIES.name) };
    let map = match argument.data_type() {
        DataType::Map(..) => argument.as_map().clone(),
        _ => free_form::to_map(argument)?,
    };
    Ok(ColumnarValue::Array(Arc::new(list_of(&map)?)))
}

/// Sees a map as the array of rows that it is; nothing is copied.
fn list_of(map: &MapArray) -> Result<ListArray> {
    let DataType::Map(entries, _) = map.data_type() else { return plan_err!("a map was expected") };
    let rows: ArrayRef = Arc::new(map.entries().clone());
    Ok(ListArray::try_new(Arc::clone(entries), map.offsets().clone(), rows, map.nulls().cloned())?)
}

fn single(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [value, rows] = args.args.as_slice() else { return plan_err!("{} takes two arguments", SINGLE.name) };
    let rows = rows.to_array(args.number_rows)?;
    let rows: &Int64Array = rows.as_primitive();
    if rows.iter().flatten().any(|rows| rows > 1) {
        let error = Error::invalid("a subquery that stands for one value gave several rows");
        return Err(into_datafusion(
            error.with_hint("Let it give one: by max(..), arbitrary(..) or LIMIT 1."),
        ));
    }
    Ok(value.clone())
}

fn positions_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)))
}

fn positions(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let mut longest = vec![0i64; args.number_rows];
    for array in ColumnarValue::values_to_arrays(&args.args)? {
        let lengths = datafusion::arrow::compute::kernels::length::length(&array)?;
        let lengths = cast(&lengths, &DataType::Int64)?;
        let lengths: &Int64Array = lengths.as_primitive();
        for (longest, length) in longest.iter_mut().zip(lengths) {
            *longest = (*longest).max(length.unwrap_or(0));
        }
    }
    let lengths = longest.iter().map(|length| usize::try_from(*length).unwrap_or(0));
    let total = longest.iter().sum::<i64>();
    i32::try_from(total).map_err(|_| exec_datafusion_err!("too many items in one batch"))?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    let items: Int64Array = longest.iter().flat_map(|length| 1..=*length).collect();
    let field = Arc::new(Field::new_list_field(DataType::Int64, true));
    Ok(ColumnarValue::Array(Arc::new(ListArray::try_new(field, offsets, Arc::new(items), None)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use datafusion::arrow::array::StringArray;
    use datafusion::arrow::datatypes::Int64Type;
    use datafusion::arrow::util::display::array_value_to_string;

    fn call(function: &ScalarUDF, columns: Vec<ArrayRef>) -> ArrayRef {
        let number_rows = columns[0].len();
        let fields: Vec<FieldRef> =
            columns.iter().map(|c| Arc::new(Field::new("x", c.data_type().clone(), true))).collect();
        let scalars = vec![None; columns.len()];
        let returns = ReturnFieldArgs { arg_fields: &fields, scalar_arguments: &scalars };
        let return_field = function.return_field_from_args(returns).unwrap();
        let args = ScalarFunctionArgs {
            args: columns.into_iter().map(ColumnarValue::Array).collect(),
            arg_fields: fields,
            number_rows,
            return_field: Arc::clone(&return_field),
            config_options: Arc::default(),
        };
        let array = function.invoke_with_args(args).unwrap().to_array(number_rows).unwrap();
        assert_eq!(array.data_type(), return_field.data_type());
        array
    }

    #[test]
    fn entries_of_a_free_form_field_are_rows() {
        let json: ArrayRef = Arc::new(StringArray::from(vec![Some(r#"{"a":1,"b":"x"}"#), None]));
        let rows = call(&entries_udf(), vec![json]);
        assert_eq!(array_value_to_string(&rows, 0).unwrap(), "[{key: a, value: 1}, {key: b, value: x}]");
        assert!(rows.is_null(1));
    }

    #[test]
    fn positions_reach_to_the_end_of_the_longest() {
        let list = |rows: Vec<Option<Vec<Option<i64>>>>| -> ArrayRef {
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(rows))
        };
        let left = list(vec![Some(vec![Some(7)]), None, None, Some(vec![])]);
        let right = list(vec![Some(vec![None, None]), Some(vec![Some(1)]), None, None]);
        let rows = call(&positions_udf(), vec![left, right]);
        let texts: Vec<String> = (0..4).map(|row| array_value_to_string(&rows, row).unwrap()).collect();
        assert_eq!(texts, ["[1, 2]", "[1]", "[]", "[]"]);
    }
}
