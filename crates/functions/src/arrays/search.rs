//! Items and runs of items in arrays.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, MapArray, StructArray, UInt32Array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::keys::{keys, keys_of};
use super::lists::item_of;
use super::takes::{argument, column, lists, made, numbers};
use crate::call_error::wrong_value;
use crate::maps::free_form::entries_field;

/// The position of an item from 1, 0 if it is not there; with a third argument of its n-th instance, from the end if negative.
pub(super) fn position(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (lists, wanted) = (lists(args, 0)?, column(args, 1)?);
    let [keys, wanted_keys] = keys_of([&lists.values, &wanted])?;
    let instances = if args.args.len() > 2 { Some(numbers(args, 2)?) } else { None };
    let wanted_nulls = wanted.logical_nulls();
    let mut positions = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        let instance = match &instances {
            Some(instances) if instances.is_null(row) => None,
            Some(instances) => Some(instances.value(row)),
            None => Some(1),
        };
        let is_null = lists.is_null(row) || wanted_nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let Some(instance) = instance.filter(|_| !is_null) else {
            positions.push(None);
            continue;
        };
        let range = lists.range(row);
        let start = range.start;
        let mut found = range.filter(|item| keys.row(*item) == wanted_keys.row(row));
        let nth = usize::try_from(instance.unsigned_abs().saturating_sub(1)).unwrap_or(usize::MAX);
        let item = match instance {
            0 => return Err(wrong_value("array_position", "instance 0 of an item: instances start at 1")),
            1.. => found.nth(nth),
            _ => found.rev().nth(nth),
        };
        positions.push(Some(item.map_or(0, |item| i64::try_from(item - start + 1).unwrap_or(i64::MAX))));
    }
    made(Arc::new(Int64Array::from(positions)))
}

/// The items without those that equal a value.
pub(super) fn remove(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mut lists, unwanted) = (lists(args, 0)?, column(args, 1)?);
    let [keys, unwanted_keys] = keys_of([&lists.values, &unwanted])?;
    lists.nulls = NullBuffer::union(lists.nulls.as_ref(), unwanted.logical_nulls().as_ref());
    let item = item_of(args.return_type())?;
    made(lists.pick(item, |row| {
        let unwanted = unwanted_keys.row(row);
        let keys = &keys;
        Ok(lists.range(row).filter(move |item| keys.row(*item) != unwanted))
    })?)
}

/// Whether the items of the second array follow each other in the first.
pub(super) fn contains_sequence(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (lists, wanted) = (lists(args, 0)?, lists(args, 1)?);
    let [keys, wanted_keys] = keys_of([&lists.values, &wanted.values])?;
    let answer = |row: usize| {
        if lists.is_null(row) || wanted.is_null(row) {
            return None;
        }
        let (range, wanted) = (lists.range(row), wanted.range(row));
        if wanted.len() > range.len() {
            return Some(false);
        }
        let is_at = |start: usize| {
            wanted.clone().enumerate().all(|(step, item)| keys.row(start + step) == wanted_keys.row(item))
        };
        Some((range.start..=range.end - wanted.len()).any(is_at))
    };
    let answers: BooleanArray = (0..lists.len()).map(answer).collect();
    made(Arc::new(answers))
}

/// The result is a map from items to how often they are there.
pub(super) fn histogram_returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let item = item_of(argument(args, 0)?.data_type())?;
    let counts = Arc::new(Field::new("value", DataType::Int64, true));
    let entries = entries_field(item.data_type().clone(), counts);
    Ok(Arc::new(Field::new("", DataType::Map(entries, false), true)))
}

/// How often each item is there; NULL does not count.
pub(super) fn histogram(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let keys = keys(&lists.values)?;
    let nulls = lists.values.logical_nulls();
    let (mut firsts, mut counts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for range in lists.ranges() {
        let mut places = HashMap::new();
        for item in range.filter(|item| !nulls.as_ref().is_some_and(|nulls| nulls.is_null(*item))) {
            let place = *places.entry(keys.row(item)).or_insert_with(|| {
                firsts.push(u32::try_from(item).unwrap_or(u32::MAX));
                counts.push(0i64);
                counts.len() - 1
            });
            counts[place] += 1;
        }
        lengths.push(places.len());
    }
    let DataType::Map(entries, _) = args.return_type() else { return internal_err!("a histogram is a map") };
    let DataType::Struct(fields) = entries.data_type() else { return internal_err!("entries are rows") };
    let columns: Vec<ArrayRef> =
        vec![take(&lists.values, &UInt32Array::from(firsts), None)?, Arc::new(Int64Array::from(counts))];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    let maps = MapArray::try_new(
        Arc::clone(entries),
        OffsetBuffer::from_lengths(lengths),
        rows,
        lists.nulls,
        false,
    )?;
    made(Arc::new(maps))
}
