//! `lake_get(json, step, ...)`: what dotted access to a free-form field plans to.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::MemberReader;
use auditlake_events::json::path::{JsonPath, extract, extract_scalar};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::TEXT;
use super::text::{is_text, map_text};

pub(super) const NAME: &str = "lake_get";

/// Reads a member of JSON text, as text.
///
/// Arguments are the JSON and one or more constant steps: names, and positions from 1. One step gives what
/// [`member_text`] gives; more steps go down into objects and arrays, never into text that happens to be JSON.
/// NULL where there is nothing, or JSON null, or no JSON.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct LakeGet {
    signature: Signature,
}

impl LakeGet {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LakeGet {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [DataType::Null, steps @ ..] if !steps.is_empty() => {
                Ok(std::iter::once(TEXT).chain(steps.iter().cloned()).collect())
            }
            [json, steps @ ..] if is_text(json) && !steps.is_empty() => Ok(types.to_vec()),
            _ => plan_err!("{NAME} takes JSON text and steps, not {types:?}"),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(TEXT)
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(NAME, TEXT, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((json, steps)) = args.args.split_first() else {
            return internal_err!("{NAME} without arguments");
        };
        if let [ColumnarValue::Scalar(step)] = steps
            && let Some(Some(name)) = step.try_as_str()
        {
            let member = MemberReader::new(name);
            return map_text(json, args.number_rows, |json| member.text(json));
        }
        let path = path_of(steps)?;
        map_text(json, args.number_rows, |json| text_at(json, &path))
    }
}

/// Reads constant steps as a JSON path.
pub(crate) fn path_of(steps: &[ColumnarValue]) -> Result<JsonPath> {
    let mut path = String::from("$");
    for step in steps {
        match step {
            ColumnarValue::Scalar(step) => push_step(step, &mut path)?,
            ColumnarValue::Array(_) => return plan_err!("{NAME} takes constant steps"),
        }
    }
    JsonPath::parse(&path).map_err(crate::engine_error::into_datafusion)
}

/// Appends a step, a name or a position from 1, to the text of a JSON path.
pub(crate) fn push_step(step: &ScalarValue, path: &mut String) -> Result<()> {
    match step {
        ScalarValue::Int64(Some(position)) if *position > 0 => path.push_str(&format!("[{}]", position - 1)),
        name => match name.try_as_str() {
            Some(Some(name)) => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                path.push_str(&format!("[\"{name}\"]"));
            }
            _ => return plan_err!("{NAME}: `{name}` is no step into JSON"),
        },
    }
    Ok(())
}

/// Returns the text of the value at a path, by the rules of [`member_text`].
pub(crate) fn text_at<'a>(json: &'a str, path: &JsonPath) -> Option<Cow<'a, str>> {
    let value = extract(json, path).ok()??;
    match value.as_bytes().first()? {
        b'{' | b'[' => Some(value),
        b'"' | b'n' => {
            let root = JsonPath::parse("$").ok()?;
            let text = extract_scalar(&value, &root).ok()??;
            Some(Cow::Owned(text.into_owned()))
        }
        _ => Some(value),
    }
}
