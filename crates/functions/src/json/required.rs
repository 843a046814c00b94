//! `lake_required(json, step, ...)`: what `field['name']` plans to, for a free-form field.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::{member_text, raw_members};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::texts::{try_map_text, try_zip_text};
use crate::TEXT;
use crate::lake_get::{path_of, text_at};
use crate::maps::items::missing_key;
use crate::scalar::Scalar;
use crate::text::{constant_text, is_text};

/// Reads a member as [`crate::lake_get`] does, and fails where the first step names no member of an object.
///
/// The first step may be a column; then it is the only one. A member that is null, and JSON that is no object,
/// give NULL.
pub(crate) const LAKE_REQUIRED: Scalar = Scalar {
    name: "lake_required",
    aliases: &[],
    signature: "lake_required(json, step, ...)",
    help: "Internal: what a subscript reads of a free-form field.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke,
};

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [json, key, steps @ ..] if is_text(json) && (is_text(key) || key.is_null()) => {
            let key = if key.is_null() { TEXT } else { key.clone() };
            Ok([json.clone(), key].into_iter().chain(steps.iter().cloned()).collect())
        }
        [json, key, ..] => plan_err!("no subscript of type {key} for {json}"),
        _ => plan_err!("lake_required takes JSON text and steps"),
    }
}

fn returns(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new(LAKE_REQUIRED.name, TEXT, true)))
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [json, key, deeper @ ..] = args.args.as_slice() else {
        return internal_err!("lake_required takes JSON text and steps");
    };
    match constant_text(key) {
        Some(None) => Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(None))),
        Some(Some(key)) if deeper.is_empty() => {
            try_map_text(json, args.number_rows, |json| required(json, key))
        }
        Some(Some(key)) => {
            let path = path_of(&args.args[1..])?;
            try_map_text(json, args.number_rows, |json| match text_at(json, &path) {
                Some(text) => Ok(Some(text)),
                None => required(json, key).map(|_| None),
            })
        }
        None if deeper.is_empty() => {
            let (json, keys) = (json.to_array(args.number_rows)?, key.to_array(args.number_rows)?);
            Ok(ColumnarValue::Array(try_zip_text(&json, &keys, required)?))
        }
        None => plan_err!("lake_required takes constant steps below the first"),
    }
}

fn required<'a>(json: &'a str, key: &str) -> Result<Option<Cow<'a, str>>> {
    if let Some(text) = member_text(json, key).unwrap_or(None) {
        return Ok(Some(text));
    }
    match raw_members(json) {
        Ok(Some(members)) if !members.iter().any(|(name, _)| name == key) => Err(missing_key(key)),
        _ => Ok(None),
    }
}
