//! Columns that are read value by value, in few forms.

use std::sync::Arc;

use auditlake_events::schema::is_json;
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Decimal128Array, Float32Array, Float64Array,
    Int64Array, IntervalMonthDayNanoArray, ListArray, MapArray, StringViewArray, StructArray,
};
use datafusion::arrow::array::{Date32Array, Time64MicrosecondArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float32Type, Float64Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{Result, exec_err};

use super::instants::parse_zone;
use super::types::UTC;
use crate::is_free_form;

/// A column to read from; its many Arrow forms are brought to few.
#[derive(Debug)]
pub(crate) enum Source {
    Null,
    Boolean(BooleanArray),
    Int(Int64Array),
    Real(Float32Array),
    Double(Float64Array),
    Decimal(Decimal128Array, u8),
    Text(StringViewArray),
    Json(StringViewArray),
    /// JSON text of free-form fields, which are maps.
    FreeForm(StringViewArray),
    Bytes(BinaryViewArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    /// Instants, and the zone they are shown in if it is not UTC.
    Instant(TimestampMicrosecondArray, Option<(Tz, String)>),
    Interval(IntervalMonthDayNanoArray),
    List(ListArray, Box<Source>),
    Map(MapArray, Box<Source>, Box<Source>),
    Row(StructArray, Vec<(String, Source)>),
}

/// One value that has no parts and is not NULL.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Boolean(bool),
    Int(i64),
    Real(f32),
    Double(f64),
    Decimal(i128, u8),
    Text(&'a str),
    Bytes(&'a [u8]),
    Date(i32),
    Time(i64),
    Instant(i64, Option<(&'a Tz, &'a str)>),
    Interval(IntervalMonthDayNano),
}

impl Source {
    /// Makes a column readable; `field` tells whether text is JSON.
    ///
    /// # Errors
    /// For types that Lake SQL does not have.
    pub(crate) fn of(array: &ArrayRef, field: &Field) -> Result<Self> {
        let to = |data_type: DataType| cast(array, &data_type);
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::UInt64 => Self::Decimal(to(DataType::Decimal128(20, 0))?.as_primitive().clone(), 0),
            integer if integer.is_integer() => {
                Self::Int(to(DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            DataType::Float16 | DataType::Float32 => {
                Self::Real(to(DataType::Float32)?.as_primitive::<Float32Type>().clone())
            }
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale) => {
                let scale = u8::try_from(*scale).unwrap_or(0);
                let decimals = to(DataType::Decimal128(38, scale.cast_signed()))?;
                Self::Decimal(decimals.as_primitive::<Decimal128Type>().clone(), scale)
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let texts = to(DataType::Utf8View)?.as_string_view().clone();
                match field {
                    field if is_free_form(field) => Self::FreeForm(texts),
                    field if is_json(field) => Self::Json(texts),
                    _ => Self::Text(texts),
                }
            }
            DataType::Dictionary(_, value) => Self::of(&to(value.as_ref().clone())?, field)?,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => {
                let bytes = if matches!(array.data_type(), DataType::FixedSizeBinary(_)) {
                    cast(&to(DataType::Binary)?, &DataType::BinaryView)?
                } else {
                    to(DataType::BinaryView)?
                };
                Self::Bytes(bytes.as_binary_view().clone())
            }
            DataType::Date32 | DataType::Date64 => {
                Self::Date(to(DataType::Date32)?.as_primitive::<Date32Type>().clone())
            }
            DataType::Time32(_) | DataType::Time64(_) => {
                let times = to(DataType::Time64(TimeUnit::Microsecond))?;
                Self::Time(times.as_primitive::<Time64MicrosecondType>().clone())
            }
            DataType::Timestamp(_, zone) => {
                let micros = to(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                let other = zone.as_deref().filter(|zone| !matches!(*zone, UTC | "+00:00" | "Z"));
                let zone = other.and_then(|zone| Some((parse_zone(zone)?, zone.to_owned())));
                Self::Instant(micros.as_primitive::<TimestampMicrosecondType>().clone(), zone)
            }
            DataType::Interval(_) | DataType::Duration(_) => {
                let intervals = to(DataType::Interval(IntervalUnit::MonthDayNano))?;
                Self::Interval(intervals.as_primitive::<IntervalMonthDayNanoType>().clone())
            }
            DataType::List(item) => {
                let lists = array.as_list::<i32>().clone();
                let items = Self::of(lists.values(), item)?;
                Self::List(lists, Box::new(items))
            }
            DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
                Self::of(&to(DataType::List(Arc::clone(item)))?, field)?
            }
            DataType::Map(entries, _) => {
                let maps = array.as_map().clone();
                let DataType::Struct(fields) = entries.data_type() else {
                    return exec_err!("map without keys and values");
                };
                let [key, value] = fields.as_ref() else {
                    return exec_err!("map without keys and values");
                };
                let (keys, values) = (Self::of(maps.keys(), key)?, Self::of(maps.values(), value)?);
                Self::Map(maps, Box::new(keys), Box::new(values))
            }
            DataType::Struct(fields) => {
                let rows = array.as_struct().clone();
                let columns = fields.iter().zip(rows.columns());
                let columns =
                    columns.map(|(field, column)| Ok((field.name().clone(), Self::of(column, field)?)));
                let columns = columns.collect::<Result<_>>()?;
                Self::Row(rows, columns)
            }
            other => return exec_err!("no type of Lake SQL: {other}"),
        })
    }

    /// Tells whether a value is NULL.
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Null => true,
            Self::Boolean(array) => array.is_null(row),
            Self::Int(array) => array.is_null(row),
            Self::Real(array) => array.is_null(row),
            Self::Double(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Text(array) | Self::Json(array) | Self::FreeForm(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Time(array) => array.is_null(row),
            Self::Instant(array, _) => array.is_null(row),
            Self::Interval(array) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
            Self::Map(array, ..) => array.is_null(row),
            Self::Row(array, _) => array.is_null(row),
        }
    }

    /// Returns a value that is not NULL, unless it has parts; JSON is its text.
    pub(super) fn cell(&self, row: usize) -> Option<Cell<'_>> {
        Some(match self {
            Self::Null | Self::List(..) | Self::Map(..) | Self::Row(..) => return None,
            Self::Boolean(array) => Cell::Boolean(array.value(row)),
            Self::Int(array) => Cell::Int(array.value(row)),
            Self::Real(array) => Cell::Real(array.value(row)),
            Self::Double(array) => Cell::Double(array.value(row)),
            Self::Decimal(array, scale) => Cell::Decimal(array.value(row), *scale),
            Self::Text(array) | Self::Json(array) | Self::FreeForm(array) => Cell::Text(array.value(row)),
            Self::Bytes(array) => Cell::Bytes(array.value(row)),
            Self::Date(array) => Cell::Date(array.value(row)),
            Self::Time(array) => Cell::Time(array.value(row)),
            Self::Instant(array, zone) => {
                Cell::Instant(array.value(row), zone.as_ref().map(|(zone, name)| (zone, name.as_str())))
            }
            Self::Interval(array) => Cell::Interval(array.value(row)),
        })
    }
}

/// Returns the bounds of the items of a list or map within their column.
pub(super) fn bounds(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| offsets.get(index).and_then(|offset| usize::try_from(*offset).ok()).unwrap_or(0);
    at(row)..at(row + 1)
}
