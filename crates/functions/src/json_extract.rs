//! `json_extract` and `json_extract_scalar`.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::path::{self, JsonPath};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result as DfResult, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::TEXT;
use super::text::{constant_text, is_text, map_text, zip_text};
use crate::engine_error::into_datafusion;
use crate::json_type::json_field;

/// What of the value at a path is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Result {
    /// JSON text, marked as such.
    Json,
    /// The text of a scalar; NULL for all else.
    Scalar,
}

/// Reads the value at a JSON path. Malformed JSON gives NULL, a malformed path is an error of the statement.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonExtract {
    result: Result,
    signature: Signature,
}

impl JsonExtract {
    pub(super) fn new(result: Result) -> Self {
        Self { result, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn extract<'a>(&self, json: &'a str, path: &JsonPath) -> Option<Cow<'a, str>> {
        let value = match self.result {
            Result::Json => path::extract(json, path),
            Result::Scalar => path::extract_scalar(json, path),
        };
        value.unwrap_or(None)
    }
}

impl ScalarUDFImpl for JsonExtract {
    fn name(&self) -> &str {
        match self.result {
            Result::Json => "json_extract",
            Result::Scalar => "json_extract_scalar",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> DfResult<Vec<DataType>> {
        let text = |data_type: &DataType| match data_type {
            DataType::Null => Some(TEXT),
            other => is_text(other).then(|| other.clone()),
        };
        match types {
            [json, path] if text(json).is_some() && text(path).is_some() => {
                Ok(types.iter().filter_map(text).collect())
            }
            _ => plan_err!("{} takes JSON text and a path such as '$.name', not {types:?}", self.name()),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> DfResult<DataType> {
        Ok(TEXT)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DfResult<FieldRef> {
        // A malformed path is found here, before anything runs.
        let path = args.scalar_arguments.get(1).copied().flatten();
        if let Some(path) = path.and_then(|path| path.try_as_str().flatten()) {
            JsonPath::parse(path).map_err(into_datafusion)?;
        }
        Ok(Arc::new(match self.result {
            Result::Json => json_field(self.name()),
            Result::Scalar => Field::new(self.name(), TEXT, true),
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let [json, path] = args.args.as_slice() else {
            return internal_err!("{} takes two arguments", self.name());
        };
        match constant_text(path) {
            Some(None) => Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(None))),
            Some(Some(path)) => {
                let path = JsonPath::parse(path).map_err(into_datafusion)?;
                map_text(json, args.number_rows, |json| self.extract(json, &path))
            }
            None => {
                let (json, paths) = (json.to_array(args.number_rows)?, path.to_array(args.number_rows)?);
                let texts = zip_text(&json, &paths, |json, path| {
                    let path = JsonPath::parse(path).map_err(into_datafusion)?;
                    Ok(self.extract(json, &path))
                })?;
                Ok(ColumnarValue::Array(texts))
            }
        }
    }
}
