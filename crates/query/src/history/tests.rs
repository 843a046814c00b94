#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use auditlake_model::{QueryId, RandomIds};
use datafusion::arrow::array::Array;

use super::*;
use crate::testing::MemoryLog;

fn record(number: i64) -> QueryRecord {
    QueryRecord {
        id: QueryId::generate(&RandomIds),
        sql: format!("SELECT {number}"),
        principal: "alice".to_owned(),
        client_address: None,
        user_agent: None,
        client: "test".to_owned(),
        state: QueryState::Finished,
        created_at: Timestamp::from_micros(0),
        started_at: Some(Timestamp::from_micros(1_000)),
        finished_at: Timestamp::from_micros(3_000 + number * 1_000),
        progress: Progress::default(),
        error: None,
        parameters: Parameters::default(),
        since: None,
    }
}

fn start(log: &Arc<MemoryLog>) -> History {
    let log: Arc<dyn QueryLog> = Arc::<MemoryLog>::clone(log);
    History::start(log, &Handle::current())
}

#[tokio::test]
async fn records_are_written_after_the_interval_without_being_asked() {
    let log = Arc::new(MemoryLog::default());
    let keeper: Arc<dyn QueryLog> = Arc::<MemoryLog>::clone(&log);
    let history = History::start_with(keeper, &Handle::current(), Duration::from_millis(1));
    history.record(record(1));
    history.record(record(2));
    while log.records.lock().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(history.dropped(), 0);
}

#[tokio::test]
async fn a_full_batch_is_written_at_once() {
    let log = Arc::new(MemoryLog::default());
    let history = start(&log);
    for number in 0..=FLUSH_ROWS as i64 {
        history.record(record(number));
    }
    history.flush().await;
    assert_eq!(log.records.lock().len(), FLUSH_ROWS + 1);
    assert_eq!(*log.appends.lock(), 2);
    assert_eq!(history.dropped(), 0);
}

#[tokio::test]
async fn a_read_only_lake_is_told_of_once() {
    let log = Arc::new(MemoryLog::default());
    *log.failure.lock() = Some(ErrorKind::PermissionDenied);
    let history = start(&log);
    for number in 0..3 {
        history.record(record(number));
        history.flush().await;
    }
    assert_eq!(history.take_notices().len(), 1);
    assert!(history.take_notices().is_empty());
    assert_eq!(history.dropped(), 3);
    assert_eq!(*log.appends.lock(), 1);
}

#[tokio::test]
async fn a_failure_loses_its_batch_and_no_more() {
    let log = Arc::new(MemoryLog::default());
    let history = start(&log);
    *log.failure.lock() = Some(ErrorKind::Unavailable);
    history.record(record(1));
    history.flush().await;
    *log.failure.lock() = None;
    history.record(record(2));
    history.flush().await;
    assert_eq!(history.dropped(), 1);
    assert_eq!(log.records.lock().len(), 1);
}

#[test]
fn elapsed_time_counts_from_the_start() {
    assert_eq!(record(4).elapsed_ms(), 6);
}

#[test]
fn records_become_rows() {
    let failed = QueryRecord { error: Some("no".to_owned()), started_at: None, ..record(2) };
    let batch = records_to_batch(&[record(1), failed]).unwrap();
    assert_eq!(batch.num_rows(), 2);
    assert_eq!(batch.schema(), queries_schema());
    assert_eq!(batch.column_by_name("started_at").unwrap().null_count(), 1);
    assert_eq!(batch.column_by_name("error").unwrap().null_count(), 1);
}
