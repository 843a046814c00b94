//! An aggregate as one row of a table; DISTINCT, ORDER BY and sliding windows are added around its accumulator.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Literal;

use super::keys::Keys;
use super::ordered::Ordered;
use super::{groups, lists};
use crate::row::{documentation, equal_by_name, owned};

/// Makes an accumulator of many groups.
pub(super) type MakeGroups = fn(&Inputs) -> Result<Box<dyn GroupsAccumulator>>;

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
    /// Makes the accumulator of many groups at once, if there is one of its own.
    pub(super) groups: Option<MakeGroups>,
    /// Whether the order of the rows changes the result, so that `f(x ORDER BY k)` is obeyed.
    pub(super) ordered: bool,
}

/// What an accumulator is made for.
#[derive(Debug, Clone)]
pub(super) struct Inputs {
    /// Types of the arguments.
    pub(super) types: Vec<DataType>,
    /// The arguments that are constants.
    pub(super) constants: Vec<Option<ScalarValue>>,
    /// Type of the result.
    pub(super) result: DataType,
}

impl Inputs {
    fn of(args: &AccumulatorArgs) -> Self {
        let constant = |expr: &Arc<dyn PhysicalExpr>| {
            expr.downcast_ref::<Literal>().map(|literal| literal.value().clone())
        };
        Self {
            constants: args.exprs.iter().map(constant).collect(),
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
        let types: Vec<DataType> = if self.row.ordered && !args.ordering_fields.is_empty() {
            let keys = args.ordering_fields.iter().map(|field| field.data_type());
            inputs.iter().chain(keys).map(|input| DataType::new_list(input.clone(), true)).collect()
        } else if args.is_distinct {
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
        let inner = Inner { row: self.row, inputs: Inputs::of(&args), is_distinct: args.is_distinct };
        if self.row.ordered && !args.order_bys.is_empty() {
            return Ok(Box::new(Ordered::new(inner, args.order_bys, args.schema)?));
        }
        inner.accumulator()
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        let is_plain = !args.is_distinct && (args.order_bys.is_empty() || !self.row.ordered);
        is_plain && self.row.groups.is_some() && groups::takes(&Inputs::of(&args))
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        match self.row.groups {
            Some(groups) => groups(&Inputs::of(&args)),
            None => internal_err!("`{}` takes one group at a time", self.row.name),
        }
    }

    fn create_sliding_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Sliding {
            inner: Inner { row: self.row, inputs: Inputs::of(&args), is_distinct: args.is_distinct },
            columns: Vec::new(),
        }))
    }

    /// Rows come in any order: where it matters the keys come with them and [`Ordered`] sorts.
    ///
    /// An order that the engine must make would be one for all aggregates of a SELECT, and two would be refused.
    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        if self.row.ordered {
            AggregateOrderSensitivity::Beneficial
        } else {
            AggregateOrderSensitivity::Insensitive
        }
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        _is_ordered: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        Ok(Some(self))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// The accumulator of one group, and what it takes to make it anew.
#[derive(Debug, Clone)]
pub(super) struct Inner {
    row: &'static Aggregate,
    pub(super) inputs: Inputs,
    is_distinct: bool,
}

impl Inner {
    /// Makes the accumulator.
    pub(super) fn accumulator(&self) -> Result<Box<dyn Accumulator>> {
        if !self.is_distinct {
            return (self.row.accumulator)(&self.inputs);
        }
        let inputs = self.inputs.clone();
        Ok(Box::new(Distinct { keys: Keys::new(&inputs.types)?, row: self.row, inputs }))
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
    inner: Inner,
    columns: Vec<ArrayRef>,
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
        let mut inner = self.inner.accumulator()?;
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
