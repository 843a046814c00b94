#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "saved_tests.rs"]
mod saved;

use std::num::NonZeroUsize;

use auditlake_events::{DecodeOptions, EventFilter, SourceHint, decode_object};
use auditlake_model::{
    ErrorKind, ImportId, Principal, QueryState, RandomIds, Retention, StoreName, SystemClock, Timestamp,
};
use auditlake_store::{
    ChunkObject, EdsWriter, EventChunk, FilteredEvents, IngestedObject, LakeEnv, NewEventDataStore, NewLake,
    SourceObject, StoreUpdate,
};
use bytes::Bytes;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;
use object_store::memory::InMemory;

use super::*;
use crate::{QueriesTable, QueryConfig, QueryHandle, QueryLog, QueryRequest, QueryService};

struct World {
    lake: Lake,
    service: QueryService,
}

async fn world() -> World {
    let env = LakeEnv { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) };
    let new = NewLake::try_new("123456789012", "eu-west-1").unwrap();
    let lake = Lake::with_object_store(Arc::new(InMemory::new()), "memory", new, env).await.unwrap();
    let queries = QueriesTable::try_new(&lake).unwrap();
    let tables = StoreLake::try_new(lake.clone(), vec![queries.table().clone()]).unwrap();
    let log: Arc<dyn QueryLog> = Arc::new(queries);
    let config = QueryConfig { threads: NonZeroUsize::new(2), ..QueryConfig::default() };
    let service =
        QueryService::try_new(Arc::new(tables), log, config, Arc::new(SystemClock), Arc::new(RandomIds));
    World { lake, service: service.unwrap() }
}

impl World {
    async fn create(&self, name: &str) -> EventDataStoreId {
        let new = NewEventDataStore::new(StoreName::parse(name).unwrap());
        self.lake.create_store(new).await.unwrap().id()
    }

    /// Stores the events of one log file.
    async fn import(&self, id: EventDataStoreId, uri: &str, log: &str) {
        let mut writer = EdsWriter::open(&self.lake, id).await.unwrap();
        let settings = writer.settings().clone();
        let import_id = ImportId::generate(&RandomIds);
        let options = DecodeOptions {
            class: settings.category_class,
            promoted: settings.promoted,
            import_id: import_id.to_string(),
            ..DecodeOptions::default()
        };
        let hint = SourceHint { uri: uri.to_owned(), name: uri.to_owned() };
        let file =
            decode_object(&Bytes::from(log.to_owned()), &hint, &options, &EventFilter::default()).unwrap();
        let source = SourceObject {
            uri: uri.to_owned(),
            bucket: None,
            key: uri.to_owned(),
            version_id: None,
            etag: None,
            size_bytes: log.len() as u64,
            modified_at_ms: 0,
        };
        let object = IngestedObject {
            source,
            sha256: file.object.sha256,
            uncompressed_bytes: file.object.uncompressed_bytes,
            records: file.object.records,
            stored: 0,
            duplicates: 0,
            conflicts: 0,
            filtered: FilteredEvents::default(),
            quarantined: 0,
            import_id,
            rules: Default::default(),
        };
        let rows = 0..file.batch.num_rows();
        let chunk = EventChunk {
            rows: file.batch,
            event_dates: file.object.event_dates,
            keys: file.object.keys,
            objects: vec![ChunkObject { object, rows, quarantined: Vec::new() }],
        };
        writer.append(Arc::new(vec![chunk])).await.unwrap();
    }

    async fn rows(&self, sql: &str) -> Vec<RecordBatch> {
        let mut handle =
            self.service.start(QueryRequest::new(sql, Principal::owner("alice"), "test")).unwrap();
        handle.collect().await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
    }

    async fn text(&self, sql: &str) -> String {
        let rows = self.rows(sql).await;
        let mut out = Vec::new();
        for batch in rows.iter().filter(|batch| batch.num_rows() > 0) {
            let mut bytes = Vec::new();
            let _ = crate::write_records(crate::Format::Csv, batch, &mut bytes).unwrap();
            out.extend(
                String::from_utf8(bytes).unwrap().lines().skip(1).map(str::to_owned).collect::<Vec<_>>(),
            );
        }
        out.join("\n")
    }
}

fn log(events: &[(&str, &str, &str)]) -> String {
    let record = |(id, time, name): &(&str, &str, &str)| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::1:user/a"}},"eventTime":"{time}","eventSource":"s3.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","readOnly":false,"requestParameters":{{"bucketName":"b-{id}","n":1.50}},"eventID":"{id}","odd":[1,2],"eventType":"AwsApiCall","recipientAccountId":"1","eventCategory":"Management"}}"#
        )
    };
    format!(r#"{{"Records":[{}]}}"#, events.iter().map(record).collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn a_lake_on_storage_is_queried_version_by_version() {
    let world = world().await;
    let id = world.create("trail").await;
    assert_eq!(world.text("SELECT count(*) FROM trail").await, "0");
    world
        .import(
            id,
            "one.json",
            &log(&[("e1", "2026-01-01T10:00:00Z", "GetObject"), ("e2", "2026-01-02T10:00:00Z", "PutObject")]),
        )
        .await;
    assert_eq!(world.text("SELECT count(*) FROM trail").await, "2");
    world.import(id, "two.json", &log(&[("e3", "2026-01-02T11:00:00Z", "GetObject")])).await;
    let names = "SELECT eventName, count(*) AS n FROM trail GROUP BY eventName ORDER BY n DESC";
    assert_eq!(world.text(names).await, "GetObject,2\nPutObject,1");
    assert_eq!(
        world.text("SELECT eventTime FROM trail ORDER BY eventTime DESC LIMIT 1").await,
        "2026-01-02 11:00:00.000"
    );
    let by_id = format!("SELECT count(*) FROM \"{id}\" WHERE eventTime >= TIMESTAMP '2026-01-02'");
    assert_eq!(world.text(&by_id).await, "2");
}

#[tokio::test]
async fn negated_ranges_of_calls_filter_over_files() {
    let world = world().await;
    let id = world.create("trail").await;
    let events = [
        ("e1", "2026-01-01T12:00:00Z", "GetObject"),
        ("e2", "2026-01-02T06:30:00Z", "GetObject"),
        ("e3", "2026-01-02T19:00:00Z", "GetBucketAcl"),
        ("e4", "2026-01-02T12:00:00Z", "PutObject"),
    ];
    world.import(id, "one.json", &log(&events)).await;
    let outside = "e2\ne3";
    for (condition, expected) in [
        ("hour(eventTime) NOT BETWEEN 7 AND 18", outside),
        ("NOT (hour(eventTime) BETWEEN 7 AND 18)", outside),
        ("(hour(eventTime) < 7 OR hour(eventTime) > 18)", outside),
        ("(hour(eventTime) >= 19 OR minute(eventTime) NOT BETWEEN 0 AND 29)", outside),
        ("IF(hour(eventTime) < 7, true, hour(eventTime) > 18)", outside),
        ("(hour(eventTime) = 6 OR hour(eventTime) NOT IN (6, 12))", outside),
        (
            "hour(date_trunc('hour', from_iso8601_timestamp(to_iso8601(eventTime)))) NOT BETWEEN 7 AND 18",
            outside,
        ),
        ("(CAST(format_datetime(eventTime, 'H') AS bigint) NOT BETWEEN 7 AND 18)", outside),
        ("100 / hour(eventTime) NOT BETWEEN 6 AND 10", outside),
        ("length(eventName) NOT BETWEEN 10 AND 12", "e1\ne2\ne4"),
        ("NOT (length(eventName) BETWEEN 10 AND 12)", "e1\ne2\ne4"),
        ("date(eventTime) = DATE '2026-01-01'", "e1"),
        ("CAST(eventTime AS varchar) NOT LIKE '%12:00%'", outside),
    ] {
        let sql =
            format!("SELECT eventID FROM trail WHERE readOnly = false AND {condition} ORDER BY eventID");
        assert_eq!(world.text(&sql).await, expected, "{sql}");
        let sql = format!("SELECT eventID FROM trail WHERE {condition} ORDER BY eventID");
        assert_eq!(world.text(&sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn the_event_comes_back_as_it_was() {
    let world = world().await;
    let id = world.create("trail").await;
    let file = log(&[("e1", "2026-01-01T10:00:00Z", "GetObject")]);
    world.import(id, "one.json", &file).await;
    let rows = world.rows("SELECT eventJson FROM trail").await;
    let event: serde_json::Value = serde_json::from_str(rows[0].column(0).as_string_view().value(0)).unwrap();
    let original: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(event, original["Records"][0]);
}

#[tokio::test]
async fn files_of_before_and_after_a_promotion_answer_alike() {
    let world = world().await;
    let mut new = NewEventDataStore::new(StoreName::parse("trail").unwrap());
    let promoted = std::mem::take(&mut new.promoted);
    let id = world.lake.create_store(new).await.unwrap().id();
    world.import(id, "one.json", &log(&[("e1", "2026-01-01T10:00:00Z", "GetObject")])).await;
    let promote = StoreUpdate { promote: promoted, ..StoreUpdate::default() };
    world.lake.update_store(id, promote).await.unwrap();
    world.import(id, "two.json", &log(&[("e2", "2026-01-01T11:00:00Z", "GetObject")])).await;
    let buckets = "SELECT eventID, element_at(requestParameters, 'bucketName') FROM trail ORDER BY eventID";
    assert_eq!(world.text(buckets).await, "e1,b-e1\ne2,b-e2");
    let one = "SELECT eventID FROM trail WHERE element_at(requestParameters, 'bucketName') = 'b-e1'";
    assert_eq!(world.text(one).await, "e1");
    assert_eq!(world.text("SELECT count(*) FROM trail WHERE eventJson LIKE '%b-e%'").await, "2");
}

#[tokio::test]
async fn retention_and_deletion_are_seen_at_once() {
    let world = world().await;
    let id = world.create("trail").await;
    world.import(id, "one.json", &log(&[("e1", "2020-01-01T10:00:00Z", "GetObject")])).await;
    assert_eq!(world.text("SELECT count(*) FROM trail").await, "1");
    let week = StoreUpdate {
        retention: Some(Retention::from_days(Some(7)).unwrap()),
        termination_protection: Some(false),
        ..StoreUpdate::default()
    };
    world.lake.update_store(id, week).await.unwrap();
    assert_eq!(world.text("SELECT count(*) FROM trail").await, "0");
    world.lake.delete_store(id).await.unwrap();
    let mut handle = world
        .service
        .start(QueryRequest::new("SELECT 1 FROM trail", Principal::owner("alice"), "test"))
        .unwrap();
    let error = handle.collect().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Conflict, Some("InactiveEventDataStoreException")));
}

#[tokio::test]
async fn queries_are_recorded_and_can_be_queried() {
    let world = world().await;
    world.create("trail").await;
    assert_eq!(world.text("SELECT count(*) FROM system.queries").await, "0");
    let mut failing = world
        .service
        .start(QueryRequest::new("SELECT x FROM trail", Principal::owner("bob"), "test"))
        .unwrap();
    assert!(failing.collect().await.is_err());
    assert_eq!(failing.state(), QueryState::Failed);
    world.service.flush_history().await;
    let states =
        "SELECT principal, state, error IS NOT NULL AS failed FROM system.queries ORDER BY created_at";
    assert_eq!(world.text(states).await, "alice,FINISHED,false\nbob,FAILED,true");
    world.service.close().await;
}

#[tokio::test]
async fn others_queries_are_not_shown_to_a_reader() {
    let world = world().await;
    for who in ["ann", "bob"] {
        let request = QueryRequest::new("SELECT 1", Principal::owner(who), "test");
        world.service.start(request).unwrap().collect().await.unwrap();
    }
    world.service.flush_history().await;
    let ask = async |principal: Principal| {
        let sql = "SELECT DISTINCT principal FROM system.queries ORDER BY 1";
        let mut handle = world.service.start(QueryRequest::new(sql, principal, "test")).unwrap();
        let rows = handle.collect().await.unwrap();
        rows.iter().map(RecordBatch::num_rows).sum::<usize>()
    };
    assert_eq!(ask(Principal::new("ann", Vec::new())).await, 1);
    assert_eq!(ask(Principal::owner("ann")).await, 2);
}

#[tokio::test]
async fn a_prepared_statement_keeps_its_version_and_knows_when_it_is_old() {
    let world = world().await;
    let id = world.create("trail").await;
    world.import(id, "a.json", &log(&[("1", "2026-01-01T00:00:00Z", "A")])).await;
    let request = || QueryRequest::new("SELECT count(*) AS n FROM trail", Principal::owner("alice"), "test");
    let prepared = world.service.prepare(request()).await.unwrap();
    let pins = prepared.pinned_tables();
    world.import(id, "b.json", &log(&[("2", "2026-01-02T00:00:00Z", "B")])).await;
    assert!(!prepared.is_current().await.unwrap());
    let count = async |rows: Result<QueryHandle>| {
        let rows = rows.unwrap().collect().await.unwrap();
        rows[0].column(0).as_primitive::<Int64Type>().value(0)
    };
    assert_eq!(count(world.service.start_prepared(prepared)).await, 1);
    // Whoever plans anew with the pins reads the same.
    assert_eq!(count(world.service.start(QueryRequest { pins, ..request() })).await, 1);
    assert_eq!(count(world.service.start(request())).await, 2);
    let pins = vec![crate::PinnedTable { name: "trail".into(), id: Some(id), version: 99 }];
    let gone = world.service.start(QueryRequest { pins, ..request() }).unwrap().collect().await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound, "{gone:?}");
}
