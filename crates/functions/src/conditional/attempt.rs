//! `try(expression)`: NULL where an expression fails on a value.
//!
//! The dialect hands the expression over as a lambda, so that it can be evaluated for a whole batch first, and row
//! by row only where that failed.

use std::sync::Arc;

use auditlake_model::ErrorKind;
use datafusion::arrow::array::{Array, ArrayRef, NullArray, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature, HigherOrderUDF,
    HigherOrderUDFImpl, LambdaArgument, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use crate::engine_error::from_datafusion;

const NAME: &str = "try";

/// Returns the function.
pub(super) fn udf() -> HigherOrderUDF {
    HigherOrderUDF::from(Attempt { signature: HigherOrderSignature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Attempt {
    signature: HigherOrderSignature,
}

impl HigherOrderUDFImpl for Attempt {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn lambda_parameters(
        &self,
        _step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        match fields {
            // The parameter is not used; its column tells how many rows there are.
            [ValueOrLambda::Lambda(_)] => Ok(LambdaParametersProgress::Complete(vec![vec![Arc::new(
                Field::new("row", DataType::Null, true),
            )]])),
            _ => plan_err!("{NAME} takes one expression"),
        }
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        match args.arg_fields {
            [ValueOrLambda::Lambda(field)] => {
                Ok(Arc::new(field.as_ref().clone().with_name(NAME).with_nullable(true)))
            }
            _ => plan_err!("{NAME} takes one expression"),
        }
    }

    fn short_circuits(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        let [ValueOrLambda::Lambda(expression)] = args.args.as_slice() else {
            return internal_err!("{NAME} without an expression");
        };
        let rows = args.number_rows;
        match evaluate(expression, 0, rows) {
            Ok(values) => Ok(ColumnarValue::Array(values)),
            Err(error) => {
                check_is_about_values(error)?;
                row_by_row(expression, rows, args.return_type())
            }
        }
    }
}

/// Evaluates the expression for some of the rows.
fn evaluate(expression: &LambdaArgument, start: usize, rows: usize) -> Result<ArrayRef> {
    let count: &dyn Fn() -> Result<ArrayRef> = &|| Ok(Arc::new(NullArray::new(rows)));
    let sliced = |columns: &[ArrayRef]| Ok(columns.iter().map(|column| column.slice(start, rows)).collect());
    expression.evaluate(&[count], sliced)?.into_array(rows)
}

fn row_by_row(expression: &LambdaArgument, rows: usize, data_type: &DataType) -> Result<ColumnarValue> {
    let mut values = Vec::with_capacity(rows);
    for row in 0..rows {
        values.push(match evaluate(expression, row, 1) {
            Ok(value) => value,
            Err(error) => {
                check_is_about_values(error)?;
                new_null_array(data_type, 1)
            }
        });
    }
    if values.is_empty() {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from(data_type)?));
    }
    let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
    Ok(ColumnarValue::Array(concat(&values)?))
}

/// Passes on what is no fault of a value: a query that was cancelled, or lacks memory.
fn check_is_about_values(error: DataFusionError) -> Result<()> {
    let ours = from_datafusion("evaluate try", error);
    match ours.kind() {
        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unsupported => Ok(()),
        _ => Err(crate::engine_error::into_datafusion(ours)),
    }
}
