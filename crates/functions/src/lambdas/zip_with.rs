//! `zip_with`: what a lambda makes of the items of two arrays at equal positions.

use std::sync::Arc;

use datafusion::arrow::array::ListArray;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, complete, item_parameter};
use super::function::Planned;
use crate::arrays::groups::padded;
use crate::arrays::lists::{Lists, item_of};

/// The lambda takes an item of each array.
pub(super) fn parameters(planned: &Planned) -> Result<LambdaParametersProgress> {
    complete(vec![item_parameter(planned.value(0)?)?, item_parameter(planned.value(1)?)?])
}

/// What the lambda makes of items at equal positions; the shorter array goes on with NULL.
pub(super) fn zip_with(call: &Call) -> Result<ColumnarValue> {
    let (offsets, nulls, columns) = padded(&[call.lists(0)?, call.lists(1)?])?;
    let Some(first) = columns.first() else {
        return datafusion::common::internal_err!("zip_with takes two arrays");
    };
    let lists = Lists { values: Arc::clone(first), offsets, nulls };
    let values = call.evaluate(2, &columns, || lists.rows())?;
    let item = item_of(call.return_type())?;
    Ok(ColumnarValue::Array(Arc::new(ListArray::try_new(item, lists.offsets, values, lists.nulls)?)))
}
