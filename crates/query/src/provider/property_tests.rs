//! Pruning never drops a matching row: random files, random statistics, random predicates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, new_null_array};
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use object_store::memory::InMemory;
use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::GroupTable;
use crate::report::ScanReport;
use crate::source::{ColumnStats, ScanFile, ScanGroup, ScanSource};
use crate::testing::{Event, MICROS_PER_DAY, TestStore, batch, schema, url};

const HOUR: i64 = MICROS_PER_DAY / 24;

/// An event without its number: time, name, region.
type Drawn = (Option<i64>, Option<String>, Option<String>);

fn event() -> impl Strategy<Value = Drawn> {
    let time = prop_oneof![1 => Just(None), 9 => (0..96i64).prop_map(|hour| Some(hour * HOUR))];
    let name = prop::option::weighted(0.9, "[A-D][a-b]?");
    let region = prop::option::weighted(0.8, "(eu|us)-1");
    (time, name, region)
}

/// Files as lists of events; the numbers of events are given later.
fn files() -> impl Strategy<Value = Vec<Vec<Drawn>>> {
    prop::collection::vec(prop::collection::vec(event(), 1..6), 1..6)
}

fn instant() -> impl Strategy<Value = String> {
    // On, just before and just after the hours that events have, days and their ends included.
    (-1..97i64, -1..2i64).prop_map(|(hour, off)| {
        let micros = hour * HOUR + off;
        format!("arrow_cast({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))')")
    })
}

fn predicate() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec!["<", "<=", ">", ">=", "=", "<>"]);
    let on_time = (operator.clone(), instant()).prop_map(|(op, at)| format!("\"eventTime\" {op} {at}"));
    let swapped = (operator.clone(), instant()).prop_map(|(op, at)| format!("{at} {op} \"eventTime\""));
    let between = (instant(), instant()).prop_map(|(a, b)| format!("\"eventTime\" BETWEEN {a} AND {b}"));
    let retention = instant().prop_map(|at| format!("(\"eventTime\" >= {at} OR \"eventTime\" IS NULL)"));
    let on_name = (operator, "[A-D][a-b]?").prop_map(|(op, name)| format!("\"eventName\" {op} '{name}'"));
    let like = "[A-D]".prop_map(|prefix| format!("\"eventName\" LIKE '{prefix}%'"));
    let in_list = prop::collection::vec("[A-D][a-b]?", 1..4)
        .prop_map(|names| format!("\"eventName\" IN ('{}')", names.join("', '")));
    let is_null = prop::sample::select(vec!["eventTime", "eventName", "awsRegion"]).prop_flat_map(|column| {
        prop::sample::select(vec![format!("\"{column}\" IS NULL"), format!("\"{column}\" IS NOT NULL")])
    });
    let leaf = prop_oneof![4 => on_time, 1 => swapped, 1 => between, 2 => retention, 3 => on_name, 1 => like, 1 => in_list, 2 => is_null];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND {b})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            1 => inner.prop_map(|a| format!("NOT ({a})")),
        ]
    })
}

/// How much a file tells: a bit each for bounds of time, nulls of time, bounds of name, rows.
type Gaps = Vec<u8>;

fn forget(group: &ScanGroup, gaps: &Gaps) -> ScanGroup {
    let gap = |row: usize, bit: u8| gaps[row % gaps.len()] & bit != 0;
    let files = group.files().iter().enumerate().map(|(row, file)| {
        let num_rows = file.num_rows.filter(|_| !gap(row, 8));
        ScanFile { num_rows, ..file.clone() }
    });
    let stats = [("eventTime", 1, 2), ("eventName", 4, 2)].map(|(column, bounds_bit, nulls_bit)| {
        let stats = group.stats(column).unwrap();
        let rows = 0..group.files().len();
        let bounds: Vec<_> = rows.clone().map(|row| gap(row, bounds_bit)).collect();
        ColumnStats {
            name: column.to_owned(),
            min: with_nulls(&stats.min, &bounds),
            max: with_nulls(&stats.max, &bounds),
            null_count: rows
                .map(|row| Some(stats.null_count.value(row)).filter(|_| !gap(row, nulls_bit)))
                .collect(),
        }
    });
    ScanGroup::try_new(Arc::clone(group.file_schema()), files.collect(), stats.to_vec()).unwrap()
}

fn with_nulls(array: &ArrayRef, forget: &[bool]) -> ArrayRef {
    let mask = BooleanArray::from(forget.to_vec());
    let nulls = new_null_array(array.data_type(), array.len());
    zip(&mask, &nulls, array).unwrap()
}

fn numbered_events(files: Vec<Vec<Drawn>>) -> Vec<Vec<Event>> {
    let mut number = 0;
    let mut next = |(time, name, region)| {
        number += 1;
        (time, name, region, number)
    };
    files.into_iter().map(|file| file.into_iter().map(&mut next).collect()).collect()
}

async fn numbers(context: &SessionContext, sql: &str) -> Vec<i64> {
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

async fn check(files: Vec<Vec<Event>>, gaps: Gaps, predicate: &str) {
    let store = Arc::new(InMemory::new());
    let mut trail = TestStore::new("trail", &store);
    for file in &files {
        trail.add(&batch(file)).await;
    }
    let source = trail.source();
    let groups = source.groups.iter().map(|group| forget(group, &gaps)).collect();
    let source = Arc::new(ScanSource { groups, ..source });

    let config = SessionConfig::new().with_target_partitions(2);
    let context = SessionContext::new_with_config(config);
    context.register_object_store(url().as_ref(), store);
    let table = GroupTable::new(Arc::clone(&source), 0, Arc::new(ScanReport::default()));
    context.register_table("pruned", Arc::new(table)).unwrap();
    let all: Vec<RecordBatch> = files.iter().map(|file| batch(file)).collect();
    context.register_table("plain", Arc::new(MemTable::try_new(schema(), vec![all]).unwrap())).unwrap();

    for select in ["number", "count(*)"] {
        let order = if select == "number" { "ORDER BY number" } else { "" };
        let sql = |table: &str| format!("SELECT {select} FROM {table} WHERE {predicate} {order}");
        let expected = numbers(&context, &sql("plain")).await;
        assert_eq!(numbers(&context, &sql("pruned")).await, expected, "{}", sql("pruned"));
    }
    let limited = format!("SELECT number FROM pruned WHERE {predicate} LIMIT 2");
    let matching = numbers(&context, &format!("SELECT number FROM plain WHERE {predicate}")).await;
    assert_eq!(numbers(&context, &limited).await.len(), matching.len().min(2), "{limited}");
    let newest = |table: &str| {
        format!(
            "SELECT number FROM {table} WHERE {predicate} ORDER BY \"eventTime\" DESC NULLS LAST, number LIMIT 3"
        )
    };
    assert_eq!(numbers(&context, &newest("pruned")).await, numbers(&context, &newest("plain")).await);
    let bounds =
        |table: &str| format!("SELECT CAST(max(\"eventTime\") AS BIGINT) FROM {table} WHERE {predicate}");
    assert_eq!(numbers(&context, &bounds("pruned")).await, numbers(&context, &bounds("plain")).await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn pruning_never_drops_a_matching_row(
        files in files(),
        gaps in prop::collection::vec(0..16u8, 1..6),
        predicate in predicate(),
    ) {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(check(numbered_events(files), gaps, &predicate));
    }
}
