//! `array_agg` with the memory of its text counted.
//!
//! The engine's accumulator holds slices of the batches that it was given and reckons 16 bytes for each text
//! value, which is the view and not the text: a million events gathered by it would be a gigabyte that no
//! memory limit sees. The text is counted here and added to what the accumulator says of itself.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, ReversedUDAF, Signature,
};

/// `array_agg` of the engine, with its text counted.
#[derive(Debug)]
pub(super) struct CountedArrayAgg {
    inner: Arc<dyn AggregateUDFImpl>,
}

impl CountedArrayAgg {
    /// Returns the counting form of `function`, if it is an `array_agg` that does not count.
    pub(super) fn of(function: &AggregateUDF) -> Option<Arc<AggregateUDF>> {
        let is_counted = function.inner().is::<Self>();
        (function.name() == "array_agg" && !is_counted)
            .then(|| Arc::new(AggregateUDF::from(Self { inner: Arc::clone(function.inner()) })))
    }
}

impl PartialEq for CountedArrayAgg {
    fn eq(&self, other: &Self) -> bool {
        self.inner.dyn_eq(&other.inner)
    }
}

impl Eq for CountedArrayAgg {}

impl Hash for CountedArrayAgg {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.name().hash(state);
    }
}

impl AggregateUDFImpl for CountedArrayAgg {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.inner.state_fields(args)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        // With DISTINCT or ORDER BY the engine holds single values, which it counts in full.
        let counts_itself = args.is_distinct || !args.order_bys.is_empty();
        let inner = self.inner.accumulator(args)?;
        Ok(if counts_itself { inner } else { Box::new(Counted { inner, text_bytes: 0 }) })
    }

    fn groups_accumulator_supported(&self, args: AccumulatorArgs) -> bool {
        self.inner.groups_accumulator_supported(args)
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        let inner = self.inner.create_groups_accumulator(args)?;
        Ok(Box::new(Counted { inner, text_bytes: 0 }))
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        self.inner.order_sensitivity()
    }

    fn with_beneficial_ordering(
        self: Arc<Self>,
        beneficial_ordering: bool,
    ) -> Result<Option<Arc<dyn AggregateUDFImpl>>> {
        let inner = Arc::clone(&self.inner).with_beneficial_ordering(beneficial_ordering)?;
        Ok(inner.map(|inner| Arc::new(Self { inner }) as Arc<dyn AggregateUDFImpl>))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        match self.inner.reverse_expr() {
            ReversedUDAF::Reversed(reversed) => {
                ReversedUDAF::Reversed(Self::of(&reversed).unwrap_or(reversed))
            }
            other => other,
        }
    }

    fn supports_null_handling_clause(&self) -> bool {
        self.inner.supports_null_handling_clause()
    }
}

/// An accumulator, and the bytes of text that it was given.
#[derive(Debug)]
struct Counted<A: ?Sized> {
    text_bytes: usize,
    inner: Box<A>,
}

impl Accumulator for Counted<dyn Accumulator> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.text_bytes += text_bytes(values);
        self.inner.update_batch(values)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.text_bytes += text_bytes(states);
        self.inner.merge_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.inner.evaluate()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.inner.state()
    }

    fn size(&self) -> usize {
        self.inner.size() + self.text_bytes
    }
}

impl GroupsAccumulator for Counted<dyn GroupsAccumulator> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.text_bytes += text_bytes(values);
        self.inner.update_batch(values, group_indices, filter, total_num_groups)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.text_bytes += text_bytes(values);
        self.inner.merge_batch(values, group_indices, total_num_groups)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.forget(emit_to);
        self.inner.evaluate(emit_to)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.forget(emit_to);
        self.inner.state(emit_to)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.inner.convert_to_state(values, filter)
    }

    fn size(&self) -> usize {
        self.inner.size() + self.text_bytes
    }
}

impl Counted<dyn GroupsAccumulator> {
    /// All groups were emitted. The first ones alone leave the batches that they share with others in place.
    fn forget(&mut self, emit_to: EmitTo) {
        if emit_to == EmitTo::All {
            self.text_bytes = 0;
        }
    }
}

/// Returns the bytes of text behind views, in the arrays and in the lists and structs that they hold.
fn text_bytes(arrays: &[ArrayRef]) -> usize {
    arrays.iter().map(text_bytes_of).sum()
}

fn text_bytes_of(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().total_buffer_bytes_used(),
        DataType::BinaryView => array.as_binary_view().total_buffer_bytes_used(),
        DataType::List(_) => text_bytes_of(array.as_list::<i32>().values()),
        DataType::Struct(_) => text_bytes(array.as_struct().columns()),
        _ => 0,
    }
}
