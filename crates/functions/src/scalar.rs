//! A scalar function as one row of a table: names, words about it, types, kernel.

use std::sync::Arc;

use crate::row::{documentation, equal_by_name, owned};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

/// One scalar function of Lake SQL.
///
/// It has no state: what it needs are its arguments, so that a plan can be shipped and decoded by name.
#[derive(Debug)]
pub(crate) struct Scalar {
    /// Its name, in lower case.
    pub(crate) name: &'static str,
    /// Other names of it.
    pub(crate) aliases: &'static [&'static str],
    /// How it is called: `split_part(text, delimiter, index)`.
    pub(crate) signature: &'static str,
    /// One line about it, in a whole sentence.
    pub(crate) help: &'static str,
    /// Whether equal arguments give equal results.
    pub(crate) volatility: Volatility,
    /// Returns the types that arguments of these types are cast to; an error says what the function takes. Types that
    /// it gave stay as they are when they are given to it again.
    pub(crate) coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    /// Returns type, nullability and metadata of the result; faults in constant arguments are found here.
    pub(crate) returns: fn(&ReturnFieldArgs) -> Result<FieldRef>,
    /// Computes a batch; the arguments have the types that `coerce` gave.
    pub(crate) invoke: fn(&ScalarFunctionArgs) -> Result<ColumnarValue>,
}

impl Scalar {
    /// Makes the function that the engine calls.
    pub(crate) fn udf(&'static self) -> Arc<ScalarUDF> {
        Arc::new(ScalarUDF::from(Function {
            row: self,
            aliases: owned(self.aliases),
            signature: Signature::user_defined(self.volatility),
            documentation: documentation(self.help, self.signature),
        }))
    }
}

#[derive(Debug)]
struct Function {
    row: &'static Scalar,
    aliases: Vec<String>,
    signature: Signature,
    documentation: Documentation,
}

equal_by_name!(Function);

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.row.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        // The engine would bury an error from here in text of its own; it is given with the field, see below.
        (self.row.coerce)(types).or_else(|_| Ok(types.to_vec()))
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{} tells its field, not its type", self.row.name)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        (self.row.coerce)(&types)?;
        (self.row.returns)(&args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        (self.row.invoke)(&args)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
