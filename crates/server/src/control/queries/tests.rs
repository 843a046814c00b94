use std::sync::Arc;
use std::time::Duration;

use auditlake_ingest::{ImportProgress, ImportRequest, ImportSource, Narrowing, run_import};
use auditlake_proto::v1;
use auditlake_store::{ObjectStoreConfig, SourceLocation};
use object_store::ObjectStoreExt as _;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};

use super::kept::sweep;
use super::storage::ResultStorage;
use crate::control::testing::{OWNER, TestServer, reason};

/// Reads three times as many combinations as anybody waits for.
const ENDLESS: &str = "SELECT count(*) FROM trail a, trail b, trail c \
                       WHERE a.eventName || b.eventName || c.eventName = 'x'";

fn ask(sql: &str) -> v1::StartQueryRequest {
    v1::StartQueryRequest { query_statement: sql.to_owned(), ..Default::default() }
}

async fn start(server: &TestServer, who: &str, sql: &str) -> String {
    server.queries(who).start_query(ask(sql)).await.unwrap().into_inner().query_id
}

fn describe(id: &str, wait_seconds: i64) -> v1::DescribeQueryRequest {
    let wait = Some(prost_types::Duration { seconds: wait_seconds, nanos: 0 });
    v1::DescribeQueryRequest { query_id: id.to_owned(), wait }
}

async fn ended(server: &TestServer, who: &str, id: &str) -> v1::Query {
    server.queries(who).describe_query(describe(id, 60)).await.unwrap().into_inner().query.unwrap()
}

fn page(id: &str, rows: u32, next_token: &str) -> v1::GetQueryResultsRequest {
    v1::GetQueryResultsRequest {
        query_id: id.to_owned(),
        max_query_results: rows,
        next_token: next_token.to_owned(),
    }
}

async fn rows(server: &TestServer, id: &str, size: u32) -> (Vec<Vec<Option<String>>>, usize) {
    let (mut all, mut pages, mut token) = (Vec::new(), 0, String::new());
    loop {
        let answer =
            server.queries(OWNER).get_query_results(page(id, size, &token)).await.unwrap().into_inner();
        let cells = |row: v1::QueryRow| row.cells.into_iter().map(|cell| cell.value).collect();
        all.extend(answer.rows.into_iter().map(cells));
        pages += 1;
        token = answer.next_token;
        if token.is_empty() {
            return (all, pages);
        }
    }
}

/// Puts events into a store `trail`.
async fn fill(server: &TestServer, events: u64) {
    let store = server.create_store("trail").await;
    let source = SourceLocation::parse(&server.corpus("logs", events, 1_000)).unwrap();
    let request = ImportRequest {
        store,
        sources: vec![ImportSource::Location(source)],
        source_config: ObjectStoreConfig::default(),
        narrowing: Narrowing::default(),
        dry_run: false,
        record_as: None,
        limits: Default::default(),
    };
    let progress = Arc::new(ImportProgress::default());
    Box::pin(run_import(&server.lake, request, progress, CancellationToken::new(), &mut |_| {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn results_stay_and_come_by_page_after_a_restart_too() {
    let server = TestServer::start().await;
    let sql = "SELECT n, CASE WHEN n = 2 THEN NULL ELSE 'ä' END AS t, [n, 1] AS l, TIMESTAMP '2026-01-31 22:15:00' AS n \
               FROM (SELECT value AS n FROM generate_series(1, 25000)) ORDER BY 1";
    let id = start(&server, "ann", sql).await;
    let query = ended(&server, "ann", &id).await;
    assert_eq!((query.status(), query.error_message.as_str()), (v1::QueryStatus::Finished, ""));
    assert_eq!(query.statistics.unwrap().rows, 25_000);
    assert!(query.expires_at.is_some() && query.finished_at.is_some());

    let restarted = TestServer::over(Arc::clone(&server.store), Arc::clone(&server.clock), 2).await;
    for server in [&server, &restarted] {
        let (rows, pages) = rows(server, &id, 10_000).await;
        assert_eq!((rows.len(), pages), (25_000, 3));
        for (number, row) in rows.iter().enumerate() {
            assert_eq!(row[0].as_deref(), Some((number + 1).to_string().as_str()));
        }
        assert_eq!((rows[0][1].as_deref(), rows[1][1].as_deref()), (Some("ä"), None));
        assert_eq!(rows[4][2].as_deref(), Some("[5,1]"));
        assert_eq!(rows[4][3].as_deref(), Some("2026-01-31 22:15:00.000"));
        let first = server.queries("ann").get_query_results(page(&id, 0, "")).await.unwrap().into_inner();
        assert_eq!((first.rows.len(), first.total_results_count), (1_000, 25_000));
        let names: Vec<&str> = first.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["n", "t", "l", "n"]);
    }
}

#[tokio::test]
async fn a_query_is_its_askers_own() {
    let server = TestServer::start().await;
    let id = start(&server, "ann", "SELECT 1").await;
    ended(&server, "ann", &id).await;
    let mut bob = server.queries("bob reader=*");
    let hidden = bob.get_query_results(page(&id, 0, "")).await.unwrap_err();
    assert_eq!((hidden.code(), reason(&hidden).as_str()), (Code::NotFound, "QueryIdNotFoundException"));
    assert_eq!(bob.describe_query(describe(&id, 0)).await.unwrap_err().code(), Code::NotFound);
    let cancel = v1::CancelQueryRequest { query_id: id.clone() };
    assert_eq!(reason(&bob.cancel_query(cancel.clone()).await.unwrap_err()), "QueryIdNotFoundException");
    assert!(
        bob.list_queries(v1::ListQueriesRequest::default()).await.unwrap().into_inner().queries.is_empty()
    );
    ended(&server, "eve operator=*", &id).await;
    let over = server.queries("ann").cancel_query(cancel).await.unwrap_err();
    assert_eq!((over.code(), reason(&over).as_str()), (Code::NotFound, "InactiveQueryException"));
}

#[tokio::test]
async fn a_wrong_statement_shows_in_the_state() {
    let server = TestServer::start().await;
    let id = start(&server, OWNER, "SELECT nothing FROM nowhere").await;
    let query = ended(&server, OWNER, &id).await;
    assert_eq!(query.status(), v1::QueryStatus::Failed);
    assert!(query.error_message.contains("nowhere"), "{query:?}");
    let answer = server.queries(OWNER).get_query_results(page(&id, 0, "")).await.unwrap().into_inner();
    assert_eq!((answer.query_status(), answer.rows.len()), (v1::QueryStatus::Failed, 0));
    assert_eq!(answer.error_message, query.error_message);
    for (sql, expected) in
        [("", "InvalidQueryStatementException"), ("  \n", "InvalidQueryStatementException")]
    {
        let refused = server.queries(OWNER).start_query(ask(sql)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, expected));
    }
    let long = format!("SELECT '{}'", "x".repeat(1_100_000));
    let refused = server.queries(OWNER).start_query(ask(&long)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("1100009 bytes, more than 1048576 (limit: statement_limit_bytes)"));
}

#[tokio::test]
async fn parameters_are_bound() {
    let server = TestServer::start().await;
    let value = |value| v1::QueryParameterValue { value: Some(value) };
    let mut request = ask("SELECT :t AS t, :n + 1 AS n, :b AS b, :nothing AS x, :i AS i");
    request.query_parameters.extend([
        ("t".to_owned(), value(v1::query_parameter_value::Value::Text("a'b".to_owned()))),
        ("n".to_owned(), value(v1::query_parameter_value::Value::Number("41".to_owned()))),
        ("b".to_owned(), value(v1::query_parameter_value::Value::Boolean(true))),
        ("nothing".to_owned(), value(v1::query_parameter_value::Value::Null(true))),
        (
            "i".to_owned(),
            value(v1::query_parameter_value::Value::Timestamp(prost_types::Timestamp {
                seconds: 0,
                nanos: 0,
            })),
        ),
    ]);
    let id = server.queries(OWNER).start_query(request.clone()).await.unwrap().into_inner().query_id;
    assert_eq!(ended(&server, OWNER, &id).await.error_message, "");
    let (rows, _) = rows(&server, &id, 10).await;
    let cells: Vec<Option<&str>> = rows[0].iter().map(Option::as_deref).collect();
    assert_eq!(cells, [Some("a'b"), Some("42"), Some("true"), None, Some("1970-01-01 00:00:00.000")]);
    for wrong in [None, Some(v1::query_parameter_value::Value::Number("1; DROP".to_owned()))] {
        request.query_parameters.insert("n".to_owned(), v1::QueryParameterValue { value: wrong });
        let refused = server.queries(OWNER).start_query(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_running_query_is_described_listed_and_cancelled() {
    let server = TestServer::start().await;
    fill(&server, 3_000).await;
    let id = start(&server, "ann reader=*", ENDLESS).await;
    let running = loop {
        let query = ended_within(&server, &id, 0).await;
        if query.status() == v1::QueryStatus::Running {
            break query;
        }
    };
    assert!(running.finished_at.is_none() && running.expires_at.is_none());
    let answer = server.queries("ann").get_query_results(page(&id, 0, "")).await.unwrap().into_inner();
    assert_eq!((answer.query_status(), answer.rows.len()), (v1::QueryStatus::Running, 0));
    let mut late = Request::new(describe(&id, 60));
    late.set_timeout(Duration::from_millis(200));
    let late = server.queries("ann").describe_query(late).await.unwrap_err();
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled), "{late:?}");

    let cancel = v1::CancelQueryRequest { query_id: id.clone() };
    let cancelled = server.queries("ann").cancel_query(cancel).await.unwrap().into_inner();
    assert_eq!(cancelled.query_status(), v1::QueryStatus::Cancelled);
    assert_eq!(ended_within(&server, &id, 60).await.status(), v1::QueryStatus::Cancelled);
    let list =
        v1::ListQueriesRequest { query_status: v1::QueryStatus::Cancelled.into(), ..Default::default() };
    let list = server.queries("ann").list_queries(list).await.unwrap().into_inner();
    assert_eq!(list.queries.len(), 1);
}

async fn ended_within(server: &TestServer, id: &str, seconds: i64) -> v1::Query {
    server.queries("ann").describe_query(describe(id, seconds)).await.unwrap().into_inner().query.unwrap()
}

#[tokio::test]
async fn a_query_that_takes_too_long_keeps_the_rows_it_came_to() {
    let server = TestServer::start().await;
    let mut request = ask("SELECT value FROM generate_series(1, 100000000000)");
    request.time_limit = Some(prost_types::Duration { seconds: 0, nanos: 300_000_000 });
    let id = server.queries(OWNER).start_query(request).await.unwrap().into_inner().query_id;
    let query = ended(&server, OWNER, &id).await;
    assert_eq!(query.status(), v1::QueryStatus::TimedOut, "{query:?}");
    let answer = server.queries(OWNER).get_query_results(page(&id, 10, "")).await.unwrap().into_inner();
    assert_eq!(answer.query_status(), v1::QueryStatus::TimedOut);
    assert_eq!(answer.total_results_count, query.statistics.unwrap().rows);
    assert_eq!(answer.rows.len(), 10);
}

#[tokio::test]
async fn the_stop_of_the_server_ends_its_queries() {
    let server = TestServer::start().await;
    fill(&server, 3_000).await;
    let id = start(&server, OWNER, ENDLESS).await;
    server.control.close().await;
    let restarted = TestServer::over(Arc::clone(&server.store), Arc::clone(&server.clock), 2).await;
    assert_eq!(ended(&restarted, OWNER, &id).await.status(), v1::QueryStatus::Cancelled);
    let refused = server.queries(OWNER).start_query(ask("SELECT 1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_query_whose_server_was_killed_counts_as_failed() {
    let server = TestServer::start().await;
    let id = start(&server, OWNER, "SELECT 1").await;
    ended(&server, OWNER, &id).await;
    let path = object_store::path::Path::from(format!("results/{id}/status.json"));
    let mut status = serde_json::Value::Null;
    // The query has ended a moment before that is written down.
    while status["state"] != "FINISHED" {
        tokio::task::yield_now().await;
        let bytes = server.store.get(&path).await.unwrap().bytes().await.unwrap();
        status = serde_json::from_slice(&bytes).unwrap();
    }
    status["state"] = "RUNNING".into();
    status.as_object_mut().unwrap().remove("finishedAt");
    server.store.put(&path, serde_json::to_vec(&status).unwrap().into()).await.unwrap();
    let restarted = TestServer::over(Arc::clone(&server.store), Arc::clone(&server.clock), 2).await;
    assert_eq!(ended(&restarted, OWNER, &id).await.status(), v1::QueryStatus::Running);
    server.clock.advance(Duration::from_secs(61));
    let query = ended(&restarted, OWNER, &id).await;
    assert_eq!(query.status(), v1::QueryStatus::Failed);
    assert!(query.error_message.contains("the server that ran the query ended"), "{query:?}");
}

#[tokio::test]
async fn results_expire_after_seven_days() {
    let server = TestServer::start().await;
    let id = start(&server, OWNER, "SELECT 1").await;
    ended(&server, OWNER, &id).await;
    let storage = ResultStorage::new(server.lake.clone());
    server.clock.advance(Duration::from_secs(7 * 86_400 - 1));
    ended(&server, OWNER, &id).await;
    assert_eq!(sweep(&storage).await.unwrap(), 0);
    server.clock.advance(Duration::from_secs(1));
    let gone = server.queries(OWNER).describe_query(describe(&id, 0)).await.unwrap_err();
    assert_eq!(reason(&gone), "QueryIdNotFoundException");
    assert_eq!(sweep(&storage).await.unwrap(), 1);
    assert!(storage.ids().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_list_is_newest_first_and_filtered() {
    let server = TestServer::start().await;
    fill(&server, 50).await;
    let mut ids = Vec::new();
    for sql in ["SELECT 1", "SELECT count(*) FROM trail", "SELECT wrong FROM trail", "SELECT 2"] {
        let id = start(&server, OWNER, sql).await;
        ended(&server, OWNER, &id).await;
        ids.insert(0, id);
        server.clock.advance(Duration::from_secs(60));
    }
    let list = |request: v1::ListQueriesRequest| {
        let mut queries = server.queries(OWNER);
        async move {
            let page = queries.list_queries(request).await.unwrap().into_inner();
            (page.queries.into_iter().map(|query| query.query_id).collect::<Vec<_>>(), page.next_token)
        }
    };
    let (first, next_token) = list(v1::ListQueriesRequest { max_results: 3, ..Default::default() }).await;
    let (rest, end) = list(v1::ListQueriesRequest { max_results: 3, next_token, ..Default::default() }).await;
    assert_eq!(([first, rest].concat(), end), (ids.clone(), String::new()));
    let of_trail = v1::ListQueriesRequest { event_data_store: "TRAIL".to_owned(), ..Default::default() };
    assert_eq!(list(of_trail).await.0, [ids[2].clone()]);
    let failed =
        v1::ListQueriesRequest { query_status: v1::QueryStatus::Failed.into(), ..Default::default() };
    assert_eq!(list(failed).await.0, [ids[1].clone()]);
    let start_time = Some(prost_types::Timestamp { seconds: 1_769_904_000 + 120, nanos: 0 });
    let late = v1::ListQueriesRequest { start_time, ..Default::default() };
    assert_eq!(list(late).await.0, ids[..2]);
    let foreign = server.queries(OWNER).get_query_results(page(&ids[0], 1, "x")).await.unwrap_err();
    assert_eq!(reason(&foreign), "InvalidNextTokenException");
}
