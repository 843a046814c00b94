//! Rows of system tables survive races, merging and newer columns.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use arrow::array::{AsArray, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use auditlake_model::Clock;
use auditlake_testkit::{ManualClock, SeededIds};
use object_store::ObjectStore;
use object_store::memory::InMemory;

use super::*;
use crate::lake::{LakeEnv, NewLake};

struct Fixture {
    store: Arc<dyn ObjectStore>,
    clock: Arc<ManualClock>,
}

impl Fixture {
    fn new() -> Self {
        Self { store: Arc::new(InMemory::new()), clock: Arc::new(ManualClock::default()) }
    }

    async fn open(&self, seed: u64) -> Lake {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let env = LakeEnv { clock, ids: Arc::new(SeededIds::new(seed)) };
        Lake::with_object_store(Arc::clone(&self.store), "memory", NewLake::default(), env).await.unwrap()
    }

    async fn table(&self, seed: u64) -> SystemTable {
        self.open(seed).await.system_table("queries", schema()).unwrap()
    }
}

fn schema() -> SchemaRef {
    let fields = vec![Field::new("id", DataType::Int64, true), Field::new("text", DataType::Utf8View, true)];
    Arc::new(Schema::new(fields))
}

fn rows(ids: impl IntoIterator<Item = i64>) -> RecordBatch {
    let ids: Vec<i64> = ids.into_iter().collect();
    let text: StringViewArray = ids.iter().map(|id| Some(format!("query {id}"))).collect();
    RecordBatch::try_new(schema(), vec![Arc::new(Int64Array::from(ids)), Arc::new(text)]).unwrap()
}

async fn ids(table: &SystemTable) -> Vec<i64> {
    let batches = table.read().await.unwrap();
    let mut ids: Vec<i64> =
        batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_table_that_was_never_written_is_empty() {
    let table = Fixture::new().table(1).await;
    assert!(table.snapshot().await.unwrap().is_none());
    assert_eq!(table.append(&rows([])).await.unwrap(), None);
    assert!(table.read().await.unwrap().is_empty());
}

#[tokio::test]
async fn rows_read_back_as_they_were_appended() {
    let fixture = Fixture::new();
    let table = fixture.table(1).await;
    assert_eq!(table.append(&rows([1, 2])).await.unwrap(), Some(1));
    assert_eq!(table.append(&rows([3])).await.unwrap(), Some(2));
    let other = fixture.table(2).await;
    assert_eq!(ids(&other).await, [1, 2, 3]);
    assert!(other.read().await.unwrap().contains(&rows([1, 2])));
    let snapshot = other.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.files.iter().map(|file| file.num_rows).sum::<u64>(), 3);
    assert!(snapshot.files.iter().all(|file| file.sha256.is_some()));
}

#[tokio::test]
async fn racing_appends_of_several_processes_all_land_once() {
    let fixture = Fixture::new();
    let mut tasks = Vec::new();
    for seed in 0..4_i64 {
        let table = fixture.table(seed.unsigned_abs()).await;
        tasks.push(tokio::spawn(async move {
            for n in 0..10 {
                table.append(&rows([seed * 100 + n])).await.unwrap();
            }
        }));
    }
    futures::future::try_join_all(tasks).await.unwrap();
    let expected: Vec<i64> = (0..4).flat_map(|seed| (0..10).map(move |n| seed * 100 + n)).collect();
    assert_eq!(ids(&fixture.table(9).await).await, expected);
}

#[tokio::test]
async fn many_small_files_are_merged_and_the_old_ones_removed_later() {
    let fixture = Fixture::new();
    let table = fixture.table(1).await;
    for id in 0..40 {
        table.append(&rows([id])).await.unwrap();
    }
    let snapshot = table.snapshot().await.unwrap().unwrap();
    assert!(snapshot.files.len() < 32, "{}", snapshot.files.len());
    assert_eq!(ids(&fixture.table(2).await).await, (0..40).collect::<Vec<_>>());

    // InMemory stamps objects by the system clock, which the manual clock has to be past.
    fixture.clock.set(auditlake_model::SystemClock.now());
    assert_eq!(table.remove_unused_files(Duration::from_secs(3600)).await.unwrap(), 0);
    fixture.clock.advance(Duration::from_secs(7200));
    assert_eq!(table.remove_unused_files(Duration::from_secs(3600)).await.unwrap(), 32);
    assert_eq!(ids(&fixture.table(3).await).await, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_newer_program_adds_columns_that_an_older_one_passes_over() {
    let fixture = Fixture::new();
    let old = fixture.table(1).await;
    old.append(&rows([1])).await.unwrap();

    let mut fields: Vec<_> = schema().fields().to_vec();
    fields.push(Arc::new(Field::new("user", DataType::Utf8View, true)));
    let wide: SchemaRef = Arc::new(Schema::new(fields));
    let new = fixture.open(2).await.system_table("queries", Arc::clone(&wide)).unwrap();
    let mut columns = rows([2]).columns().to_vec();
    columns.push(Arc::new(StringViewArray::from(vec!["ada"])));
    new.append(&RecordBatch::try_new(wide, columns).unwrap()).await.unwrap();

    old.append(&rows([3])).await.unwrap();
    assert_eq!(ids(&old).await, [1, 2, 3]);
    let users: Vec<Option<String>> = new
        .read()
        .await
        .unwrap()
        .iter()
        .flat_map(|batch| {
            batch.column(2).as_string_view().iter().map(|u| u.map(str::to_owned)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(users.into_iter().flatten().collect::<Vec<_>>(), ["ada"]);
}

#[tokio::test]
async fn other_names_and_columns_are_refused() {
    let lake = Fixture::new().open(1).await;
    for name in ["", "Queries", "a/b", "_delta_log/.."] {
        assert_eq!(lake.system_table(name, schema()).unwrap_err().kind(), ErrorKind::Invalid);
    }
    let table = lake.system_table("queries", schema()).unwrap();
    let other = rows([1]).project(&[0]).unwrap();
    assert_eq!(table.append(&other).await.unwrap_err().kind(), ErrorKind::Invalid);
}
