//! Which type a type becomes on the wire.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, Field, FieldRef, TimeUnit};

use super::{TimestampUnit, TypeProfile, WireOptions};

/// Metadata of a field that other programs understand begins so.
pub(super) const EXTENSION_PREFIX: &str = "ARROW:extension:";

/// Returns the type on the wire.
pub(super) fn wire_type(data_type: &DataType, options: WireOptions) -> DataType {
    match values_type(data_type) {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Union(..) => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Timestamp(unit, zone) => {
            let zone = zone.as_ref().filter(|_| options.types == TypeProfile::Native);
            DataType::Timestamp(wire_unit(*unit, options), zone.map(Arc::clone))
        }
        plain => match options.types {
            TypeProfile::Portable => portable(plain),
            TypeProfile::Native => native(plain, options),
        },
    }
}

/// Returns the type of the values of dictionaries and run ends.
pub(super) fn values_type(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, values) => values_type(values),
        DataType::RunEndEncoded(_, values) => values_type(values.data_type()),
        plain => plain,
    }
}

fn wire_unit(unit: TimeUnit, options: WireOptions) -> TimeUnit {
    match (unit, options.timestamp_unit, options.types) {
        (_, TimestampUnit::Nano, _) | (TimeUnit::Nanosecond, ..) => TimeUnit::Nanosecond,
        (_, TimestampUnit::Micro, TypeProfile::Portable) => TimeUnit::Microsecond,
        (unit, TimestampUnit::Micro, TypeProfile::Native) => unit,
    }
}

fn portable(data_type: &DataType) -> DataType {
    match data_type {
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        // Counts and ranks, which tools want to add up.
        DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal256(precision, scale)
            if *precision <= DECIMAL128_MAX_PRECISION =>
        {
            DataType::Decimal128(*precision, *scale)
        }
        kept if is_portable(kept) => kept.clone(),
        _ => DataType::Utf8,
    }
}

/// Tells whether every client reads the type as it is.
fn is_portable(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Date64
            | DataType::Time32(_)
            | DataType::Time64(_)
    )
}

fn native(data_type: &DataType, options: WireOptions) -> DataType {
    match data_type {
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| native_field(field, field.name(), options)).collect())
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => {
            DataType::List(native_field(item, Field::LIST_FIELD_DEFAULT_NAME, options))
        }
        DataType::Map(entries, is_sorted) => DataType::Map(native_entries(entries, options), *is_sorted),
        kept => kept.clone(),
    }
}

fn native_field(field: &Field, name: &str, options: WireOptions) -> FieldRef {
    let data_type = wire_type(field.data_type(), options);
    Arc::new(Field::new(name, data_type, true).with_metadata(extension_of(field)))
}

/// Returns the entries of a map under the names that Arrow's format gives them; arrow-rs has had others.
fn native_entries(entries: &FieldRef, options: WireOptions) -> FieldRef {
    let DataType::Struct(fields) = entries.data_type() else { return Arc::clone(entries) };
    let [key, value] = fields.as_ref() else { return Arc::clone(entries) };
    let key = native_field(key, "key", options).as_ref().clone().with_nullable(false);
    let value = native_field(value, "value", options);
    let pair = DataType::Struct([Arc::new(key), value].into_iter().collect());
    Arc::new(Field::new("entries", pair, false))
}

/// Returns the metadata that names Arrow's extension type of a field.
pub(super) fn extension_of(field: &Field) -> HashMap<String, String> {
    let known = field.metadata().iter().filter(|(key, _)| key.starts_with(EXTENSION_PREFIX));
    known.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Tells whether values are structs, lists, maps or unions.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    values_type(data_type).is_nested()
}

/// Tells whether going from one type to the other writes JSON.
pub(super) fn is_costly(from: &DataType, to: &DataType) -> bool {
    is_nested(from) && !to.is_nested()
}
