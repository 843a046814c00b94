//! An aggregate as one row of a table; DISTINCT and sliding windows are added around its accumulator.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, Signature, Volatility,
};

use super::keys::Keys;
use super::lists;
use crate::row::{documentation, equal_by_name, owned};

/// One aggregate of Lake SQL.
#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// How it is called.
    pub(super) signature: &'static str,
    /// One line about it.
    pub(super) help: &'static str,
    /// Returns the types that arguments of these types are cast to.
    pub(super) coerce: fn(&[DataType]) -> Result<Vec<DataType>>,
    /// Returns the field of the result.
    pub(super) returns: fn(&[FieldRef]) -> Result<FieldRef>,
    /// Returns the types of the state, from those of the arguments.
    pub(super) state: fn(&[DataType]) -> Vec<DataType>,
    /// Makes an accumulator. It may be asked for its result several times, with more rows between.
    pub(super) accumulator: fn(&Inputs) -> Result<Box<dyn Accumulator>>,
}

/// What an accumulator is made for.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    /// Types of the arguments.
    pub(super) types: Vec<DataType>,
    /// Type of the result.
    pub(super) result: DataType,
}

impl Inputs {
    fn of(args: &AccumulatorArgs) -> Self {
        Self {
            types: args.expr_fields.iter().map(|field| field.data_type().clone()).collect(),
            result: args.return_field.data_type().clone(),
        }
    }
}

impl Aggregate {
    /// Makes the function that the engine calls.
    pub(super) fn udaf(&'static self) -> Arc<AggregateUDF> {
        Arc::new(AggregateUDF::from(Function {
            row: self,
            aliases: owned(self.aliases),
            signature: Signature::user_defined(Volatility::Immutable),
            documentation: documentation(self.help, self.signature),
        }))
    }
}

#[derive(Debug)]
struct Function {
    row: &'static Aggregate,
    aliases: Vec<String>,
    signature: Signature,
    documentation: Documentation,
}

equal_by_name!(Function);

impl AggregateUDFImpl for Function {
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
        (self.row.coerce)(types)
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{} tells its field, not its type", self.row.name)
    }

    fn return_field(&self, fields: &[FieldRef]) -> Result<FieldRef> {
        (self.row.returns)(fields)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let inputs: Vec<DataType> = args.input_fields.iter().map(|field| field.data_type().clone()).collect();
        let types = if args.is_distinct {
            inputs.iter().map(|input| DataType::new_list(input.clone(), true)).collect()
        } else {
            (self.row.state)(&inputs)
        };
        let field = |(index, data_type)| {
            Arc::new(Field::new(format!("{}[{}{index}]", args.name, self.row.name), data_type, true))
        };
        Ok(types.into_iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        let inputs = Inputs::of(&args);
        if args.is_distinct {
            return Ok(Box::new(Distinct { keys: Keys::new(&inputs.types)?, row: self.row, inputs }));
        }
        (self.row.accumulator)(&inputs)
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Sliding {
            row: self.row,
            inputs: Inputs::of(&args),
            columns: Vec::new(),
            is_distinct: args.is_distinct,
        }))
    }

    /// Rows come in any order.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// Hands each distinct row of arguments to an accumulator.
#[derive(Debug)]
struct Distinct {
    row: &'static Aggregate,
    inputs: Inputs,
    keys: Keys,
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.keys.insert(values, |_, _, _| {})
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let columns = states.iter().map(lists::flatten).collect::<Result<Vec<_>>>()?;
        self.update_batch(&columns)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut inner = (self.row.accumulator)(&self.inputs)?;
        inner.update_batch(&self.keys.columns()?)?;
        inner.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.keys.columns()?.into_iter().map(lists::one).collect())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.keys.size()
    }
}

/// Keeps the rows of a window frame that loses rows at its start, and begins anew for each result.
#[derive(Debug)]
struct Sliding {
    row: &'static Aggregate,
    inputs: Inputs,
    columns: Vec<ArrayRef>,
    is_distinct: bool,
}

impl Accumulator for Sliding {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = values.to_vec();
            return Ok(());
        }
        for (column, more) in self.columns.iter_mut().zip(values) {
            *column = concat(&[column.as_ref(), more.as_ref()])?;
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for (column, gone) in self.columns.iter_mut().zip(values) {
            let gone = gone.len().min(column.len());
            *column = column.slice(gone, column.len() - gone);
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn merge_batch(&mut self, _states: &[ArrayRef]) -> Result<()> {
        internal_err!("a window is never merged")
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut inner: Box<dyn Accumulator> = if self.is_distinct {
            let (row, inputs) = (self.row, self.inputs.clone());
            Box::new(Distinct { keys: Keys::new(&inputs.types)?, row, inputs })
        } else {
            (self.row.accumulator)(&self.inputs)?
        };
        if !self.columns.is_empty() {
            inner.update_batch(&self.columns)?;
        }
        inner.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        internal_err!("a window has no partial state")
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.columns.iter().map(|column| column.get_array_memory_size()).sum::<usize>()
    }
}
