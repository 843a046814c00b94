//! One column, brought to its type on the wire.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use auditlake_model::{Error, Result};
use auditlake_query::render::json_text;

use super::types::{is_nested, values_type};

/// A value that does not fit is an error: clients must not read NULL where there is something.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

/// Returns `array` in the type of `field`; shared if it has that type already.
///
/// # Errors
///
/// `Invalid` for an instant that nanoseconds do not reach, `Internal` for types that do not go together.
pub(super) fn column(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    if field.data_type() == &DataType::Utf8 && is_nested(array.data_type()) {
        let values = cast_to(array, values_type(array.data_type())).map_err(|e| failed(array, field, e))?;
        return Ok(Arc::new(json_text(&values)?));
    }
    conform(array, field.data_type()).map_err(|e| failed(array, field, e))
}

fn failed(array: &ArrayRef, field: &Field, error: ArrowError) -> Error {
    let (from, to) = (array.data_type(), field.data_type());
    if is_instant(to) && matches!(error, ArrowError::ArithmeticOverflow(_)) {
        return Error::invalid(format!("column `{}` holds an instant outside of 1677 to 2262", field.name()))
            .with_detail("Nanoseconds reach no further.")
            .with_hint("Ask for timestamps in microseconds, or leave such instants out.");
    }
    Error::internal(format!("column `{}` came as {from} where {to} was declared", field.name()))
        .with_source(error)
}

/// Tells whether a type is made of timestamps, be it only inside.
fn is_instant(data_type: &DataType) -> bool {
    match data_type {
        DataType::Timestamp(..) => true,
        DataType::List(item) | DataType::Map(item, _) => is_instant(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| is_instant(field.data_type())),
        _ => false,
    }
}

/// Rebuilds an array in another type; children are taken by position, and buffers shared where they can be.
fn conform(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    match (array.data_type(), to) {
        (DataType::Null, _) => Ok(new_null_array(to, array.len())),
        (DataType::Dictionary(..) | DataType::RunEndEncoded(..), _) => {
            conform(&cast_to(array, values_type(array.data_type()))?, to)
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let from = array.as_struct();
            if from.num_columns() != fields.len() {
                return Err(ArrowError::CastError("structs of different members".to_owned()));
            }
            let members = from.columns().iter().zip(fields);
            let members: Vec<ArrayRef> = members
                .map(|(member, field)| conform(member, field.data_type()))
                .collect::<Result<_, _>>()?;
            let (nulls, length) = (from.nulls().cloned(), from.len());
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), members, nulls, length)?))
        }
        (DataType::List(_), DataType::List(item)) => {
            let from = array.as_list::<i32>();
            let values = conform(from.values(), item.data_type())?;
            let (offsets, nulls) = (from.offsets().clone(), from.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls)?))
        }
        (from, DataType::List(_)) if is_list(from) => conform(&plain_list(array)?, to),
        (DataType::Map(..), DataType::Map(entries, is_sorted)) => {
            let from = array.as_map();
            let pairs: ArrayRef = Arc::new(from.entries().clone());
            let pairs = conform(&pairs, entries.data_type())?.as_struct().clone();
            let (offsets, nulls) = (from.offsets().clone(), from.nulls().cloned());
            Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls, *is_sorted)?))
        }
        (_, DataType::Utf8) if is_nested(array.data_type()) => {
            // A union inside of a struct or list; the top level has gone another way.
            let text = json_text(array).map_err(|e| ArrowError::CastError(e.report()))?;
            Ok(Arc::new(text))
        }
        _ => cast_to(array, to),
    }
}

/// Returns a list of any kind as a plain one of the same items.
fn plain_list(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let item = match array.data_type() {
        DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Arc::clone(item),
        other => return Err(ArrowError::CastError(format!("{other} is no list"))),
    };
    cast_to(array, &DataType::List(item))
}

fn is_list(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::LargeList(_)
            | DataType::FixedSizeList(..)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
    )
}

fn cast_to(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    cast_with_options(array, to, &STRICT)
}
