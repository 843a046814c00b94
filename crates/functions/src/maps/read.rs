//! Functions that take maps apart: keys, values, entries, how many.

use std::sync::Arc;

use auditlake_events::json::members;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::free_form::{map_type, to_map};
use super::map_fields;
use crate::TEXT;
use crate::scalar::Scalar;
use crate::text::{is_text, texts};

pub(super) const MAP_KEYS: Scalar = Scalar {
    name: "map_keys",
    aliases: &[],
    signature: "map_keys(map)",
    help: "The keys of a map or of a free-form field, as an array.",
    volatility: Volatility::Immutable,
    coerce: one_map,
    returns: |args| {
        let map = map_of(args)?;
        list_of(map_fields(&map)?.0.as_ref().clone().with_nullable(true))
    },
    invoke: |args| parts(args, |map| Arc::clone(map.keys())),
};

pub(super) const MAP_VALUES: Scalar = Scalar {
    name: "map_values",
    aliases: &[],
    signature: "map_values(map)",
    help: "The values of a map or of a free-form field, as an array.",
    volatility: Volatility::Immutable,
    coerce: one_map,
    returns: |args| {
        let map = map_of(args)?;
        list_of(map_fields(&map)?.1.as_ref().clone())
    },
    invoke: |args| parts(args, |map| Arc::clone(map.values())),
};

pub(super) const MAP_ENTRIES: Scalar = Scalar {
    name: "map_entries",
    aliases: &[],
    signature: "map_entries(map)",
    help: "The entries of a map or of a free-form field, as an array of rows of key and value.",
    volatility: Volatility::Immutable,
    coerce: one_map,
    returns: |args| {
        let map = map_of(args)?;
        let (key, value) = map_fields(&map)?;
        let row = vec![Arc::clone(key), Arc::clone(value)];
        list_of(Field::new("entries", DataType::Struct(row.into()), true))
    },
    invoke: |args| parts(args, |map| Arc::new(map.entries().clone())),
};

pub(super) const CARDINALITY: Scalar = Scalar {
    name: "cardinality",
    aliases: &[],
    signature: "cardinality(array) | cardinality(map)",
    help: "How many items an array has, or how many entries a map or a free-form field has.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [list @ (DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))] => {
            Ok(vec![list.clone()])
        }
        _ => one_map(types),
    },
    returns: |_| Ok(Arc::new(Field::new("cardinality", DataType::Int64, true))),
    invoke: |args| {
        let values = args.args[0].to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(counts(&values)?)))
    },
};

fn counts(values: &ArrayRef) -> Result<Int64Array> {
    let differences = |offsets: &[i32]| -> Vec<i64> {
        offsets.windows(2).map(|pair| i64::from(pair[1]) - i64::from(pair[0])).collect()
    };
    let counts: Vec<i64> = match values.data_type() {
        DataType::List(_) => differences(values.as_list::<i32>().value_offsets()),
        DataType::Map(..) => differences(values.as_map().value_offsets()),
        DataType::LargeList(_) => {
            values.as_list::<i64>().value_offsets().windows(2).map(|pair| pair[1] - pair[0]).collect()
        }
        DataType::FixedSizeList(_, size) => vec![i64::from(*size); values.len()],
        _ => {
            let count = |json: &str| members(json).ok().flatten().map(|members| members.len() as i64);
            return Ok(texts(values)?.map(|json| json.and_then(count)).collect());
        }
    };
    Ok(Int64Array::new(counts.into(), values.nulls().cloned()))
}

/// Accepts a map, or JSON text that is seen as one.
pub(super) fn one_map(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [map] => Ok(vec![map_or_text(map)?]),
        _ => plan_err!("expected one argument, a map or a free-form field"),
    }
}

pub(super) fn map_or_text(argument: &DataType) -> Result<DataType> {
    match argument {
        DataType::Null => Ok(TEXT),
        DataType::Map(..) => Ok(argument.clone()),
        text if is_text(text) => Ok(text.clone()),
        other => plan_err!("expected a map or a free-form field, not {other}"),
    }
}

/// Returns the map type of an argument that [`map_or_text`] took.
pub(super) fn as_map_type(argument: &DataType) -> DataType {
    if is_text(argument) { map_type() } else { argument.clone() }
}

/// Returns the maps of an argument that [`map_or_text`] took.
pub(super) fn as_maps(argument: &ColumnarValue, rows: usize) -> Result<MapArray> {
    let array = argument.to_array(rows)?;
    if is_text(array.data_type()) { to_map(&array) } else { Ok(array.as_map().clone()) }
}

fn map_of(args: &ReturnFieldArgs) -> Result<DataType> {
    Ok(as_map_type(args.arg_fields[0].data_type()))
}

/// Returns the field of an array whose items are as `item`.
pub(super) fn list_of(item: Field) -> Result<FieldRef> {
    let item = item.with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
    Ok(Arc::new(Field::new("array", DataType::List(Arc::new(item)), true)))
}

/// Returns a part of the entries of each map as an array.
fn parts(args: &ScalarFunctionArgs, part: fn(&MapArray) -> ArrayRef) -> Result<ColumnarValue> {
    let maps = as_maps(&args.args[0], args.number_rows)?;
    let DataType::List(item) = args.return_field.data_type() else {
        return plan_err!("expected an array as result");
    };
    let values = part(&maps);
    let lists = ListArray::try_new(Arc::clone(item), maps.offsets().clone(), values, maps.nulls().cloned())?;
    Ok(ColumnarValue::Array(Arc::new(lists)))
}
