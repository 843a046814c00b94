//! Lambdas over the entries of maps. A free-form field stands for a map of text.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, filter as keep, take};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, complete, entry_parameters};
use super::function::Planned;
use crate::arrays::keys::{keys, keys_of};
use crate::arrays::lists::Lists;
use crate::call_error::wrong_value;
use crate::maps::free_form::entries_field;

/// The lambda takes key and value.
pub(super) fn of_entry(planned: &Planned) -> Result<LambdaParametersProgress> {
    complete(entry_parameters(planned.value(0)?)?.into())
}

/// The lambda takes a key and the value that each map has for it.
pub(super) fn of_both(planned: &Planned) -> Result<LambdaParametersProgress> {
    let [key, left] = entry_parameters(planned.value(0)?)?;
    let [other_key, right] = entry_parameters(planned.value(1)?)?;
    if key.data_type() != other_key.data_type() {
        let (left, right) = (key.data_type(), other_key.data_type());
        let message = format!("the maps of `map_zip_with` have keys of different types, {left} and {right}");
        return Err(planned.function.error(message));
    }
    complete(vec![key, left, right])
}

fn map_field(key: &Field, value: &Field) -> Field {
    let entries = entries_field(key.data_type().clone(), Arc::new(value.clone()));
    Field::new("", DataType::Map(entries, false), true)
}

/// The result is a map as the one given.
pub(super) fn filter_returns(planned: &Planned) -> Result<Field> {
    planned.check_condition()?;
    let [key, value] = entry_parameters(planned.value(0)?)?;
    Ok(map_field(&key, &value))
}

/// The result is a map with other keys.
pub(super) fn keys_returns(planned: &Planned) -> Result<Field> {
    let [_, value] = entry_parameters(planned.value(0)?)?;
    Ok(map_field(planned.result(0)?, &value))
}

/// The result is a map with other values.
pub(super) fn values_returns(planned: &Planned) -> Result<Field> {
    let [key, _] = entry_parameters(planned.value(0)?)?;
    Ok(map_field(&key, planned.result(0)?))
}

/// Returns keys and values of maps.
fn columns(maps: &Lists) -> Result<[ArrayRef; 2]> {
    match maps.values.as_struct().columns() {
        [keys, values] => Ok([Arc::clone(keys), Arc::clone(values)]),
        other => internal_err!("entries of {} columns", other.len()),
    }
}

fn map_of(
    call: &Call,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
    columns: [ArrayRef; 2],
) -> Result<ColumnarValue> {
    let DataType::Map(entries, _) = call.return_type() else { return internal_err!("the result is a map") };
    let DataType::Struct(fields) = entries.data_type() else { return internal_err!("entries are rows") };
    let rows = StructArray::try_new(fields.clone(), columns.into(), None)?;
    let maps = MapArray::try_new(Arc::clone(entries), offsets, rows, nulls, false)?;
    Ok(ColumnarValue::Array(Arc::new(maps)))
}

/// The entries for which the condition is true.
pub(super) fn map_filter(call: &Call) -> Result<ColumnarValue> {
    let maps = call.maps(0)?;
    let columns = columns(&maps)?;
    let found = call.condition(1, &columns, || maps.rows())?;
    let holds = |entry: &usize| found.is_valid(*entry) && found.value(*entry);
    let offsets = OffsetBuffer::from_lengths(maps.ranges().map(|range| range.filter(holds).count()));
    let [keys, values] = columns;
    map_of(call, offsets, maps.nulls, [keep(&keys, &found)?, keep(&values, &found)?])
}

/// The map with keys that the lambda makes.
pub(super) fn transform_keys(call: &Call) -> Result<ColumnarValue> {
    let maps = call.maps(0)?;
    let columns = columns(&maps)?;
    let made = call.evaluate(1, &columns, || maps.rows())?;
    if made.logical_null_count() > 0 {
        return Err(wrong_value("transform_keys", "`transform_keys` made a NULL: map key cannot be null"));
    }
    let rows = keys(&made)?;
    for range in maps.ranges() {
        let mut seen = HashSet::new();
        if let Some(twice) = range.into_iter().find(|entry| !seen.insert(rows.row(*entry))) {
            let key = array_value_to_string(&made, twice)?;
            let message =
                format!("`transform_keys` made two keys `{key}`: duplicate map keys are not allowed");
            return Err(wrong_value("transform_keys", message));
        }
    }
    let [_, values] = columns;
    map_of(call, maps.offsets, maps.nulls, [made, values])
}

/// The map with values that the lambda makes.
pub(super) fn transform_values(call: &Call) -> Result<ColumnarValue> {
    let maps = call.maps(0)?;
    let columns = columns(&maps)?;
    let made = call.evaluate(1, &columns, || maps.rows())?;
    let [keys, _] = columns;
    map_of(call, maps.offsets, maps.nulls, [keys, made])
}

/// One map of both, each value made of those that the maps have for a key, NULL where one has none.
pub(super) fn map_zip_with(call: &Call) -> Result<ColumnarValue> {
    let (left, right) = (call.maps(0)?, call.maps(1)?);
    let ([left_keys, left_values], [right_keys, right_values]) = (columns(&left)?, columns(&right)?);
    let right_keys = cast(&right_keys, left_keys.data_type())?;
    let [ours, theirs] = keys_of([&left_keys, &right_keys])?;
    let nulls = NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref());
    let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let (mut left_entries, mut right_entries): (Vec<Option<u32>>, Vec<Option<u32>>) =
        (Vec::new(), Vec::new());
    let mut lengths = Vec::with_capacity(left.len());
    let place = |entry: usize| u32::try_from(entry).ok();
    for row in 0..left.len() {
        let before = left_entries.len();
        if !is_null(row) {
            let mut others: HashMap<_, _> =
                right.range(row).map(|entry| (theirs.row(entry), entry)).collect();
            for entry in left.range(row) {
                left_entries.push(place(entry));
                right_entries.push(others.remove(&ours.row(entry)).and_then(place));
            }
            for entry in right.range(row).filter(|entry| others.contains_key(&theirs.row(*entry))) {
                left_entries.push(None);
                right_entries.push(place(entry));
            }
        }
        lengths.push(left_entries.len() - before);
    }
    let (left_entries, right_entries) = (UInt32Array::from(left_entries), UInt32Array::from(right_entries));
    let keys = either(&left_keys, &left_entries, &right_keys, &right_entries)?;
    let parameters = [
        Arc::clone(&keys),
        take(&left_values, &left_entries, None)?,
        take(&right_values, &right_entries, None)?,
    ];
    let all = Lists { values: Arc::clone(&keys), offsets: OffsetBuffer::from_lengths(lengths), nulls };
    let made = call.evaluate(2, &parameters, || all.rows())?;
    map_of(call, all.offsets, all.nulls, [keys, made])
}

/// Returns the left value, or the right one where there is none.
fn either(
    left: &ArrayRef,
    left_places: &UInt32Array,
    right: &ArrayRef,
    right_places: &UInt32Array,
) -> Result<ArrayRef> {
    let pick = |(left, right): (Option<u32>, Option<u32>)| match (left, right) {
        (Some(left), _) => (0, index(left)),
        (None, right) => (1, index(right.unwrap_or(0))),
    };
    let places: Vec<(usize, usize)> = left_places.iter().zip(right_places).map(pick).collect();
    Ok(datafusion::arrow::compute::interleave(&[left, right], &places)?)
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
