//! Maps put together from entries that stand elsewhere.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, ListArray, MapArray, StructArray, UInt64Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{OwnedRow, RowConverter, Rows, SortField};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, internal_err};

use crate::engine_error::into_datafusion;

/// Makes an error of user data.
pub(super) fn fault(message: impl Into<String>) -> DataFusionError {
    into_datafusion(Error::invalid(message.into()))
}

/// Keys that can be compared and hashed, whatever their type.
pub(super) struct Keys {
    keys: ArrayRef,
    rows: Rows,
}

impl Keys {
    pub(super) fn new(keys: ArrayRef) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
        let rows = converter.convert_columns(std::slice::from_ref(&keys))?;
        Ok(Self { keys, rows })
    }

    pub(super) fn of(&self, entry: usize) -> OwnedRow {
        self.rows.row(entry).owned()
    }

    pub(super) fn is_null(&self, entry: usize) -> bool {
        self.keys.is_null(entry)
    }

    pub(super) fn text(&self, entry: usize) -> Result<String> {
        Ok(array_value_to_string(&self.keys, entry)?)
    }
}

/// The entries of one map by their places in the arrays of keys and values, in order of first appearance.
#[derive(Default)]
pub(super) struct Places {
    pub(super) entries: Vec<(usize, usize)>,
    by_key: HashMap<OwnedRow, usize>,
}

impl Places {
    /// Adds an entry; returns false, and changes nothing, if its key is there.
    pub(super) fn add(&mut self, keys: &Keys, key: usize, value: usize) -> bool {
        match self.by_key.entry(keys.of(key)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(vacant) => {
                vacant.insert(self.entries.len());
                self.entries.push((key, value));
                true
            }
        }
    }

    /// Adds an entry, or puts its value in place of the one that its key has.
    pub(super) fn put(&mut self, keys: &Keys, key: usize, value: usize) {
        match self.by_key.entry(keys.of(key)) {
            Entry::Occupied(place) => self.entries[*place.get()].1 = value,
            Entry::Vacant(vacant) => {
                vacant.insert(self.entries.len());
                self.entries.push((key, value));
            }
        }
    }

    /// Returns which entry has the key, if one has.
    pub(super) fn place_of(&self, keys: &Keys, key: usize) -> Option<usize> {
        self.by_key.get(&keys.of(key)).copied()
    }
}

/// Makes maps of a type from the places of their entries; `None` is NULL.
pub(super) fn maps(
    map_type: &DataType,
    keys: &ArrayRef,
    values: &ArrayRef,
    rows: &[Option<Vec<(usize, usize)>>],
) -> Result<MapArray> {
    let DataType::Map(entries, sorted) = map_type else { return internal_err!("expected a map type") };
    let DataType::Struct(fields) = entries.data_type() else { return internal_err!("expected entries") };
    let all = || rows.iter().flatten().flatten();
    let places = |array: &ArrayRef, of: fn(&(usize, usize)) -> usize| -> Result<ArrayRef> {
        let indices: UInt64Array = all().map(|entry| of(entry) as u64).collect::<Vec<_>>().into();
        Ok(take(array, &indices, None)?)
    };
    let columns = vec![places(keys, |entry| entry.0)?, places(values, |entry| entry.1)?];
    let rows_of_entries = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = offsets(rows.iter().map(|row| row.as_ref().map_or(0, Vec::len)))?;
    let valid: NullBuffer = rows.iter().map(Option::is_some).collect::<Vec<_>>().into();
    Ok(MapArray::try_new(Arc::clone(entries), offsets, rows_of_entries, Some(valid), *sorted)?)
}

/// Makes lists of a type from the places of their items.
pub(super) fn lists(list_type: &DataType, values: &ArrayRef, rows: &[Vec<usize>]) -> Result<ArrayRef> {
    let DataType::List(item) = list_type else { return internal_err!("expected an array type") };
    let indices: UInt64Array = rows.iter().flatten().map(|place| *place as u64).collect::<Vec<_>>().into();
    let values = take(values, &indices, None)?;
    let offsets = offsets(rows.iter().map(Vec::len))?;
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, None)?))
}

fn offsets(lengths: impl Iterator<Item = usize>) -> Result<OffsetBuffer<i32>> {
    let mut offsets = vec![0i32];
    let mut end = 0usize;
    for length in lengths {
        end += length;
        offsets.push(i32::try_from(end).map_err(|_| exec_datafusion_err!("too many entries in one batch"))?);
    }
    Ok(OffsetBuffer::new(ScalarBuffer::from(offsets)))
}
