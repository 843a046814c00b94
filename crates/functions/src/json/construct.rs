//! `json_object` and `json_array`: JSON text of values that are JSON text already.
//!
//! The parser of the dialect casts keys and values to JSON and puts first what the clauses say: `null` or `absent`, and
//! `unique`.

use std::collections::HashMap;
use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{ArrayRef, StringViewBuilder};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use super::text_type;
use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::scalar::Scalar;
use crate::text::{constant_text, texts};

pub(super) const JSON_OBJECT: Scalar = Scalar {
    name: "json_object",
    aliases: &[],
    signature: "json_object(KEY 'a' VALUE x, 'b' : y .. [NULL | ABSENT ON NULL] [WITH | WITHOUT UNIQUE KEYS])",
    help: "JSON text of an object with these members.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke: |args| {
        let options = options(args);
        let (keeps_null, is_unique) = (!options.contains("absent"), options.contains("unique"));
        rows_of(args, |values, out| object(values, keeps_null, is_unique, out))
    },
};

pub(super) const JSON_ARRAY: Scalar = Scalar {
    name: "json_array",
    aliases: &[],
    signature: "json_array(x, y .. [NULL | ABSENT ON NULL])",
    help: "JSON text of an array with these items.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke: |args| {
        let keeps_null = !options(args).contains("absent");
        rows_of(args, |values, out| {
            array(values, keeps_null, out);
            Ok(())
        })
    },
};

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [_, ..] => types.iter().map(|argument| text_type("json_object or json_array", argument)).collect(),
        [] => plan_err!("json_object and json_array take what their clauses say first"),
    }
}

fn returns(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("json", TEXT, true)))
}

fn options(args: &ScalarFunctionArgs) -> &str {
    args.args.first().and_then(constant_text).flatten().unwrap_or_default()
}

/// Writes the JSON of each row; of constants alone, once.
fn rows_of(
    args: &ScalarFunctionArgs,
    write: impl Fn(&[Option<&str>], &mut String) -> Result<()>,
) -> Result<ColumnarValue> {
    let is_constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
    let count = if is_constant { 1 } else { args.number_rows };
    let columns = args.args[1..].iter().map(|argument| argument.to_array(count));
    let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
    let mut columns: Vec<_> = columns.iter().map(texts).collect::<Result<_>>()?;
    let mut builder = StringViewBuilder::with_capacity(count);
    let (mut values, mut out) = (Vec::with_capacity(columns.len()), String::new());
    for _ in 0..count {
        values.clear();
        values.extend(columns.iter_mut().map(|column| column.next().flatten()));
        out.clear();
        write(&values, &mut out)?;
        builder.append_value(&out);
    }
    let built: ArrayRef = Arc::new(builder.finish());
    if is_constant {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&built, 0)?));
    }
    Ok(ColumnarValue::Array(built))
}

fn array(values: &[Option<&str>], keeps_null: bool, out: &mut String) {
    out.push('[');
    for value in values.iter().filter(|value| keeps_null || value.is_some()) {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(value.unwrap_or("null"));
    }
    out.push(']');
}

/// Writes an object; of members with one name the last counts, unless names must be unique.
fn object(values: &[Option<&str>], keeps_null: bool, is_unique: bool, out: &mut String) -> Result<()> {
    let mut members: Vec<(&str, &str)> = Vec::with_capacity(values.len() / 2);
    let mut places: HashMap<&str, usize> = HashMap::new();
    for pair in values.chunks_exact(2) {
        let key = match pair[0] {
            Some(key) if key.starts_with('"') => key,
            Some(key) => return Err(fault(format!("`{key}` is no name of a member: it is no text"))),
            None => return Err(fault("NULL is no name of a member")),
        };
        let value = match pair[1] {
            Some(value) => value,
            None if keeps_null => "null",
            None => continue,
        };
        match places.get(key) {
            Some(_) if is_unique => return Err(fault(format!("the name {key} is there twice"))),
            Some(place) => members[*place].1 = value,
            None => {
                places.insert(key, members.len());
                members.push((key, value));
            }
        }
    }
    out.push('{');
    for (key, value) in members {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(key);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    Ok(())
}

fn fault(what: impl std::fmt::Display) -> DataFusionError {
    into_datafusion(Error::invalid(format!("json_object: {what}")))
}
