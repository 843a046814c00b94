//! `+`, `-`, `*` and the sign of integers, which fail where the engine's own go on at the other end of the numbers.
//!
//! A call takes any number of operands, `((a + b) + c)` as three, since a chain of calls within calls would be as deep
//! as it is long. All have one type; a rule of the dialect puts these in place once types are known.

use std::sync::{Arc, LazyLock};

use auditlake_model::Error;
use datafusion::arrow::array::{ArrayRef, Datum};
use datafusion::arrow::compute::kernels::numeric::{add, mul, neg, sub};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::engine_error::{INVALID_STATEMENT, into_datafusion};
use crate::family::Family;
use crate::type_name;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `-a`
    Negate,
}

static FUNCTIONS: LazyLock<[Arc<ScalarUDF>; 4]> = LazyLock::new(|| {
    [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Negate].map(|operation| {
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::from(Checked { operation, signature }))
    })
});

impl Arithmetic {
    /// Returns the function that computes it for integers.
    pub fn checked(self) -> Arc<ScalarUDF> {
        let [plus, minus, times, negative] = &*FUNCTIONS;
        Arc::clone(match self {
            Self::Add => plus,
            Self::Subtract => minus,
            Self::Multiply => times,
            Self::Negate => negative,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Add => "lake_add",
            Self::Subtract => "lake_subtract",
            Self::Multiply => "lake_multiply",
            Self::Negate => "lake_negate",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Add => "addition",
            Self::Subtract => "subtraction",
            Self::Multiply => "multiplication",
            Self::Negate => "negation",
        }
    }

    fn apply(
        self,
        left: &ColumnarValue,
        right: &ColumnarValue,
        failed: impl Fn(ArrowError) -> DataFusionError,
    ) -> Result<ColumnarValue> {
        let kernel: fn(&dyn Datum, &dyn Datum) -> Result<ArrayRef, ArrowError> = match self {
            Self::Add => add,
            Self::Subtract => sub,
            _ => mul,
        };
        let result = kernel(datum(left)?.as_ref(), datum(right)?.as_ref()).map_err(failed)?;
        value_of(result, is_constant(left) && is_constant(right))
    }

    /// Writes an expression as it was typed.
    fn written<T: ToString>(self, operands: &[T]) -> String {
        let texts: Vec<String> = operands.iter().map(ToString::to_string).collect();
        let sign = match self {
            Self::Negate => return format!("(- {})", texts.join("")),
            Self::Add => " + ",
            Self::Subtract => " - ",
            Self::Multiply => " * ",
        };
        texts.join(sign)
    }
}

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { scalar: FUNCTIONS.iter().cloned().collect(), ..Family::default() }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Checked {
    operation: Arithmetic,
    signature: Signature,
}

impl ScalarUDFImpl for Checked {
    fn name(&self) -> &str {
        self.operation.name()
    }

    fn display_name(&self, args: &[Expr]) -> Result<String> {
        Ok(self.operation.written(args))
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        Ok(self.operation.written(&names))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        Ok(types.to_vec())
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{} tells its field, not its type", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let Some(first) = args.arg_fields.first() else { return internal_err!("{} of nothing", self.name()) };
        let nullable = args.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), first.data_type().clone(), nullable)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let failed = |error: ArrowError| self.failed(error, args.return_field.as_ref());
        let result: ArrayRef = match (self.operation, args.args.as_slice()) {
            (Arithmetic::Negate, [operand]) => {
                neg(&operand.to_array_of_size(1.max(args.number_rows))?).map_err(failed)?
            }
            (operation, [first, others @ ..]) => {
                let apply =
                    |left: ColumnarValue, right: &ColumnarValue| operation.apply(&left, right, failed);
                return others.iter().try_fold(first.clone(), apply);
            }
            _ => return internal_err!("{} of {} arguments", self.name(), args.args.len()),
        };
        value_of(result, args.args.iter().all(is_constant))
    }
}

impl Checked {
    fn failed(&self, error: ArrowError, field: &Field) -> DataFusionError {
        let ArrowError::ArithmeticOverflow(text) = error else { return error.into() };
        let operands = text.rsplit_once("on: ").map_or(text.as_str(), |(_, operands)| operands);
        let message = format!("{} {} overflow: {operands}", type_name(field), self.operation.noun());
        into_datafusion(
            Error::invalid(message)
                .with_code(INVALID_STATEMENT)
                .with_hint("Write `CAST(x AS decimal(38, 0))` or `CAST(x AS double)` for larger numbers."),
        )
    }
}

fn is_constant(value: &ColumnarValue) -> bool {
    matches!(value, ColumnarValue::Scalar(_))
}

fn value_of(result: ArrayRef, is_constant: bool) -> Result<ColumnarValue> {
    Ok(match is_constant {
        true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
        false => ColumnarValue::Array(result),
    })
}

fn datum(value: &ColumnarValue) -> Result<Box<dyn Datum>> {
    Ok(match value {
        ColumnarValue::Array(array) => Box::new(Arc::clone(array)),
        ColumnarValue::Scalar(scalar) => Box::new(scalar.to_scalar()?),
    })
}
