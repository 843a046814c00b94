#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::num::NonZeroUsize;

use auditlake_model::{Clock, Principal, Retention, StoreState, SystemClock};
use datafusion::arrow::array::{ArrayRef, AsArray, StringViewArray};
use datafusion::arrow::compute::cast as array_cast;
use datafusion::arrow::datatypes::{Int64Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::TableProvider;

use super::*;
use crate::limits::QueryConfig;
use crate::service::{QueryRequest, QueryService};
use crate::testing::{Event, MemoryLake, TestStore, batch, numbered};

async fn texts(service: &QueryService, sql: &str) -> Vec<Option<String>> {
    let mut handle = service.start(QueryRequest::new(sql, Principal::owner("alice"), "test")).unwrap();
    let batches = handle.collect().await.unwrap();
    let texts = batches.iter().flat_map(|batch| {
        let column = array_cast(batch.column(0), &DataType::Utf8View).unwrap();
        column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>()
    });
    texts.collect()
}

fn service(lake: MemoryLake) -> QueryService {
    let config = QueryConfig { threads: NonZeroUsize::new(2), ..QueryConfig::default() };
    lake.service(config).0
}

/// The batch with another column, or with one of its columns replaced.
fn with_text(batch: &RecordBatch, name: &str, values: Vec<Option<&str>>) -> RecordBatch {
    let values: ArrayRef = Arc::new(StringViewArray::from(values));
    let schema = batch.schema();
    let mut columns: Vec<(Field, ArrayRef)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| field.name() != name)
        .map(|(field, column)| (field.as_ref().clone(), Arc::clone(column)))
        .collect();
    let place = if is_hidden(name) { columns.len() } else { 0 };
    columns.insert(place, (Field::new(name, DataType::Utf8View, true), values));
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

#[tokio::test]
async fn a_view_shows_visible_columns_and_keeps_virtual_ones_out_of_the_wildcard() {
    let lake = MemoryLake::with_trail(1).await;
    let source = Arc::clone(&lake.tables[0].1);
    let view = store_view(&source, &ViewKind::Events { cutoff: None, since: None }, &Arc::default()).unwrap();
    let names: Vec<String> = view.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["eventTime", "eventName", "awsRegion", "number", "eventJson", "eventJsonChecksum"]);
    let outside = |name: &str| {
        view.schema().field_with_name(name).unwrap().metadata().get(WILDCARD_KEY).map(String::as_str)
            == Some("false")
    };
    assert!(outside("eventJson") && outside("eventJsonChecksum") && !outside("eventName"));
}

#[tokio::test]
async fn expired_events_are_invisible_and_events_without_time_stay() {
    let now = SystemClock.now().as_micros();
    let day = 86_400_000_000;
    let events: Vec<Event> = vec![
        (Some(now - 30 * day), Some("old".into()), None, 1),
        (Some(now - 7 * day - 60_000_000), Some("just expired".into()), None, 2),
        (Some(now - 7 * day + 3_600_000_000), Some("kept".into()), None, 3),
        (None, Some("timeless".into()), None, 4),
    ];
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    trail.add(&batch(&events)).await;
    lake.add_with(trail.source(), StoreState::Enabled, Retention::from_days(Some(7)).unwrap());
    let service = service(lake);
    let names = texts(&service, "SELECT \"eventName\" FROM trail ORDER BY number").await;
    assert_eq!(names, [Some("kept".to_owned()), Some("timeless".to_owned())]);
    assert_eq!(texts(&service, "SELECT count(*) FROM trail").await, [Some("2".to_owned())]);
    assert_eq!(texts(&service, "SELECT min(number) FROM trail").await, [Some("3".to_owned())]);
}

#[tokio::test]
async fn a_time_bound_hides_earlier_events_of_every_scan() {
    let day = 86_400_000_000;
    let event = |at: Option<i64>, number| (at, Some("Name".to_owned()), None, number);
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    trail.add(&batch(&[event(Some(day), 1), event(Some(2 * day), 2), event(Some(2 * day + 1), 3)])).await;
    trail.add(&batch(&[event(Some(9 * day), 4), event(None, 5)])).await;
    lake.add(trail.source());
    let service = service(lake);
    let numbers = async |sql: &str, since: Option<i64>| {
        let mut request = QueryRequest::new(sql, Principal::owner("alice"), "test");
        request.since = since.map(Timestamp::from_micros);
        let mut handle = service.start(request).unwrap();
        let batches = handle.collect().await.unwrap();
        let numbers =
            batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec());
        (numbers.collect::<Vec<i64>>(), handle.progress())
    };
    let all = "SELECT number FROM trail ORDER BY number";
    assert_eq!(numbers(all, None).await.0, [1, 2, 3, 4, 5]);
    assert_eq!(numbers(all, Some(2 * day + 1)).await.0, [3, 4]);
    let (whole_days, progress) = numbers(all, Some(2 * day)).await;
    assert_eq!(whole_days, [2, 3, 4]);
    assert_eq!((progress.files_read, progress.files_total), (2, 4), "{progress:?}");
    let twice = "SELECT a.number FROM trail a WHERE number < (SELECT count(*) FROM trail) ORDER BY 1";
    assert_eq!(numbers(twice, Some(2 * day)).await.0, [2]);
    assert_eq!(numbers("SELECT count(*) FROM trail", Some(9 * day + 1)).await.0, [0]);
}

#[tokio::test]
async fn the_origin_of_an_event_is_outside_of_the_wildcard_and_of_the_event() {
    let with_object = with_text(&numbered(1), "_sourceObject", vec![Some("s3://bucket/key.json.gz")]);
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    trail.add(&with_object).await;
    lake.add(trail.source());
    let service = service(lake);
    assert_eq!(
        texts(&service, "SELECT _sourceObject FROM trail").await,
        [Some("s3://bucket/key.json.gz".to_owned())]
    );
    let event = texts(&service, "SELECT eventJson FROM trail").await.remove(0).unwrap();
    assert!(!event.contains("_source"), "{event}");
    let mut handle =
        service.start(QueryRequest::new("SELECT * FROM trail", Principal::owner("alice"), "test")).unwrap();
    let names: Vec<String> =
        handle.schema().await.unwrap().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["eventTime", "eventName", "awsRegion", "number"]);
}

#[tokio::test]
async fn files_with_and_without_a_column_answer_alike() {
    let first = numbered(2);
    let newer = with_text(&first, "sourceIPAddress", vec![Some("10.0.0.1"), None]);
    let remainder = r#"{"sourceIPAddress":"10.0.0.2","other":{"a":[1]}}"#;
    let older = with_text(&first, "_remainder", vec![Some(remainder), Some("{}")]);
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    // The first group names the columns of the store.
    trail.add(&newer).await;
    trail.add(&older).await;
    let source = trail.source();
    assert_eq!(source.groups.len(), 2);
    lake.add(source);
    let service = service(lake);
    let sql = "SELECT \"sourceIPAddress\" FROM trail ORDER BY 1 NULLS LAST";
    assert_eq!(
        texts(&service, sql).await,
        [Some("10.0.0.1".to_owned()), Some("10.0.0.2".to_owned()), None, None]
    );
    let found = "SELECT count(*) FROM trail WHERE \"sourceIPAddress\" LIKE '10.%'";
    assert_eq!(texts(&service, found).await, [Some("2".to_owned())]);
    let events =
        texts(&service, "SELECT \"eventJson\" FROM trail ORDER BY \"eventTime\" DESC, 1 LIMIT 4").await;
    assert_eq!(events.len(), 4);
    assert!(events.iter().all(Option::is_some));
}

#[tokio::test]
async fn an_event_is_rebuilt_after_the_top_n() {
    let lake = MemoryLake::with_trail(1_000).await;
    let service = service(lake);
    for columns in [
        "\"eventJson\", \"eventName\"",
        "\"eventJson\", \"eventTime\"",
        "\"eventJson\", date_trunc('day', \"eventTime\")",
    ] {
        let from = "FROM trail WHERE number < 900 ORDER BY \"eventTime\" DESC LIMIT 3";
        let sql = format!("SELECT {columns} {from}");
        let plan = physical_plan(&service, &sql).await;
        let sort = plan.find("SortExec:").unwrap();
        assert_eq!(plan.matches("lake_event_json(").count(), 1, "{plan}");
        assert!(plan.find("lake_event_json(").unwrap() < sort, "{plan}");
        assert!(plan.contains("sort_order_for_reorder=[eventTime"), "{plan}");
        check_latest(&service, &sql).await;
    }
}

async fn check_latest(service: &QueryService, sql: &str) {
    let events = texts(service, sql).await;
    let times: Vec<serde_json::Value> = events
        .iter()
        .map(|event| {
            serde_json::from_str::<serde_json::Value>(event.as_deref().unwrap()).unwrap()["eventTime"].take()
        })
        .collect();
    assert_eq!(times, ["1970-01-01T00:14:59Z", "1970-01-01T00:14:58Z", "1970-01-01T00:14:57Z"]);
}

async fn physical_plan(service: &QueryService, sql: &str) -> String {
    let explain = format!("EXPLAIN {sql}");
    let mut handle = service.start(QueryRequest::new(explain, Principal::owner("alice"), "test")).unwrap();
    let batches = handle.collect().await.unwrap();
    batches[0].column(1).as_string::<i32>().value(1).to_owned()
}

#[tokio::test]
async fn the_checksum_is_that_of_the_event() {
    let service = service(MemoryLake::with_trail(1).await);
    let sql = "SELECT encode(sha256(\"eventJson\"), 'base64') = rtrim(\"eventJsonChecksum\", '=') FROM trail";
    assert_eq!(texts(&service, sql).await, [Some("true".to_owned())]);
}

#[tokio::test]
async fn latest_events_stop_early() {
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    trail.add(&numbered(10 * 86_400)).await;
    lake.add(trail.source());
    let service = service(lake);
    let sql = "SELECT number FROM trail WHERE \"eventName\" <> 'Name1' ORDER BY \"eventTime\" DESC LIMIT 2";
    let mut handle = service.start(QueryRequest::new(sql, Principal::owner("alice"), "test")).unwrap();
    let batches = handle.collect().await.unwrap();
    let numbers: Vec<i64> = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(numbers, [863_999, 863_998]);
    assert!(handle.progress().events_scanned < 3 * 86_400, "{:?}", handle.progress());
}
