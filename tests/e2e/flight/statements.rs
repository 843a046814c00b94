//! Statements that are not prepared: schemas, tickets, snapshots, other ways in.

use arrow::datatypes::{DataType, TimeUnit};
use arrow_flight::sql::{CommandStatementQuery, ProstMessageExt};
use arrow_flight::{FlightDescriptor, FlightInfo};
use prost::Message as _;
use tonic::Code;

use super::client::{descriptor, prepared};
use super::server::Server;

fn statement(sql: &str) -> CommandStatementQuery {
    CommandStatementQuery { query: sql.to_owned(), transaction_id: None }
}

#[tokio::test]
async fn a_result_without_rows_has_its_schema() {
    let server = Server::start();
    let client = server.connect().await;
    for sql in [
        "SELECT * FROM trail LIMIT 0",
        "SELECT eventName, count(*) AS n FROM trail WHERE eventName = 'NoSuchThing' GROUP BY eventName",
        "SELECT 1 AS one WHERE false",
    ] {
        let answer = client.query(sql).await.unwrap();
        assert_eq!(answer.rows(), 0, "{sql}");
        assert!(!answer.schema.fields().is_empty(), "{sql}");
        assert_eq!(answer.schema, client.run(sql, None).await.unwrap().schema, "{sql}");
    }
}

#[tokio::test]
async fn every_way_to_a_schema_gives_the_same_one() {
    let server = Server::start();
    let client = server.connect().await;
    // Where the plan and its batches like to disagree: nullability, metadata, views, dictionaries, null.
    for sql in [
        "SELECT count(*) AS n, min(eventTime) AS t, max(eventName) AS e FROM trail",
        "SELECT eventName FROM trail UNION ALL SELECT NULL",
        "SELECT coalesce(errorCode, 'none') AS e, NULL AS nothing, 1 AS one, 'x' AS x FROM trail LIMIT 3",
        "SELECT CASE WHEN readOnly THEN eventName END AS e, CAST(eventID AS VARCHAR) AS id FROM trail LIMIT 3",
        "SELECT DISTINCT awsRegion, eventSource FROM trail ORDER BY 1, 2",
        "SELECT userIdentity, resources, requestParameters, userIdentity.arn FROM trail LIMIT 3",
        "SELECT * FROM (VALUES (1, 'a'), (NULL, NULL)) AS v (n, t)",
        "SELECT date_trunc('hour', eventTime) AS h, count(DISTINCT eventName) FROM trail GROUP BY 1",
        "SHOW TABLES",
        "DESCRIBE trail",
        "EXPLAIN SELECT eventName FROM trail",
    ] {
        let direct = client.query(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let driven = client.run(sql, None).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(direct.schema, driven.schema, "{sql}");
        assert_eq!(direct.rows(), driven.rows(), "{sql}");
        assert!(direct.schema.metadata().is_empty(), "{sql}");
        assert!(direct.schema.fields().iter().all(|field| field.is_nullable()), "{sql}");
    }
}

#[tokio::test]
async fn a_ticket_is_good_more_than_once_and_on_any_connection() {
    let server = Server::start();
    let client = server.connect().await;
    let info = client.info(&statement("SELECT count(*) AS n FROM trail")).await.unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let first = client.get(ticket.clone()).await.unwrap().only();
    let again = server.connect().await.get(ticket).await.unwrap().only();
    assert_eq!(first, again);
    assert!(info.endpoint[0].expiration_time.is_some());
}

#[tokio::test]
async fn a_ticket_is_pinned_to_what_was_there_when_it_was_made() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT count(*) AS n FROM trail";
    let info = client.info(&statement(sql)).await.unwrap();
    let before = client.query(sql).await.unwrap().only();
    server.env.ok(&["synth", "--out", "more", "--events", "500", "--seed", "99"]);
    server.env.import(std::path::Path::new("more/AWSLogs"), &[], 0);
    let pinned = client.get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap().only();
    let after = client.query(sql).await.unwrap().only();
    assert_eq!(pinned, before);
    assert_ne!(after, before, "new events are seen without a restart");
}

#[tokio::test]
async fn tickets_that_are_not_ours_are_refused() {
    let server = Server::start();
    let client = server.connect().await;
    let info = client.info(&statement("SELECT 1 AS one")).await.unwrap();
    let good = info.endpoint[0].ticket.clone().unwrap();
    let mut altered = good.clone();
    let mut bytes = altered.ticket.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    altered.ticket = bytes.into();
    let empty = arrow_flight::Ticket { ticket: Vec::new().into() };
    let garbage = arrow_flight::Ticket { ticket: vec![0xff; 100].into() };
    let cut = arrow_flight::Ticket { ticket: good.ticket.slice(..good.ticket.len() / 2) };
    for ticket in [altered, empty, garbage, cut] {
        let status = client.get(ticket).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
    // Another server has other keys.
    let other = Server::start();
    let status = other.connect().await.get(good).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
}

#[tokio::test]
async fn poll_answers_at_once_and_lists_are_given() {
    let server = Server::start();
    let client = server.connect().await;
    let asked = descriptor(&statement("SELECT count(*) AS n FROM trail"));
    let poll = client.inner.clone().poll_flight_info(client.request(asked)).await.unwrap().into_inner();
    assert!(poll.flight_descriptor.is_none(), "nothing is left to poll for");
    let info: FlightInfo = poll.info.unwrap();
    assert_eq!(client.get(info.endpoint[0].ticket.clone().unwrap()).await.unwrap().rows(), 1);

    let flights = client.inner.clone().list_flights(client.request(arrow_flight::Criteria::default())).await;
    assert!(flights.is_ok() || flights.unwrap_err().code() == Code::Unimplemented);
    let path = FlightDescriptor::new_path(vec!["lake".to_owned(), "trail".to_owned()]);
    let by_path = client.info_of(path).await;
    assert!(by_path.is_ok() || by_path.unwrap_err().code() != Code::Internal);
}

#[tokio::test]
async fn types_follow_what_the_client_asks_for() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT eventTime, userIdentity, resources, requestParameters FROM trail LIMIT 2";
    let types = |answer: &super::client::Answer| -> Vec<DataType> {
        answer.schema.fields().iter().map(|field| field.data_type().clone()).collect()
    };
    let portable = client.query(sql).await.unwrap();
    let micro = DataType::Timestamp(TimeUnit::Microsecond, None);
    assert_eq!(types(&portable), [micro, DataType::Utf8, DataType::Utf8, DataType::Utf8]);
    let native = client.with("x-auditlake-types", "native").query(sql).await.unwrap();
    assert!(
        matches!(native.schema.field(0).data_type(), DataType::Timestamp(_, Some(zone)) if &**zone == "UTC")
    );
    assert!(matches!(native.schema.field(1).data_type(), DataType::Struct(_)));
    assert!(matches!(native.schema.field(2).data_type(), DataType::List(_)));
    assert_eq!(native.schema.field(3).metadata()["ARROW:extension:name"], "arrow.json");
    let nano = client.with("x-auditlake-timestamp-unit", "ns").query(sql).await.unwrap();
    assert_eq!(nano.schema.field(0).data_type(), &DataType::Timestamp(TimeUnit::Nanosecond, None));
    let instant = |answer: &super::client::Answer| {
        let micro = arrow::compute::cast(
            &answer.column("eventTime"),
            &DataType::Timestamp(TimeUnit::Microsecond, None),
        );
        micro.unwrap()
    };
    assert_eq!(instant(&nano).len(), 2);
    for text in portable.texts("userIdentity").into_iter().flatten() {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(value.is_object(), "{text}");
    }
}

#[tokio::test]
async fn names_that_repeat_get_numbers() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT eventName, eventName, EventName AS eventname, 1 AS eventName_1 FROM trail LIMIT 1";
    let answer = client.query(sql).await.unwrap();
    let names: Vec<&str> = answer.schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["eventName", "eventName_2", "eventname_3", "eventName_1"]);
}

#[tokio::test]
async fn what_goes_over_the_wire_is_the_same_message_each_time() {
    // A statement's command is its own: the handle in the ticket is opaque, and nothing else may change.
    let server = Server::start();
    let client = server.connect().await;
    let command = statement("SELECT 1 AS one");
    let info = client.info(&command).await.unwrap();
    assert_eq!(info.flight_descriptor.unwrap().cmd, command.as_any().encode_to_vec());
    assert_eq!(client.info(&prepared(b"nonsense")).await.unwrap_err().code(), Code::InvalidArgument);
}
