//! Aggregates over numbers that a few sums hold: `geometric_mean`, `entropy`, `skewness`, `kurtosis`.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::Accumulator;

use super::aggregate::Aggregate;
use crate::engine_error::into_datafusion;

/// How sums are made.
#[derive(Debug, Clone, Copy)]
struct Rule {
    /// How many sums there are; the first is the count of values.
    count: usize,
    add: fn(&mut [f64], f64) -> Result<()>,
    merge: fn(&mut [f64], &[f64]),
    finish: fn(&[f64]) -> Option<f64>,
}

const fn row(
    name: &'static str,
    signature: &'static str,
    help: &'static str,
    state: fn(&[DataType]) -> Vec<DataType>,
    accumulator: fn(&super::aggregate::Inputs) -> Result<Box<dyn Accumulator>>,
) -> Aggregate {
    Aggregate {
        name,
        aliases: &[],
        signature,
        help,
        coerce,
        returns,
        state,
        accumulator,
        groups: None,
        ordered: false,
    }
}

fn coerce(types: &[DataType]) -> Result<Vec<DataType>> {
    match types {
        [number] if number.is_numeric() || number.is_null() => Ok(vec![DataType::Float64]),
        _ => plan_err!("this aggregate takes one number"),
    }
}

fn returns(_fields: &[FieldRef]) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("aggregate", DataType::Float64, true)))
}

fn plain_merge(sums: &mut [f64], more: &[f64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

const GEOMETRIC_MEAN: Rule = Rule {
    count: 2,
    add: |sums, value| {
        plain_merge(sums, &[1.0, value.ln()]);
        Ok(())
    },
    merge: plain_merge,
    finish: |sums| (sums[0] > 0.0).then(|| (sums[1] / sums[0]).exp()),
};

const ENTROPY: Rule = Rule {
    count: 3,
    add: |sums, value| {
        if value < 0.0 {
            return Err(into_datafusion(
                Error::invalid(format!("`entropy`: {value} is no count"))
                    .with_hint("The argument is how often something occurs, so it is not negative."),
            ));
        }
        let logs = if value > 0.0 { value * value.ln() } else { 0.0 };
        plain_merge(sums, &[1.0, value, logs]);
        Ok(())
    },
    merge: plain_merge,
    // The sum of c/s * log2(s/c) over all counts c, with s their sum.
    finish: |sums| {
        Some(if sums[1] > 0.0 {
            ((sums[1].ln() - sums[2] / sums[1]) / std::f64::consts::LN_2).max(0.0)
        } else {
            0.0
        })
    },
};

/// Count, mean, and the sums of the second, third and fourth powers of the distances from the mean.
const fn moments(finish: fn(&[f64]) -> Option<f64>) -> Rule {
    Rule {
        count: 5,
        add: |sums, value| {
            merge_moments(sums, &[1.0, value, 0.0, 0.0, 0.0]);
            Ok(())
        },
        merge: merge_moments,
        finish,
    }
}

const SKEWNESS: Rule = moments(|sums| {
    let [n, _, m2, m3, _] = <[f64; 5]>::try_from(sums).ok()?;
    (n >= 3.0).then(|| n.sqrt() * m3 / m2.powf(1.5))
});

const KURTOSIS: Rule = moments(|sums| {
    let [n, _, m2, _, m4] = <[f64; 5]>::try_from(sums).ok()?;
    let variance = m2 / (n - 1.0);
    let scale = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    let normal = 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0));
    (n >= 4.0).then(|| scale * m4 / variance.powi(2) - normal)
});

/// Puts the moments of two sets of values together.
fn merge_moments(sums: &mut [f64], more: &[f64]) {
    let (Ok([na, mean_a, a2, a3, a4]), Ok([nb, mean_b, b2, b3, b4])) =
        (<[f64; 5]>::try_from(&*sums), <[f64; 5]>::try_from(more))
    else {
        return;
    };
    if nb == 0.0 {
        return;
    }
    let n = na + nb;
    let delta = mean_b - mean_a;
    let m2 = a2 + b2 + delta.powi(2) * na * nb / n;
    let m3 =
        a3 + b3 + delta.powi(3) * na * nb * (na - nb) / n.powi(2) + 3.0 * delta * (na * b2 - nb * a2) / n;
    let m4 = a4
        + b4
        + delta.powi(4) * na * nb * (na.powi(2) - na * nb + nb.powi(2)) / n.powi(3)
        + 6.0 * delta.powi(2) * (na.powi(2) * b2 + nb.powi(2) * a2) / n.powi(2)
        + 4.0 * delta * (na * b3 - nb * a3) / n;
    sums.copy_from_slice(&[n, mean_a + delta * nb / n, m2, m3, m4]);
}

pub(super) static AGGREGATES: [Aggregate; 4] = [
    row(
        "geometric_mean",
        "geometric_mean(number)",
        "The n-th root of the product of n numbers.",
        |_| vec![DataType::Float64; GEOMETRIC_MEAN.count],
        |_| Ok(Box::new(Sums::new(GEOMETRIC_MEAN))),
    ),
    row(
        "entropy",
        "entropy(count)",
        "The entropy in bits of outcomes that occurred so often.",
        |_| vec![DataType::Float64; ENTROPY.count],
        |_| Ok(Box::new(Sums::new(ENTROPY))),
    ),
    row(
        "skewness",
        "skewness(number)",
        "How lopsided numbers lie about their mean; NULL for fewer than three.",
        |_| vec![DataType::Float64; SKEWNESS.count],
        |_| Ok(Box::new(Sums::new(SKEWNESS))),
    ),
    row(
        "kurtosis",
        "kurtosis(number)",
        "How heavy the tails of numbers are, 0 for a normal distribution; NULL for fewer than four.",
        |_| vec![DataType::Float64; KURTOSIS.count],
        |_| Ok(Box::new(Sums::new(KURTOSIS))),
    ),
];

#[derive(Debug)]
struct Sums {
    rule: Rule,
    sums: Vec<f64>,
}

impl Sums {
    fn new(rule: Rule) -> Self {
        Self { rule, sums: vec![0.0; rule.count] }
    }
}

impl Accumulator for Sums {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let numbers = values[0].as_primitive::<Float64Type>();
        numbers.iter().flatten().try_for_each(|number| (self.rule.add)(&mut self.sums, number))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let columns: Vec<_> = states.iter().map(|state| state.as_primitive::<Float64Type>()).collect();
        for row in 0..states[0].len() {
            let more: Vec<f64> = columns.iter().map(|column| column.value(row)).collect();
            (self.rule.merge)(&mut self.sums, &more);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.rule.finish)(&self.sums)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.sums.iter().map(|sum| ScalarValue::Float64(Some(*sum))).collect())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.sums.capacity() * size_of::<f64>()
    }
}
