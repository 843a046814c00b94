//! `json_value`, `json_query` and `json_exists`: JSON and a path, and what their clauses say as constants behind them.
//!
//! The parser of the dialect makes the constants: see its module `sql_json`.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::path::{JsonPath, select};
use auditlake_events::json::{MemberOrder, ValueKind, kind, normalize, scalar_text};
use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{DataFusionError, Result, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::text_type;
use super::texts::try_map_text;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::json_type::json_field;
use crate::scalar::Scalar;
use crate::text::{constant_text, texts};

pub(super) const JSON_VALUE: Scalar = Scalar {
    name: "json_value",
    aliases: &[],
    signature: "json_value(json, 'lax $.path' [RETURNING type] [NULL | ERROR | DEFAULT x ON EMPTY] [.. ON ERROR])",
    help: "The scalar that a path leads to, as text; NULL if there is none, or several, or no scalar.",
    volatility: Volatility::Immutable,
    coerce: all_texts,
    returns: |args| {
        check_path(args)?;
        let is_json = matches!(planned_word(args, 2), Some("json"));
        Ok(Arc::new(if is_json { json_field("json") } else { Field::new("json", TEXT, true) }))
    },
    invoke: json_value,
};

pub(super) const JSON_QUERY: Scalar = Scalar {
    name: "json_query",
    aliases: &[],
    signature: "json_query(json, 'lax $.path' [WITH ARRAY WRAPPER] [OMIT QUOTES] [NULL | ERROR | EMPTY ARRAY ON EMPTY] [.. ON ERROR])",
    help: "The value that a path leads to, as JSON text; NULL if there is none or several.",
    volatility: Volatility::Immutable,
    coerce: all_texts,
    returns: |args| {
        check_path(args)?;
        Ok(Arc::new(Field::new("json", TEXT, true)))
    },
    invoke: json_query,
};

pub(super) const JSON_EXISTS: Scalar = Scalar {
    name: "json_exists",
    aliases: &[],
    signature: "json_exists(json, 'lax $.path' [TRUE | FALSE | UNKNOWN | ERROR ON ERROR])",
    help: "Whether a path leads to a value.",
    volatility: Volatility::Immutable,
    coerce: all_texts,
    returns: |args| {
        check_path(args)?;
        Ok(Arc::new(Field::new("json_exists", DataType::Boolean, true)))
    },
    invoke: json_exists,
};

fn all_texts(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [_, _, ..] => types.iter().map(|argument| text_type("JSON and a path", argument)).collect(),
        _ => plan_err!("expected JSON text and a path such as 'lax $.name'"),
    }
}

/// Checks a constant path before anything runs.
fn check_path(args: &ReturnFieldArgs) -> Result<()> {
    let path = args.scalar_arguments.get(1).copied().flatten();
    match path.map(|path| path.try_as_str().flatten()) {
        Some(Some(path)) => JsonPath::parse_sql(path).map(drop).map_err(into_datafusion),
        Some(None) => Ok(()),
        None => plan_err!("the path must be a constant"),
    }
}

fn planned_word<'a>(args: &ReturnFieldArgs<'a>, place: usize) -> Option<&'a str> {
    args.scalar_arguments.get(place).copied().flatten()?.try_as_str().flatten()
}

fn path_of(path: &ColumnarValue) -> Result<Option<JsonPath>> {
    match constant_text(path) {
        Some(Some(path)) => JsonPath::parse_sql(path).map(Some).map_err(into_datafusion),
        Some(None) => Ok(None),
        None => plan_err!("the path must be a constant"),
    }
}

/// Returns a clause that a call may leave out.
fn word<'a>(args: &'a ScalarFunctionArgs, place: usize, default: &'a str) -> &'a str {
    args.args.get(place).and_then(constant_text).flatten().unwrap_or(default)
}

fn nulls(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Scalar(args.return_field.data_type().try_into()?))
}

/// Why a path gives no value.
enum Missing {
    /// It leads nowhere.
    Empty,
    /// It leads to what was not asked for, or there is no JSON.
    Error(Cow<'static, str>),
}

impl Missing {
    fn error(text: &'static str) -> Self {
        Self::Error(Cow::Borrowed(text))
    }

    fn fault(&self, function: &str) -> DataFusionError {
        let what = match self {
            Self::Empty => "the path leads to nothing",
            Self::Error(what) => what.as_ref(),
        };
        into_datafusion(
            Error::invalid(format!("{function}: {what}"))
                .with_hint("The call says ERROR; write NULL ON EMPTY NULL ON ERROR for NULL instead."),
        )
    }
}

/// Returns all that a path leads to.
fn found<'a>(json: &'a str, path: &JsonPath) -> std::result::Result<Vec<&'a str>, Missing> {
    match select(json, path) {
        Ok(Some(values)) => Ok(values),
        Ok(None) => Err(Missing::error("the JSON does not have the structure of the strict path")),
        Err(error) => Err(Missing::Error(format!("no JSON: {}", error.message()).into())),
    }
}

fn json_exists(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some(path) = path_of(&args.args[1])? else { return nulls(args) };
    let on_error = word(args, 2, "false");
    let json: ArrayRef = args.args[0].to_array(args.number_rows)?;
    let exists = |json: &str| match (found(json, &path), on_error) {
        (Ok(values), _) => Ok(Some(!values.is_empty())),
        (Err(missing), "error") => Err(missing.fault("json_exists")),
        (Err(_), "unknown") => Ok(None),
        (Err(_), answer) => Ok(Some(answer == "true")),
    };
    let found = texts(&json)?.map(|json| json.map_or(Ok(None), exists));
    let found: BooleanArray = found.collect::<Result<_>>()?;
    Ok(ColumnarValue::Array(Arc::new(found)))
}

fn json_query(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some(path) = path_of(&args.args[1])? else { return nulls(args) };
    let (wrapper, keeps_quotes) = (word(args, 2, "without"), word(args, 3, "keep") == "keep");
    let (on_empty, on_error) = (word(args, 4, "null"), word(args, 5, "null"));
    try_map_text(&args.args[0], args.number_rows, |json| {
        let missing = match queried(json, &path, wrapper, keeps_quotes) {
            Ok(text) => return Ok(Some(Cow::Owned(text))),
            Err(missing) => missing,
        };
        let instead = if matches!(missing, Missing::Empty) { on_empty } else { on_error };
        match instead {
            "error" => Err(missing.fault("json_query")),
            "array" => Ok(Some(Cow::Borrowed("[]"))),
            "object" => Ok(Some(Cow::Borrowed("{}"))),
            _ => Ok(None),
        }
    })
}

fn queried(
    json: &str,
    path: &JsonPath,
    wrapper: &str,
    keeps_quotes: bool,
) -> std::result::Result<String, Missing> {
    let values = found(json, path)?;
    let is_compound = |value: &str| matches!(kind(value), Ok(ValueKind::Object | ValueKind::Array));
    let is_wrapped = match (wrapper, values.as_slice()) {
        (_, []) => return Err(Missing::Empty),
        ("with", _) => true,
        ("conditional", [value]) => !is_compound(value),
        ("conditional", _) => true,
        (_, [_]) => false,
        _ => return Err(Missing::error("the path leads to several values")),
    };
    let text = if is_wrapped { format!("[{}]", values.join(",")) } else { values.concat() };
    if !keeps_quotes && matches!(kind(&text), Ok(ValueKind::String)) {
        return Ok(scalar_text(&text).map(Cow::into_owned).unwrap_or_default());
    }
    normalize(&text, MemberOrder::AsWritten)
        .map_err(|error| Missing::Error(format!("no JSON: {}", error.message()).into()))
}

fn json_value(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some(path) = path_of(&args.args[1])? else { return nulls(args) };
    let is_json = word(args, 2, "text") == "json";
    let (on_empty, on_error) = (word(args, 3, "null"), word(args, 4, "null"));
    if ![on_empty, on_error].contains(&"default") {
        return try_map_text(&args.args[0], args.number_rows, |json| match scalar(json, &path, is_json) {
            Ok(text) => Ok(text),
            Err(missing) if instead(&missing, on_empty, on_error) == "error" => {
                Err(missing.fault("json_value"))
            }
            Err(_) => Ok(None),
        });
    }
    let columns = |place: usize| args.args[place].to_array(args.number_rows);
    let (json, of_empty, of_error) = (columns(0)?, columns(5)?, columns(6)?);
    let defaults = texts(&of_empty)?.zip(texts(&of_error)?);
    let mut builder = StringViewBuilder::with_capacity(json.len());
    for (json, (of_empty, of_error)) in texts(&json)?.zip(defaults) {
        let Some(json) = json else {
            builder.append_null();
            continue;
        };
        match scalar(json, &path, is_json) {
            Ok(text) => builder.append_option(text),
            Err(missing) => match instead(&missing, on_empty, on_error) {
                "error" => return Err(missing.fault("json_value")),
                "default" if matches!(missing, Missing::Empty) => builder.append_option(of_empty),
                "default" => builder.append_option(of_error),
                _ => builder.append_null(),
            },
        }
    }
    Ok(ColumnarValue::Array(Arc::new(builder.finish())))
}

fn instead<'a>(missing: &Missing, on_empty: &'a str, on_error: &'a str) -> &'a str {
    if matches!(missing, Missing::Empty) { on_empty } else { on_error }
}

/// Returns the one scalar at a path: its text, or its JSON; `None` for a JSON null.
fn scalar<'a>(
    json: &'a str,
    path: &JsonPath,
    is_json: bool,
) -> std::result::Result<Option<Cow<'a, str>>, Missing> {
    let value = match found(json, path)?.as_slice() {
        [] => return Err(Missing::Empty),
        [value] => *value,
        _ => return Err(Missing::error("the path leads to several values")),
    };
    match kind(value) {
        Ok(ValueKind::Object | ValueKind::Array) => Err(Missing::error("the path leads to no scalar")),
        Ok(ValueKind::Null) => Ok(None),
        Ok(_) if is_json => Ok(Some(Cow::Borrowed(value))),
        Ok(_) => Ok(scalar_text(value)),
        Err(error) => Err(Missing::Error(format!("no JSON: {}", error.message()).into())),
    }
}
