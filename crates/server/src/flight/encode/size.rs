//! How many bytes a batch takes in a message.
//!
//! Exact for what leaves (see [`super::super::wire`]); for what comes, views and dictionaries, what they will be
//! as plain values.

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use arrow::datatypes::{ByteViewType, DataType};

/// What arrow-ipc pads every buffer to.
const ALIGNMENT: usize = 64;

/// Returns the bytes of the body of a message of `batch`.
pub(super) fn batch_bytes(batch: &arrow::record_batch::RecordBatch) -> usize {
    batch.columns().iter().map(column_bytes).sum()
}

/// Returns the bytes of one column.
pub(super) fn column_bytes(array: &ArrayRef) -> usize {
    validity_bytes(array) + values_bytes(array)
}

fn validity_bytes(array: &ArrayRef) -> usize {
    let has_nulls = array.nulls().is_some_and(|nulls| nulls.null_count() > 0);
    if has_nulls { padded(array.len().div_ceil(8)) } else { 0 }
}

fn values_bytes(array: &ArrayRef) -> usize {
    let rows = array.len();
    match array.data_type() {
        DataType::Null => 0,
        DataType::Boolean => padded(rows.div_ceil(8)),
        DataType::Utf8 => text_bytes::<i32>(rows, array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => text_bytes::<i64>(rows, array.as_string::<i64>().value_offsets()),
        DataType::Binary => text_bytes::<i32>(rows, array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => text_bytes::<i64>(rows, array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View => view_bytes(array.as_string_view()),
        DataType::BinaryView => view_bytes(array.as_binary_view()),
        DataType::Struct(_) => array.as_struct().columns().iter().map(column_bytes).sum(),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            list_bytes(list.value_offsets(), list.values())
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            list_bytes(list.value_offsets(), list.values())
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let entries: ArrayRef = std::sync::Arc::new(map.entries().clone());
            list_bytes(map.value_offsets(), &entries)
        }
        DataType::Dictionary(..) => average_bytes(array.as_any_dictionary().values(), rows),
        other => match fixed_width(other) {
            Some(width) => padded(rows * width),
            // Unusual ones, which become others before they leave and are measured then.
            None => 0,
        },
    }
}

fn fixed_width(data_type: &DataType) -> Option<usize> {
    match data_type {
        DataType::FixedSizeBinary(width) => usize::try_from(*width).ok(),
        other => other.primitive_width(),
    }
}

fn text_bytes<O: OffsetSizeTrait>(rows: usize, offsets: &[O]) -> usize {
    padded((rows + 1) * size_of::<O>()) + padded(span(offsets))
}

/// Returns the distance of the last offset from the first.
fn span<O: OffsetSizeTrait>(offsets: &[O]) -> usize {
    match (offsets.first(), offsets.last()) {
        (Some(first), Some(last)) => last.as_usize() - first.as_usize(),
        _ => 0,
    }
}

fn view_bytes<T: ByteViewType + ?Sized>(array: &arrow::array::GenericByteViewArray<T>) -> usize {
    let values: usize = array.lengths().map(|length| length as usize).sum();
    padded((array.len() + 1) * size_of::<i32>()) + padded(values)
}

fn list_bytes<O: OffsetSizeTrait>(offsets: &[O], values: &ArrayRef) -> usize {
    let start = offsets.first().map_or(0, |first| first.as_usize());
    padded(size_of_val(offsets)) + column_bytes(&values.slice(start, span(offsets)))
}

/// Returns what `rows` values of a dictionary take, if each occurs as often as the others.
fn average_bytes(values: &ArrayRef, rows: usize) -> usize {
    if values.is_empty() { 0 } else { column_bytes(values).saturating_mul(rows) / values.len() }
}

fn padded(bytes: usize) -> usize {
    bytes.next_multiple_of(ALIGNMENT)
}
