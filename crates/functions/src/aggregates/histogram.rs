//! `numeric_histogram`: about how numbers lie, in at most so many buckets.
//!
//! The rule is that of Ben-Haim and Tom-Tov (A Streaming Parallel Decision Tree Algorithm, 2010): of all neighbours those
//! are put together whose union moves the numbers least; a bucket is the mean of its numbers and the sum of their weights.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::{Aggregate, Inputs};
use super::lists;
use crate::engine_error::into_datafusion;

/// Buckets that are held beyond those wanted, before neighbours are put together.
const ROOM: usize = 100;

pub(super) static AGGREGATES: [Aggregate; 1] = [Aggregate {
    name: "numeric_histogram",
    aliases: &[],
    signature: "numeric_histogram(buckets, number [, weight])",
    help: "About how numbers lie: a map of the mean of each bucket to the weight of its numbers.",
    coerce: |types| match types {
        [buckets, numbers @ ..]
            if buckets.is_integer()
                && matches!(numbers.len(), 1 | 2)
                && numbers.iter().all(|of| of.is_numeric() || of.is_null()) =>
        {
            Ok(std::iter::once(DataType::Int64).chain(numbers.iter().map(|_| DataType::Float64)).collect())
        }
        _ => plan_err!("numeric_histogram takes a number of buckets, a number, and possibly a weight"),
    },
    returns,
    state: |_| vec![DataType::new_list(DataType::Float64, true); 3],
    accumulator: |inputs| Ok(Box::new(Histogram::new(inputs))),
    groups: None,
    ordered: false,
}];

fn returns(_fields: &[FieldRef]) -> Result<FieldRef> {
    let double = Field::new("", DataType::Float64, true);
    Ok(Arc::new(Field::new("histogram", lists::map_type(&double, &double), true)))
}

/// The mean of some numbers, and the sum of their weights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bucket {
    mean: f64,
    weight: f64,
}

impl Bucket {
    fn with(self, other: Self) -> Self {
        let weight = self.weight + other.weight;
        Self { mean: (self.mean * self.weight + other.mean * other.weight) / weight, weight }
    }

    /// How much the numbers of two buckets move when they are put together.
    fn cost(self, other: Self) -> f64 {
        (self.mean - other.mean).powi(2) * self.weight * other.weight / (self.weight + other.weight)
    }
}

#[derive(Debug)]
struct Histogram {
    /// How many buckets are wanted; 0 before a row has told.
    wanted: usize,
    held: Vec<Bucket>,
    result: DataType,
}

impl Histogram {
    fn new(inputs: &Inputs) -> Self {
        Self { wanted: 0, held: Vec::new(), result: inputs.result.clone() }
    }

    fn add(&mut self, bucket: Bucket) {
        self.held.push(bucket);
        if self.held.len() > self.wanted.saturating_mul(2) + ROOM {
            self.shrink();
        }
    }

    /// Puts neighbours together until there are no more buckets than wanted.
    fn shrink(&mut self) {
        self.held.sort_by(|left, right| left.mean.total_cmp(&right.mean));
        self.held.dedup_by(|right, left| {
            let is_same = left.mean == right.mean;
            if is_same {
                left.weight += right.weight;
            }
            is_same
        });
        while self.held.len() > self.wanted.max(1) {
            let costs = self.held.windows(2).map(|pair| pair[0].cost(pair[1]));
            let cheapest = costs.enumerate().min_by(|left, right| left.1.total_cmp(&right.1));
            let Some((left, _)) = cheapest else { return };
            let right = self.held.remove(left + 1);
            self.held[left] = self.held[left].with(right);
        }
    }
}

fn refused(message: String, hint: &str) -> datafusion::common::DataFusionError {
    into_datafusion(Error::invalid(format!("`numeric_histogram`: {message}")).with_hint(hint))
}

impl Accumulator for Histogram {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (buckets, numbers) =
            (values[0].as_primitive::<Int64Type>(), values[1].as_primitive::<Float64Type>());
        let weights = values.get(2).map(|weights| weights.as_primitive::<Float64Type>());
        for row in 0..numbers.len() {
            let weight = weights.map_or(Some(1.0), |of| of.is_valid(row).then(|| of.value(row)));
            let (Some(weight), true, true) = (weight, numbers.is_valid(row), buckets.is_valid(row)) else {
                continue;
            };
            let wanted = buckets.value(row);
            self.wanted =
                usize::try_from(wanted).ok().filter(|wanted| (2..=10_000).contains(wanted)).ok_or_else(
                    || refused(format!("{wanted} buckets are not possible"), "Ask for 2 to 10,000 buckets."),
                )?;
            if weight.is_nan() || weight <= 0.0 {
                return Err(refused(format!("{weight} is no weight"), "Weights are greater than 0."));
            }
            if numbers.value(row).is_finite() {
                self.add(Bucket { mean: numbers.value(row), weight });
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let wanted = lists::flatten(&states[2])?;
        if let Some(wanted) = wanted.as_primitive::<Float64Type>().iter().flatten().next() {
            self.wanted = self.wanted.max(wanted as usize);
        }
        let (means, weights) = (lists::flatten(&states[0])?, lists::flatten(&states[1])?);
        let weights = weights.as_primitive::<Float64Type>().values();
        for (mean, weight) in means.as_primitive::<Float64Type>().values().iter().zip(weights) {
            self.add(Bucket { mean: *mean, weight: *weight });
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.held.is_empty() {
            return ScalarValue::try_new_null(&self.result);
        }
        self.shrink();
        let [means, weights] = self.columns();
        lists::map(&self.result, means, weights)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let wanted: ArrayRef = Arc::new(Float64Array::from(vec![self.wanted as f64]));
        let [means, weights] = self.columns();
        Ok([means, weights, wanted].map(lists::one).to_vec())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.held.capacity() * size_of::<Bucket>()
    }
}

impl Histogram {
    fn columns(&self) -> [ArrayRef; 2] {
        let column = |of: fn(&Bucket) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(self.held.iter().map(of)))
        };
        [column(|bucket| bucket.mean), column(|bucket| bucket.weight)]
    }
}
