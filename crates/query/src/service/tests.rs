#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::num::NonZeroUsize;

use auditlake_model::{Retention, StoreState};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;

use super::*;
use crate::testing::{MemoryLake, MemoryLog, TestStore, numbered};

/// No row passes its filter, so the join yields no batch before it is through: minutes of work.
const ENDLESS_JOIN: &str = "SELECT count(*) FROM trail a JOIN trail b ON a.number * b.number < -1";

fn request(sql: &str) -> QueryRequest {
    QueryRequest::new(sql, Principal::owner("alice"), "test")
}

fn config() -> QueryConfig {
    QueryConfig { threads: NonZeroUsize::new(2), ..QueryConfig::default() }
}

async fn service(rows: i64, config: QueryConfig) -> (QueryService, Arc<MemoryLog>) {
    MemoryLake::with_trail(rows).await.service(config)
}

async fn answer(service: &QueryService, sql: &str) -> Result<Vec<RecordBatch>> {
    service.start(request(sql))?.collect().await
}

async fn number(service: &QueryService, sql: &str) -> i64 {
    let batches = answer(service, sql).await.unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

async fn failure(service: &QueryService, sql: &str) -> Error {
    match answer(service, sql).await {
        Ok(rows) => panic!("{sql} answered {rows:?}"),
        Err(error) => error,
    }
}

/// Waits until the query reads data, which happens after planning.
async fn until_it_scans(handle: &QueryHandle) {
    while handle.progress().events_scanned == 0 {
        assert!(matches!(handle.state(), QueryState::Queued | QueryState::Running), "{:?}", handle.state());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_query_runs_from_start_to_its_record() {
    let (service, log) = service(5_000, config()).await;
    let mut handle =
        service.start(request("SELECT \"eventName\" AS name, count(*) AS n FROM trail GROUP BY 1")).unwrap();
    let schema = handle.schema().await.unwrap();
    assert_eq!(schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(), ["name", "n"]);
    let rows: usize = handle.collect().await.unwrap().iter().map(RecordBatch::num_rows).sum();
    assert_eq!(rows, 7);
    assert_eq!(handle.state(), QueryState::Finished);
    assert!(handle.next_batch().await.unwrap().is_none());
    let id = handle.id();
    service.flush_history().await;
    let records = log.records.lock();
    let record = records.iter().find(|record| record.id == id).unwrap();
    assert_eq!(
        (record.state, record.principal.as_str(), record.client.as_str()),
        (QueryState::Finished, "alice", "test")
    );
    assert_eq!(record.progress.rows_returned, 7);
    assert_eq!(record.progress.events_scanned, 5_000);
    assert!(record.progress.bytes_scanned > 0);
    assert_eq!((record.progress.files_total, record.progress.files_read), (1, 1));
    assert!(record.started_at.is_some() && record.error.is_none());
}

#[tokio::test]
async fn a_wrong_statement_fails_with_a_record() {
    let (service, log) = service(1, config()).await;
    let error = failure(&service, "SELECT nothing FROM trail").await;
    assert_eq!(error.kind(), ErrorKind::Invalid);
    service.flush_history().await;
    let records = log.records.lock();
    assert_eq!(records[0].state, QueryState::Failed);
    assert!(records[0].error.is_some());
}

#[tokio::test]
async fn parameters_are_bound() {
    let (service, log) = service(1_000, config()).await;
    let mut parameters = Parameters::default();
    parameters.assign("least:number=990").unwrap();
    let sql = "SELECT count(*) FROM trail WHERE number >= :least";
    let mut handle = service.start(request(sql).with_parameters(parameters.clone())).unwrap();
    let batches = handle.collect().await.unwrap();
    assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().value(0), 10);
    let unused = service.start(request("SELECT 1").with_parameters(parameters)).unwrap().collect().await;
    assert!(unused.unwrap_err().message().contains("`least` is not used"));
    assert!(failure(&service, sql).await.message().contains("`:least` has no value"));
    service.flush_history().await;
    assert_eq!(log.records.lock()[0].sql, sql);
}

#[tokio::test]
async fn only_reading_is_allowed() {
    let (service, _) = service(1, config()).await;
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "DROP TABLE trail",
        "SET datafusion.execution.batch_size = 1",
        "COPY trail TO '/tmp/auditlake-must-not-exist.csv'",
        "INSERT INTO trail VALUES (1)",
        "EXPLAIN COPY trail TO '/tmp/auditlake-must-not-exist.csv'",
    ] {
        let error = failure(&service, sql).await;
        assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported), "{sql}: {error:?}");
    }
    assert_eq!(number(&service, "SELECT count(*) FROM trail").await, 1);
}

#[tokio::test]
async fn a_cancelled_join_is_answered_at_once_and_ends() {
    let (service, log) = service(60_000, config()).await;
    let mut handle = service.start(request(ENDLESS_JOIN)).unwrap();
    until_it_scans(&handle).await;
    handle.cancel();
    assert_eq!(handle.state(), QueryState::Cancelled);
    assert_eq!(handle.next_batch().await.unwrap_err().kind(), ErrorKind::Cancelled);
    // Would take minutes if the join went on.
    service.idle().await;
    assert_eq!(service.memory_used(), 0);
    service.flush_history().await;
    assert_eq!(log.records.lock()[0].state, QueryState::Cancelled);
}

#[tokio::test]
async fn a_cancelled_sort_ends() {
    let (service, _) = service(200_000, config()).await;
    let sql = "SELECT a.number FROM trail a, (SELECT number FROM trail LIMIT 20) b ORDER BY sin(a.number + b.number), 1";
    let handle = service.start(request(sql)).unwrap();
    until_it_scans(&handle).await;
    drop(handle);
    service.idle().await;
    assert_eq!(service.memory_used(), 0);
}

/// Windows read rows in the order of a sort below them, which the guard must not hide.
#[tokio::test]
async fn windows_see_the_order_of_their_rows() {
    let (service, _) = service(7_000, config()).await;
    for (window, expect) in [
        ("row_number() OVER (PARTITION BY eventName ORDER BY number) = 1", 7),
        ("row_number() OVER (PARTITION BY eventName ORDER BY number DESC) <= 2", 14),
        ("count(*) OVER (PARTITION BY eventName) = 1000", 7_000),
        ("rank() OVER (ORDER BY eventName, number) = 1", 1),
        ("lag(number) OVER (PARTITION BY eventName ORDER BY number) IS NULL", 7),
        (
            "sum(1) OVER (PARTITION BY eventName, number % 2 ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) = 1",
            14,
        ),
    ] {
        let sql = format!("SELECT count(*) FROM (SELECT {window} AS is_it FROM trail) q WHERE is_it");
        assert_eq!(number(&service, &sql).await, expect, "{window}");
    }
}

#[tokio::test]
async fn a_query_is_cancelled_by_its_id() {
    let (service, _) = service(60_000, config()).await;
    let mut handle = service.start(request(ENDLESS_JOIN)).unwrap();
    assert_eq!(service.active().iter().map(|status| status.id).collect::<Vec<_>>(), [handle.id()]);
    service.cancel(handle.id()).unwrap();
    assert_eq!(handle.schema().await.unwrap_err().kind(), ErrorKind::Cancelled);
    assert!(service.active().is_empty());
    assert_eq!(service.cancel(handle.id()).unwrap_err().code(), Some("InactiveQueryException"));
    service.idle().await;
}

#[tokio::test]
async fn a_query_passes_its_time_limit() {
    let (service, log) = service(60_000, config()).await;
    let limited = QueryRequest { time_limit: Some(Duration::from_millis(1)), ..request(ENDLESS_JOIN) };
    let mut handle = service.start(limited).unwrap();
    assert_eq!(handle.collect().await.unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(handle.state(), QueryState::TimedOut);
    service.idle().await;
    service.flush_history().await;
    assert_eq!(log.records.lock()[0].state, QueryState::TimedOut);
}

#[tokio::test]
async fn queries_wait_in_line_and_the_line_has_an_end() {
    let one = QueryConfig { max_concurrent: NonZeroUsize::MIN, queue_length: 1, ..config() };
    let (service, _) = service(60_000, one).await;
    let running = service.start(request(ENDLESS_JOIN)).unwrap();
    until_it_scans(&running).await;
    let mut waiting = service.start(request("SELECT count(*) FROM trail")).unwrap();
    let refused = service.start(request("SELECT 1")).unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::ResourcesExhausted, Some("MaxConcurrentQueriesException"))
    );
    assert_eq!(waiting.state(), QueryState::Queued);
    running.cancel();
    assert_eq!(waiting.collect().await.unwrap().len(), 1);
}

#[tokio::test]
async fn string_builders_have_length_caps() {
    let (service, _) = service(20_000, config()).await;
    for sql in [
        "SELECT repeat('x', 100000000)",
        "SELECT repeat(\"eventName\", 20000000) FROM trail",
        "SELECT rpad('x', 100000000, 'x')",
        "SELECT cardinality(repeat(\"eventName\", 9000)) FROM trail",
        "SELECT rpad(\"eventName\", 20000000, 'x') FROM trail",
        "SELECT sum(length(rpad(\"eventName\", 500000, 'x'))) FROM trail",
        "SELECT max(lpad(\"eventName\", 30000000, ' ')) FROM trail",
        "SELECT max(concat(rpad('a', 16000000, 'a'), rpad(\"eventName\", 5000000, 'x'))) FROM trail",
        "SELECT max(rpad('a', 16000000, 'a') || rpad('b', 16000000, 'b'))",
        "SELECT cardinality(range(number, 1000000000000)) FROM trail",
    ] {
        let error = failure(&service, sql).await;
        assert_eq!(error.kind(), ErrorKind::ResourcesExhausted, "{sql}: {error:?}");
        assert!(error.context().iter().any(|(key, _)| *key == "limit"), "{sql}: {error:?}");
    }
    // Estimates err on the high side; what really fits is worked off in slices.
    let sql =
        "SELECT sum(length(replace(rpad(\"eventName\", 1000, 'x'), 'Z', rpad('y', 1000, 'y')))) FROM trail";
    assert_eq!(number(&service, sql).await, 20_000 * 5 * 200);
    assert_eq!(
        number(&service, "SELECT count(*) FROM trail WHERE \"eventName\" || 'x' LIKE 'Name_x'").await,
        20_000
    );
}

#[tokio::test]
async fn a_result_has_a_size_limit() {
    let small = QueryConfig { max_result_rows: 10_000, ..config() };
    let (service, _) = service(20_000, small).await;
    let error = failure(&service, "SELECT number FROM trail").await;
    assert_eq!(error.kind(), ErrorKind::ResourcesExhausted);
    assert!(error.report().contains("max_result_rows"), "{}", error.report());
    assert_eq!(number(&service, "SELECT count(*) FROM trail").await, 20_000);
}

#[tokio::test]
async fn a_statement_has_a_length_limit() {
    let short = QueryConfig { statement_limit_bytes: 40, ..config() };
    let (service, _) = service(3, short).await;
    assert_eq!(number(&service, &format!("{:40}", "SELECT count(*) FROM trail")).await, 3);
    let long = format!("{:41}", "SELECT count(*) FROM trail");
    let prepared = service.prepare(request(&long)).await.unwrap_err();
    for error in [failure(&service, &long).await, prepared] {
        assert_eq!(error.kind(), ErrorKind::ResourcesExhausted);
        assert!(
            error.report().contains("41 bytes, more than 40 (limit: statement_limit_bytes)"),
            "{}",
            error.report()
        );
    }
}

#[tokio::test]
async fn memory_has_a_limit_and_joins_spill() {
    let small = QueryConfig { query_memory_limit_bytes: 16 << 20, ..config() };
    let (service, _) = service(400_000, small).await;
    for aggregate in [
        "SELECT cardinality(array_agg(repeat(\"eventName\", 50))) FROM trail",
        "SELECT number % 3, cardinality(array_agg(repeat(\"eventName\", 50))) FROM trail GROUP BY 1",
    ] {
        let error = failure(&service, aggregate).await;
        assert_eq!(error.kind(), ErrorKind::ResourcesExhausted);
        assert!(error.report().contains("query_memory_limit_bytes"), "{}", error.report());
    }
    let sql = "SELECT count(*) FROM trail a JOIN trail b ON a.number = b.number AND a.\"eventName\" = b.\"eventName\"";
    assert_eq!(number(&service, sql).await, 400_000);
    let sorted =
        "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY \"eventName\", number) AS n FROM trail)";
    let rows = answer(&service, sorted).await.unwrap();
    assert_eq!(rows[0].num_rows(), 1);
    service.idle().await;
    assert_eq!(service.memory_used(), 0);
}

#[tokio::test]
async fn a_service_may_be_dropped_inside_of_async_code() {
    let (service, _) = service(60_000, config()).await;
    let mut handle = service.start(request(ENDLESS_JOIN)).unwrap();
    until_it_scans(&handle).await;
    drop(service);
    handle.cancel();
    assert_eq!(handle.next_batch().await.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn closing_cancels_and_keeps_the_last_records() {
    let (service, log) = service(60_000, config()).await;
    let mut handle = service.start(request(ENDLESS_JOIN)).unwrap();
    until_it_scans(&handle).await;
    service.close().await;
    assert_eq!(log.records.lock().len(), 1);
    assert_eq!(handle.next_batch().await.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn stores_are_found_by_name_and_id_and_not_when_deleted() {
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("Trail", &lake.object_store);
    trail.add(&numbered(3)).await;
    let id = lake.add(trail.source());
    let gone = TestStore::new("gone", &lake.object_store).source();
    lake.add_with(gone, StoreState::PendingDeletion, Retention::Forever);
    let empty = TestStore::new("empty", &lake.object_store).source();
    lake.add(empty);
    let (service, _) = lake.service(config());

    assert_eq!(number(&service, "SELECT count(*) FROM tRAIL").await, 3);
    assert_eq!(number(&service, &format!("SELECT count(*) FROM \"{id}\"")).await, 3);
    assert_eq!(number(&service, "SELECT count(*) FROM auditlake.lake.trail").await, 3);
    assert_eq!(number(&service, "SELECT count(*) FROM empty").await, 0);
    let deleted = failure(&service, "SELECT count(*) FROM gone").await;
    assert_eq!(
        (deleted.kind(), deleted.code()),
        (ErrorKind::Conflict, Some("InactiveEventDataStoreException"))
    );
    let unknown = failure(&service, "SELECT count(*) FROM trial").await;
    assert_eq!(
        (unknown.kind(), unknown.code()),
        (ErrorKind::NotFound, Some("EventDataStoreNotFoundException"))
    );
    assert_eq!(unknown.hint(), Some("Did you mean `Trail`?"));
    let listed = answer(
        &service,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'lake' ORDER BY 1",
    );
    assert_eq!(listed.await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
}

#[tokio::test]
async fn explain_tells_what_is_pruned_and_read() {
    let mut lake = MemoryLake::default();
    let mut trail = TestStore::new("trail", &lake.object_store);
    // Three days, one file each.
    trail.add(&numbered(3 * 86_400)).await;
    lake.add(trail.source());
    let (service, _) = lake.service(config());
    let text = |batches: Vec<RecordBatch>| {
        let batch = &batches[0];
        let (types, plans) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        types
            .iter()
            .zip(plans.iter())
            .map(|(t, p)| format!("[{}] {}\n", t.unwrap(), p.unwrap()))
            .collect::<String>()
    };
    let filtered = "SELECT count(*) FROM trail WHERE \"eventTime\" >= TIMESTAMP '1970-01-03 12:00:00'";
    let plan = text(answer(&service, &format!("EXPLAIN {filtered}")).await.unwrap());
    assert!(plan.contains("[files] trail: 1 of 3 files to read, 2 pruned, "), "{plan}");
    let run = text(answer(&service, &format!("EXPLAIN ANALYZE {filtered}")).await.unwrap());
    assert!(run.contains("[files] trail: 1 of 3 files to read, 2 pruned, "), "{run}");
    assert!(run.contains(" bytes read, "), "{run}");
    assert!(!run.contains("[read] 0 bytes"), "{run}");
    assert_eq!(number(&service, filtered).await, 43_200);

    // Whole days are decided by statistics alone: nothing is read.
    let days = "SELECT count(*) FROM trail WHERE \"eventTime\" >= TIMESTAMP '1970-01-02' AND \"eventTime\" < TIMESTAMP '1970-01-04'";
    let run = text(answer(&service, &format!("EXPLAIN ANALYZE {days}")).await.unwrap());
    assert!(run.contains("[read] 0 bytes read"), "{run}");
    assert_eq!(number(&service, days).await, 2 * 86_400);
}

#[tokio::test]
async fn a_prepared_statement_tells_its_columns_and_runs_once_planned() {
    let (service, log) = service(100, config()).await;
    let prepared =
        service.prepare(request("SELECT eventName AS n, number FROM trail WHERE number < 3")).await.unwrap();
    assert_eq!(
        prepared.schema().fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>(),
        ["n", "number"]
    );
    assert_eq!(prepared.pinned_tables().len(), 1);
    assert!(prepared.is_current().await.unwrap());
    // Nothing runs, nothing is recorded yet.
    assert!(service.active().is_empty());
    let rows = service.start_prepared(prepared).unwrap().collect().await.unwrap();
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 3);
    service.flush_history().await;
    assert_eq!(log.records.lock().len(), 1);
}

#[tokio::test]
async fn a_statement_with_open_parameters_tells_them_and_does_not_run() {
    let (service, _) = service(10, config()).await;
    let sql = "SELECT eventName, number + ? AS n FROM trail WHERE eventTime > ? AND eventName LIKE ? AND number < ? LIMIT ?";
    let prepared = service.prepare(request(sql)).await.unwrap();
    let slots: Vec<_> = prepared.parameters().iter().map(|s| (s.name.clone(), s.parameter_type)).collect();
    use auditlake_dialect::ParameterType::{BigInt, Text, Timestamp};
    let expected = [("$1", BigInt), ("$2", Timestamp), ("$3", Text), ("$4", BigInt), ("$5", BigInt)];
    assert_eq!(slots, expected.map(|(name, t)| (name.to_owned(), t)));
    let error = service.start_prepared(prepared).unwrap_err();
    assert_eq!(error.message(), "parameter `$1` has no value");
}

#[tokio::test]
async fn parameters_by_position_answer_as_literals_do() {
    let (service, _) = service(50, config()).await;
    for (sql, values, plain) in [
        (
            "SELECT number FROM trail WHERE number < ? AND eventName = ?",
            vec!["5", "'Name3'"],
            "number < 5 AND eventName = 'Name3'",
        ),
        (
            "SELECT number FROM trail WHERE eventName = $2 AND number < $1",
            vec!["5", "'Name3'"],
            "number < 5 AND eventName = 'Name3'",
        ),
        (
            "SELECT number FROM trail WHERE eventName IN (?, ?)",
            vec!["'Name1'", "'Name2'"],
            "eventName IN ('Name1', 'Name2')",
        ),
    ] {
        let mut parameters = Parameters::default();
        for (index, value) in values.iter().enumerate() {
            let value = match value.strip_prefix('\'') {
                Some(text) => crate::ParameterValue::Text(text.trim_end_matches('\'').to_owned()),
                None => crate::ParameterValue::Number(value.parse().unwrap()),
            };
            parameters.put(&format!("${}", index + 1), value).unwrap();
        }
        let bound = service.prepare(request(sql).with_parameters(parameters)).await.unwrap();
        let bound = service.start_prepared(bound).unwrap().collect().await.unwrap();
        let plain = answer(&service, &format!("SELECT number FROM trail WHERE {plain}")).await.unwrap();
        let count = |rows: &[RecordBatch]| rows.iter().map(RecordBatch::num_rows).sum::<usize>();
        assert_eq!(count(&bound), count(&plain), "{sql}");
    }
}

#[tokio::test]
async fn a_statement_that_cannot_be_prepared_is_recorded() {
    let (service, log) = service(1, config()).await;
    let error = service.prepare(request("SELECT nothing FROM trail")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    service.flush_history().await;
    assert_eq!(log.records.lock()[0].state, QueryState::Failed);
}

#[tokio::test]
async fn a_store_that_is_not_granted_is_not_there() {
    let (service, _) = service(1, config()).await;
    let nobody = || Arc::new(Principal::new("nobody", Vec::new()));
    let mut handle = service.start(QueryRequest::new("SELECT * FROM trail", nobody(), "test")).unwrap();
    assert_eq!(handle.collect().await.unwrap_err().kind(), ErrorKind::NotFound);
    let mut handle = service.start(QueryRequest::new("SHOW TABLES", nobody(), "test")).unwrap();
    assert_eq!(handle.collect().await.unwrap().iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
    assert!(service.tables(&nobody()).await.unwrap().is_empty());
}

#[tokio::test]
async fn now_is_when_the_query_was_planned() {
    let (service, _) = service(1, config()).await;
    let rows =
        answer(&service, "SELECT now() - INTERVAL '1' HOUR < now() AS a, current_date <= current_date AS b")
            .await;
    assert_eq!(rows.unwrap()[0].num_rows(), 1);
    let rows = answer(&service, "SELECT number FROM trail WHERE eventTime > now() - INTERVAL '7' DAY")
        .await
        .unwrap();
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 0);
}
