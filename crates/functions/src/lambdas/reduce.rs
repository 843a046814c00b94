//! `reduce`: one value made of all items of an array, step by step.
//!
//! Step n is evaluated once for all rows whose array has an n-th item. Rows stand in the order of their lengths, so
//! that those that go on are always the first ones:
//!
//! ```text
//! lengths 3 2 0   step 1: rows 1 2   step 2: rows 1 2   step 3: row 1   then: finish for all rows
//! ```

use std::cmp::Reverse;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::{cast, concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, item_parameter, parameter};
use super::function::Planned;

/// How often the type of the state may change while lambdas are planned.
const TYPE_STEPS: usize = 2;

/// The first lambda takes state and item, the second the state.
///
/// The state begins as the initial value and has the type that the first lambda makes of it.
pub(super) fn parameters(planned: &Planned) -> Result<LambdaParametersProgress> {
    let item = item_parameter(planned.value(0)?)?;
    let initial = planned.value(1)?;
    let both = |state: FieldRef| vec![state, Arc::clone(&item)];
    let Some(Some(made)) = planned.lambdas.first() else {
        return Ok(LambdaParametersProgress::Partial(vec![Some(both(state_of(initial))), None]));
    };
    let state = state_of(made);
    // A call that is planned already comes with all types known.
    let is_known = planned.lambdas.get(1).is_some_and(Option::is_some);
    if is_known || planned.step > TYPE_STEPS || made.data_type() == initial.data_type() {
        return Ok(LambdaParametersProgress::Complete(vec![both(Arc::clone(&state)), vec![state]]));
    }
    Ok(LambdaParametersProgress::Partial(vec![Some(both(state)), None]))
}

/// The state as a parameter; decimals have the most digits, since every sum has more of them.
fn state_of(made: &Field) -> FieldRef {
    let data_type = match made.data_type() {
        DataType::Decimal128(_, scale) => DataType::Decimal128(38, *scale),
        other => other.clone(),
    };
    parameter(&Field::new("", data_type, true))
}

/// The result is what the last lambda gives.
pub(super) fn returns(planned: &Planned) -> Result<Field> {
    Ok(planned.result(1)?.clone().with_nullable(true))
}

/// Takes all items into the state, then finishes.
pub(super) fn reduce(call: &Call) -> Result<ColumnarValue> {
    let lists = call.lists(0)?;
    let initial = cast(&call.value(1)?, call.lambda_type(2)?)?;
    let mut order: Vec<usize> = (0..lists.len()).filter(|row| !lists.is_null(*row)).collect();
    order.sort_by_key(|row| Reverse(lists.range(*row).len()));
    let rows: UInt32Array = order.iter().map(|row| u32::try_from(*row).ok()).collect();
    let mut state = take(&initial, &rows, None)?;
    let mut finished: Vec<ArrayRef> = Vec::new();
    for step in 0.. {
        let going_on = order.partition_point(|row| lists.range(*row).len() > step);
        if going_on < state.len() {
            finished.push(state.slice(going_on, state.len() - going_on));
            state = state.slice(0, going_on);
        }
        if going_on == 0 {
            break;
        }
        let item = |row: &usize| u32::try_from(lists.range(*row).start + step).ok();
        let items: UInt32Array = order[..going_on].iter().map(item).collect();
        let items = take(&lists.values, &items, None)?;
        state = call.evaluate(2, &[state, items], || rows.slice(0, going_on))?;
    }
    // The shortest came first.
    let parts: Vec<&dyn Array> = finished.iter().rev().map(AsRef::as_ref).collect();
    if parts.is_empty() {
        return Ok(ColumnarValue::Array(datafusion::arrow::array::new_null_array(
            call.return_type(),
            lists.len(),
        )));
    }
    let results = call.evaluate(3, &[concat(&parts)?], || rows.clone())?;
    let mut place_of_row = vec![None; lists.len()];
    for (place, row) in order.iter().enumerate() {
        place_of_row[*row] = u32::try_from(place).ok();
    }
    Ok(ColumnarValue::Array(take(&results, &UInt32Array::from(place_of_row), None)?))
}
