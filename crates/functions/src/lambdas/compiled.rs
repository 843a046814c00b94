//! A call with its lambdas compiled, as the scalar function that runs.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, HigherOrderFunctionArgs, HigherOrderUDF, LambdaArgument, ReturnFieldArgs,
    ScalarFunctionArgs, ScalarUDFImpl, Signature, ValueOrLambda, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;

/// What stands at one place of the call.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// A value, which is the next argument.
    Value(FieldRef),
    /// A lambda.
    Lambda(Box<Body>),
}

/// A lambda whose columns are what it captured, then the parameters that it uses.
#[derive(Debug)]
pub(super) struct Body {
    /// All its parameters, in order.
    pub(super) parameters: Vec<FieldRef>,
    /// Which of them it uses.
    pub(super) used: Vec<usize>,
    /// What it reads of the row.
    pub(super) captures: Vec<FieldRef>,
    /// Which arguments hold that.
    pub(super) captured: Vec<usize>,
    /// What it gives.
    pub(super) result: FieldRef,
    /// The body.
    pub(super) expr: Expr,
    /// The body, to be run.
    pub(super) compiled: Arc<dyn PhysicalExpr>,
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        (&self.expr, &self.parameters, &self.captures, &self.captured)
            == (&other.expr, &other.parameters, &other.captures, &other.captured)
    }
}

impl Eq for Body {}

impl Hash for Body {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.expr, &self.parameters, &self.captures, &self.captured).hash(state);
    }
}

impl Place {
    pub(super) fn field(&self) -> ValueOrLambda<FieldRef, FieldRef> {
        match self {
            Self::Value(field) => ValueOrLambda::Value(Arc::clone(field)),
            Self::Lambda(body) => ValueOrLambda::Lambda(Arc::clone(&body.result)),
        }
    }
}

/// The call.
#[derive(Debug)]
pub(super) struct CompiledCall {
    function: Arc<HigherOrderUDF>,
    places: Vec<Place>,
    /// What its column is called.
    column: String,
    return_field: FieldRef,
    signature: Signature,
}

impl CompiledCall {
    pub(super) fn new(
        function: Arc<HigherOrderUDF>,
        places: Vec<Place>,
        arguments: usize,
        column: String,
        return_field: FieldRef,
    ) -> Self {
        let is_volatile = places.iter().any(|place| match place {
            Place::Lambda(body) => body.expr.is_volatile(),
            Place::Value(_) => false,
        });
        let volatility = if is_volatile { Volatility::Volatile } else { function.signature().volatility };
        let signature = match arguments {
            0 => Signature::nullary(volatility),
            _ => Signature::any(arguments, volatility),
        };
        Self { function, places, column, return_field, signature }
    }

    fn lambda(&self, body: &Body, args: &ScalarFunctionArgs) -> Result<LambdaArgument> {
        let mut columns = Vec::with_capacity(body.captured.len());
        for place in &body.captured {
            match args.args.get(*place) {
                Some(value) => columns.push(value.to_array(args.number_rows)?),
                None => return internal_err!("`{}` has lost an argument", self.function.name()),
            }
        }
        let captures = match columns.is_empty() {
            true => None,
            false => Some(RecordBatch::try_new(Arc::new(Schema::new(body.captures.clone())), columns)?),
        };
        Ok(LambdaArgument::new(body.parameters.clone(), Arc::clone(&body.compiled), captures, &body.used))
    }
}

impl PartialEq for CompiledCall {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
            && self.places == other.places
            && self.return_field == other.return_field
    }
}

impl Eq for CompiledCall {}

impl Hash for CompiledCall {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.function, &self.places).hash(state);
    }
}

impl ScalarUDFImpl for CompiledCall {
    fn name(&self) -> &str {
        self.function.name()
    }

    fn schema_name(&self, _args: &[Expr]) -> Result<String> {
        Ok(self.column.clone())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(self.return_field.data_type().clone())
    }

    fn return_field_from_args(&self, _args: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::clone(&self.return_field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let mut values = args.args.iter();
        let mut arguments = Vec::with_capacity(self.places.len());
        for place in &self.places {
            arguments.push(match (place, place_value(place, &mut values)) {
                (Place::Lambda(body), _) => ValueOrLambda::Lambda(self.lambda(body, &args)?),
                (Place::Value(_), Some(value)) => ValueOrLambda::Value(value.clone()),
                (Place::Value(_), None) => return internal_err!("`{}` has lost an argument", self.name()),
            });
        }
        self.function.invoke_with_args(HigherOrderFunctionArgs {
            args: arguments,
            arg_fields: self.places.iter().map(Place::field).collect(),
            number_rows: args.number_rows,
            return_field: Arc::clone(&self.return_field),
            config_options: args.config_options,
        })
    }
}

/// Returns the next value, for a place of a value.
fn place_value<'a>(
    place: &Place,
    values: &mut impl Iterator<Item = &'a ColumnarValue>,
) -> Option<&'a ColumnarValue> {
    match place {
        Place::Value(_) => values.next(),
        Place::Lambda(_) => None,
    }
}
