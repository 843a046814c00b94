//! Order among the items of an array.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::keys::keys;
use super::lists::Lists;
use super::takes::{lists, made};

/// Returns where the items of each row stand in ascending order, NULLs last; equal items keep their order.
pub(crate) fn sorted(lists: &Lists, row: usize, keys: &datafusion::arrow::row::Rows) -> Vec<usize> {
    let mut items: Vec<usize> = lists.range(row).collect();
    items.sort_by(|left, right| keys.row(*left).cmp(&keys.row(*right)));
    items
}

/// The greatest item; NULL if one is, or there is none.
pub(super) fn max(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    extreme(args, |items, keys| items.max_by(|left, right| keys.row(*left).cmp(&keys.row(*right))))
}

/// The least item; NULL if one is, or there is none.
pub(super) fn min(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    extreme(args, |items, keys| items.min_by(|left, right| keys.row(*left).cmp(&keys.row(*right))))
}

type Choose = fn(&mut dyn Iterator<Item = usize>, &datafusion::arrow::row::Rows) -> Option<usize>;

fn extreme(args: &ScalarFunctionArgs, choose: Choose) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let keys = keys(&lists.values)?;
    let nulls = lists.values.logical_nulls();
    let nan = nan(&lists.values);
    let item = |row: usize| {
        let range = lists.range(row);
        if nulls.as_ref().is_some_and(|nulls| range.clone().any(|item| nulls.is_null(item))) {
            return None;
        }
        // What is not a number is neither the greatest nor the least, unless there is nothing else.
        let mut numbers = range.clone().filter(|item| !nan.as_ref().is_some_and(|nan| nan[*item]));
        let chosen = choose(&mut numbers, &keys).or_else(|| range.clone().next());
        chosen.and_then(|item| u32::try_from(item).ok())
    };
    let items: UInt32Array = (0..lists.len()).map(item).collect();
    made(take(&lists.values, &items, None)?)
}

/// Tells of each value whether it is NaN; `None` for types without it.
fn nan(values: &ArrayRef) -> Option<Vec<bool>> {
    match values.data_type() {
        DataType::Float64 => {
            Some(values.as_primitive::<Float64Type>().values().iter().map(|x| x.is_nan()).collect())
        }
        DataType::Float32 => {
            Some(values.as_primitive::<Float32Type>().values().iter().map(|x| x.is_nan()).collect())
        }
        _ => None,
    }
}
