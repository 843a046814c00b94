//! Values without parts in another type, by Trino's rules.

use std::net::IpAddr;

use datafusion::arrow::datatypes::IntervalMonthDayNano;

use super::instants::{date, instant, parse_zone, time, to_local};
use super::numbers::{boolean, decimal, decimal_to_double, double, fits, rescale, round};
use super::sink::{Column, Sink};
use super::source::Cell;
use super::types::LakeType;
use super::write::write_cell;

const DAY_MICROS: i64 = 86_400_000_000;

/// Appends a value in the type of the sink; `None` if it has no form there.
pub(super) fn push(sink: &mut Sink, cell: Cell<'_>) -> Option<()> {
    match (&mut sink.column, &sink.of) {
        (Column::Boolean(values), _) => values.append_value(to_boolean(cell)?),
        (Column::TinyInt(values), _) => values.append_value(i8::try_from(to_integer(cell)?).ok()?),
        (Column::SmallInt(values), _) => values.append_value(i16::try_from(to_integer(cell)?).ok()?),
        (Column::Integer(values), _) => values.append_value(i32::try_from(to_integer(cell)?).ok()?),
        (Column::BigInt(values), _) => values.append_value(to_integer(cell)?),
        (Column::Real(values), _) => values.append_value(to_real(cell)?),
        (Column::Double(values), _) => values.append_value(to_double(cell)?),
        (Column::Decimal(values), LakeType::Decimal(precision, scale)) => {
            let value = to_decimal(cell, *scale)?;
            if !fits(value, *precision) {
                return None;
            }
            values.append_value(value);
        }
        (Column::Text(_), _) => return push_text(sink, cell),
        (Column::Bytes(values), _) => match cell {
            Cell::Bytes(bytes) => values.append_value(bytes),
            Cell::Text(text) => values.append_value(text),
            _ => return None,
        },
        (Column::Date(values), _) => values.append_value(to_date(cell)?),
        (Column::Time(values), _) => values.append_value(to_time(cell)?),
        (Column::Instant(values), of) => values.append_value(to_instant(cell, of)?),
        (Column::Interval(values), of) => values.append_value(to_interval(cell, of)?),
        _ => return None,
    }
    Some(())
}

fn to_boolean(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Boolean(value) => Some(value),
        Cell::Int(value) => Some(value != 0),
        Cell::Real(value) => Some(value != 0.0),
        Cell::Double(value) => Some(value != 0.0),
        Cell::Decimal(value, _) => Some(value != 0),
        Cell::Text(text) => boolean(text),
        _ => None,
    }
}

fn to_integer(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Boolean(value) => Some(i64::from(value)),
        Cell::Int(value) => Some(value),
        Cell::Real(value) => round(f64::from(value)),
        Cell::Double(value) => round(value),
        Cell::Decimal(value, scale) => i64::try_from(rescale(value, i32::from(scale), 0)?).ok(),
        Cell::Text(text) => text.parse().ok(),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "the nearest number is what the cast means")]
fn to_double(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Boolean(value) => Some(if value { 1.0 } else { 0.0 }),
        Cell::Int(value) => Some(value as f64),
        Cell::Real(value) => Some(f64::from(value)),
        Cell::Double(value) => Some(value),
        Cell::Decimal(value, scale) => Some(decimal_to_double(value, scale)),
        Cell::Text(text) => double(text),
        _ => None,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the nearest number is meant"
)]
fn to_real(cell: Cell<'_>) -> Option<f32> {
    match cell {
        Cell::Real(value) => Some(value),
        Cell::Int(value) => Some(value as f32),
        // Read at once: by way of a double it would be rounded twice.
        Cell::Text(text) => double(text).and_then(|_| text.trim().parse().ok()),
        other => to_double(other).map(|value| value as f32),
    }
}

fn to_decimal(cell: Cell<'_>, scale: u8) -> Option<i128> {
    let to = i32::from(scale);
    match cell {
        Cell::Boolean(value) => rescale(i128::from(value), 0, to),
        Cell::Int(value) => rescale(i128::from(value), 0, to),
        Cell::Real(value) => decimal(&format!("{value:e}"), scale),
        Cell::Double(value) => decimal(&format!("{value:e}"), scale),
        Cell::Decimal(value, from) => rescale(value, i32::from(from), to),
        Cell::Text(text) => decimal(text, scale),
        _ => None,
    }
}

fn push_text(sink: &mut Sink, cell: Cell<'_>) -> Option<()> {
    sink.scratch.clear();
    let is_text = matches!(cell, Cell::Text(_));
    match (&sink.of, cell) {
        (LakeType::IpAddress, Cell::Text(text)) => {
            write_address(text.trim().parse().ok()?, &mut sink.scratch)
        }
        (LakeType::IpAddress, Cell::Bytes(bytes)) => {
            let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()?;
            write_address(address, &mut sink.scratch);
        }
        (LakeType::Uuid, Cell::Text(text)) => write_uuid(text, &mut sink.scratch)?,
        (LakeType::Varchar(_) | LakeType::Char(_), Cell::Text(text)) => sink.scratch.push_str(text),
        (LakeType::Varchar(_) | LakeType::Char(_), cell) => write_cell(cell, &mut sink.scratch),
        _ => return None,
    }
    if let LakeType::Varchar(Some(length)) | LakeType::Char(length) = sink.of {
        let length = usize::try_from(length).ok()?;
        match sink.scratch.char_indices().nth(length) {
            // Text is cut off; a number without its last digits would be another one.
            Some((end, _)) if is_text => sink.scratch.truncate(end),
            Some(_) => return None,
            None if matches!(sink.of, LakeType::Char(_)) => {
                let missing = length - sink.scratch.chars().count();
                sink.scratch.extend(std::iter::repeat_n(' ', missing));
            }
            None => {}
        }
    }
    sink.push_scratch().ok()
}

fn write_address(address: IpAddr, out: &mut String) {
    // An IPv4 address that is written as one of IPv6 is the same address.
    out.push_str(&address.to_canonical().to_string());
}

fn write_uuid(text: &str, out: &mut String) -> Option<()> {
    let is_dash = |index: usize| matches!(index, 8 | 13 | 18 | 23);
    let has_form = |(index, c): (usize, char)| if is_dash(index) { c == '-' } else { c.is_ascii_hexdigit() };
    if text.len() != 36 || !text.char_indices().all(has_form) {
        return None;
    }
    out.extend(text.chars().map(|c| c.to_ascii_lowercase()));
    Some(())
}

fn to_date(cell: Cell<'_>) -> Option<i32> {
    match cell {
        Cell::Date(days) => Some(days),
        Cell::Text(text) => date(text),
        Cell::Instant(..) => i32::try_from(wall_clock(cell)?.div_euclid(DAY_MICROS)).ok(),
        _ => None,
    }
}

fn to_time(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Time(micros) => Some(micros),
        Cell::Text(text) => time(text),
        Cell::Instant(..) => Some(wall_clock(cell)?.rem_euclid(DAY_MICROS)),
        _ => None,
    }
}

/// Returns what clocks show at an instant in its zone.
fn wall_clock(cell: Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Instant(micros, None) => Some(micros),
        Cell::Instant(micros, Some((zone, _))) => to_local(micros, zone),
        _ => None,
    }
}

fn to_instant(cell: Cell<'_>, of: &LakeType) -> Option<i64> {
    let (digits, zone) = match of {
        LakeType::Timestamp(digits) => (*digits, None),
        LakeType::TimestampZone(digits, zone) => (*digits, Some(zone.as_deref().and_then(parse_zone))),
        _ => return None,
    };
    let micros = match (cell, &zone) {
        // A timestamp is what clocks show, without the zone they stand in.
        (Cell::Instant(..), None) => wall_clock(cell)?,
        (Cell::Instant(micros, _), Some(_)) => micros,
        (Cell::Date(days), zone) => {
            let mut text = String::new();
            write_cell(Cell::Date(days), &mut text);
            instant(&text, zone.as_ref().and_then(Option::as_ref))?
        }
        (Cell::Text(text), zone) => instant(text, zone.as_ref().and_then(Option::as_ref))?,
        _ => return None,
    };
    match digits {
        Some(digits @ 0..6) => {
            let unit = 10i64.pow(u32::from(6 - digits));
            micros.checked_add(unit / 2)?.div_euclid(unit).checked_mul(unit)
        }
        _ => Some(micros),
    }
}

fn to_interval(cell: Cell<'_>, of: &LakeType) -> Option<IntervalMonthDayNano> {
    match (cell, of) {
        (Cell::Interval(interval), LakeType::IntervalYear) => {
            (interval.days == 0 && interval.nanoseconds == 0).then_some(interval)
        }
        (Cell::Interval(interval), _) => (interval.months == 0).then_some(interval),
        _ => None,
    }
}
