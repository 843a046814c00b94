//! A function that takes lambdas as one row of a table: names, words about it, arguments, kernel.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, HigherOrderFunctionArgs, HigherOrderReturnFieldArgs, HigherOrderSignature,
    HigherOrderUDF, HigherOrderUDFImpl, LambdaParametersProgress, ValueOrLambda, Volatility,
};

use super::call::Call;
use crate::TEXT;
use crate::arrays::lists::as_list;
use crate::call_error::wrong_call;
use crate::row::{documentation, equal_by_name};
use crate::text::is_text;

/// What a function takes at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// An array.
    Array,
    /// A map, or a free-form field, which stands for one.
    Map,
    /// A text.
    Text,
    /// Any value.
    Any,
    /// A lambda with this many parameters.
    Lambda(usize),
}

/// One function that takes lambdas.
#[derive(Debug)]
pub(crate) struct HigherOrder {
    /// Its name, in lower case.
    pub(crate) name: &'static str,
    /// How it is called: `filter(array, x -> condition)`.
    pub(crate) signature: &'static str,
    /// One line about it, in a whole sentence.
    pub(crate) help: &'static str,
    /// What it takes, in order.
    pub(crate) arguments: &'static [Argument],
    /// How many of its arguments must be there.
    pub(crate) required: usize,
    /// Returns the parameters of its lambdas.
    pub(crate) parameters: fn(&Planned) -> Result<LambdaParametersProgress>,
    /// Returns type, nullability and metadata of the result.
    pub(crate) returns: fn(&Planned) -> Result<Field>,
    /// Computes a batch.
    pub(crate) invoke: fn(&Call) -> Result<ColumnarValue>,
}

/// What is known of a call while it is planned.
#[derive(Debug)]
pub(crate) struct Planned<'a> {
    /// The function.
    pub(crate) function: &'static HigherOrder,
    /// The fields of its values, in order, lambdas left out.
    pub(crate) values: Vec<&'a Field>,
    /// What its lambdas give, in order, as far as known.
    pub(crate) lambdas: Vec<Option<&'a Field>>,
    /// How often the parameters were asked for before.
    pub(crate) step: usize,
}

impl HigherOrder {
    /// Makes the function that the engine calls.
    pub(crate) fn udf(&'static self) -> Arc<HigherOrderUDF> {
        Arc::new(HigherOrderUDF::new_from_impl(Function {
            row: self,
            signature: HigherOrderSignature::user_defined(Volatility::Immutable),
            documentation: documentation(self.help, self.signature),
        }))
    }

    /// Returns an error about a call of this function, with how it is called.
    pub(crate) fn error(&self, message: impl Into<String>) -> DataFusionError {
        wrong_call(self.name, self.signature, message)
    }

    fn value_arguments(&self) -> impl Iterator<Item = Argument> {
        self.arguments.iter().copied().filter(|argument| !matches!(argument, Argument::Lambda(_)))
    }

    /// Checks that values and lambdas stand where they should.
    fn check_places<V, L>(&self, arguments: &[ValueOrLambda<V, L>]) -> Result<()> {
        let name = self.name;
        if arguments.len() > self.arguments.len() || arguments.len() < self.required {
            return Err(self.error(format!("`{name}` does not take {} arguments", arguments.len())));
        }
        for (place, (wanted, found)) in self.arguments.iter().zip(arguments).enumerate() {
            match (wanted, found) {
                (Argument::Lambda(_), ValueOrLambda::Value(_)) => {
                    return Err(self.error(format!("argument {} of `{name}` is not a lambda", place + 1)));
                }
                (Argument::Lambda(_), ValueOrLambda::Lambda(_)) | (_, ValueOrLambda::Value(_)) => {}
                (_, ValueOrLambda::Lambda(_)) => {
                    return Err(self.error(format!("argument {} of `{name}` is a lambda", place + 1)));
                }
            }
        }
        Ok(())
    }

    fn coerce(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let wanted: Vec<Argument> = self.value_arguments().collect();
        if types.len() > wanted.len() {
            return Err(self.error(format!("`{}` wants a lambda where a value stands", self.name)));
        }
        wanted
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(place, (wanted, found))| {
                let coerced = match (wanted, found) {
                    (Argument::Array, found) => as_list(found),
                    (Argument::Map, DataType::Map(..)) => Some(found.clone()),
                    (Argument::Map, DataType::Null) => Some(TEXT),
                    (Argument::Map, text) if is_text(text) => Some(text.clone()),
                    (Argument::Text, DataType::Null) => Some(TEXT),
                    (Argument::Text, text) if is_text(text) => Some(text.clone()),
                    (Argument::Map | Argument::Text, _) => None,
                    (Argument::Any | Argument::Lambda(_), found) => Some(found.clone()),
                };
                let what = match wanted {
                    Argument::Array => "an array",
                    Argument::Text => "a text",
                    _ => "a map",
                };
                coerced.ok_or_else(|| {
                    let name = self.name;
                    self.error(format!("argument {} of `{name}` is not {what} but {found}", place + 1))
                })
            })
            .collect()
    }
}

#[derive(Debug)]
struct Function {
    row: &'static HigherOrder,
    signature: HigherOrderSignature,
    documentation: Documentation,
}

equal_by_name!(Function);

impl HigherOrderUDFImpl for Function {
    fn name(&self) -> &str {
        self.row.name
    }

    fn signature(&self) -> &HigherOrderSignature {
        &self.signature
    }

    fn coerce_value_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.row.coerce(types)
    }

    fn lambda_parameters(
        &self,
        step: usize,
        fields: &[ValueOrLambda<FieldRef, Option<FieldRef>>],
    ) -> Result<LambdaParametersProgress> {
        self.row.check_places(fields)?;
        let mut planned = Planned { function: self.row, values: Vec::new(), lambdas: Vec::new(), step };
        for field in fields {
            match field {
                ValueOrLambda::Value(field) => planned.values.push(field),
                ValueOrLambda::Lambda(field) => planned.lambdas.push(field.as_deref()),
            }
        }
        if planned.lambdas.is_empty() {
            return Ok(LambdaParametersProgress::Complete(Vec::new()));
        }
        (self.row.parameters)(&planned)
    }

    fn coerce_values_for_lambdas(
        &self,
        fields: &[ValueOrLambda<DataType, DataType>],
    ) -> Result<Option<Vec<DataType>>> {
        // What a lambda goes on with has the type that the lambda gives.
        let state = fields.iter().find_map(|field| match field {
            ValueOrLambda::Lambda(state) => Some(state),
            ValueOrLambda::Value(_) => None,
        });
        let wanted = self.row.value_arguments();
        let values = fields.iter().filter_map(|field| match field {
            ValueOrLambda::Value(value) => Some(value),
            ValueOrLambda::Lambda(_) => None,
        });
        let coerce = |(wanted, value): (Argument, &DataType)| match (wanted, state) {
            (Argument::Any, Some(state)) => state.clone(),
            _ => value.clone(),
        };
        Ok(Some(wanted.zip(values).map(coerce).collect()))
    }

    fn return_field_from_args(&self, args: HigherOrderReturnFieldArgs) -> Result<FieldRef> {
        self.row.check_places(args.arg_fields)?;
        let mut planned = Planned { function: self.row, values: Vec::new(), lambdas: Vec::new(), step: 0 };
        for field in args.arg_fields {
            match field {
                ValueOrLambda::Value(field) => planned.values.push(field),
                ValueOrLambda::Lambda(field) => planned.lambdas.push(Some(field)),
            }
        }
        Ok(Arc::new((self.row.returns)(&planned)?.with_name(self.row.name)))
    }

    /// Lists that are NULL lose what their column keeps beneath them in [`crate::arrays::lists::Lists`].
    fn clear_null_values(&self) -> bool {
        false
    }

    fn invoke_with_args(&self, args: HigherOrderFunctionArgs) -> Result<ColumnarValue> {
        (self.row.invoke)(&Call::new(&args))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
