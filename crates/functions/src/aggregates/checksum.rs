//! `checksum`: a sum of hashes, which the order of the rows does not change.

use std::sync::Arc;

use crate::binary::xxhash::hash as xxh64;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::Aggregate;

/// What a NULL adds, and what every hash is multiplied by.
const PRIME: u64 = 0x9E37_79B1_85EB_CA87;

pub(super) static AGGREGATES: [Aggregate; 1] = [Aggregate {
    name: "checksum",
    aliases: &[],
    signature: "checksum(value)",
    help: "Eight bytes that tell groups of values apart, whatever the order of their rows.",
    coerce: |types| match types {
        [value] => Ok(vec![hashed_as(value)]),
        _ => plan_err!("checksum takes one value"),
    },
    returns: |_| Ok(Arc::new(Field::new("checksum", DataType::Binary, true))),
    state: |_| vec![DataType::Int64],
    accumulator: |_| Ok(Box::new(Checksum { sum: None })),
    groups: None,
    ordered: false,
}];

/// Returns the type that a value is hashed as: numbers of one kind have one hash.
fn hashed_as(value: &DataType) -> DataType {
    match value {
        DataType::Boolean | DataType::Date32 | DataType::Timestamp(..) => value.clone(),
        DataType::Float32 | DataType::Float64 => DataType::Float64,
        number if number.is_integer() => DataType::Int64,
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => DataType::BinaryView,
        other => other.clone(),
    }
}

#[derive(Debug)]
struct Checksum {
    sum: Option<u64>,
}

impl Checksum {
    fn add(&mut self, hash: Option<u64>) {
        let summand = hash.map_or(PRIME, |hash| hash.wrapping_mul(PRIME));
        self.sum = Some(self.sum.unwrap_or(0).wrapping_add(summand));
    }
}

impl Accumulator for Checksum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let column = &values[0];
        let of_number = |number: i64| xxh64(&number.to_le_bytes());
        match column.data_type() {
            DataType::Utf8View => {
                column
                    .as_string_view()
                    .iter()
                    .for_each(|text| self.add(text.map(|text| xxh64(text.as_bytes()))));
            }
            DataType::BinaryView => {
                column.as_binary_view().iter().for_each(|bytes| self.add(bytes.map(xxh64)));
            }
            DataType::Float64 => {
                let numbers = column.as_primitive::<Float64Type>();
                numbers.iter().for_each(|n| self.add(n.map(|n| xxh64(&n.to_bits().to_le_bytes()))));
            }
            DataType::Boolean => {
                column.as_boolean().iter().for_each(|is| self.add(is.map(|is| of_number(is.into()))));
            }
            DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) => {
                let numbers = cast(column, &DataType::Int64)?;
                numbers.as_primitive::<Int64Type>().iter().for_each(|n| self.add(n.map(of_number)));
            }
            other => {
                let converter = RowConverter::new(vec![SortField::new(other.clone())])?;
                let rows = converter.convert_columns(std::slice::from_ref(column))?;
                for (position, row) in rows.iter().enumerate() {
                    self.add(column.is_valid(position).then(|| xxh64(row.data())));
                }
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for sum in states[0].as_primitive::<Int64Type>().iter().flatten() {
            self.sum = Some(self.sum.unwrap_or(0).wrapping_add(sum.cast_unsigned()));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(self.sum.map(|sum| sum.to_le_bytes().to_vec())))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(self.sum.map(u64::cast_signed))])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}
