//! The order of rows within a row group: alike beside alike.
//!
//! ```text
//! by eventTime   | row group 1: 00:00 - 05:10      | row group 2: 05:10 - 09:30      | ..
//! within each    | s3 GetObject role/a .. role/b, sts AssumeRole role/a ..           |
//! ```
//! Row groups stay ranges of time, so that a time window prunes them. Within one, the same call by the same identity
//! stands together: its parameters and answers are alike and compress well, runs of a dictionary code are long, and
//! the page index prunes by service, action and identity. Measured on a day of 268,360 events, zstd level 1, bytes
//! per event: by time 108.3; by service and action 86.7, and by account 82.3, or instead by identity 75.5.

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::record_batch::RecordBatch;
use hashbrown::HashMap;

use crate::dedupe::RowRef;

/// What rows are ordered by, first to last; a name after a dot is a member of a struct.
const CLUSTER_BY: [(&str, Option<&str>); 3] =
    [("eventSource", None), ("eventName", None), ("userIdentity", Some("arn"))];

/// Orders the rows of one row group; rows that are alike keep their order.
pub(crate) fn cluster(batches: &[&RecordBatch], rows: &mut [RowRef]) {
    let ranks = CLUSTER_BY.map(|(column, member)| ranks(batches, rows, column, member));
    let mut keys: Vec<u128> = (0..rows.len())
        .map(|at| ranks.iter().fold(0, |key, ranks| (key | u128::from(ranks[at])) << 32) | at as u128)
        .collect();
    keys.sort_unstable();
    let before = rows.to_vec();
    for (row, key) in rows.iter_mut().zip(keys) {
        *row = before[key as u32 as usize];
    }
}

/// Returns for each row the rank of its text among those of all rows, from 1; 0 without text.
fn ranks(batches: &[&RecordBatch], rows: &[RowRef], column: &str, member: Option<&str>) -> Vec<u32> {
    let columns: Vec<Option<StringViewArray>> =
        batches.iter().map(|batch| texts_of(batch.column_by_name(column), member)).collect();
    let text = |(batch, row): &RowRef| {
        let texts = columns[*batch].as_ref()?;
        texts.is_valid(*row).then(|| texts.value(*row))
    };
    let mut codes: HashMap<&str, u32> = HashMap::new();
    let mut coded = Vec::with_capacity(rows.len());
    for row in rows {
        let next = codes.len() as u32;
        coded.push(text(row).map(|text| *codes.entry(text).or_insert(next)));
    }
    let mut sorted: Vec<(&str, u32)> = codes.into_iter().collect();
    sorted.sort_unstable();
    let mut rank_of = vec![0; sorted.len()];
    for (rank, (_, code)) in (1..).zip(sorted) {
        rank_of[code as usize] = rank;
    }
    coded.into_iter().map(|code| code.map_or(0, |code| rank_of[code as usize])).collect()
}

fn texts_of(column: Option<&ArrayRef>, member: Option<&str>) -> Option<StringViewArray> {
    let column = match member {
        Some(member) => column?.as_struct_opt()?.column_by_name(member)?,
        None => column?,
    };
    column.as_string_view_opt().cloned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::sync::Arc;

    use arrow::array::StructArray;
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn batch(rows: &[(Option<&str>, &str, Option<&str>)]) -> RecordBatch {
        let texts = |texts: Vec<Option<&str>>| Arc::new(StringViewArray::from(texts)) as ArrayRef;
        let arns = texts(rows.iter().map(|row| row.2).collect());
        let identity = StructArray::from(vec![(Arc::new(Field::new("arn", DataType::Utf8View, true)), arns)]);
        RecordBatch::try_from_iter([
            ("eventSource", texts(rows.iter().map(|row| row.0).collect())),
            ("eventName", texts(rows.iter().map(|row| Some(row.1)).collect())),
            ("userIdentity", Arc::new(identity) as ArrayRef),
        ])
        .unwrap()
    }

    #[test]
    fn rows_that_are_alike_stand_together_in_their_order() {
        let first = batch(&[(Some("sts"), "AssumeRole", None), (Some("s3"), "PutObject", Some("b"))]);
        let second = batch(&[
            (Some("s3"), "PutObject", Some("a")),
            (None, "x", Some("a")),
            (Some("s3"), "GetObject", Some("z")),
            (Some("s3"), "PutObject", Some("b")),
        ]);
        let mut rows = vec![(0, 0), (1, 3), (0, 1), (1, 0), (1, 1), (1, 2)];
        cluster(&[&first, &second], &mut rows);
        assert_eq!(rows, [(1, 1), (1, 2), (1, 0), (1, 3), (0, 1), (0, 0)]);
    }

    #[test]
    fn batches_without_the_columns_stay_in_order() {
        let other = RecordBatch::try_from_iter([(
            "insightContext",
            Arc::new(StringViewArray::from(vec!["b", "a"])) as ArrayRef,
        )])
        .unwrap();
        let mut rows = vec![(0, 1), (0, 0)];
        cluster(&[&other], &mut rows);
        assert_eq!(rows, [(0, 1), (0, 0)]);
    }
}
