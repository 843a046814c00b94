//! Delta per-file statistics from a Parquet footer.
//!
//! | Parquet | Delta JSON |
//! |---|---|
//! | rows of all row groups | `numRecords` |
//! | min, max of a column over its row groups | `minValues`, `maxValues` |
//! | nulls of a column over its row groups | `nullCount` |
//!
//! A bound that some row group does not know is left out: a missing bound prunes nothing, a wrong one
//! loses events. Parquet cuts long strings so that they stay bounds (the maximum is rounded up), which
//! is what Delta asks for too.
//!
//! # Source
//! Delta protocol, "Per-file Statistics"; Parquet format, `Statistics`.

use arrow::datatypes::SchemaRef;
use auditlake_model::{Error, Result, Timestamp, format_event_time};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value};

/// Returns the statistics of `columns` (top-level plain columns of `schema`) as Delta's stats JSON.
///
/// Columns that `schema` lacks are passed over, so that one list serves every event category.
pub(crate) fn stats_json(footer: &ParquetMetaData, schema: &SchemaRef, columns: &[&str]) -> Result<String> {
    let mut min_values = Map::new();
    let mut max_values = Map::new();
    let mut null_count = Map::new();
    for name in columns {
        if schema.field_with_name(name).is_err() {
            continue;
        }
        let chunks = column_chunks(footer, name);
        let Some(bounds) = merge_bounds(&chunks) else { continue };
        null_count.insert((*name).to_owned(), bounds.nulls.into());
        if let Some((min, max)) = bounds.range {
            min_values.insert((*name).to_owned(), min.to_json());
            max_values.insert((*name).to_owned(), max.to_json());
        }
    }
    let stats = serde_json::json!({
        "numRecords": footer.file_metadata().num_rows(),
        "minValues": min_values,
        "maxValues": max_values,
        "nullCount": null_count,
    });
    serde_json::to_string(&stats).map_err(|e| Error::internal("write Delta statistics").with_source(e))
}

fn column_chunks<'a>(footer: &'a ParquetMetaData, name: &str) -> Vec<&'a ColumnChunkMetaData> {
    footer
        .row_groups()
        .iter()
        .flat_map(|group| group.columns())
        .filter(|chunk| matches!(chunk.column_path().parts(), [only] if only == name))
        .collect()
}

/// A bound as Delta writes it.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Bound {
    Bool(bool),
    Int(i64),
    /// Microseconds since the epoch.
    Instant(i64),
    Text(String),
}

impl Bound {
    fn to_json(&self) -> Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Instant(micros) => format_event_time(Timestamp::from_micros(*micros)).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

struct Bounds {
    nulls: u64,
    range: Option<(Bound, Bound)>,
}

/// Merges the row groups' statistics; `None` when a group does not tell its nulls.
fn merge_bounds(chunks: &[&ColumnChunkMetaData]) -> Option<Bounds> {
    let mut nulls = 0;
    let mut range: Option<(Bound, Bound)> = None;
    let mut all_known = true;
    for chunk in chunks {
        let statistics = chunk.statistics()?;
        let chunk_nulls = statistics.null_count_opt()?;
        nulls += chunk_nulls;
        let all_null = i64::try_from(chunk_nulls).is_ok_and(|n| n == chunk.num_values());
        match chunk_range(statistics, chunk) {
            Some((min, max)) => {
                range = Some(match range {
                    None => (min, max),
                    Some((low, high)) => {
                        (if min < low { min } else { low }, if max > high { max } else { high })
                    }
                });
            }
            None if all_null => {}
            None => all_known = false,
        }
    }
    Some(Bounds { nulls, range: range.filter(|_| all_known) })
}

fn chunk_range(statistics: &Statistics, chunk: &ColumnChunkMetaData) -> Option<(Bound, Bound)> {
    let is_timestamp = matches!(
        chunk.column_descr().logical_type_ref(),
        Some(parquet::basic::LogicalType::Timestamp { .. })
    );
    match statistics {
        Statistics::Boolean(s) => Some((Bound::Bool(*s.min_opt()?), Bound::Bool(*s.max_opt()?))),
        Statistics::Int64(s) if is_timestamp => {
            Some((Bound::Instant(*s.min_opt()?), Bound::Instant(*s.max_opt()?)))
        }
        Statistics::Int64(s) => Some((Bound::Int(*s.min_opt()?), Bound::Int(*s.max_opt()?))),
        Statistics::ByteArray(s) => {
            Some((Bound::Text(text(s.min_opt()?.data())?), Bound::Text(text(s.max_opt()?.data())?)))
        }
        _ => None,
    }
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}
