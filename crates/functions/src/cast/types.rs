//! The types of Lake SQL: their names, and what holds their values.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};

use crate::{TEXT, json_field};

/// The zone of instants that name none.
pub(super) const UTC: &str = "UTC";

/// A type, as statements name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LakeType {
    Boolean,
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    Real,
    Double,
    /// Precision and scale.
    Decimal(u8, u8),
    /// Text, cut off behind so many characters.
    Varchar(Option<u32>),
    /// Text of so many characters, filled up with blanks.
    Char(u32),
    Varbinary,
    Json,
    Date,
    Time,
    /// An instant in UTC, with so many digits of a second.
    Timestamp(Option<u8>),
    /// An instant, shown in a zone.
    TimestampZone(Option<u8>, Option<String>),
    IntervalDay,
    IntervalYear,
    IpAddress,
    Uuid,
    Array(Box<LakeType>),
    Map(Box<LakeType>, Box<LakeType>),
    /// Fields, perhaps without names.
    Row(Vec<(Option<String>, LakeType)>),
}

impl LakeType {
    /// Returns what to do about a value that cannot be cast.
    pub(super) fn hint(&self) -> &'static str {
        match self.data_type() {
            DataType::Timestamp(..) => {
                "Timestamps read `2026-01-31 10:00:00`, `2026-01-31T10:00:00Z` or `2026-01-31`; TRY_CAST gives NULL instead of an error."
            }
            _ => "TRY_CAST gives NULL instead of an error.",
        }
    }

    /// Returns the Arrow type that holds values of the type.
    pub(crate) fn data_type(&self) -> DataType {
        let zoned = |zone: &str| DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()));
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, scale.cast_signed()),
            Self::Varchar(_) | Self::Char(_) | Self::Json | Self::IpAddress | Self::Uuid => TEXT,
            Self::Varbinary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp(_) | Self::TimestampZone(_, None) => zoned(UTC),
            Self::TimestampZone(_, Some(zone)) => zoned(zone),
            Self::IntervalDay | Self::IntervalYear => DataType::Interval(IntervalUnit::MonthDayNano),
            Self::Array(item) => DataType::List(item.field("item")),
            Self::Map(key, value) => {
                let key = Arc::new(key.field("key").as_ref().clone().with_nullable(false));
                let fields = Fields::from(vec![key, value.field("value")]);
                DataType::Map(Arc::new(Field::new("entries", DataType::Struct(fields), false)), false)
            }
            Self::Row(fields) => DataType::Struct(
                fields
                    .iter()
                    .enumerate()
                    .map(|(index, (name, of))| of.field(&field_name(name, index)))
                    .collect(),
            ),
        }
    }

    /// Returns a field of the type; JSON is marked.
    pub(crate) fn field(&self, name: &str) -> FieldRef {
        Arc::new(match self {
            Self::Json => json_field(name),
            _ => Field::new(name, self.data_type(), true),
        })
    }

    /// Tells whether the type has parts.
    pub(super) fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Map(..) | Self::Row(_))
    }
}

/// Returns the name of a field of a row, which is its position where it has none.
pub(crate) fn field_name(name: &Option<String>, index: usize) -> String {
    name.clone().unwrap_or_else(|| format!("field{index}"))
}

impl fmt::Display for LakeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits =
            |precision: &Option<u8>| precision.map(|digits| format!("({digits})")).unwrap_or_default();
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double"),
            Self::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            Self::Varchar(None) => f.write_str("varchar"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varbinary => f.write_str("varbinary"),
            Self::Json => f.write_str("json"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp(precision) => write!(f, "timestamp{}", digits(precision)),
            Self::TimestampZone(precision, zone) => {
                write!(f, "timestamp{} with time zone", digits(precision))?;
                zone.as_ref().map_or(Ok(()), |zone| write!(f, " in '{zone}'"))
            }
            Self::IntervalDay => f.write_str("interval day to second"),
            Self::IntervalYear => f.write_str("interval year to month"),
            Self::IpAddress => f.write_str("ipaddress"),
            Self::Uuid => f.write_str("uuid"),
            Self::Array(item) => write!(f, "array({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => {
                f.write_str("row(")?;
                for (index, (name, of)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    match name {
                        Some(name) => write!(f, "{comma}\"{}\" {of}", name.replace('"', "\"\""))?,
                        None => write!(f, "{comma}{of}")?,
                    }
                }
                f.write_str(")")
            }
        }
    }
}
