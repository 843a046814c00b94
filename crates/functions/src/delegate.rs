//! Calls of the engine's functions from ours, where a part of the meaning is the same.

use std::sync::Arc;

use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::nullif;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

/// Tells whether a type is one of arrays.
pub(crate) fn is_list(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..))
}

/// Returns the types that the engine's function casts these to.
pub(crate) fn coerced(function: &ScalarUDF, types: &[DataType]) -> Result<Vec<DataType>> {
    let fields: Vec<FieldRef> =
        types.iter().map(|data_type| Arc::new(Field::new("", data_type.clone(), true))).collect();
    let fields = fields_with_udf(&fields, function)?;
    Ok(fields.iter().map(|field| field.data_type().clone()).collect())
}

/// Returns the field that the engine's function gives; it may always be NULL.
pub(crate) fn returned(function: &ScalarUDF, args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let field = function.return_field_from_args(ReturnFieldArgs {
        arg_fields: args.arg_fields,
        scalar_arguments: args.scalar_arguments,
    })?;
    Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
}

/// Calls the engine's function with arguments of a call of ours.
pub(crate) fn invoke(
    function: &ScalarUDF,
    values: Vec<ColumnarValue>,
    args: &ScalarFunctionArgs,
) -> Result<ColumnarValue> {
    function.invoke_with_args(ScalarFunctionArgs {
        args: values,
        arg_fields: args.arg_fields.clone(),
        number_rows: args.number_rows,
        return_field: Arc::clone(&args.return_field),
        config_options: Arc::clone(&args.config_options),
    })
}

/// Puts NULL into the rows in which an argument is NULL.
pub(crate) fn null_if_any_null(result: ColumnarValue, args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let constant_null =
        |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(scalar) if scalar.is_null());
    if args.args.iter().any(constant_null) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from(result.data_type())?));
    }
    let nulls = args.args.iter().filter_map(|arg| match arg {
        ColumnarValue::Array(array) => array.logical_nulls(),
        ColumnarValue::Scalar(_) => None,
    });
    let Some(nulls) = nulls.reduce(|a, b| NullBuffer::union(Some(&a), Some(&b)).unwrap_or(a)) else {
        return Ok(result);
    };
    let array: ArrayRef = result.into_array(args.number_rows)?;
    let is_null = BooleanArray::new(!nulls.inner(), None);
    Ok(ColumnarValue::Array(nullif(&array, &is_null)?))
}
