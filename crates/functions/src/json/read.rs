//! Functions that look into JSON: length, size, items, kind.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::path::{JsonPath, extract};
use auditlake_events::json::{ValueKind, array_items, kind, raw_members, scalar_text};
use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::kept::free_form;
use super::text_type;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::maps::items::positions;
use crate::scalar::Scalar;
use crate::text::{is_text, texts};

pub(super) const JSON_ARRAY_LENGTH: Scalar = Scalar {
    name: "json_array_length",
    aliases: &[],
    signature: "json_array_length(json)",
    help: "How many items a JSON array has; NULL if it is no array.",
    volatility: Volatility::Immutable,
    coerce: one_text,
    returns: bigint,
    invoke: |args| {
        let length = |json: &str| array_items(json).ok().flatten().map(|items| items.len() as i64);
        integers(args, |json, _| Ok(length(json)))
    },
};

pub(super) const JSON_SIZE: Scalar = Scalar {
    name: "json_size",
    aliases: &[],
    signature: "json_size(json, '$.path')",
    help: "How many members or items the value at a path has; 0 for a scalar, NULL if there is none.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [json, path] => Ok(vec![text_type("json_size", json)?, text_type("json_size", path)?]),
        _ => plan_err!("json_size takes JSON text and a path"),
    },
    returns: bigint,
    invoke: |args| {
        let paths = args.args[1].to_array(args.number_rows)?;
        let mut paths = PathCache::new(&paths)?;
        integers(args, |json, row| {
            let Some(path) = paths.at(row)? else { return Ok(None) };
            Ok(extract(json, path).ok().flatten().and_then(|value| size(&value)))
        })
    },
};

pub(super) const IS_JSON_SCALAR: Scalar = Scalar {
    name: "is_json_scalar",
    aliases: &[],
    signature: "is_json_scalar(json)",
    help: "Whether JSON is a text, a number, true, false or null.",
    volatility: Volatility::Immutable,
    coerce: one_text,
    returns: boolean,
    invoke: |args| {
        booleans(args, |json, _| match kind(json) {
            Ok(kind) => Ok(Some(!matches!(kind, ValueKind::Object | ValueKind::Array))),
            Err(_) => Err(into_datafusion(Error::invalid(format!("Invalid JSON value: {json}")))),
        })
    },
};

pub(super) const JSON_ARRAY_CONTAINS: Scalar = Scalar {
    name: "json_array_contains",
    aliases: &[],
    signature: "json_array_contains(json, value)",
    help: "Whether a JSON array has an item that is this boolean, number or text; NULL if it is no array.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [json, value] => {
            let value = match value {
                DataType::Boolean => DataType::Boolean,
                integer if integer.is_integer() => DataType::Int64,
                number if number.is_numeric() => DataType::Float64,
                text => text_type("json_array_contains", text)?,
            };
            Ok(vec![text_type("json_array_contains", json)?, value])
        }
        _ => plan_err!("json_array_contains takes JSON text and a value"),
    },
    returns: boolean,
    invoke: |args| {
        let values = args.args[1].to_array(args.number_rows)?;
        booleans(args, |json, row| {
            if values.is_null(row) {
                return Ok(None);
            }
            let Ok(Some(items)) = array_items(json) else { return Ok(None) };
            let mut found = false;
            for item in items {
                found |= is_value(item, &values, row)?;
            }
            Ok(Some(found))
        })
    },
};

pub(super) const JSON_ARRAY_GET: Scalar = Scalar {
    name: "json_array_get",
    aliases: &[],
    signature: "json_array_get(json, index)",
    help: "Item of a JSON array, from 0, from the end if negative; texts lose their quotes. NULL if there is none.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [json, index] if index.is_integer() || index.is_null() => {
            Ok(vec![text_type("json_array_get", json)?, DataType::Int64])
        }
        _ => plan_err!("json_array_get takes JSON text and an index"),
    },
    // What it gives is not always JSON: a text comes without its quotes.
    returns: |_| Ok(Arc::new(free_form("json_array_get"))),
    invoke: |args| {
        let (json, indices) = two_arrays(args)?;
        let indices = positions(&indices)?;
        let mut builder = StringViewBuilder::with_capacity(json.len());
        for (json, index) in texts(&json)?.zip(indices) {
            let item = json.zip(index).and_then(|(json, index)| array_item(json, index));
            builder.append_option(item);
        }
        Ok(ColumnarValue::Array(Arc::new(builder.finish())))
    },
};

fn array_item(json: &str, index: i64) -> Option<Cow<'_, str>> {
    let items = array_items(json).ok()??;
    let magnitude = usize::try_from(index.unsigned_abs()).ok()?;
    let place = if index < 0 { items.len().checked_sub(magnitude)? } else { magnitude };
    let item = items.get(place)?;
    Some(scalar_text(item).unwrap_or(Cow::Borrowed("null")))
}

/// Counts what a checked value has in it.
fn size(value: &str) -> Option<i64> {
    let count = match kind(value).ok()? {
        ValueKind::Object => raw_members(value).ok()??.len(),
        ValueKind::Array => array_items(value).ok()??.len(),
        _ => 0,
    };
    i64::try_from(count).ok()
}

/// Tells whether an item is the value of a row: of the same kind, whole numbers apart from fractions.
fn is_value(item: &str, values: &ArrayRef, row: usize) -> Result<bool> {
    let is_fraction = item.contains(['.', 'e', 'E']);
    let kind = kind(item).map_err(into_datafusion)?;
    Ok(match (values.data_type(), kind) {
        (DataType::Boolean, ValueKind::True) => values.as_boolean().value(row),
        (DataType::Boolean, ValueKind::False) => !values.as_boolean().value(row),
        (DataType::Int64, ValueKind::Number) => {
            item.parse() == Ok(values.as_primitive::<Int64Type>().value(row))
        }
        (DataType::Float64, ValueKind::Number) => {
            is_fraction && item.parse() == Ok(values.as_primitive::<Float64Type>().value(row))
        }
        (text, ValueKind::String) if is_text(text) => {
            let wanted = texts(&values.slice(row, 1))?.next().flatten().map(str::to_owned);
            scalar_text(item).as_deref() == wanted.as_deref()
        }
        _ => false,
    })
}

/// Paths by row; one that repeats is parsed once.
pub(super) struct PathCache<'a> {
    paths: &'a ArrayRef,
    last: Option<(String, JsonPath)>,
}

impl<'a> PathCache<'a> {
    pub(super) fn new(paths: &'a ArrayRef) -> Result<Self> {
        Ok(Self { paths, last: None })
    }

    pub(super) fn at(&mut self, row: usize) -> Result<Option<&JsonPath>> {
        let slice = self.paths.slice(row, 1);
        let Some(Some(text)) = texts(&slice)?.next() else { return Ok(None) };
        if self.last.as_ref().is_none_or(|(last, _)| last != text) {
            self.last = Some((text.to_owned(), JsonPath::parse(text).map_err(into_datafusion)?));
        }
        Ok(self.last.as_ref().map(|(_, path)| path))
    }
}

fn one_text(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [DataType::Null] => Ok(vec![TEXT]),
        [text] if is_text(text) => Ok(vec![text.clone()]),
        _ => plan_err!("expected one argument of JSON text, not {types:?}"),
    }
}

fn bigint(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("bigint", DataType::Int64, true)))
}

fn boolean(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("boolean", DataType::Boolean, true)))
}

fn two_arrays(args: &ScalarFunctionArgs) -> Result<(ArrayRef, ArrayRef)> {
    let [left, right] = args.args.as_slice() else { return internal_err!("two arguments expected") };
    Ok((left.to_array(args.number_rows)?, right.to_array(args.number_rows)?))
}

fn integers<F>(args: &ScalarFunctionArgs, mut of: F) -> Result<ColumnarValue>
where
    F: FnMut(&str, usize) -> Result<Option<i64>>,
{
    let json = args.args[0].to_array(args.number_rows)?;
    let values = texts(&json)?.enumerate().map(|(row, json)| json.map_or(Ok(None), |json| of(json, row)));
    let values: Int64Array = values.collect::<Result<_>>()?;
    Ok(ColumnarValue::Array(Arc::new(values)))
}

fn booleans<F>(args: &ScalarFunctionArgs, mut of: F) -> Result<ColumnarValue>
where
    F: FnMut(&str, usize) -> Result<Option<bool>>,
{
    let json = args.args[0].to_array(args.number_rows)?;
    let values = texts(&json)?.enumerate().map(|(row, json)| json.map_or(Ok(None), |json| of(json, row)));
    let values: BooleanArray = values.collect::<Result<_>>()?;
    Ok(ColumnarValue::Array(Arc::new(values)))
}
