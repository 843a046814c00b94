//! Buckets and the Wilson score interval.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::Float64Type;
use datafusion::common::{DataFusionError, Result};

use crate::call::{Call, invalid};

pub(super) fn width_bucket(call: &Call<'_>) -> Result<ArrayRef> {
    if call.len() == 2 {
        return bucket_of_array(call);
    }
    let (numbers, first, second, counts) =
        (call.doubles(0)?, call.doubles(1)?, call.doubles(2)?, call.integers(3)?);
    call.give_integers(|row| match (numbers.at(row), first.at(row), second.at(row), counts.at(row)) {
        (Some(number), Some(first), Some(second), Some(count)) => {
            bucket(number, first, second, count).map(Some)
        }
        _ => Ok(None),
    })
}

fn bucket(number: f64, first: f64, second: f64, count: i64) -> Result<i64> {
    if count < 1 {
        return Err(invalid(format!("`width_bucket` with {count} buckets"), "There is at least one bucket."));
    }
    if number.is_nan() {
        return Err(no_number());
    }
    if !first.is_finite() || !second.is_finite() || first == second {
        return Err(invalid("`width_bucket` between bounds that are equal or not finite", ""));
    }
    let (lower, upper) = (first.min(second), first.max(second));
    let counted = count as f64;
    let bucket = if number < lower {
        0
    } else if number >= upper {
        count.checked_add(1).ok_or_else(|| invalid("more buckets than a bigint counts", ""))?
    } else {
        (counted * (number - lower) / (upper - lower) + 1.0) as i64
    };
    Ok(if first > second { count - bucket + 1 } else { bucket })
}

fn no_number() -> DataFusionError {
    invalid("`width_bucket` of a double that is no number", "Write NULLIF(x, nan()) around it.")
}

/// Counts the bounds that are not above the number.
fn bucket_of_array(call: &Call<'_>) -> Result<ArrayRef> {
    let (numbers, lists) = (call.doubles(0)?, call.array(1)?);
    let lists = lists.as_list::<i32>();
    call.give_integers(|row| {
        let Some(number) = numbers.at(row).filter(|_| lists.is_valid(row)) else { return Ok(None) };
        let bounds = lists.value(row);
        let bounds = bounds.as_primitive::<Float64Type>();
        if number.is_nan() {
            return Err(no_number());
        }
        if bounds.is_empty() || bounds.null_count() > 0 || !bounds.values().is_sorted() {
            return Err(invalid(
                "`width_bucket` takes bounds in ascending order",
                "Give at least one bound, and none that is NULL.",
            ));
        }
        let below = bounds.values().partition_point(|bound| *bound <= number);
        Ok(Some(i64::try_from(below).unwrap_or(i64::MAX)))
    })
}

/// Returns one end of the interval: the lower with `side` -1, the upper with 1.
pub(super) fn wilson(call: &Call<'_>, side: f64) -> Result<ArrayRef> {
    let (successes, trials, scores) = (call.integers(0)?, call.integers(1)?, call.doubles(2)?);
    call.give_doubles(|row| {
        let (Some(successes), Some(trials), Some(z)) = (successes.at(row), trials.at(row), scores.at(row))
        else {
            return Ok(None);
        };
        if successes < 0 || trials < 1 || successes > trials || z.is_nan() || z < 0.0 {
            return Err(invalid(
                format!("a Wilson interval of {successes} successes in {trials} trials with z-score {z}"),
                "Successes are from 0 to the trials, of which there is at least one; z is not negative.",
            ));
        }
        let n = trials as f64;
        let p = successes as f64 / n;
        let spread = z * ((p * (1.0 - p) + z * z / (4.0 * n)) / n).sqrt();
        Ok(Some((p + z * z / (2.0 * n) + side * spread) / (1.0 + z * z / n)))
    })
}
