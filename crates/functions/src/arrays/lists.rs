//! Lists of a batch as one run of values with the bounds of each.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};

/// The lists or maps of a batch.
///
/// - `values` holds what the lists hold and nothing else, in their order; entries of maps are structs.
/// - `offsets` begins at 0; a list that is NULL has no values, whatever its column kept beneath it.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    pub(crate) values: ArrayRef,
    pub(crate) offsets: OffsetBuffer<i32>,
    pub(crate) nulls: Option<NullBuffer>,
}

impl Lists {
    /// Takes a column of lists or maps.
    pub(crate) fn of(column: &dyn Array) -> Result<Self> {
        let (values, offsets, nulls): (ArrayRef, _, _) = match column.data_type() {
            DataType::List(_) => {
                let lists = column.as_list::<i32>();
                (Arc::clone(lists.values()), lists.offsets().clone(), lists.nulls().cloned())
            }
            DataType::Map(..) => {
                let maps = column.as_map();
                (Arc::new(maps.entries().clone()), maps.offsets().clone(), maps.nulls().cloned())
            }
            other => return internal_err!("expected lists, got {other}"),
        };
        Self { values, offsets, nulls }.compact()
    }

    /// Drops values that no list holds.
    fn compact(self) -> Result<Self> {
        let Self { values, offsets, nulls } = self;
        let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        let bounds = offsets.windows(2).enumerate();
        let hidden = bounds.clone().any(|(row, bounds)| is_null(row) && bounds[0] != bounds[1]);
        if !hidden {
            let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
            let values = values.slice(index(first), index(last - first));
            return Ok(Self { values, offsets: offsets.subtract(first), nulls });
        }
        let visible = || bounds.clone().filter(|(row, _)| !is_null(*row));
        let kept = visible().flat_map(|(_, bounds)| bounds[0].cast_unsigned()..bounds[1].cast_unsigned());
        let values = take(&values, &UInt32Array::from_iter_values(kept), None)?;
        let lengths = bounds.map(|(row, bounds)| if is_null(row) { 0 } else { index(bounds[1] - bounds[0]) });
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(Self { values, offsets, nulls })
    }

    /// Returns how many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Tells whether the list of a row is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Returns where the values of a row stand.
    pub(crate) fn range(&self, row: usize) -> Range<usize> {
        index(self.offsets[row])..index(self.offsets[row + 1])
    }

    /// Returns where the values of each row stand.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.offsets.windows(2).map(|bounds| index(bounds[0])..index(bounds[1]))
    }

    /// Returns the row that each value belongs to.
    pub(crate) fn rows(&self) -> UInt32Array {
        let rows = self.ranges().enumerate();
        let row = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        rows.flat_map(|(number, range)| std::iter::repeat_n(row(number), range.len()))
            .collect::<Vec<_>>()
            .into()
    }

    /// Returns lists with the same bounds that hold other values.
    pub(crate) fn with_values(&self, item: FieldRef, values: ArrayRef) -> Result<ArrayRef> {
        Ok(Arc::new(ListArray::try_new(item, self.offsets.clone(), values, self.nulls.clone())?))
    }

    /// Returns lists of the values at the positions that each row names; rows that are NULL stay so.
    pub(crate) fn pick<I>(
        &self,
        item: FieldRef,
        mut positions: impl FnMut(usize) -> Result<I>,
    ) -> Result<ArrayRef>
    where
        I: IntoIterator<Item = usize>,
    {
        let mut picked: Vec<u32> = Vec::with_capacity(self.values.len());
        let mut lengths = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let before = picked.len();
            if !self.is_null(row) {
                picked.extend(
                    positions(row)?.into_iter().map(|position| u32::try_from(position).unwrap_or(u32::MAX)),
                );
            }
            lengths.push(picked.len() - before);
        }
        let values = take(&self.values, &UInt32Array::from(picked), None)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(Arc::new(ListArray::try_new(item, offsets, values, self.nulls.clone())?))
    }
}

fn index(offset: i32) -> usize {
    usize::try_from(offset).unwrap_or(0)
}

/// Returns the field of the items of a list type.
pub(crate) fn item_of(list: &DataType) -> Result<FieldRef> {
    match list {
        DataType::List(item) => Ok(Arc::clone(item)),
        other => internal_err!("expected a list, got {other}"),
    }
}

/// Returns the list type that a type of lists in another layout is cast to; `None` for what is no list.
pub(crate) fn as_list(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Some(DataType::List(Arc::clone(item))),
        DataType::Null => Some(DataType::new_list(DataType::Null, true)),
        _ => None,
    }
}

/// Returns a type of lists whose items are what `field` says; its name does not matter.
pub(crate) fn list_of(field: &Field) -> DataType {
    let item = field.clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
    DataType::List(Arc::new(item))
}
