//! Arrays of groups of items.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ListArray, StructArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::lists::{Lists, as_list, item_of};
use super::takes::{lists, made, numbers};
use crate::call_error::{wrong_call, wrong_value};

/// The greatest groups of `combinations`, and how many items all groups of a row have together, as in Trino.
const MAX_GROUP: usize = 5;
const MAX_COMBINED: usize = 100_000;

/// Arrays of arrays of items in the making.
#[derive(Default)]
struct Groups {
    items: Vec<u32>,
    lengths: Vec<usize>,
    counts: Vec<usize>,
}

impl Groups {
    fn push(&mut self, group: impl IntoIterator<Item = usize>) {
        let before = self.items.len();
        self.items.extend(group.into_iter().map(|item| u32::try_from(item).unwrap_or(u32::MAX)));
        self.lengths.push(self.items.len() - before);
    }

    /// Ends a row that began when there were `before` groups.
    fn end_row(&mut self, before: usize) {
        self.counts.push(self.lengths.len() - before);
    }

    fn finish(self, lists: &Lists, return_type: &DataType) -> Result<ColumnarValue> {
        let group = item_of(return_type)?;
        let item = item_of(group.data_type())?;
        let items = take(&lists.values, &UInt32Array::from(self.items), None)?;
        let groups = ListArray::try_new(item, OffsetBuffer::from_lengths(self.lengths), items, None)?;
        let offsets = OffsetBuffer::from_lengths(self.counts);
        made(Arc::new(ListArray::try_new(group, offsets, Arc::new(groups), lists.nulls.clone())?))
    }
}

/// Every choice of n items; the last item chosen moves slowest.
pub(super) fn combinations(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mut lists, sizes) = (lists(args, 0)?, numbers(args, 1)?);
    lists.nulls = NullBuffer::union(lists.nulls.as_ref(), sizes.nulls());
    let mut groups = Groups::default();
    for row in 0..lists.len() {
        let before = groups.lengths.len();
        if !lists.is_null(row) {
            let size = usize::try_from(sizes.value(row)).ok().filter(|size| *size <= MAX_GROUP).ok_or_else(
                || {
                    wrong_value(
                        "combinations",
                        format!(
                            "size {} of `combinations`: size must be from 0 to {MAX_GROUP}",
                            sizes.value(row)
                        ),
                    )
                },
            )?;
            combine(lists.range(row).start, lists.range(row).len(), size, &mut groups)?;
        }
        groups.end_row(before);
    }
    groups.finish(&lists, args.return_type())
}

fn combine(start: usize, length: usize, size: usize, groups: &mut Groups) -> Result<()> {
    if size > length {
        return Ok(());
    }
    let mut chosen: Vec<usize> = (0..size).collect();
    let limit = groups.items.len() + MAX_COMBINED;
    loop {
        groups.push(chosen.iter().map(|item| start + item));
        if groups.items.len() > limit {
            let message = format!("`combinations` makes more than {MAX_COMBINED} items of one array");
            return Err(wrong_value("combinations", message));
        }
        // The first item that can move up does; those before it begin again.
        let can_move = |place: &usize| chosen[*place] + 1 < chosen.get(place + 1).copied().unwrap_or(length);
        let Some(place) = (0..size).find(can_move) else { return Ok(()) };
        chosen[place] += 1;
        for (begin, item) in chosen[..place].iter_mut().enumerate() {
            *item = begin;
        }
    }
}

/// Every n items that follow each other; all of them if there are fewer.
pub(super) fn ngrams(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mut lists, sizes) = (lists(args, 0)?, numbers(args, 1)?);
    lists.nulls = NullBuffer::union(lists.nulls.as_ref(), sizes.nulls());
    let mut groups = Groups::default();
    for row in 0..lists.len() {
        let before = groups.lengths.len();
        if !lists.is_null(row) {
            let size = sizes.value(row);
            let range = lists.range(row);
            let size = usize::try_from(size).ok().filter(|size| *size > 0).ok_or_else(|| {
                wrong_value("ngrams", format!("size {size} of `ngrams`: N must be positive"))
            })?;
            let size = size.min(range.len());
            for first in range.start..=range.end - size {
                groups.push(first..first + size);
            }
        }
        groups.end_row(before);
    }
    groups.finish(&lists, args.return_type())
}

/// `zip` takes two to five arrays.
pub(super) fn zip_coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let wrong = |message: String| wrong_call("zip", "zip(array, array, ..)", message);
    if !(2..=5).contains(&types.len()) {
        return Err(wrong(format!("`zip` does not take {} arguments", types.len())));
    }
    let coerce = |(place, found): (usize, &DataType)| {
        as_list(found)
            .ok_or_else(|| wrong(format!("argument {} of `zip` is not an array but {found}", place + 1)))
    };
    types.iter().enumerate().map(coerce).collect()
}

/// The result is an array of rows.
pub(super) fn zip_returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let mut fields = Vec::new();
    for (place, list) in args.arg_fields.iter().enumerate() {
        let item = item_of(list.data_type())?;
        fields.push(item.as_ref().clone().with_name(format!("field{place}")).with_nullable(true));
    }
    let row = DataType::Struct(Fields::from(fields));
    Ok(Arc::new(Field::new("", DataType::new_list(row, true), true)))
}

/// Rows of the items at equal positions; shorter arrays go on with NULL.
pub(super) fn zip(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = (0..args.args.len()).map(|place| lists(args, place)).collect::<Result<Vec<_>>>()?;
    let (offsets, nulls, columns) = padded(&lists)?;
    let item = item_of(args.return_type())?;
    let DataType::Struct(fields) = item.data_type() else { return internal_err!("zip gives rows") };
    let rows: ArrayRef = Arc::new(StructArray::try_new(fields.clone(), columns, None)?);
    made(Arc::new(ListArray::try_new(item, offsets, rows, nulls)?))
}

/// Brings the lists of each row to the length of the longest, with NULLs at their ends; a row with a NULL is NULL.
pub(crate) fn padded(lists: &[Lists]) -> Result<(OffsetBuffer<i32>, Option<NullBuffer>, Vec<ArrayRef>)> {
    let rows = lists.first().map_or(0, Lists::len);
    let nulls = lists
        .iter()
        .fold(None, |nulls: Option<NullBuffer>, list| NullBuffer::union(nulls.as_ref(), list.nulls.as_ref()));
    let longest = |row: usize| match &nulls {
        Some(nulls) if nulls.is_null(row) => 0,
        _ => lists.iter().map(|list| list.range(row).len()).max().unwrap_or(0),
    };
    let lengths: Vec<usize> = (0..rows).map(longest).collect();
    let mut columns = Vec::with_capacity(lists.len());
    for list in lists {
        let mut items: Vec<Option<u32>> = Vec::new();
        for (row, length) in lengths.iter().enumerate() {
            let range = list.range(row);
            let item = |step: usize| (step < range.len()).then(|| u32::try_from(range.start + step).ok())?;
            items.extend((0..*length).map(item));
        }
        columns.push(take(&list.values, &UInt32Array::from(items), None)?);
    }
    Ok((OffsetBuffer::from_lengths(lengths), nulls, columns))
}
