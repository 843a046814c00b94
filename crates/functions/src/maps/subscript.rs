//! `lake_item(container, subscript)`: what `array[n]` and `map[key]` plan to.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::items::{Missing, list_items, map_values, position_zero, positions};
use super::map_fields;
use crate::scalar::Scalar;

/// Reads one element and fails where there is none; NULL containers and subscripts give NULL.
pub(crate) const LAKE_ITEM: Scalar = Scalar {
    name: "lake_item",
    aliases: &[],
    signature: "lake_item(container, subscript)",
    help: "Internal: what a subscript reads.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke,
};

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [list @ (DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)), position]
            if position.is_integer() || position.is_null() =>
        {
            Ok(vec![list.clone(), DataType::Int64])
        }
        [map @ DataType::Map(..), _] => Ok(vec![map.clone(), map_fields(map)?.0.data_type().clone()]),
        [container, subscript] => plan_err!("no subscript of type {subscript} for {container}"),
        _ => plan_err!("lake_item takes two arguments"),
    }
}

fn returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let element = match args.arg_fields[0].data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => item,
        map => map_fields(map)?.1,
    };
    if let Some(Some(ScalarValue::Int64(Some(0)))) = args.scalar_arguments.get(1)
        && !matches!(args.arg_fields[0].data_type(), DataType::Map(..))
    {
        return Err(position_zero());
    }
    Ok(Arc::new(element.as_ref().clone().with_name(LAKE_ITEM.name).with_nullable(true)))
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(&args.args)?;
    let [containers, subscripts] = arrays.as_slice() else {
        return internal_err!("lake_item takes two arguments");
    };
    let elements = match containers.data_type() {
        DataType::Map(..) => map_values(containers.as_map(), subscripts, Missing::Fails)?,
        _ => list_items(containers, positions(subscripts)?, Missing::Fails)?,
    };
    let all_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    if all_constant {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&elements, 0)?));
    }
    Ok(ColumnarValue::Array(elements))
}
