//! Which data files can hold a matching row, from their statistics alone.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;

use crate::source::{ColumnStats, ScanGroup};

/// Returns the numbers of the files that may hold a row for which `predicate` is true, in the group's order.
///
/// A predicate that statistics cannot speak to keeps every file.
pub(super) fn matching_files(group: &ScanGroup, predicate: Option<&Arc<dyn PhysicalExpr>>) -> Vec<usize> {
    let all = 0..group.files().len();
    let Some(predicate) = predicate else { return all.collect() };
    let pruning = PruningPredicateBuilder::new()
        .with_file_schema(Arc::clone(group.file_schema()))
        .build(Arc::clone(predicate));
    let Some(pruning) = pruning else { return all.collect() };
    match pruning.prune(&GroupStatistics { group, row_counts: Arc::new(group.row_counts()) }) {
        Ok(matches) => all.filter(|file| matches.get(*file).copied().unwrap_or(true)).collect(),
        Err(error) => {
            tracing::warn!(%error, "predicate not evaluated on file statistics");
            all.collect()
        }
    }
}

/// Cuts `keep` to the first files that hold `limit` rows together.
///
/// Only for scans without a filter: the rows of a file are known to come out.
pub(super) fn enough_for(group: &ScanGroup, keep: &mut Vec<usize>, limit: usize) {
    let mut rows = 0u64;
    let mut needed = 0;
    for file in keep.iter() {
        if rows >= limit as u64 {
            break;
        }
        rows = rows.saturating_add(group.files()[*file].num_rows.unwrap_or(0));
        needed += 1;
    }
    keep.truncate(needed);
}

/// Shows a group's statistics to the engine's pruning, one container a file.
struct GroupStatistics<'a> {
    group: &'a ScanGroup,
    row_counts: ArrayRef,
}

impl GroupStatistics<'_> {
    fn column(&self, column: &Column) -> Option<&ColumnStats> {
        self.group.stats(column.name())
    }
}

impl PruningStatistics for GroupStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.column(column).map(|stats| Arc::clone(&stats.min))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.column(column).map(|stats| Arc::clone(&stats.max))
    }

    fn num_containers(&self) -> usize {
        self.group.files().len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.column(column).map(|stats| Arc::new(stats.null_count.clone()) as ArrayRef)
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::clone(&self.row_counts))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
