//! `typeof(value)`: the name of a type.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, Volatility};

use crate::TEXT;
use crate::scalar::Scalar;
use crate::type_name;

/// The type of its argument is all it looks at.
pub(super) const TYPEOF: Scalar = Scalar {
    name: "typeof",
    aliases: &[],
    signature: "typeof(value)",
    help: "The name of the type of a value.",
    volatility: Volatility::Immutable,
    coerce,
    returns,
    invoke,
};

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [_] => Ok(types.to_vec()),
        _ => plan_err!("typeof takes one argument, not {}", types.len()),
    }
}

fn returns(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("typeof", TEXT, false)))
}

fn invoke(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let Some(field) = args.arg_fields.first() else { return internal_err!("typeof without fields") };
    Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(Some(type_name(field)))))
}
