//! Columns that an aggregate gathers, and lists and maps made of them.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};

/// Pieces that are put together when there are so many.
const MOST_PIECES: usize = 64;

/// Values that were gathered, without what else was in their batches.
#[derive(Debug)]
pub(super) struct Gathered {
    data_type: DataType,
    pieces: Vec<ArrayRef>,
    bytes: usize,
}

impl Gathered {
    pub(super) fn new(data_type: &DataType) -> Self {
        Self { data_type: data_type.clone(), pieces: Vec::new(), bytes: 0 }
    }

    /// Adds the values at some positions of a column.
    pub(super) fn add(&mut self, column: &ArrayRef, positions: Vec<u32>) -> Result<()> {
        if positions.is_empty() {
            return Ok(());
        }
        self.pieces.push(own(&take(column, &UInt32Array::from(positions), None)?)?);
        if self.pieces.len() > MOST_PIECES {
            self.pieces = vec![own(&self.column()?)?];
        }
        self.bytes = self.pieces.iter().map(|piece| piece.get_array_memory_size()).sum();
        Ok(())
    }

    /// Returns all values.
    pub(super) fn column(&self) -> Result<ArrayRef> {
        match self.pieces.as_slice() {
            [] => Ok(new_empty_array(&self.data_type)),
            pieces => Ok(concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.bytes
    }
}

/// Copies the text that views of a column point at, so that the batch it came from can go.
fn own(column: &ArrayRef) -> Result<ArrayRef> {
    Ok(match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        DataType::Struct(_) => {
            let (fields, children, nulls) = column.as_struct().clone().into_parts();
            let children = children.iter().map(own).collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new_with_length(fields, children, nulls, column.len())?)
        }
        DataType::List(_) => {
            let (field, offsets, values, nulls) = column.as_list::<i32>().clone().into_parts();
            Arc::new(ListArray::try_new(field, offsets, own(&values)?, nulls)?)
        }
        DataType::Map(..) => {
            let (field, offsets, entries, nulls, sorted) = column.as_map().clone().into_parts();
            let entries: ArrayRef = Arc::new(entries);
            let entries = own(&entries)?.as_struct().clone();
            Arc::new(MapArray::try_new(field, offsets, entries, nulls, sorted)?)
        }
        _ => Arc::clone(column),
    })
}

/// Returns the items of all lists, one after the other.
pub(super) fn flatten(lists: &ArrayRef) -> Result<ArrayRef> {
    let Some(lists) = lists.as_list_opt::<i32>() else {
        return internal_err!("a state is a list, not {}", lists.data_type());
    };
    let items: Vec<ArrayRef> = lists.iter().flatten().collect();
    match items.as_slice() {
        [] => Ok(lists.values().slice(0, 0)),
        [one] => Ok(Arc::clone(one)),
        many => Ok(concat(&many.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    }
}

/// Returns a list that holds a column.
pub(super) fn one(column: ArrayRef) -> ScalarValue {
    let field = Arc::new(Field::new_list_field(column.data_type().clone(), true));
    one_of(field, column)
}

fn one_of(field: FieldRef, column: ArrayRef) -> ScalarValue {
    let offsets = OffsetBuffer::from_lengths([column.len()]);
    ScalarValue::List(Arc::new(ListArray::new(field, offsets, column, None)))
}

/// Returns a list of a type that holds a column.
pub(super) fn list(data_type: &DataType, column: ArrayRef) -> Result<ScalarValue> {
    match data_type {
        DataType::List(field) => Ok(one_of(Arc::clone(field), column)),
        other => internal_err!("expected a list, got {other}"),
    }
}

/// Returns a map of a type, with these keys and values; NULL where there are none.
pub(super) fn map(data_type: &DataType, keys: ArrayRef, values: ArrayRef) -> Result<ScalarValue> {
    if keys.is_empty() {
        return ScalarValue::try_new_null(data_type);
    }
    let DataType::Map(entries, sorted) = data_type else { return internal_err!("expected a map") };
    let DataType::Struct(fields) = entries.data_type() else { return internal_err!("expected entries") };
    let offsets = OffsetBuffer::from_lengths([keys.len()]);
    let pairs = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    let map = MapArray::try_new(Arc::clone(entries), offsets, pairs, None, *sorted)?;
    Ok(ScalarValue::Map(Arc::new(map)))
}

/// Returns the type of a map; marks on the fields stay.
pub(super) fn map_type(key: &Field, value: &Field) -> DataType {
    let key = key.clone().with_name("key").with_nullable(false);
    let value = value.clone().with_name("value").with_nullable(true);
    let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
    DataType::Map(Arc::new(entries), false)
}
