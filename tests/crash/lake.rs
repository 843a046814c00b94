//! A small corpus, a lake in memory, and what a store holds in the end.

use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use auditlake_ingest::{
    ImportLimits, ImportProgress, ImportRequest, ImportSource, ImportSummary, Narrowing, run_import,
};
use auditlake_model::{EventDataStoreId, Result, StoreName, StoreRef};
use auditlake_store::read::read_data_file;
use auditlake_store::snapshot::Snapshot;
use auditlake_store::table::LogTable;
use auditlake_store::{Lake, LakeEnv, NewEventDataStore, NewLake, ObjectStoreConfig, SourceLocation};
use auditlake_synth::{SynthConfig, generate};
use auditlake_testkit::{ManualClock, SeededIds};
use object_store::ObjectStore;
use tokio_util::sync::CancellationToken;

/// Objects of one commit: as few as can be, so that an import makes many commits.
const COMMIT_OBJECTS: usize = 1;

/// Writes a corpus with duplicates; returns its distinct events.
pub(crate) fn corpus(folder: &Path, events: u64, seed: u64) -> u64 {
    let config = SynthConfig {
        events,
        seed,
        days: 3,
        events_per_file: 20,
        duplicate_share: 0.05,
        ..SynthConfig::default()
    };
    generate(&config, folder, &mut |_| {}).unwrap().events
}

/// Opens, or creates, a lake in `store`; `seed` keeps the ids of processes apart.
pub(crate) async fn open_lake(store: Arc<dyn ObjectStore>, seed: u64) -> Result<Lake> {
    let env = LakeEnv { clock: Arc::new(ManualClock::default()), ids: Arc::new(SeededIds::new(seed)) };
    Lake::with_object_store(store, "memory", NewLake::default(), env).await
}

/// Creates the store `trail`.
pub(crate) async fn create_store(lake: &Lake) -> EventDataStoreId {
    let new = NewEventDataStore::new(StoreName::parse("trail").unwrap());
    lake.create_store(new).await.unwrap().id()
}

/// Finds the store `trail`.
pub(crate) async fn trail(lake: &Lake) -> EventDataStoreId {
    lake.find_store(&StoreRef::parse("trail").unwrap()).await.unwrap().id()
}

/// Imports `folder` in many small commits.
pub(crate) async fn import(lake: &Lake, store: EventDataStoreId, folder: &Path) -> Result<ImportSummary> {
    let source = SourceLocation::parse(folder.to_str().unwrap())?;
    let request = ImportRequest {
        store,
        sources: vec![ImportSource::Location(source)],
        source_config: ObjectStoreConfig::default(),
        narrowing: Narrowing::default(),
        dry_run: false,
        record_as: None,
        limits: ImportLimits { commit_objects: COMMIT_OBJECTS, ..ImportLimits::default() },
    };
    let progress = Arc::new(ImportProgress::default());
    run_import(lake, request, progress, CancellationToken::new(), &mut |failure| panic!("{failure:?}")).await
}

/// What a store holds: the ids of its events, and where each row came from, both sorted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) event_ids: Vec<String>,
    pub(crate) rows: usize,
    pub(crate) sources: Vec<String>,
}

/// Reads everything the store shows.
pub(crate) async fn contents(lake: &Lake, id: EventDataStoreId) -> Contents {
    let table = LogTable::load(lake.log_store(id)).await.unwrap();
    let snapshot = Snapshot::from_table(&table, &lake.store_path(id)).unwrap();
    let (mut event_ids, mut sources) = (Vec::new(), Vec::new());
    for file in &snapshot.files {
        for batch in read_data_file(&lake.object_store(), file, &snapshot.schema).await.unwrap() {
            let ids = batch.column_by_name("eventID").unwrap().as_string_view();
            let objects = batch.column_by_name("_sourceObject").unwrap().as_string_view();
            let positions = batch.column_by_name("_sourcePosition").unwrap().as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                event_ids.push(ids.value(row).to_owned());
                sources.push(format!("{}#{}", objects.value(row), positions.value(row)));
            }
        }
    }
    assert_eq!(snapshot.num_rows(), event_ids.len() as u64, "counts in the log equal the rows");
    event_ids.sort_unstable();
    sources.sort_unstable();
    Contents { rows: event_ids.len(), event_ids, sources }
}

/// Panics unless every event is there once.
pub(crate) fn assert_each_once(contents: &Contents, distinct: u64) {
    let mut unique = contents.event_ids.clone();
    unique.dedup();
    assert_eq!(contents.rows as u64, distinct, "rows");
    assert_eq!(unique.len() as u64, distinct, "distinct events");
}
