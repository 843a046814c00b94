//! What the server says about itself and its SQL (`GetSqlInfo`).
//!
//! Clients cast without looking, so each value has exactly the kind that the protocol gives its code. A code that
//! an older client does not know ends that client when it asks for all, so newer ones are left out: 11 and those
//! above 576.
//!
//! # Source
//! `SqlInfo` of Flight SQL, and which codes clients stumble over (spec flight-sql 1.8).

mod values;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::metadata::SqlInfoDataBuilder;
use auditlake_model::{Error, Result};

use self::values::{Value, values};

/// What is not the same for every server.
#[derive(Debug, Clone)]
pub struct ServerFacts {
    /// Version of the program, as `x.y.z`.
    pub version: String,
    /// Time after which a statement ends; zero if there is no limit.
    pub statement_timeout: Duration,
    /// The functions that statements may call.
    pub functions: FunctionGroups,
}

/// Names of functions as ODBC and JDBC group them; no group is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionGroups {
    numeric: Vec<String>,
    string: Vec<String>,
    system: Vec<String>,
    datetime: Vec<String>,
}

impl FunctionGroups {
    /// Groups the functions of these names; those of none of the groups are left out.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names: BTreeSet<&str> = names.into_iter().collect();
        let group = |known: &[&str]| {
            let there: Vec<String> =
                known.iter().filter(|name| names.contains(*name)).map(|name| (*name).to_owned()).collect();
            // Clients expect a list with something in it.
            if there.is_empty() {
                known.iter().take(1).map(|name| (*name).to_owned()).collect()
            } else {
                there
            }
        };
        Self {
            numeric: group(values::NUMERIC_FUNCTIONS),
            string: group(values::STRING_FUNCTIONS),
            system: group(values::SYSTEM_FUNCTIONS),
            datetime: group(values::DATETIME_FUNCTIONS),
        }
    }
}

/// Returns the values of the codes that were asked for, or of all if none was, in the order of their codes.
///
/// Codes that there is nothing to say about are left out.
///
/// # Errors
///
/// `Internal` when the batch cannot be made.
pub fn sql_info(facts: &ServerFacts, asked: &[u32]) -> Result<RecordBatch> {
    let asked: BTreeSet<u32> = asked.iter().copied().collect();
    let mut builder = SqlInfoDataBuilder::new();
    for (code, value) in values(facts) {
        if asked.is_empty() || asked.contains(&code) {
            append(&mut builder, code, value);
        }
    }
    let failed = |e: &dyn std::fmt::Display| Error::internal(format!("make SqlInfo: {e}"));
    let all = builder.build().and_then(|data| data.record_batch([])).map_err(|e| failed(&e))?;
    // The builder leaves nullability to the values that happen to be there.
    RecordBatch::try_new(sql_info_schema(), all.columns().to_vec()).map_err(|e| failed(&e))
}

/// Returns the schema of [`sql_info`].
pub fn sql_info_schema() -> SchemaRef {
    Arc::new(SqlInfoDataBuilder::schema().clone())
}

fn append(builder: &mut SqlInfoDataBuilder, code: u32, value: Value) {
    match value {
        Value::Text(text) => builder.append(code, text.as_str()),
        Value::Bool(truth) => builder.append(code, truth),
        Value::Int64(number) => builder.append(code, number),
        Value::Int32(number) => builder.append(code, number),
        Value::List(texts) => builder.append(code, texts),
        Value::Map(map) => builder.append(code, map),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::UInt32Type;

    use super::*;

    const STRING: i8 = 0;
    const BOOL: i8 = 1;
    const BIGINT: i8 = 2;
    const BITMASK: i8 = 3;
    const LIST: i8 = 4;
    const MAP: i8 = 5;

    fn facts() -> ServerFacts {
        ServerFacts {
            version: "0.1.0".to_owned(),
            statement_timeout: Duration::from_secs(300),
            functions: FunctionGroups::new(["abs", "lower", "now", "unknown"]),
        }
    }

    fn kinds(batch: &RecordBatch) -> Vec<(u32, i8)> {
        let codes = batch.column(0).as_primitive::<UInt32Type>().values().to_vec();
        let values = batch.column(1).as_union();
        codes.into_iter().zip(values.type_ids().iter().copied()).collect()
    }

    /// The kind that FlightSql.proto gives a code.
    fn kind(code: u32) -> i8 {
        match code {
            0..=2 | 504 | 513 | 514 | 529..=531 => STRING,
            3..=5 | 9..=10 | 500..=502 | 506 | 515 | 516 | 518..=521 => BOOL,
            523 | 524 | 527 | 532 | 536 | 537 | 539 | 556 | 563 | 565 | 566 | 572..=576 => BOOL,
            541..=555 | 557..=562 => BIGINT,
            508..=512 => LIST,
            517 => MAP,
            _ => BITMASK,
        }
    }

    #[test]
    fn every_code_is_there_with_its_kind() {
        let batch = sql_info(&facts(), &[]).unwrap();
        let expected: Vec<u32> =
            (0..=5).chain(8..=10).chain([100, 101]).chain(500..=576).filter(|code| *code != 11).collect();
        let expected: Vec<(u32, i8)> = expected.into_iter().map(|code| (code, kind(code))).collect();
        assert_eq!(kinds(&batch), expected);
        assert_eq!(batch.schema(), sql_info_schema());
    }

    #[test]
    fn a_subset_is_exactly_what_was_asked_for() {
        let batch = sql_info(&facts(), &[8, 503, 8, 11, 9_999, 0]).unwrap();
        assert_eq!(kinds(&batch), [(0, STRING), (8, BITMASK), (503, BITMASK)]);
        assert_eq!(sql_info(&facts(), &[9_999]).unwrap().num_rows(), 0);
    }

    #[test]
    fn names_ignore_case_and_nulls_come_last() {
        let batch = sql_info(&facts(), &[503, 505, 507, 8]).unwrap();
        let values = batch.column(1).as_union();
        let number = |row: usize| {
            let value = values.value(row);
            value.as_primitive::<arrow::datatypes::Int32Type>().value(0)
        };
        assert_eq!([number(0), number(1), number(2), number(3)], [0, 1, 1, 3]);
    }

    #[test]
    fn no_list_is_empty() {
        let none = ServerFacts { functions: FunctionGroups::new([]), ..facts() };
        for facts in [facts(), none] {
            let batch = sql_info(&facts, &[508, 509, 510, 511, 512, 517]).unwrap();
            let values = batch.column(1).as_union();
            for row in 0..5 {
                assert!(!values.value(row).as_list::<i32>().value(0).is_empty(), "{row}");
            }
            assert!(!values.value(5).as_map().value(0).is_empty());
        }
    }
}
