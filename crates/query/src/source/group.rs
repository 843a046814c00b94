//! Files that hold the same columns, newest first, with statistics that are complete for eventTime.

use std::sync::Arc;

use auditlake_model::{Error, Result};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;

use super::{ColumnStats, EVENT_TIME, ScanFile};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Files that hold the same columns.
///
/// - Files are ordered by their latest eventTime, newest first; files without eventTime come last.
/// - Statistics are parallel to the files. Where a file tells no bounds of eventTime, its day does.
#[derive(Debug, Clone)]
pub struct ScanGroup {
    file_schema: SchemaRef,
    files: Vec<ScanFile>,
    stats: Vec<ColumnStats>,
    event_time_exact: bool,
}

impl ScanGroup {
    /// Orders `files` and `stats`, which are parallel, and completes the statistics of eventTime.
    ///
    /// `file_schema` lists the columns that these files hold, without the partition column.
    ///
    /// # Errors
    ///
    /// `Internal` when statistics and files differ in number, or eventTime's bounds are no timestamps.
    pub fn try_new(file_schema: SchemaRef, files: Vec<ScanFile>, stats: Vec<ColumnStats>) -> Result<Self> {
        if stats.iter().any(|column| column.min.len() != files.len() || column.max.len() != files.len()) {
            return Err(Error::internal("order data files").with_detail("statistics do not fit the files"));
        }
        let mut stats = stats;
        let mut event_time_exact = false;
        if file_schema.field_with_name(EVENT_TIME).is_ok() {
            let given =
                stats.iter().position(|column| column.name == EVENT_TIME).map(|i| stats.swap_remove(i));
            event_time_exact = given.as_ref().is_some_and(|stats| tells_all_bounds(&files, stats));
            stats.push(event_time_stats(&files, given)?);
        }
        let order = newest_first(&files, &stats);
        let stats = stats
            .iter()
            .map(|column| permute(column, &order))
            .collect::<std::result::Result<_, ArrowError>>()
            .map_err(|e| Error::internal("order data files").with_source(e))?;
        let files = order.values().iter().filter_map(|row| files.get(*row as usize).cloned()).collect();
        Ok(Self { file_schema, files, stats, event_time_exact })
    }

    /// Creates a group without files.
    pub fn empty(file_schema: SchemaRef) -> Self {
        Self { file_schema, files: Vec::new(), stats: Vec::new(), event_time_exact: false }
    }

    /// Returns the columns that the files hold, without the partition column.
    pub fn file_schema(&self) -> &SchemaRef {
        &self.file_schema
    }

    /// Returns the files, newest first.
    pub fn files(&self) -> &[ScanFile] {
        &self.files
    }

    /// Returns the statistics of `column`.
    pub fn stats(&self, column: &str) -> Option<&ColumnStats> {
        self.stats.iter().find(|stats| stats.name == column)
    }

    /// Tells whether eventTime's bounds are values that occur, not just bounds.
    pub fn event_time_exact(&self) -> bool {
        self.event_time_exact
    }

    /// Returns the rows of each file, null where not known.
    pub fn row_counts(&self) -> UInt64Array {
        self.files.iter().map(|file| file.num_rows).collect()
    }
}

/// Tells whether each file names its own bounds, or has no value that could have any.
fn tells_all_bounds(files: &[ScanFile], stats: &ColumnStats) -> bool {
    files.iter().enumerate().all(|(row, file)| {
        let all_null = stats.null_count.is_valid(row) && file.num_rows == Some(stats.null_count.value(row));
        (stats.min.is_valid(row) && stats.max.is_valid(row)) || all_null
    })
}

/// Fills the gaps in eventTime's bounds with the bounds of the file's day.
///
/// The partition is the UTC day of eventTime by definition, and the partition without a day holds the events
/// without eventTime.
fn event_time_stats(files: &[ScanFile], given: Option<ColumnStats>) -> Result<ColumnStats> {
    let given_bound = |column: &ArrayRef| column.as_primitive_opt::<TimestampMicrosecondType>().cloned();
    let (min, max, nulls) = match &given {
        None => (None, None, None),
        Some(stats) => {
            let (Some(min), Some(max)) = (given_bound(&stats.min), given_bound(&stats.max)) else {
                return Err(Error::internal("read bounds of eventTime")
                    .with_context("type", stats.min.data_type().to_string()));
            };
            (Some(min), Some(max), Some(&stats.null_count))
        }
    };
    let known = |bounds: &Option<TimestampMicrosecondArray>, row: usize| {
        bounds.as_ref().filter(|b| b.is_valid(row)).map(|b| b.value(row))
    };
    let day_start = |file: &ScanFile| file.event_date.map(|day| i64::from(day) * MICROS_PER_DAY);
    let rows = || files.iter().enumerate();
    let min: TimestampMicrosecondArray =
        rows().map(|(row, file)| known(&min, row).or_else(|| day_start(file))).collect();
    let max: TimestampMicrosecondArray = rows()
        .map(|(row, file)| {
            known(&max, row).or_else(|| day_start(file).map(|start| start + MICROS_PER_DAY - 1))
        })
        .collect();
    let null_count = rows().map(|(row, file)| match (file.event_date, nulls) {
        (_, Some(nulls)) if nulls.is_valid(row) => Some(nulls.value(row)),
        (None, _) => file.num_rows,
        _ => None,
    });
    Ok(ColumnStats {
        name: EVENT_TIME.to_owned(),
        null_count: null_count.collect(),
        min: Arc::new(min.with_timezone("UTC")),
        max: Arc::new(max.with_timezone("UTC")),
    })
}

/// Returns the rows of `files`, the file with the latest event first.
fn newest_first(files: &[ScanFile], stats: &[ColumnStats]) -> UInt32Array {
    let latest = stats.iter().find(|column| column.name == EVENT_TIME);
    let latest = latest.and_then(|column| column.max.as_primitive_opt::<TimestampMicrosecondType>());
    let key = |row: u32| {
        let index = row as usize;
        latest.filter(|times| times.is_valid(index)).map(|times| times.value(index))
    };
    let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
    let mut rows: Vec<u32> = (0..count).collect();
    // Paths break ties, so that one snapshot always gives one plan.
    rows.sort_by_cached_key(|row| (std::cmp::Reverse(key(*row)), files[*row as usize].path.clone()));
    UInt32Array::from(rows)
}

fn permute(column: &ColumnStats, order: &UInt32Array) -> std::result::Result<ColumnStats, ArrowError> {
    let null_count = take(&column.null_count, order, None)?;
    Ok(ColumnStats {
        name: column.name.clone(),
        min: take(&column.min, order, None)?,
        max: take(&column.max, order, None)?,
        null_count: null_count.as_primitive().clone(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use object_store::path::Path;

    use super::*;

    fn file(name: &str, day: Option<i32>) -> ScanFile {
        ScanFile {
            path: Path::from(name),
            size_bytes: 1,
            modified_at_ms: 0,
            event_date: day,
            num_rows: Some(10),
        }
    }

    fn schema() -> SchemaRef {
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        Arc::new(Schema::new(vec![Field::new(EVENT_TIME, time, true)]))
    }

    fn times(values: Vec<Option<i64>>) -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    }

    fn bounds(group: &ScanGroup) -> Vec<(Option<i64>, Option<i64>, Option<u64>)> {
        let stats = group.stats(EVENT_TIME).unwrap();
        let value = |array: &ArrayRef, row: usize| {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            times.is_valid(row).then(|| times.value(row))
        };
        let nulls = |row: usize| stats.null_count.is_valid(row).then(|| stats.null_count.value(row));
        (0..group.files().len())
            .map(|row| (value(&stats.min, row), value(&stats.max, row), nulls(row)))
            .collect()
    }

    #[test]
    fn files_come_newest_first_and_those_without_time_last() {
        let files =
            vec![file("old", Some(1)), file("none", None), file("new", Some(3)), file("twin", Some(3))];
        let group = ScanGroup::try_new(schema(), files, Vec::new()).unwrap();
        let names: Vec<&str> = group.files().iter().map(|file| file.path.as_ref()).collect();
        assert_eq!(names, ["new", "twin", "old", "none"]);
    }

    #[test]
    fn a_file_without_bounds_has_those_of_its_day() {
        let files = vec![file("told", Some(2)), file("untold", Some(1)), file("none", None)];
        let told = ColumnStats {
            name: EVENT_TIME.to_owned(),
            min: times(vec![Some(2 * MICROS_PER_DAY + 5), None, None]),
            max: times(vec![Some(2 * MICROS_PER_DAY + 9), None, None]),
            null_count: UInt64Array::from(vec![Some(0), None, None]),
        };
        let group = ScanGroup::try_new(schema(), files, vec![told]).unwrap();
        let expected = [
            (Some(2 * MICROS_PER_DAY + 5), Some(2 * MICROS_PER_DAY + 9), Some(0)),
            (Some(MICROS_PER_DAY), Some(2 * MICROS_PER_DAY - 1), None),
            (None, None, Some(10)),
        ];
        assert_eq!(bounds(&group), expected);
        assert!(!group.event_time_exact());
    }

    #[test]
    fn statistics_must_fit_the_files() {
        let short = ColumnStats {
            name: EVENT_TIME.to_owned(),
            min: times(vec![]),
            max: times(vec![]),
            null_count: UInt64Array::from(Vec::<u64>::new()),
        };
        assert!(ScanGroup::try_new(schema(), vec![file("a", Some(1))], vec![short]).is_err());
    }
}
