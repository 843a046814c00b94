//! One item of each array, one value of each map.

use std::fmt::Display;

use auditlake_model::Error;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, MapArray, UInt32Array, UInt64Array,
};
use datafusion::arrow::compute::kernels::cmp::not_distinct;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{DataFusionError, Result, internal_datafusion_err, internal_err};

use crate::engine_error::into_datafusion;

/// What becomes of a position or key that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// `element_at`: NULL; negative positions count from the end.
    IsNull,
    /// A subscript: an error of the statement.
    Fails,
}

/// Makes the error of a subscript, with what to write instead.
pub(crate) fn missing(message: impl Display) -> DataFusionError {
    let error = Error::invalid(message.to_string());
    into_datafusion(error.with_hint("Write `element_at(container, subscript)` to get NULL instead."))
}

/// Makes the error of a key that a map does not have.
pub(crate) fn missing_key(key: &str) -> DataFusionError {
    missing(format!("Key not present in map: {key}"))
}

/// Makes the error of position 0.
pub(crate) fn position_zero() -> DataFusionError {
    let error = Error::invalid("SQL array indices start at 1");
    into_datafusion(error.with_hint("The first item is number 1; `element_at(array, -1)` is the last one."))
}

/// Returns the item of each array at the position of its row; NULL where either is.
pub(crate) fn list_items(lists: &ArrayRef, positions: &Int64Array, if_missing: Missing) -> Result<ArrayRef> {
    let (values, bounds) = list_bounds(lists)?;
    let mut indices = Vec::with_capacity(lists.len());
    for (row, (start, length)) in bounds.into_iter().enumerate() {
        if lists.is_null(row) || positions.is_null(row) {
            indices.push(None);
            continue;
        }
        let offset = item_offset(positions.value(row), length, if_missing)?;
        indices.push(offset.map(|offset| (start + offset) as u64));
    }
    Ok(take(&values, &UInt64Array::from(indices), None)?)
}

/// Returns how far from the start of its array the item at a position stands.
fn item_offset(position: i64, length: usize, if_missing: Missing) -> Result<Option<usize>> {
    if position == 0 {
        return Err(position_zero());
    }
    let magnitude = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    match if_missing {
        Missing::Fails if position < 0 => Err(missing(format!("Array subscript is negative: {position}"))),
        Missing::Fails if magnitude > length => Err(missing(format!(
            "Array subscript must be less than or equal to array length: {position} > {length}"
        ))),
        Missing::IsNull if position < 0 => Ok(length.checked_sub(magnitude)),
        _ => Ok((magnitude <= length).then(|| magnitude - 1)),
    }
}

/// Returns the items of all arrays, and where those of each row start and how many they are.
fn list_bounds(lists: &ArrayRef) -> Result<(ArrayRef, Vec<(usize, usize)>)> {
    match lists.data_type() {
        DataType::List(_) => {
            let lists = lists.as_list::<i32>();
            let bounds = lists.value_offsets().windows(2);
            let bounds = bounds.map(|pair| (pair[0] as usize, (pair[1] - pair[0]) as usize)).collect();
            Ok((ArrayRef::clone(lists.values()), bounds))
        }
        DataType::LargeList(_) => {
            let lists = lists.as_list::<i64>();
            let bounds = lists.value_offsets().windows(2);
            let bounds = bounds.map(|pair| (pair[0] as usize, (pair[1] - pair[0]) as usize)).collect();
            Ok((ArrayRef::clone(lists.values()), bounds))
        }
        DataType::FixedSizeList(..) => {
            let lists = lists.as_fixed_size_list();
            let size = usize::try_from(lists.value_length()).unwrap_or(0);
            Ok((ArrayRef::clone(lists.values()), (0..lists.len()).map(|row| (row * size, size)).collect()))
        }
        other => internal_err!("expected an array, got {other}"),
    }
}

/// Returns the positions of a column that was coerced to them.
pub(crate) fn positions(array: &ArrayRef) -> Result<&Int64Array> {
    array
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| internal_datafusion_err!("positions of type {}", array.data_type()))
}

/// Returns the value that each map has under the key of its row; NULL where either is.
pub(crate) fn map_values(maps: &MapArray, keys: &ArrayRef, if_missing: Missing) -> Result<ArrayRef> {
    let offsets = maps.value_offsets();
    let row_of_entry = offsets.windows(2).enumerate().flat_map(|(row, bounds)| {
        let entries = usize::try_from(bounds[1] - bounds[0]).unwrap_or(0);
        std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), entries)
    });
    let wanted = take(keys, &UInt32Array::from_iter_values(row_of_entry), None)?;
    let first = usize::try_from(offsets[0]).unwrap_or(0);
    let is_wanted: BooleanArray = not_distinct(&maps.keys().slice(first, wanted.len()), &wanted)?;
    let mut found = Vec::with_capacity(maps.len());
    for (row, bounds) in offsets.windows(2).enumerate() {
        if maps.is_null(row) || keys.is_null(row) {
            found.push(None);
            continue;
        }
        let entry = (bounds[0]..bounds[1]).find(|entry| is_wanted.value(*entry as usize - first));
        if entry.is_none() && if_missing == Missing::Fails {
            return Err(missing_key(&array_value_to_string(keys, row)?));
        }
        found.push(entry.map(|entry| entry as u32));
    }
    Ok(take(maps.values(), &UInt32Array::from(found), None)?)
}
