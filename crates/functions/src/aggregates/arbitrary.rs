//! `arbitrary`: the first value that is not NULL, in the order that is asked for.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::Aggregate;
use super::groups::Winners;

pub(super) static AGGREGATES: [Aggregate; 1] = [Aggregate {
    name: "any_value",
    aliases: &["arbitrary"],
    signature: "any_value(value)",
    help: "Any value of the group that is not NULL, if there is one.",
    coerce: |types| match types {
        [_] => Ok(types.to_vec()),
        _ => plan_err!("any_value takes one value"),
    },
    returns: |fields| Ok(Arc::new(fields[0].as_ref().clone().with_name("value").with_nullable(true))),
    state: <[DataType]>::to_vec,
    accumulator: |inputs| Ok(Box::new(First { value: ScalarValue::try_new_null(&inputs.types[0])? })),
    groups: Some(|inputs| Ok(Box::new(Winners::first(inputs)?))),
    ordered: true,
}];

/// The first value that is not NULL; NULL before there is one.
#[derive(Debug)]
struct First {
    value: ScalarValue,
}

impl Accumulator for First {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        if !self.value.is_null() {
            return Ok(());
        }
        let nulls = values[0].logical_nulls();
        let is_value = |row: &usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(*row));
        if let Some(row) = (0..values[0].len()).find(is_value) {
            self.value = ScalarValue::try_from_array(&values[0], row)?;
            // What is kept must not hold the batch that it came from.
            self.value.compact();
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.value.clone())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.value.clone()])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.value.size()
    }
}
