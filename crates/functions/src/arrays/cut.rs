//! Parts of arrays, and arrays put together from few values.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, ListArray, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::lists::{Lists, as_list, item_of, list_of};
use super::takes::{argument, column, lists, made, numbers};
use crate::TEXT;
use crate::call_error::{wrong_call, wrong_value};
use crate::engine_error::into_datafusion;
use crate::text::{is_text, map_text};

/// How many items `repeat` makes at most, as in Trino.
const MAX_REPEATED: i64 = 10_000;

/// A part of an array: from a position on, from the end if negative, of a length.
pub(super) fn slice(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mut lists, starts, lengths) = (lists(args, 0)?, numbers(args, 1)?, numbers(args, 2)?);
    lists.nulls =
        NullBuffer::union(NullBuffer::union(lists.nulls.as_ref(), starts.nulls()).as_ref(), lengths.nulls());
    let item = item_of(args.return_type())?;
    made(lists.pick(item, |row| {
        let (start, length) = (starts.value(row), lengths.value(row));
        if start == 0 {
            return Err(wrong_value("slice", "start 0 of `slice`: SQL array indices start at 1"));
        }
        let Ok(length) = usize::try_from(length) else {
            return Err(wrong_value(
                "slice",
                format!("length {length} of `slice`: length must be greater than or equal to 0"),
            ));
        };
        let range = lists.range(row);
        let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
        let first = if start > 0 { Some(distance - 1) } else { range.len().checked_sub(distance) };
        let Some(first) = first.filter(|first| *first < range.len()) else { return Ok(0..0) };
        let end = first.saturating_add(length).min(range.len());
        Ok(range.start + first..range.start + end)
    })?)
}

/// The items without the last n.
pub(super) fn trim(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mut lists, counts) = (lists(args, 0)?, numbers(args, 1)?);
    lists.nulls = NullBuffer::union(lists.nulls.as_ref(), counts.nulls());
    let item = item_of(args.return_type())?;
    made(lists.pick(item, |row| {
        let (range, count) = (lists.range(row), counts.value(row));
        let kept = usize::try_from(count).ok().and_then(|count| range.len().checked_sub(count));
        match kept {
            Some(kept) => Ok(range.start..range.start + kept),
            None => Err(wrong_value(
                "trim_array",
                format!("`trim_array` of {count} items from an array of {}: size must not be negative or exceed array cardinality", range.len()),
            )),
        }
    })?)
}

fn one(
    args: &ScalarFunctionArgs,
    choose: fn(std::ops::Range<usize>) -> Option<usize>,
) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let items = lists.ranges().map(|range| choose(range).and_then(|item| u32::try_from(item).ok()));
    made(take(&lists.values, &items.collect::<UInt32Array>(), None)?)
}

/// The first item.
pub(super) fn first(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    one(args, |mut range| range.next())
}

/// The last item.
pub(super) fn last(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    one(args, |mut range| range.next_back())
}

/// `reverse` takes an array, text or binary.
pub(super) fn reverse_coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let [found] = types else {
        let message = format!("`reverse` does not take {} arguments", types.len());
        return Err(wrong_call("reverse", "reverse(array_or_text)", message));
    };
    let wanted = match found {
        DataType::Null => Some(TEXT),
        text if is_text(text) => Some(text.clone()),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            Some(DataType::Binary)
        }
        other => as_list(other),
    };
    let message = || format!("argument 1 of `reverse` is neither an array nor text but {found}");
    Ok(vec![wanted.ok_or_else(|| wrong_call("reverse", "reverse(array_or_text)", message()))?])
}

/// The result is what was given; text is plain text.
pub(super) fn reverse_returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let field = argument(args, 0)?;
    if is_text(field.data_type()) {
        return Ok(Arc::new(Field::new("", TEXT, true)));
    }
    Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
}

/// The items, characters or bytes from the last to the first.
pub(super) fn reverse(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some(value) = args.args.first() else { return internal_err!("reverse takes an argument") };
    match value.data_type() {
        text if is_text(&text) => {
            map_text(value, args.number_rows, |text| Some(text.chars().rev().collect::<String>().into()))
        }
        DataType::Binary => {
            let column = column(args, 0)?;
            let mut builder = BinaryBuilder::new();
            for bytes in column.as_binary::<i32>() {
                builder.append_option(bytes.map(|bytes| bytes.iter().rev().copied().collect::<Vec<u8>>()));
            }
            made(Arc::new(builder.finish()))
        }
        _ => {
            let lists = lists(args, 0)?;
            let item = item_of(args.return_type())?;
            made(lists.pick(item, |row| Ok(lists.range(row).rev()))?)
        }
    }
}

/// The result is an array of the first argument.
pub(super) fn repeat_returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", list_of(argument(args, 0)?), true)))
}

/// `repeat` takes any value and a number.
pub(super) fn repeat_coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [value, count] if count.is_integer() || count.is_null() => Ok(vec![value.clone(), DataType::Int64]),
        _ => Err(wrong_call("repeat", "repeat(value, count)", "`repeat` takes a value and a whole number")),
    }
}

/// An array of n times one value.
pub(super) fn repeat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (values, counts) = (column(args, 0)?, numbers(args, 1)?);
    let (mut items, mut lengths) = (Vec::new(), Vec::new());
    for (row, count) in counts.iter().enumerate() {
        let count = count.unwrap_or(0);
        if count < 0 {
            return Err(wrong_value(
                "repeat",
                format!("count {count} of `repeat`: count must not be negative"),
            ));
        }
        if count > MAX_REPEATED {
            let message = format!("count {count} of `repeat` is more than {MAX_REPEATED}");
            let error = Error::resources_exhausted(message).with_context("limit", "items of repeat");
            return Err(into_datafusion(error.with_hint("For a long text write `lpad('x', n, 'x')`.")));
        }
        let count = usize::try_from(count).unwrap_or(0);
        items.extend(std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), count));
        lengths.push(count);
    }
    let items = take(&values, &UInt32Array::from(items), None)?;
    let lists = Lists {
        values: Arc::clone(&items),
        offsets: OffsetBuffer::from_lengths(lengths),
        nulls: counts.nulls().cloned(),
    };
    made(lists.with_values(item_of(args.return_type())?, items)?)
}

/// `flatten` takes an array of arrays.
pub(super) fn flatten_coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let wrong = || wrong_call("flatten", "flatten(array_of_arrays)", "`flatten` takes an array of arrays");
    let [found] = types else { return Err(wrong()) };
    let Some(DataType::List(inner)) = as_list(found) else { return Err(wrong()) };
    let list = as_list(inner.data_type()).ok_or_else(wrong)?;
    Ok(vec![DataType::List(Arc::new(inner.as_ref().clone().with_data_type(list)))])
}

/// The result is an array as the items.
pub(super) fn flatten_returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let inner = item_of(argument(args, 0)?.data_type())?;
    Ok(Arc::new(Field::new("", inner.data_type().clone(), true)))
}

/// The items of the items; arrays that are NULL have none.
pub(super) fn flatten(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let outer = lists(args, 0)?;
    let inner = Lists::of(&outer.values)?;
    let starts = outer.ranges().map(|range| inner.offsets[range.end] - inner.offsets[range.start]);
    let offsets = OffsetBuffer::from_lengths(starts.map(|length| usize::try_from(length).unwrap_or(0)));
    let item = item_of(args.return_type())?;
    let flat: ArrayRef = Arc::new(ListArray::try_new(item, offsets, inner.values, outer.nulls)?);
    made(flat)
}
