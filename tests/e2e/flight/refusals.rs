//! What is refused, and how: read-only, wrong statements, wrong messages.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow_flight::sql::{
    Any, CommandPreparedStatementUpdate, CommandStatementIngest, CommandStatementQuery,
    CommandStatementSubstraitPlan, CommandStatementUpdate, ProstMessageExt,
};
use arrow_flight::{FlightData, FlightDescriptor};
use futures::{TryStreamExt as _, stream};
use prost::Message as _;
use tonic::{Code, Status};

use super::client::{Client, descriptor};
use super::server::Server;

/// Checks what every refusal must be: short, on one line, without Rust's debug output.
fn check(status: &Status, codes: &[Code], what: &str) {
    assert!(codes.contains(&status.code()), "{what}: {status:?}");
    let message = status.message();
    assert!(!message.is_empty() && message.len() <= 1_500 && !message.contains('\n'), "{what}: {message}");
    for rust in ["Some(", "SchemaError(", "ParserError(", "DataFusion error", "panicked"] {
        assert!(!message.contains(rust), "{what}: {message}");
    }
}

async fn refused(client: &Client, sql: &str, codes: &[Code]) {
    check(&client.query(sql).await.expect_err(sql), codes, sql);
    check(&client.prepare(sql).await.expect_err(sql), codes, sql);
}

#[tokio::test]
async fn nothing_is_changed_by_any_door() {
    let server = Server::start();
    let client = server.connect().await;
    let before = client.query("SELECT count(*) AS n FROM trail").await.unwrap().only();
    let target = server.env.folder().join("stolen");
    let target = target.to_str().unwrap();
    for sql in [
        "DROP TABLE trail",
        "DROP TABLE lake.trail",
        "CREATE TABLE t AS SELECT 1 AS one",
        "CREATE VIEW v AS SELECT * FROM trail",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO trail VALUES (1)",
        "INSERT INTO trail SELECT * FROM trail",
        "DELETE FROM trail",
        "UPDATE trail SET eventName = 'x'",
        "TRUNCATE TABLE trail",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "USE system",
        "BEGIN",
        "COMMIT",
        "CREATE SCHEMA s",
        "DROP SCHEMA system CASCADE",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "EXPLAIN ANALYZE INSERT INTO trail VALUES (1)",
        "GRANT SELECT ON trail TO PUBLIC",
        &format!("COPY (SELECT 1 AS one) TO '{target}' STORED AS CSV"),
        &format!("COPY trail TO '{target}'"),
        "SELECT 1; DROP TABLE trail",
        "SELECT 1; SELECT 2",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM 'file:///etc/passwd'",
    ] {
        let codes = [Code::InvalidArgument, Code::Unimplemented, Code::PermissionDenied, Code::NotFound];
        refused(&client, sql, &codes).await;
    }
    assert!(!std::path::Path::new(target).exists());
    assert_eq!(client.query("SELECT count(*) AS n FROM trail").await.unwrap().only(), before);
}

fn row() -> RecordBatch {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["a"; 1_000]));
    RecordBatch::try_from_iter([("x", column)]).unwrap()
}

#[tokio::test]
async fn updates_and_uploads_are_read_to_their_end_and_refused() {
    let server = Server::start();
    let client = server.connect().await;
    let update = CommandStatementUpdate { query: "DELETE FROM trail".to_owned(), transaction_id: None };
    let prepared = CommandPreparedStatementUpdate { prepared_statement_handle: vec![1, 2].into() };
    let ingest = CommandStatementIngest { table: "trail".to_owned(), ..CommandStatementIngest::default() };
    let denied = [Code::PermissionDenied];
    check(&client.put(&update, &row()).await.unwrap_err(), &denied, "update");
    check(&client.put(&prepared, &row()).await.unwrap_err(), &denied, "prepared update");
    check(&client.put(&ingest, &row()).await.unwrap_err(), &denied, "ingest");
    // A driver that sends for a while before it listens must read the reason, and not a broken stream.
    let mut messages =
        arrow_flight::utils::batches_to_flight_data(row().schema_ref(), vec![row(); 200]).unwrap();
    messages[0].flight_descriptor = Some(descriptor(&ingest));
    let answer = client.inner.clone().do_put(client.request(stream::iter(messages))).await;
    let status = match answer {
        Err(status) => status,
        Ok(response) => response.into_inner().try_collect::<Vec<_>>().await.unwrap_err(),
    };
    check(&status, &denied, "long ingest");
    for command in [update.as_any(), ingest.as_any()] {
        let info = client.info_of(FlightDescriptor::new_cmd(command.encode_to_vec())).await;
        let codes = [Code::PermissionDenied, Code::Unimplemented, Code::InvalidArgument];
        check(&info.unwrap_err(), &codes, "info of update");
    }
}

#[tokio::test]
async fn codes_say_what_is_wrong() {
    let server = Server::start();
    let client = server.connect().await;
    refused(&client, "SELEC 1", &[Code::InvalidArgument]).await;
    refused(&client, "", &[Code::InvalidArgument]).await;
    refused(&client, "SELECT nosuch FROM trail", &[Code::InvalidArgument]).await;
    refused(&client, "SELECT nosuch(1)", &[Code::InvalidArgument]).await;
    refused(&client, "SELECT count(*) AS n FROM nosuch", &[Code::NotFound]).await;
    refused(&client, "SELECT count(*) AS n FROM elsewhere.trail", &[Code::NotFound, Code::InvalidArgument])
        .await;
    refused(&client, "SELECT count(*) AS n FROM other.lake.trail", &[Code::NotFound, Code::InvalidArgument])
        .await;
    // Those that only running finds.
    for sql in [
        "SELECT CAST(eventName AS INTEGER) AS n FROM trail",
        "SELECT 1 / (count(*) - count(*)) AS n FROM trail",
    ] {
        let status = client.query(sql).await.expect_err(sql);
        check(&status, &[Code::InvalidArgument], sql);
    }
    let substrait = CommandStatementSubstraitPlan::default();
    check(&client.info(&substrait).await.unwrap_err(), &[Code::Unimplemented], "substrait");
}

#[tokio::test]
async fn a_refusal_has_an_id_by_which_the_log_knows_it() {
    let server = Server::start();
    let client = server.connect().await;
    let status = client.query("SELECT nosuch FROM trail").await.unwrap_err();
    let id = status.metadata().get("x-request-id").map(|value| value.to_str().unwrap().to_owned());
    let in_message = status.message().contains("request");
    assert!(id.is_some() || in_message, "{status:?}");
}

#[tokio::test]
async fn messages_that_are_no_commands_are_refused() {
    let server = Server::start();
    let client = server.connect().await;
    let any = |type_url: &str, value: Vec<u8>| {
        Any { type_url: type_url.to_owned(), value: value.into() }.encode_to_vec()
    };
    let known = "type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery";
    let unknown = "type.googleapis.com/arrow.flight.protocol.sql.CommandFromTheFuture";
    let cases: Vec<(Vec<u8>, &[Code])> = vec![
        (Vec::new(), &[Code::InvalidArgument]),
        (vec![0xff; 40], &[Code::InvalidArgument]),
        (b"SELECT 1".to_vec(), &[Code::InvalidArgument]),
        (any(known, vec![0xff; 9]), &[Code::InvalidArgument]),
        (any(unknown, Vec::new()), &[Code::Unimplemented]),
        (any("", vec![1]), &[Code::InvalidArgument, Code::Unimplemented]),
        (any(&"x".repeat(10_000), vec![]), &[Code::InvalidArgument, Code::Unimplemented]),
    ];
    for (bytes, codes) in cases {
        let what = format!("{:?}", &bytes[..bytes.len().min(20)]);
        let asked = FlightDescriptor::new_cmd(bytes.clone());
        check(&client.info_of(asked.clone()).await.unwrap_err(), codes, &what);
        let schema = client.inner.clone().get_schema(client.request(asked)).await;
        check(&schema.unwrap_err(), codes, &what);
        let ticket = arrow_flight::Ticket { ticket: bytes.into() };
        check(&client.get(ticket).await.unwrap_err(), codes, &what);
    }
    let nothing = FlightDescriptor::default();
    check(&client.info_of(nothing).await.unwrap_err(), &[Code::InvalidArgument], "no descriptor");
    for (name, body) in [("CreatePreparedStatement", vec![0xff; 9]), ("CancelFlightInfo", vec![0xff; 9])] {
        check(&client.act(name, body).await.unwrap_err(), &[Code::InvalidArgument], name);
    }
    for messages in [
        vec![],
        vec![FlightData::default()],
        vec![FlightData {
            flight_descriptor: Some(FlightDescriptor::new_cmd(vec![0xff])),
            data_header: vec![0xff; 30].into(),
            ..FlightData::default()
        }],
    ] {
        let answer = client.inner.clone().do_put(client.request(stream::iter(messages))).await;
        let status = match answer {
            Err(status) => status,
            Ok(response) => match response.into_inner().try_collect::<Vec<_>>().await {
                Err(status) => status,
                Ok(results) => panic!("{results:?}"),
            },
        };
        check(&status, &[Code::InvalidArgument], "upload");
    }
    assert_eq!(client.query("SELECT 1 AS one").await.unwrap().only(), "1");
}

#[tokio::test]
async fn huge_and_deep_statements_are_refused_quickly() {
    let server = Server::start();
    let client = server.connect().await;
    let deep = format!("SELECT {}1{} AS x", "(".repeat(20_000), ")".repeat(20_000));
    let wide = format!("SELECT {} AS x", vec!["1"; 100_000].join(" + "));
    let long = format!("SELECT '{}' AS x", "x".repeat(3_000_000));
    let many = format!("SELECT 1 AS x {}", "UNION ALL SELECT 1 ".repeat(5_000));
    for sql in [deep, wide, long, many] {
        let begun = std::time::Instant::now();
        let codes = [Code::InvalidArgument, Code::ResourceExhausted, Code::OutOfRange];
        check(&client.query(&sql).await.expect_err("a bound"), &codes, &sql[..40]);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{}", &sql[..40]);
    }
    let over_the_limit = format!("SELECT '{}' AS x", "x".repeat(5_000_000));
    let status = client.query(&over_the_limit).await.unwrap_err();
    let codes = [Code::OutOfRange, Code::ResourceExhausted, Code::InvalidArgument];
    assert!(codes.contains(&status.code()), "{status:?}");
    assert_eq!(client.query("SELECT 1 AS one").await.unwrap().only(), "1");
}

#[tokio::test]
async fn transactions_are_refused_or_overlooked() {
    let server = Server::start();
    let client = server.connect().await;
    let command =
        CommandStatementQuery { query: "SELECT 1 AS one".to_owned(), transaction_id: Some(vec![1].into()) };
    match client.fetch(&command).await {
        Ok(answer) => assert_eq!(answer.only(), "1"),
        Err(status) => check(&status, &[Code::InvalidArgument], "transaction"),
    }
}
