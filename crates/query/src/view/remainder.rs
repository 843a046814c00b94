//! A field of the event that has no column in a file, read from the JSON remainder.

use std::collections::HashMap;
use std::sync::Arc;

use auditlake_events::json::member_text;
use auditlake_events::schema::{EXTENSION_KEY, JSON_EXTENSION};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringViewBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};

/// `lake_remainder_member(remainder, name, is_json)`: the member `name` as text; null when there is none.
///
/// Scalars come as text, objects and arrays as compact JSON. `is_json` marks the result as JSON text.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct RemainderMember {
    signature: Signature,
}

impl RemainderMember {
    pub(crate) fn new() -> Self {
        let types = vec![DataType::Utf8View, DataType::Utf8, DataType::Boolean];
        Self { signature: Signature::exact(types, Volatility::Immutable) }
    }

    pub(super) fn call(remainder: Expr, name: &str, is_json: bool) -> Expr {
        ScalarUDF::from(Self::new()).call(vec![remainder, lit(name), lit(is_json)])
    }
}

impl ScalarUDFImpl for RemainderMember {
    fn name(&self) -> &str {
        "lake_remainder_member"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8View)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let is_json = matches!(args.scalar_arguments.get(2), Some(Some(ScalarValue::Boolean(Some(true)))));
        let field = Field::new(self.name(), DataType::Utf8View, true);
        let mark = HashMap::from([(EXTENSION_KEY.to_owned(), JSON_EXTENSION.to_owned())]);
        Ok(Arc::new(if is_json { field.with_metadata(mark) } else { field }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [remainder, ColumnarValue::Scalar(name), _] = args.args.as_slice() else {
            return exec_err!("lake_remainder_member takes a column, a name and a flag");
        };
        let Some(Some(name)) = name.try_as_str() else {
            return exec_err!("lake_remainder_member takes a constant name");
        };
        let remainder = cast(&remainder.to_array(args.number_rows)?, &DataType::Utf8View)?;
        members(&remainder, name).map(ColumnarValue::Array)
    }
}

fn members(remainder: &ArrayRef, name: &str) -> Result<ArrayRef> {
    let remainder = remainder.as_string_view();
    let mut values = StringViewBuilder::with_capacity(remainder.len());
    for json in remainder {
        let member = match json {
            None => None,
            Some(json) => member_text(json, name).map_err(crate::error::into_datafusion)?,
        };
        values.append_option(member);
    }
    Ok(Arc::new(values.finish()))
}
