//! `json_value`, `json_query` and `json_exists` in their plain forms: JSON and a path, without clauses.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::path::{JsonPath, select};
use auditlake_events::json::{MemberOrder, ValueKind, kind, normalize, scalar_text};
use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::text_type;
use super::texts::try_map_text;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::scalar::Scalar;
use crate::text::{constant_text, texts};

pub(super) const JSON_VALUE: Scalar = Scalar {
    name: "json_value",
    aliases: &[],
    signature: "json_value(json, 'lax $.path')",
    help: "The scalar that a path leads to, as text; NULL if there is none, or several, or no scalar.",
    volatility: Volatility::Immutable,
    coerce: two_texts,
    returns,
    invoke: |args| {
        texts_at(args, |value| match kind(value) {
            Ok(ValueKind::Object | ValueKind::Array) | Err(_) => None,
            Ok(_) => scalar_text(value),
        })
    },
};

pub(super) const JSON_QUERY: Scalar = Scalar {
    name: "json_query",
    aliases: &[],
    signature: "json_query(json, 'lax $.path')",
    help: "The value that a path leads to, as JSON text; NULL if there is none or several.",
    volatility: Volatility::Immutable,
    coerce: two_texts,
    returns,
    invoke: |args| texts_at(args, |value| normalize(value, MemberOrder::AsWritten).ok().map(Cow::Owned)),
};

pub(super) const JSON_EXISTS: Scalar = Scalar {
    name: "json_exists",
    aliases: &[],
    signature: "json_exists(json, 'lax $.path')",
    help: "Whether a path leads to a value.",
    volatility: Volatility::Immutable,
    coerce: two_texts,
    returns: |args| {
        returns(args)?;
        Ok(Arc::new(Field::new("json_exists", DataType::Boolean, true)))
    },
    invoke: |args| {
        let Some(path) = path_of(&args.args[1])? else { return nulls(args) };
        let json: ArrayRef = args.args[0].to_array(args.number_rows)?;
        let exists = |json: &str| select(json, &path).ok().flatten().is_some_and(|found| !found.is_empty());
        let found: BooleanArray = texts(&json)?.map(|json| json.map(exists)).collect();
        Ok(ColumnarValue::Array(Arc::new(found)))
    },
};

fn two_texts(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [json, path] => Ok(vec![text_type("JSON", json)?, text_type("a path", path)?]),
        _ => plan_err!("expected JSON text and a path such as 'lax $.name'"),
    }
}

/// Checks a constant path before anything runs.
fn returns(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let path = args.scalar_arguments.get(1).copied().flatten();
    match path.map(|path| path.try_as_str().flatten()) {
        Some(Some(path)) => drop(JsonPath::parse_sql(path).map_err(into_datafusion)?),
        Some(None) => {}
        None => return plan_err!("the path must be a constant"),
    }
    Ok(Arc::new(Field::new("json", TEXT, true)))
}

fn path_of(path: &ColumnarValue) -> Result<Option<JsonPath>> {
    match constant_text(path) {
        Some(Some(path)) => JsonPath::parse_sql(path).map(Some).map_err(into_datafusion),
        Some(None) => Ok(None),
        None => plan_err!("the path must be a constant"),
    }
}

fn nulls(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Scalar(args.return_field.data_type().try_into()?))
}

/// Returns text of the one value at the path.
fn texts_at(
    args: &ScalarFunctionArgs,
    to_text: for<'a> fn(&'a str) -> Option<Cow<'a, str>>,
) -> Result<ColumnarValue> {
    let Some(path) = path_of(&args.args[1])? else { return nulls(args) };
    try_map_text(&args.args[0], args.number_rows, |json| {
        let found = select(json, &path).ok().flatten().unwrap_or_default();
        Ok(match found.as_slice() {
            [value] => to_text(value),
            _ => None,
        })
    })
}
