//! Arrays as sets. Items are equal as IS NOT DISTINCT FROM says, so NULL is an item like others.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::concat;
use datafusion::arrow::row::Row;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::keys::{keys, keys_of};
use super::lists::{Lists, item_of};
use super::takes::{lists, made};

/// The items without those that came before.
pub(super) fn distinct(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let keys = keys(&lists.values)?;
    let item = item_of(args.return_type())?;
    made(lists.pick(item, |row| {
        let mut seen = HashSet::new();
        Ok(lists.range(row).filter(|item| seen.insert(keys.row(*item))).collect::<Vec<_>>())
    })?)
}

/// The items of the first array that are, or are not, in the second; each once.
fn filtered(args: &ScalarFunctionArgs, wanted: bool) -> Result<ColumnarValue> {
    let (mut left, right) = (lists(args, 0)?, lists(args, 1)?);
    let [left_keys, right_keys] = keys_of([&left.values, &right.values])?;
    left.nulls = NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref());
    let item = item_of(args.return_type())?;
    made(left.pick(item, |row| {
        let others: HashSet<Row> = right.range(row).map(|item| right_keys.row(item)).collect();
        let mut seen = HashSet::new();
        let is_wanted = |key: Row| others.contains(&key) == wanted;
        let keep = |item: &usize| is_wanted(left_keys.row(*item)) && seen.insert(left_keys.row(*item));
        Ok(left.range(row).filter(keep).collect::<Vec<_>>())
    })?)
}

/// The items of the first array that are in the second.
pub(super) fn intersect(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    filtered(args, true)
}

/// The items of the first array that are not in the second.
pub(super) fn except(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    filtered(args, false)
}

/// The items of both arrays, each once.
pub(super) fn union(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (lists(args, 0)?, lists(args, 1)?);
    let values: ArrayRef = concat(&[&left.values, &right.values])?;
    let keys = keys(&values)?;
    let all = Lists {
        values,
        offsets: left.offsets.clone(),
        nulls: NullBuffer::union(left.nulls.as_ref(), right.nulls.as_ref()),
    };
    let item = item_of(args.return_type())?;
    let behind = left.values.len();
    made(all.pick(item, |row| {
        let mut seen = HashSet::new();
        let range = right.range(row);
        let items = left.range(row).chain(behind + range.start..behind + range.end);
        Ok(items.filter(|item| seen.insert(keys.row(*item))).collect::<Vec<_>>())
    })?)
}

/// Whether two arrays have an item in common; NULL if none, but one of them has a NULL.
pub(super) fn overlap(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (lists(args, 0)?, lists(args, 1)?);
    let [left_keys, right_keys] = keys_of([&left.values, &right.values])?;
    let (left_nulls, right_nulls) = (left.values.logical_nulls(), right.values.logical_nulls());
    let is_null =
        |nulls: &Option<NullBuffer>, item: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(item));
    let answer = |row: usize| {
        if left.is_null(row) || right.is_null(row) {
            return None;
        }
        let known = left.range(row).filter(|item| !is_null(&left_nulls, *item));
        let ours: HashSet<Row> = known.map(|item| left_keys.row(item)).collect();
        let mut theirs = right.range(row).filter(|item| !is_null(&right_nulls, *item));
        if theirs.any(|item| ours.contains(&right_keys.row(item))) {
            return Some(true);
        }
        // With nothing to compare, a NULL could equal nothing.
        if left.range(row).is_empty() || right.range(row).is_empty() {
            return Some(false);
        }
        let unknown = left.range(row).any(|item| is_null(&left_nulls, item))
            || right.range(row).any(|item| is_null(&right_nulls, item));
        if unknown { None } else { Some(false) }
    };
    let answers: BooleanArray = (0..left.len()).map(answer).collect();
    made(Arc::new(answers))
}
