//! Values as text: Lake's form, and JSON.

use std::fmt::Write;

use super::instants::{write_date, write_instant, write_interval, write_time};
use super::json::field_text;
use super::numbers::write_decimal;
use super::source::{Cell, Source, bounds};
use crate::{push_double, push_real};

/// Writes a value in Lake's form: `2024-01-01 10:00:00.000`, `{k=v, k2=v2}`, `[a, b]`.
pub(crate) fn write_lake(source: &Source, row: usize, out: &mut String) {
    if source.is_null(row) {
        out.push_str("null");
        return;
    }
    match source {
        Source::List(lists, items) => {
            out.push('[');
            for (index, item) in bounds(lists.value_offsets(), row).enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_lake(items, item, out);
            }
            out.push(']');
        }
        Source::Map(maps, keys, values) => {
            out.push('{');
            for (index, entry) in bounds(maps.value_offsets(), row).enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_lake(keys, entry, out);
                out.push('=');
                write_lake(values, entry, out);
            }
            out.push('}');
        }
        Source::Row(_, fields) => {
            out.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(name);
                out.push('=');
                write_lake(field, row, out);
            }
            out.push('}');
        }
        Source::FreeForm(texts) => {
            let json = texts.value(row);
            // What is no JSON is shown as it is.
            out.push_str(&field_text(json).unwrap_or_else(|_fault| json.to_owned()));
        }
        leaf => {
            if let Some(cell) = leaf.cell(row) {
                write_cell(cell, out);
            }
        }
    }
}

/// Writes a value without parts.
pub(super) fn write_cell(cell: Cell<'_>, out: &mut String) {
    match cell {
        Cell::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
        Cell::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Cell::Real(value) => push_real(out, value),
        Cell::Double(value) => push_double(out, value),
        Cell::Decimal(value, scale) => write_decimal(value, scale, out),
        Cell::Text(text) => out.push_str(text),
        Cell::Bytes(bytes) => {
            for byte in bytes {
                let _ = write!(out, "{byte:02x}");
            }
        }
        Cell::Date(days) => write_date(days, out),
        Cell::Time(micros) => write_time(micros, out),
        Cell::Instant(micros, zone) => write_instant(micros, zone, out),
        Cell::Interval(interval) => write_interval(interval.months, interval.days, interval.nanoseconds, out),
    }
}

/// Writes a value as JSON: rows and maps are objects, maps sorted by key.
///
/// Returns what has no form in JSON.
pub(super) fn write_json(source: &Source, row: usize, out: &mut String) -> Result<(), &'static str> {
    if source.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match source {
        Source::Json(texts) | Source::FreeForm(texts) => out.push_str(texts.value(row)),
        Source::List(lists, items) => {
            out.push('[');
            for (index, item) in bounds(lists.value_offsets(), row).enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_json(items, item, out)?;
            }
            out.push(']');
        }
        Source::Map(maps, keys, values) => {
            let mut entries: Vec<(String, usize)> = bounds(maps.value_offsets(), row)
                .map(|entry| {
                    let mut key = String::new();
                    write_lake(keys, entry, &mut key);
                    (key, entry)
                })
                .collect();
            entries.sort();
            out.push('{');
            for (index, (key, entry)) in entries.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                quote(&key, out);
                out.push(':');
                write_json(values, entry, out)?;
            }
            out.push('}');
        }
        Source::Row(_, fields) => {
            out.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                quote(name, out);
                out.push(':');
                write_json(field, row, out)?;
            }
            out.push('}');
        }
        Source::Bytes(_) => return Err("varbinary"),
        Source::Interval(_) => return Err("interval"),
        leaf => match leaf.cell(row) {
            None => out.push_str("null"),
            Some(Cell::Real(value)) if value.is_finite() => push_real(out, value),
            Some(Cell::Double(value)) if value.is_finite() => push_double(out, value),
            Some(cell @ (Cell::Boolean(_) | Cell::Int(_) | Cell::Decimal(..))) => write_cell(cell, out),
            Some(Cell::Text(text)) => quote(text, out),
            Some(cell) => {
                let mut text = String::new();
                write_cell(cell, &mut text);
                quote(&text, out);
            }
        },
    }
    Ok(())
}

/// Writes a JSON string.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        let _ = match c {
            '"' => write!(out, "\\\""),
            '\\' => write!(out, "\\\\"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\u{8}' => write!(out, "\\b"),
            '\u{c}' => write!(out, "\\f"),
            c if c < ' ' => write!(out, "\\u{:04X}", u32::from(c)),
            c => {
                out.push(c);
                Ok(())
            }
        };
    }
    out.push('"');
}
