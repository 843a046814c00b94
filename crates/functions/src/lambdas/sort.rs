//! `array_sort`, by the order of the values or by a lambda that compares two items.
//!
//! Comparisons are evaluated for all arrays of a batch at once, so the order in which items are compared must not
//! depend on results: Batcher's odd-even merge sort does that in about (log n)^2 / 2 rounds. Whatever a lambda answers, it ends.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, LambdaParametersProgress};

use super::call::{Call, complete, item_parameter};
use super::function::Planned;
use crate::arrays::keys::keys;
use crate::arrays::lists::{Lists, item_of};
use crate::arrays::order::sorted;
use crate::call_error::wrong_value;

/// The lambda takes two items.
pub(super) fn parameters(planned: &Planned) -> Result<LambdaParametersProgress> {
    let item = item_parameter(planned.value(0)?)?;
    complete(vec![Arc::clone(&item), item])
}

/// The result is an array as the one given.
pub(super) fn returns(planned: &Planned) -> Result<Field> {
    if let Some(Some(compared)) = planned.lambdas.first()
        && !compared.data_type().is_integer()
        && !compared.data_type().is_null()
    {
        let message = format!("the lambda of `array_sort` gives {}, not -1, 0 or 1", compared.data_type());
        return Err(planned.function.error(message));
    }
    Ok(planned.value(0)?.clone().with_nullable(true))
}

/// The items in ascending order, NULLs last, or as a lambda has it; equal items keep their order.
pub(super) fn array_sort(call: &Call) -> Result<ColumnarValue> {
    let lists = call.lists(0)?;
    let item = item_of(call.return_type())?;
    let sorted = if call.has_lambda(1) {
        let order = compared(call, &lists)?;
        lists.pick(item, |row| Ok(order[lists.range(row)].to_vec()))?
    } else {
        let keys = keys(&lists.values)?;
        lists.pick(item, |row| Ok(sorted(&lists, row, &keys)))?
    };
    Ok(ColumnarValue::Array(sorted))
}

/// Returns the items of all arrays in the order of the lambda.
fn compared(call: &Call, lists: &Lists) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..lists.values.len()).collect();
    let longest = lists.ranges().map(|range| range.len()).max().unwrap_or(0);
    let mut width = 1;
    while width < longest {
        let mut distance = width;
        while distance > 0 {
            let mut pairs = Vec::new();
            for (row, range) in lists.ranges().enumerate() {
                push_pairs(range.len(), width, distance, |left, right| {
                    pairs.push((row, range.start + left, range.start + right));
                });
            }
            exchange(call, lists, &pairs, &mut order)?;
            distance /= 2;
        }
        width *= 2;
    }
    Ok(order)
}

/// Names the pairs of one round of the sorting network for `length` items.
fn push_pairs(length: usize, width: usize, distance: usize, mut push: impl FnMut(usize, usize)) {
    let mut start = distance % width;
    while start + distance < length {
        for left in start..(start + distance).min(length - distance) {
            // Only halves of the same pair of runs are merged.
            if left / (2 * width) == (left + distance) / (2 * width) {
                push(left, left + distance);
            }
        }
        start += 2 * distance;
    }
}

/// Compares pairs of places, and swaps what stands there in the wrong order.
fn exchange(call: &Call, lists: &Lists, pairs: &[(usize, usize, usize)], order: &mut [usize]) -> Result<()> {
    let column = |place: fn(&(usize, usize, usize)) -> usize| -> UInt32Array {
        pairs.iter().map(|pair| u32::try_from(order[place(pair)]).ok()).collect()
    };
    let left = take(&lists.values, &column(|pair| pair.1), None)?;
    let right = take(&lists.values, &column(|pair| pair.2), None)?;
    let rows = || pairs.iter().map(|pair| u32::try_from(pair.0).ok()).collect();
    let results = cast(&call.evaluate(1, &[left, right], rows)?, &DataType::Int64)?;
    let results = results.as_primitive::<Int64Type>();
    for ((_, left, right), result) in pairs.iter().zip(results) {
        let is_behind = match result {
            Some(-1) => false,
            Some(0) => order[*left] > order[*right],
            Some(1) => true,
            other => {
                let found = other.map_or("NULL".to_owned(), |other| other.to_string());
                let message = format!("the lambda of `array_sort` must give -1, 0 or 1, but gave {found}");
                return Err(wrong_value("array_sort", message));
            }
        };
        if is_behind {
            order.swap(*left, *right);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::push_pairs;

    /// Sorts by the network alone.
    fn sort(items: &mut [i32]) {
        let mut width = 1;
        while width < items.len() {
            let mut distance = width;
            while distance > 0 {
                let mut pairs = Vec::new();
                push_pairs(items.len(), width, distance, |left, right| pairs.push((left, right)));
                for (left, right) in pairs {
                    if items[left] > items[right] {
                        items.swap(left, right);
                    }
                }
                distance /= 2;
            }
            width *= 2;
        }
    }

    #[test]
    fn the_network_sorts_every_length() {
        // A network that sorts all rows of zeros and ones sorts everything.
        for length in 0..13usize {
            for bits in 0..1u32 << length {
                let mut items: Vec<i32> = (0..length).map(|bit| i32::from(bits >> bit & 1 == 1)).collect();
                sort(&mut items);
                assert!(items.is_sorted(), "{length} {bits:b} {items:?}");
            }
        }
    }
}
