//! `f(x ORDER BY k)`: keeps the rows of a group with the keys of their order, and sorts them before they are used.

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Accumulator;
use datafusion::physical_expr::PhysicalSortExpr;

use super::aggregate::Inner;
use super::lists::{self, Gathered};

/// The rows of a group, in the order in which they came.
#[derive(Debug)]
pub(super) struct Ordered {
    inner: Inner,
    /// The arguments, then the keys.
    columns: Vec<Gathered>,
    converter: RowConverter,
}

impl Ordered {
    /// Makes an accumulator whose rows come as arguments and keys, which is how the engine gives them.
    pub(super) fn new(inner: Inner, keys: &[PhysicalSortExpr], schema: &Schema) -> Result<Self> {
        let mut columns: Vec<Gathered> = inner.inputs.types.iter().map(Gathered::new).collect();
        let mut fields = Vec::with_capacity(keys.len());
        for key in keys {
            let data_type = key.expr.data_type(schema)?;
            columns.push(Gathered::new(&data_type));
            fields.push(SortField::new_with_options(data_type, key.options));
        }
        Ok(Self { inner, columns, converter: RowConverter::new(fields)? })
    }

    fn add(&mut self, columns: &[ArrayRef]) -> Result<()> {
        for (gathered, column) in self.columns.iter_mut().zip(columns) {
            gathered.add(column, (0..u32::try_from(column.len()).unwrap_or(u32::MAX)).collect())?;
        }
        Ok(())
    }

    /// Returns the arguments in order; rows with equal keys stay as they came.
    fn sorted(&self) -> Result<Vec<ArrayRef>> {
        let columns = self.columns.iter().map(Gathered::column).collect::<Result<Vec<_>>>()?;
        let (arguments, keys) = columns.split_at(self.inner.inputs.types.len());
        let rows = self.converter.convert_columns(keys)?;
        let mut order: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap_or(u32::MAX)).collect();
        order.sort_by(|left, right| rows.row(*left as usize).cmp(&rows.row(*right as usize)));
        let order = UInt32Array::from(order);
        arguments.iter().map(|argument| Ok(take(argument, &order, None)?)).collect()
    }
}

impl Accumulator for Ordered {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(values)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let columns = states.iter().map(lists::flatten).collect::<Result<Vec<_>>>()?;
        self.add(&columns)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut inner = self.inner.accumulator()?;
        inner.update_batch(&self.sorted()?)?;
        inner.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.columns.iter().map(|column| Ok(lists::one(column.column()?))).collect()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.columns.iter().map(Gathered::size).sum::<usize>()
    }
}
