//! The Parquet scan of the files that are left after pruning.

use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics, project_schema};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::filter::FilterExecBuilder;
use object_store::ObjectMeta;

use super::reader::WithPageIndex;
use crate::source::{EVENT_TIME, ScanFile, ScanGroup, ScanSource};

/// What to read: the files `keep` of one group, at most `limit` rows of them.
pub(super) struct ParquetScan<'a> {
    pub(super) source: &'a ScanSource,
    pub(super) group: &'a ScanGroup,
    pub(super) keep: &'a [usize],
    pub(super) limit: Option<usize>,
}

impl ParquetScan<'_> {
    /// Returns the scan of the projected columns.
    pub(super) fn plan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.group.file_schema();
        if self.keep.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(schema, projection)?)));
        }
        let config = FileScanConfigBuilder::new(
            self.source.object_store_url.clone(),
            Arc::new(self.parquet_source(state)),
        )
        .with_file_groups(self.file_groups(state.config().target_partitions()))
        .with_statistics(summed_statistics(self.group, self.keep))
        .with_projection_indices(projection.cloned())?
        .with_limit(self.limit)
        .build();
        Ok(DataSourceExec::from_data_source(config))
    }

    /// Returns the scan of the projected columns, of the rows for which `predicate` is true.
    pub(super) fn plan_filtered(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        predicate: Arc<dyn PhysicalExpr>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = (0..self.group.file_schema().fields().len()).collect();
        let wanted = projection.cloned().unwrap_or(all);
        let mut read = wanted.clone();
        for column in collect_columns(&predicate) {
            if !read.contains(&column.index()) {
                read.push(column.index());
            }
        }
        let scan = self.plan(state, Some(&read))?;
        let predicate = reassign_expr_columns(predicate, &scan.schema())?;
        let filter = FilterExecBuilder::new(predicate, scan);
        Ok(Arc::new(filter.apply_projection(Some((0..wanted.len()).collect()))?.build()?))
    }

    fn parquet_source(&self, state: &dyn Session) -> ParquetSource {
        let options = TableParquetOptions {
            global: state.config_options().execution.parquet.clone(),
            ..TableParquetOptions::default()
        };
        let readers = CachedParquetFileReaderFactory::new(
            Arc::clone(&self.source.object_store),
            state.runtime_env().cache_manager.get_file_metadata_cache(),
        );
        ParquetSource::new(Arc::clone(self.group.file_schema()))
            .with_table_parquet_options(options)
            .with_pushdown_filters(true)
            .with_reorder_filters(true)
            .with_enable_page_index(true)
            .with_bloom_filter_on_read(true)
            .with_parquet_file_reader_factory(Arc::new(WithPageIndex(readers)))
    }

    /// Spreads the files over `partitions` groups of about equal size, each with its newest file first.
    ///
    /// The order is what lets `ORDER BY eventTime DESC LIMIT n` stop early.
    fn file_groups(&self, partitions: usize) -> Vec<FileGroup> {
        let count = partitions.clamp(1, self.keep.len());
        let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); count];
        for file in self.keep {
            let Some((size, files)) = groups.iter_mut().min_by_key(|(size, _)| *size) else { break };
            *size += self.group.files()[*file].size_bytes;
            files.push(partitioned_file(self.group, *file));
        }
        groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect()
    }
}

fn partitioned_file(group: &ScanGroup, row: usize) -> PartitionedFile {
    let ScanFile { path, size_bytes, modified_at_ms, .. } = &group.files()[row];
    let mut file = PartitionedFile::new_from_meta(ObjectMeta {
        location: path.clone(),
        last_modified: DateTime::from_timestamp_millis(*modified_at_ms).unwrap_or_default(),
        size: *size_bytes,
        e_tag: None,
        version: None,
    });
    file.statistics = file_statistics(group, row).map(Arc::new);
    file
}

/// Statistics of one file, for pruning against the moving bound of a top-n.
///
/// Only eventTime's are kept, and the list of columns ends there: entries for some 80 columns of 10,000 files
/// would take 200 MB.
fn file_statistics(group: &ScanGroup, row: usize) -> Option<Statistics> {
    let index = group.file_schema().index_of(EVENT_TIME).ok()?;
    let stats = group.stats(EVENT_TIME)?;
    let bound = |bounds: &dyn Array| ScalarValue::try_from_array(bounds, row).ok().filter(|b| !b.is_null());
    let mut columns = vec![ColumnStatistics::new_unknown(); index];
    columns.push(ColumnStatistics {
        min_value: bound(&stats.min).map_or(Precision::Absent, Precision::Exact),
        max_value: bound(&stats.max).map_or(Precision::Absent, Precision::Exact),
        null_count: exact_count(stats.null_count.is_valid(row).then(|| stats.null_count.value(row))),
        ..ColumnStatistics::new_unknown()
    });
    Some(Statistics {
        num_rows: exact_count(group.files()[row].num_rows),
        total_byte_size: Precision::Absent,
        column_statistics: columns,
    })
}

/// Returns the statistics of the files `keep` taken together, for planning and for answers without a read.
///
/// Bounds of text columns are left out: they may be cut short, and an aggregate would take them for values.
pub(super) fn summed_statistics(group: &ScanGroup, keep: &[usize]) -> Statistics {
    let num_rows = sum(keep.iter().map(|row| group.files()[*row].num_rows));
    let columns = group.file_schema().fields().iter().map(|field| {
        let Some(stats) = group.stats(field.name()) else { return ColumnStatistics::new_unknown() };
        let nulls = |row: &usize| stats.null_count.is_valid(*row).then(|| stats.null_count.value(*row));
        let unknown = ColumnStatistics::new_unknown();
        let column = ColumnStatistics { null_count: sum(keep.iter().map(nulls)), ..unknown };
        if field.name() == EVENT_TIME && group.event_time_exact() {
            with_bounds(group, keep, column)
        } else {
            column
        }
    });
    Statistics { num_rows, total_byte_size: Precision::Absent, column_statistics: columns.collect() }
}

fn with_bounds(group: &ScanGroup, keep: &[usize], column: ColumnStatistics) -> ColumnStatistics {
    let Some(stats) = group.stats(EVENT_TIME) else { return column };
    let times = |bounds: &dyn Array| {
        let bounds = bounds.as_primitive_opt::<TimestampMicrosecondType>()?.clone();
        Some(
            keep.iter()
                .filter(|row| bounds.is_valid(**row))
                .map(|row| bounds.value(*row))
                .collect::<Vec<_>>(),
        )
    };
    let utc = |instant: i64| ScalarValue::TimestampMicrosecond(Some(instant), Some("UTC".into()));
    let min = times(&stats.min).and_then(|times| times.into_iter().min());
    let max = times(&stats.max).and_then(|times| times.into_iter().max());
    ColumnStatistics {
        min_value: min.map(utc).map_or(Precision::Absent, Precision::Exact),
        max_value: max.map(utc).map_or(Precision::Absent, Precision::Exact),
        ..column
    }
}

fn sum(counts: impl Iterator<Item = Option<u64>>) -> Precision<usize> {
    exact_count(counts.sum::<Option<u64>>())
}

fn exact_count(count: Option<u64>) -> Precision<usize> {
    count.and_then(|count| usize::try_from(count).ok()).map_or(Precision::Absent, Precision::Exact)
}
