//! `approx_percentile`: exact for some thousand values, close to it beyond them.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::{Aggregate, Inputs};
use super::lists;
use crate::engine_error::into_datafusion;

/// Values that are held before some are put together.
const MOST_HELD: usize = 8_192;
/// About how many remain then: this bounds the error of the result's rank to 1 in 1,000 in the middle, less at the ends.
const HELD_AFTER: f64 = 1_024.0;

pub(super) static AGGREGATES: [Aggregate; 1] = [Aggregate {
    name: "approx_percentile",
    aliases: &[],
    signature: "approx_percentile(number [, weight], percentage | array of percentages)",
    help: "The number below which such a part of all numbers lies; 0.5 gives the median.",
    coerce,
    returns,
    state: |_| vec![DataType::new_list(DataType::Float64, true); 3],
    accumulator: |inputs| Ok(Box::new(Percentile::new(inputs))),
    groups: None,
    ordered: false,
}];

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    let percentage = |given: &DataType| match given {
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            Ok(DataType::new_list(DataType::Float64, true))
        }
        number if number.is_numeric() => Ok(DataType::Float64),
        other => {
            plan_err!("approx_percentile takes a percentage from 0 to 1, or an array of them, not {other}")
        }
    };
    match types {
        [value, percentages] if value.is_numeric() => Ok(vec![value.clone(), percentage(percentages)?]),
        // What comes after the percentage is how exact it should be.
        [value, weight, percentages] | [value, weight, percentages, _]
            if value.is_numeric() && weight.is_numeric() =>
        {
            let accuracy = types.iter().skip(3).map(|_| DataType::Float64);
            let head = [value.clone(), DataType::Float64, percentage(percentages)?];
            Ok(head.into_iter().chain(accuracy).collect())
        }
        _ => plan_err!("approx_percentile takes a number, possibly a weight, and a percentage"),
    }
}

fn returns(fields: &[FieldRef]) -> Result<FieldRef> {
    let value = fields[0].data_type().clone();
    let percentages = if fields.len() == 2 { &fields[1] } else { &fields[2] };
    let data_type = match percentages.data_type() {
        DataType::List(_) => DataType::new_list(value, true),
        _ => value,
    };
    Ok(Arc::new(Field::new("percentile", data_type, true)))
}

/// Numbers with weights; neighbours are put together when there are too many.
#[derive(Debug)]
struct Percentile {
    held: Vec<(f64, f64)>,
    percentages: Vec<f64>,
    value: DataType,
    result: DataType,
}

impl Percentile {
    fn new(inputs: &Inputs) -> Self {
        Self {
            held: Vec::new(),
            percentages: Vec::new(),
            value: inputs.types[0].clone(),
            result: inputs.result.clone(),
        }
    }

    fn read_percentages(&mut self, column: &ArrayRef) -> Result<()> {
        if !self.percentages.is_empty() {
            return Ok(());
        }
        let first = (0..column.len()).find(|row| column.is_valid(*row));
        let Some(first) = first else { return Ok(()) };
        let numbers = match column.as_list_opt::<i32>() {
            Some(lists) => lists.value(first),
            None => column.slice(first, 1),
        };
        let percentages = numbers.as_primitive::<Float64Type>();
        for percentage in percentages.iter().flatten() {
            if !(0.0..=1.0).contains(&percentage) {
                return Err(into_datafusion(
                    Error::invalid(format!("`approx_percentile`: {percentage} is no percentage"))
                        .with_hint("Percentages must be between 0 and 1: the median is 0.5."),
                ));
            }
            self.percentages.push(percentage);
        }
        Ok(())
    }

    fn add(&mut self, number: f64, weight: f64) {
        self.held.push((number, weight));
        if self.held.len() >= MOST_HELD {
            self.shrink();
        }
    }

    /// Puts neighbours together: few at the ends, more in the middle.
    fn shrink(&mut self) {
        self.held.sort_by(|left, right| left.0.total_cmp(&right.0));
        let total: f64 = self.held.iter().map(|(_, weight)| weight).sum();
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(MOST_HELD);
        let mut before = 0.0;
        for (number, weight) in self.held.drain(..) {
            if let Some((mean, sum)) = kept.last_mut() {
                let rank = (before - *sum / 2.0) / total;
                let most = 4.0 * total * rank * (1.0 - rank) / HELD_AFTER;
                if *sum + weight <= most {
                    *mean += (number - *mean) * weight / (*sum + weight);
                    *sum += weight;
                    before += weight;
                    continue;
                }
            }
            kept.push((number, weight));
            before += weight;
        }
        self.held = kept;
    }

    fn at(&self, percentage: f64) -> Option<f64> {
        let total: f64 = self.held.iter().map(|(_, weight)| weight).sum();
        let wanted = percentage * total;
        let mut before = 0.0;
        for (number, weight) in &self.held {
            before += weight;
            if before > wanted {
                return Some(*number);
            }
        }
        self.held.last().map(|(number, _)| *number)
    }
}

fn numbers(items: impl Iterator<Item = f64>) -> ScalarValue {
    lists::one(Arc::new(Float64Array::from_iter_values(items)))
}

impl Accumulator for Percentile {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (weights, percentages) = match values {
            [_, percentages] => (None, percentages),
            [_, weights, percentages, ..] => (Some(weights.as_primitive::<Float64Type>()), percentages),
            _ => return internal_err!("approx_percentile takes two arguments at least"),
        };
        self.read_percentages(percentages)?;
        let column = cast(&values[0], &DataType::Float64)?;
        for (row, number) in column.as_primitive::<Float64Type>().iter().enumerate() {
            let weight =
                weights.map_or(Some(1.0), |weights| weights.is_valid(row).then(|| weights.value(row)));
            if let (Some(number), Some(weight)) = (number, weight) {
                if weight < 1.0 {
                    return Err(into_datafusion(
                        Error::invalid(format!("`approx_percentile`: the weight {weight} is less than 1"))
                            .with_hint("Weights must be at least 1; leave other rows out with FILTER."),
                    ));
                }
                self.add(number, weight);
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let (held, weights) = (lists::flatten(&states[0])?, lists::flatten(&states[1])?);
        let held = held.as_primitive::<Float64Type>().values().iter();
        for (number, weight) in held.zip(weights.as_primitive::<Float64Type>().values()) {
            self.add(*number, *weight);
        }
        if self.percentages.is_empty() {
            // Partitions without rows know no percentages.
            let lists = states[2].as_list::<i32>();
            let known = lists.iter().flatten().find(|list| !list.is_empty());
            if let Some(known) = known {
                self.percentages = known.as_primitive::<Float64Type>().values().to_vec();
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.held.is_empty() {
            return ScalarValue::try_new_null(&self.result);
        }
        self.held.sort_by(|left, right| left.0.total_cmp(&right.0));
        let rounded = |number: f64| if self.value.is_integer() { (number + 0.5).floor() } else { number };
        let found = self.percentages.iter().filter_map(|percentage| self.at(*percentage)).map(rounded);
        let found: ArrayRef = Arc::new(Float64Array::from_iter_values(found));
        let found = cast(&found, &self.value)?;
        match &self.result {
            DataType::List(_) => lists::list(&self.result, found),
            other if found.is_empty() => ScalarValue::try_new_null(other),
            _ => ScalarValue::try_from_array(&found, 0),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![
            numbers(self.held.iter().map(|(number, _)| *number)),
            numbers(self.held.iter().map(|(_, weight)| *weight)),
            numbers(self.percentages.iter().copied()),
        ])
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.held.capacity() * size_of::<(f64, f64)>()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn percentile() -> Percentile {
        let types = vec![DataType::Float64, DataType::Float64];
        Percentile::new(&Inputs { types, constants: vec![None; 2], result: DataType::Float64 })
    }

    /// Of a million numbers in a scattered order, few are held and the ranks are close.
    #[test]
    fn many_numbers_are_put_together() {
        let count = 1_000_003_u64;
        let mut all = percentile();
        (0..count).for_each(|index| all.add((index * 7_919 % count) as f64, 1.0));
        assert!(all.held.len() < MOST_HELD);
        all.held.sort_by(|left, right| left.0.total_cmp(&right.0));
        for percentage in [0.001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999] {
            let found = all.at(percentage).unwrap() / count as f64;
            assert!((found - percentage).abs() < 0.002, "{percentage}: {found}");
        }
    }

    #[test]
    fn few_numbers_are_exact() {
        let mut few = percentile();
        [3.0, 1.0, 2.0].into_iter().for_each(|number| few.add(number, 1.0));
        few.held.sort_by(|left, right| left.0.total_cmp(&right.0));
        for (percentage, number) in [(0.0, 1.0), (0.33, 1.0), (0.5, 2.0), (0.67, 3.0), (1.0, 3.0)] {
            assert_eq!(few.at(percentage), Some(number), "{percentage}");
        }
    }
}
