//! One value as text, or as JSON.

use std::fmt::Write;

use auditlake_model::{Error, Result};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray};
use datafusion::arrow::datatypes::{
    DataType, Float16Type, Float32Type, Float64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::time::push_timestamp;
use super::zone::TimeZone;

/// How values become text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CellStyle {
    /// The zone that instants are shown in.
    pub(super) zone: Option<TimeZone>,
}

impl CellStyle {
    /// Appends the value at `row` as text; the caller has dealt with null.
    pub(super) fn push_text(self, out: &mut String, array: &ArrayRef, row: usize) -> Result<()> {
        match array.data_type() {
            DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
            DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
            DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => {
                push_hex(out, array, row);
            }
            DataType::Timestamp(unit, zone) => self.push_instant(out, array, row, *unit, zone.as_deref()),
            // JSON has no word for a union; going there would lead back here.
            DataType::Union(..) => push_default(out, array, row)?,
            data_type if is_nested(data_type) => self.push_json(out, array, row)?,
            _ => push_default(out, array, row)?,
        }
        Ok(())
    }

    /// Appends the value at `row` as JSON; null is `null`.
    ///
    /// Members of a struct that are null are left out, as they are in the events that structs are made of.
    pub(super) fn push_json(self, out: &mut String, array: &ArrayRef, row: usize) -> Result<()> {
        if array.is_null(row) || array.data_type().is_null() {
            out.push_str("null");
            return Ok(());
        }
        match array.data_type() {
            DataType::Boolean => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
            DataType::Float16 => push_float(out, array.as_primitive::<Float16Type>().value(row).to_f64()),
            DataType::Float32 => {
                // By its own shortest digits, not those of the double it would become.
                let value = array.as_primitive::<Float32Type>().value(row);
                push_number(out, value.is_finite(), &value.to_string());
            }
            DataType::Float64 => push_float(out, array.as_primitive::<Float64Type>().value(row)),
            data_type if data_type.is_integer() || is_decimal(data_type) => push_default(out, array, row)?,
            DataType::Struct(_) => self.push_struct(out, array.as_struct(), row)?,
            DataType::Map(..) => self.push_map(out, array.as_map(), row)?,
            DataType::List(_) => self.push_list(out, &array.as_list::<i32>().value(row))?,
            DataType::LargeList(_) => self.push_list(out, &array.as_list::<i64>().value(row))?,
            DataType::FixedSizeList(..) => self.push_list(out, &array.as_fixed_size_list().value(row))?,
            DataType::ListView(_) => self.push_list(out, &array.as_list_view::<i32>().value(row))?,
            DataType::LargeListView(_) => self.push_list(out, &array.as_list_view::<i64>().value(row))?,
            _ => {
                let mut text = String::new();
                self.push_text(&mut text, array, row)?;
                push_json_string(out, &text);
            }
        }
        Ok(())
    }

    fn push_struct(self, out: &mut String, array: &StructArray, row: usize) -> Result<()> {
        let members = array.fields().iter().zip(array.columns()).filter(|(_, column)| column.is_valid(row));
        out.push('{');
        for (number, (field, column)) in members.enumerate() {
            if number > 0 {
                out.push(',');
            }
            push_json_string(out, field.name());
            out.push(':');
            self.push_json(out, column, row)?;
        }
        out.push('}');
        Ok(())
    }

    fn push_map(self, out: &mut String, array: &MapArray, row: usize) -> Result<()> {
        let entries = array.value(row);
        let (keys, values) = (entries.column(0), entries.column(1));
        out.push('{');
        for entry in 0..entries.len() {
            if entry > 0 {
                out.push(',');
            }
            let mut key = String::new();
            self.push_text(&mut key, keys, entry)?;
            push_json_string(out, &key);
            out.push(':');
            self.push_json(out, values, entry)?;
        }
        out.push('}');
        Ok(())
    }

    fn push_list(self, out: &mut String, elements: &ArrayRef) -> Result<()> {
        out.push('[');
        for element in 0..elements.len() {
            if element > 0 {
                out.push(',');
            }
            self.push_json(out, elements, element)?;
        }
        out.push(']');
        Ok(())
    }

    fn push_instant(
        self,
        out: &mut String,
        array: &ArrayRef,
        row: usize,
        unit: TimeUnit,
        zone: Option<&str>,
    ) {
        let value = match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
        };
        push_timestamp(out, value, unit, zone, self.zone);
    }
}

/// Appends a JSON string. Direction and other invisible characters are escaped too, which JSON allows.
pub(super) fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if super::escape::is_unsafe(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Tells whether a column of this type holds numbers, which tables align to the right.
pub(super) fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() && !data_type.is_nested()
}

/// Tells whether values are JSON objects or arrays.
pub(super) fn is_nested(data_type: &DataType) -> bool {
    data_type.is_nested() && !matches!(data_type, DataType::Dictionary(..) | DataType::RunEndEncoded(..))
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..)
    )
}

fn push_float(out: &mut String, value: f64) {
    push_number(out, value.is_finite(), &value.to_string());
}

/// JSON has no infinity and no NaN; they become strings.
fn push_number(out: &mut String, finite: bool, digits: &str) {
    if finite { out.push_str(digits) } else { push_json_string(out, digits) }
}

fn push_hex(out: &mut String, array: &ArrayRef, row: usize) {
    let bytes = match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        _ => array.as_fixed_size_binary().value(row),
    };
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
}

/// Numbers, booleans, dates, times and intervals as Arrow shows them.
fn push_default(out: &mut String, array: &ArrayRef, row: usize) -> Result<()> {
    let failed = |e: ArrowError| Error::internal("render value").with_source(e);
    let options = FormatOptions::new();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(failed)?;
    formatter.value(row).write(out).map_err(failed)
}
