//! Opening lakes; creating, finding, changing and deleting event data stores.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use auditlake_model::{
    CategoryClass, EventDataStoreSettings, PromotedPath, Retention, StoreName, StoreRef, StoreState,
    Timestamp,
};
use auditlake_testkit::{ManualClock, SeededIds};
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt as _, PutMode};

use super::*;
use crate::table_create::create_table;

/// One lake in memory, as several processes see it.
struct Fixture {
    store: Arc<dyn ObjectStore>,
    clock: Arc<ManualClock>,
}

impl Fixture {
    fn new() -> Self {
        Self { store: Arc::new(InMemory::new()), clock: Arc::new(ManualClock::default()) }
    }

    /// Opens the lake as process number `seed` does.
    async fn open(&self, seed: u64) -> Lake {
        let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&self.clock);
        let env = LakeEnv { clock, ids: Arc::new(SeededIds::new(seed)) };
        Lake::with_object_store(Arc::clone(&self.store), "memory", NewLake::default(), env).await.unwrap()
    }
}

fn name(text: &str) -> StoreName {
    StoreName::parse(text).unwrap()
}

fn by_name(text: &str) -> StoreRef {
    StoreRef::parse(text).unwrap()
}

async fn create(lake: &Lake, text: &str) -> EventDataStore {
    lake.create_store(NewEventDataStore::new(name(text))).await.unwrap()
}

fn local_env() -> LakeEnv {
    LakeEnv { clock: Arc::new(ManualClock::default()), ids: Arc::new(SeededIds::new(1)) }
}

#[tokio::test]
async fn a_local_lake_opens_as_it_was_created() {
    let home = tempfile::tempdir().unwrap();
    let place = StoreLocation::Local(home.path().join("my lake %20 [1]"));
    let config = ObjectStoreConfig::default();
    let error = Lake::open(&place, &config, Access::Read, local_env()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::NotFound, "there is no lake here"));

    let new = NewLake::try_new("123456789012", "eu-west-1").unwrap();
    let lake = Lake::create(&place, &config, new.clone(), local_env()).await.unwrap();
    let store = create(&lake, "trail").await;
    let again = Lake::open(&place, &config, Access::Write, local_env()).await.unwrap();
    assert_eq!(again.manifest(), lake.manifest());
    assert_eq!(again.find_store(&by_name("trail")).await.unwrap(), store);
    assert_eq!(
        again.arn(store.id()).to_string(),
        format!("arn:aws:cloudtrail:eu-west-1:123456789012:eventdatastore/{}", store.id())
    );
    let error = Lake::create(&place, &config, new, local_env()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let left: Vec<_> = std::fs::read_dir(home.path().join("my lake %20 [1]")).unwrap().collect();
    assert_eq!(left.len(), 2, "lake.json and stores: the probe of put-if-absent is gone");
}

/// A local folder lists its files in no order, and the Delta kernel sorts for some URLs only.
#[tokio::test]
async fn a_local_log_of_many_commits_is_read_in_order() {
    let home = tempfile::tempdir().unwrap();
    let place = StoreLocation::Local(home.path().to_path_buf());
    let config = ObjectStoreConfig { sync_writes: false, ..ObjectStoreConfig::default() };
    let lake = Lake::open_or_create(&place, &config, NewLake::default(), local_env()).await.unwrap();
    let id = create(&lake, "trail").await.id();
    for round in 0..20 {
        let protect = StoreUpdate { termination_protection: Some(round % 2 == 1), ..StoreUpdate::default() };
        lake.update_store(id, protect).await.unwrap();
    }
    let again = Lake::open(&place, &config, Access::Read, local_env()).await.unwrap();
    let store = again.store(id).await.unwrap();
    assert_eq!((store.version(), store.settings().termination_protection), (20, true));
}

#[tokio::test]
async fn a_folder_without_lake_json_is_no_lake() {
    let home = tempfile::tempdir().unwrap();
    let place = StoreLocation::Local(home.path().to_path_buf());
    let error =
        Lake::open(&place, &ObjectStoreConfig::default(), Access::Read, local_env()).await.unwrap_err();
    assert_eq!(error.message(), "there is no lake here");
}

#[tokio::test]
async fn a_newer_lake_is_refused() {
    let fixture = Fixture::new();
    let json = r#"{"formatVersion": 9, "minAuditlakeVersion": "4.2.0"}"#;
    fixture.store.put(&Path::from("lake.json"), json.into()).await.unwrap();
    let store = Arc::clone(&fixture.store);
    let error = Lake::with_object_store(store, "memory", NewLake::default(), local_env()).await.unwrap_err();
    assert_eq!(error.hint(), Some("Install auditlake 4.2.0 or newer."));
}

#[tokio::test]
async fn a_new_store_has_the_defaults_and_is_found_in_three_ways() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let store = create(&lake, "My-Trail").await;
    let settings = store.settings();
    assert_eq!(settings.retention, Retention::Forever);
    assert!(settings.termination_protection && settings.ingestion && settings.selectors.is_none());
    assert_eq!(store.state(lake.clock().now()), StoreState::Enabled);
    for reference in ["my-trail".to_owned(), store.id().to_string(), lake.arn(store.id()).to_string()] {
        assert_eq!(lake.find_store(&by_name(&reference)).await.unwrap(), store);
    }
}

#[tokio::test]
async fn a_new_store_is_a_table_of_reader_1_and_writer_2() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let store = create(&lake, "trail").await;
    let table = crate::table::LogTable::load(lake.log_store(store.id())).await.unwrap();
    let state = table.state().unwrap();
    let protocol = state.protocol();
    assert_eq!((protocol.min_reader_version(), protocol.min_writer_version()), (1, 2));
    assert_eq!(state.metadata().partition_columns(), ["eventDate"]);
    assert_eq!(state.metadata().name(), Some("trail"));
    let stats = &state.metadata().configuration()["delta.dataSkippingStatsColumns"];
    assert!(stats.starts_with("eventTime,"), "{stats}");
}

#[tokio::test]
async fn an_unknown_name_suggests_the_nearest() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let error = lake.find_store(&by_name("trail")).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreNotFoundException"));
    assert!(error.hint().unwrap().contains("store create trail"));
    create(&lake, "my-trail").await;
    let error = lake.find_store(&by_name("my-trial")).await.unwrap_err();
    assert_eq!(error.hint(), Some("Did you mean `\"my-trail\"`?"));
    let error = lake.find_store(&by_name("elephant")).await.unwrap_err();
    assert!(error.hint().unwrap().contains("store list"));
    let id = EventDataStoreId::generate(&SeededIds::new(77));
    let error = lake.find_store(&StoreRef::Id(id)).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreNotFoundException"));
}

#[tokio::test]
async fn names_are_unique_whatever_their_case() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let first = create(&lake, "Trail").await;
    let error = lake.create_store(NewEventDataStore::new(name("tRAIL"))).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreAlreadyExistsException"));
    let other = create(&lake, "other").await;
    let rename = StoreUpdate { name: Some(name("TRAIL")), ..StoreUpdate::default() };
    let error = lake.update_store(other.id(), rename.clone()).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreAlreadyExistsException"));
    // Changing the case of one's own name is no conflict.
    let renamed = lake.update_store(first.id(), rename).await.unwrap();
    assert_eq!(renamed.name().as_str(), "TRAIL");
}

#[tokio::test]
async fn of_racing_creators_of_one_name_one_is_left() {
    let fixture = Fixture::new();
    let mut lakes = Vec::new();
    for seed in 0..6 {
        lakes.push(fixture.open(seed).await);
    }
    let creators = lakes.into_iter().map(|lake| {
        tokio::spawn(async move { lake.create_store(NewEventDataStore::new(name("trail"))).await })
    });
    let results = futures::future::try_join_all(creators).await.unwrap();
    for error in results.iter().filter_map(|r| r.as_ref().err()) {
        assert_eq!(error.code(), Some("EventDataStoreAlreadyExistsException"));
    }
    let stores = fixture.open(9).await.list_stores().await.unwrap();
    let winners: Vec<_> = results.iter().filter_map(|r| r.as_ref().ok()).collect();
    assert_eq!(stores.iter().collect::<Vec<_>>(), winners);
    assert!(winners.len() <= 1);
}

#[tokio::test]
async fn an_older_store_that_lands_late_gives_way_to_a_younger_one_that_stays() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let settled = create(&lake, "trail").await;
    // As if our clock were behind: our store is older, yet the other had looked before ours was there.
    let settings = EventDataStoreSettings {
        id: EventDataStoreId::generate(&SeededIds::new(5)),
        created_at: Timestamp::EPOCH,
        ..(**settled.settings()).clone()
    };
    create_table(lake.log_store(settings.id), create::new_table(&settings).unwrap()).await.unwrap();
    let error = lake.settle_name(&settings).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreAlreadyExistsException"));
    assert_eq!(lake.list_stores().await.unwrap(), [settled]);
}

#[tokio::test]
async fn settings_change_and_nothing_else() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let store = create(&lake, "trail").await;
    fixture.clock.advance(Duration::from_secs(60));
    let update = StoreUpdate {
        retention: Some(Retention::from_days(Some(30)).unwrap()),
        termination_protection: Some(false),
        ..StoreUpdate::default()
    };
    let changed = lake.update_store(store.id(), update).await.unwrap();
    assert_eq!(changed.version(), 1);
    let expected = EventDataStoreSettings {
        retention: changed.settings().retention,
        termination_protection: false,
        updated_at: lake.clock().now(),
        ..(**store.settings()).clone()
    };
    assert_eq!(**changed.settings(), expected);
    assert_eq!(lake.store(store.id()).await.unwrap(), changed);
    // No change, no commit.
    assert_eq!(lake.update_store(store.id(), StoreUpdate::default()).await.unwrap(), changed);
}

#[tokio::test]
async fn a_promoted_path_joins_the_schema() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let store = create(&lake, "trail").await;
    let path = PromotedPath { column: "requestParameters".to_owned(), path: vec!["queueUrl".to_owned()] };
    let update = StoreUpdate { promote: vec![path.clone()], ..StoreUpdate::default() };
    let changed = lake.update_store(store.id(), update).await.unwrap();
    assert!(changed.settings().promoted.contains(&path));
    let table = crate::table::LogTable::load(lake.log_store(store.id())).await.unwrap();
    let schema = table.state().unwrap().snapshot().arrow_schema();
    assert!(schema.field_with_name("_requestParameters_queueUrl").is_ok());
    assert!(schema.field_with_name("eventDate").is_ok());
}

#[tokio::test]
async fn delete_waits_for_protection_and_can_be_taken_back() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let id = create(&lake, "trail").await.id();
    let error = lake.delete_store(id).await.unwrap_err();
    assert_eq!(error.code(), Some("EventDataStoreTerminationProtectedException"));
    let error = lake.restore_store(id).await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidEventDataStoreStatusException"));

    let unprotect = StoreUpdate { termination_protection: Some(false), ..StoreUpdate::default() };
    lake.update_store(id, unprotect.clone()).await.unwrap();
    let deleted = lake.delete_store(id).await.unwrap();
    assert_eq!(deleted.state(lake.clock().now()), StoreState::PendingDeletion);
    assert_eq!(lake.find_store(&by_name("trail")).await.unwrap(), deleted);
    for error in [
        lake.find_active_store(&by_name("trail")).await.unwrap_err(),
        lake.delete_store(id).await.unwrap_err(),
        lake.update_store(id, unprotect).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), Some("InactiveEventDataStoreException"));
    }
    let error = lake.create_store(NewEventDataStore::new(name("trail"))).await.unwrap_err();
    assert!(error.hint().unwrap().contains("store restore"), "the name stays taken");
    assert_eq!(lake.restore_store(id).await.unwrap().settings().deleted_at, None);
}

#[tokio::test]
async fn ingestion_stops_and_starts_once() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let id = create(&lake, "trail").await.id();
    let error = lake.start_ingestion(id).await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidEventDataStoreStatusException"));
    let stopped = lake.stop_ingestion(id).await.unwrap();
    assert_eq!(stopped.state(lake.clock().now()), StoreState::StoppedIngestion);
    lake.stop_ingestion(id).await.unwrap_err();
    lake.start_ingestion(id).await.unwrap();

    let insight = NewEventDataStore {
        category_class: CategoryClass::Insight,
        ..NewEventDataStore::new(name("insights"))
    };
    let insight = lake.create_store(NewEventDataStore { promoted: Vec::new(), ..insight }).await.unwrap();
    let error = lake.stop_ingestion(insight.id()).await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidEventDataStoreCategoryException"));
}

#[tokio::test]
async fn racing_changes_are_all_applied() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let id = create(&lake, "trail").await.id();
    let mut changes = Vec::new();
    for seed in 0..6_u64 {
        let lake = fixture.open(seed).await;
        changes.push(tokio::spawn(async move {
            let path =
                PromotedPath { column: "requestParameters".to_owned(), path: vec![format!("member{seed}")] };
            let update = StoreUpdate { promote: vec![path], ..StoreUpdate::default() };
            lake.update_store(id, update).await.unwrap()
        }));
    }
    futures::future::try_join_all(changes).await.unwrap();
    let store = lake.store(id).await.unwrap();
    let added = store.settings().promoted.iter().filter(|p| p.path[0].starts_with("member")).count();
    assert_eq!((added, store.version()), (6, 6));
}

#[tokio::test]
async fn an_empty_store_is_described() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let id = create(&lake, "trail").await.id();
    let description = lake.describe(id).await.unwrap();
    assert_eq!(description.state, StoreState::Enabled);
    assert_eq!((description.num_files, description.size_bytes, description.num_rows), (0, 0, 0));
    assert_eq!((description.first_event_at, description.last_event_at), (None, None));
}

#[tokio::test]
async fn folders_that_are_no_stores_are_passed_over() {
    let fixture = Fixture::new();
    let lake = fixture.open(1).await;
    let store = create(&lake, "trail").await;
    for path in
        ["stores/notes/readme.txt", "stores/9f1c2d3e-0000-4000-8000-0123456789ab/eventDate=x/part-1.parquet"]
    {
        lake.object_store().put_opts(&Path::from(path), "x".into(), PutMode::Create.into()).await.unwrap();
    }
    assert_eq!(lake.list_stores().await.unwrap(), [store]);
}
