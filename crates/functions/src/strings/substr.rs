//! `substr`, which gives what it takes: text or binary.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ReturnFieldArgs, Volatility};

use crate::call::{Call, Kind, coerce, field, run};
use crate::scalar::Scalar;

pub(super) const SUBSTR: Scalar = Scalar {
    name: "substr",
    aliases: &["substring"],
    signature: "substr(text, start[, length])",
    help: "Returns a part of a text or binary from a position, which counts from 1, or from the end if negative.",
    volatility: Volatility::Immutable,
    coerce: |types| {
        use Kind::{Bytes, Integer, Text};
        coerce(
            "substr",
            &[&[Text, Integer], &[Text, Integer, Integer], &[Bytes, Integer], &[Bytes, Integer, Integer]],
            types,
        )
    },
    returns: |args| Ok(as_first("substr", args)),
    invoke: |args| run(args, substr),
};

/// Returns a field of the type of the first argument.
fn as_first(name: &str, args: &ReturnFieldArgs<'_>) -> FieldRef {
    match args.arg_fields.first().map(|first| first.data_type()) {
        Some(DataType::Binary) => field(name, Kind::Bytes),
        _ => field(name, Kind::Text),
    }
}

fn substr(call: &Call<'_>) -> Result<ArrayRef> {
    let (starts, lengths) = (call.integers(1)?, call.integers_or(2, i64::MAX)?);
    let range = |row: usize| starts.at(row).zip(lengths.at(row));
    if call.type_of(0) == DataType::Binary {
        let bytes = call.bytes(0)?;
        return call.give_bytes(|row| {
            Ok(bytes.at(row).zip(range(row)).map(|(bytes, (start, length))| {
                let (start, end) = part(bytes.len(), start, length);
                bytes.get(start..end).unwrap_or_default()
            }))
        });
    }
    let texts = call.texts(0)?;
    call.give_texts(|row| {
        Ok(texts.at(row).zip(range(row)).map(|(text, (start, length))| part_of_text(text, start, length)))
    })
}

fn part_of_text(text: &str, start: i64, length: i64) -> &str {
    if text.is_ascii() {
        let (start, end) = part(text.len(), start, length);
        return text.get(start..end).unwrap_or_default();
    }
    let (start, end) = part(text.chars().count(), start, length);
    let mut bytes = text.char_indices().map(|(byte, _)| byte).chain(std::iter::once(text.len()));
    if start >= end {
        return "";
    }
    let first = bytes.nth(start).unwrap_or(text.len());
    let last = bytes.nth(end - start - 1).unwrap_or(text.len());
    text.get(first..last).unwrap_or_default()
}

/// Returns the half-open range, from 0, of a part of `size` items; empty where there is none.
fn part(size: usize, start: i64, length: i64) -> (usize, usize) {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let first = match start {
        0 => return (0, 0),
        1.. => start - 1,
        _ => size.saturating_add(start),
    };
    if length <= 0 || !(0..size).contains(&first) {
        return (0, 0);
    }
    let end = first.saturating_add(length).min(size);
    (usize::try_from(first).unwrap_or(0), usize::try_from(end).unwrap_or(0))
}
