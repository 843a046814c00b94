//! Lambdas over the items of one array, each evaluated once for all items of a batch.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{filter as keep, take};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, complete, item_parameter};
use super::function::Planned;
use crate::arrays::lists::{Lists, item_of, list_of};

/// The lambda takes an item.
pub(super) fn of_item(planned: &Planned) -> Result<LambdaParametersProgress> {
    complete(vec![item_parameter(planned.value(0)?)?])
}

/// Returns each array of the first argument with the condition for each of its items.
fn judged(call: &Call) -> Result<(Lists, BooleanArray)> {
    let lists = call.lists(0)?;
    let found = call.condition(1, &[Arc::clone(&lists.values)], || lists.rows())?;
    Ok((lists, found))
}

fn holds(found: &BooleanArray, item: usize) -> bool {
    found.is_valid(item) && found.value(item)
}

/// The result is an array as the one given.
pub(super) fn filter_returns(planned: &Planned) -> Result<Field> {
    planned.check_condition()?;
    Ok(planned.value(0)?.clone().with_nullable(true))
}

/// The items for which the condition is true.
pub(super) fn filter(call: &Call) -> Result<ColumnarValue> {
    let (lists, found) = judged(call)?;
    let item = item_of(call.return_type())?;
    let values = keep(&lists.values, &found)?;
    let count = |range: std::ops::Range<usize>| range.filter(|item| holds(&found, *item)).count();
    let offsets = OffsetBuffer::from_lengths(lists.ranges().map(count));
    let kept = Lists { values: Arc::clone(&values), offsets, nulls: lists.nulls };
    Ok(ColumnarValue::Array(kept.with_values(item, values)?))
}

/// The result is an array of what the lambda gives, JSON if that is.
pub(super) fn transform_returns(planned: &Planned) -> Result<Field> {
    Ok(Field::new("", list_of(planned.result(0)?), true))
}

/// What the lambda gives for each item.
pub(super) fn transform(call: &Call) -> Result<ColumnarValue> {
    let lists = call.lists(0)?;
    let values = call.evaluate(1, &[Arc::clone(&lists.values)], || lists.rows())?;
    Ok(ColumnarValue::Array(lists.with_values(item_of(call.return_type())?, values)?))
}

/// The result is a truth value.
pub(super) fn match_returns(planned: &Planned) -> Result<Field> {
    planned.check_condition()?;
    Ok(Field::new("", DataType::Boolean, true))
}

/// Looks for one item that decides; without one, an item of unknown truth makes the answer unknown.
fn decide(call: &Call, decisive: bool, decided: bool) -> Result<ColumnarValue> {
    let (lists, found) = judged(call)?;
    let answer = |row: usize| {
        if lists.is_null(row) {
            return None;
        }
        let mut unknown = false;
        for item in lists.range(row) {
            if found.is_null(item) {
                unknown = true;
            } else if found.value(item) == decisive {
                return Some(decided);
            }
        }
        if unknown { None } else { Some(!decided) }
    };
    let answers: BooleanArray = (0..lists.len()).map(answer).collect();
    Ok(ColumnarValue::Array(Arc::new(answers)))
}

/// Whether the condition is true for an item.
pub(super) fn any_match(call: &Call) -> Result<ColumnarValue> {
    decide(call, true, true)
}

/// Whether the condition is true for all items.
pub(super) fn all_match(call: &Call) -> Result<ColumnarValue> {
    decide(call, false, false)
}

/// Whether the condition is true for no item.
pub(super) fn none_match(call: &Call) -> Result<ColumnarValue> {
    decide(call, true, false)
}

/// The result is an item.
pub(super) fn first_returns(planned: &Planned) -> Result<Field> {
    planned.check_condition()?;
    Ok(item_parameter(planned.value(0)?)?.as_ref().clone())
}

/// Returns where the first item of each row is for which the condition is true.
fn first(lists: &Lists, found: &BooleanArray) -> impl Iterator<Item = Option<usize>> {
    lists.ranges().map(|mut range| range.find(|item| holds(found, *item)))
}

/// The first item for which the condition is true.
pub(super) fn find_first(call: &Call) -> Result<ColumnarValue> {
    let (lists, found) = judged(call)?;
    let positions = first(&lists, &found).map(|item| item.and_then(|item| u32::try_from(item).ok()));
    let items: ArrayRef = take(&lists.values, &positions.collect::<UInt32Array>(), None)?;
    Ok(ColumnarValue::Array(items))
}

/// The result is a position.
pub(super) fn first_index_returns(planned: &Planned) -> Result<Field> {
    planned.check_condition()?;
    Ok(Field::new("", DataType::Int64, true))
}

/// The position of the first item for which the condition is true, from 1.
pub(super) fn find_first_index(call: &Call) -> Result<ColumnarValue> {
    let (lists, found) = judged(call)?;
    let position = |(item, range): (Option<usize>, std::ops::Range<usize>)| {
        item.and_then(|item| i64::try_from(item - range.start + 1).ok())
    };
    let positions: Int64Array = first(&lists, &found).zip(lists.ranges()).map(position).collect();
    Ok(ColumnarValue::Array(Arc::new(positions)))
}
