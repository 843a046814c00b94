//! Sessions, cancelling, and other actions.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use arrow_flight::sql::{
    ActionBeginTransactionRequest, ActionCancelQueryRequest, ActionCancelQueryResult, Any,
    CommandStatementQuery, ProstMessageExt as _,
};
use arrow_flight::{CancelFlightInfoRequest, CancelFlightInfoResult, FlightInfo};
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message;
use tonic::{Code, Status};

use super::client::Client;
use super::server::Server;

/// Arrow's messages, which arrow-flight does not have; see Flight.proto.
#[derive(Clone, PartialEq, Message)]
struct OptionValue {
    #[prost(oneof = "Kind", tags = "1, 2")]
    value: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Truth(bool),
}

#[derive(Clone, PartialEq, Message)]
struct Options {
    #[prost(map = "string, message", tag = "1")]
    options: HashMap<String, OptionValue>,
}

#[derive(Clone, PartialEq, Message)]
struct SetResult {
    #[prost(map = "string, message", tag = "1")]
    errors: HashMap<String, SetError>,
}

#[derive(Clone, PartialEq, Message)]
struct SetError {
    #[prost(int32, tag = "1")]
    value: i32,
}

/// Sets options; gives the errors by name, and the cookie to keep.
async fn set(client: &Client, options: &[(&str, Option<&str>)]) -> (HashMap<String, i32>, Option<String>) {
    let value = |text: &&str| Kind::Text((*text).to_owned());
    let options = options
        .iter()
        .map(|(name, text)| ((*name).to_owned(), OptionValue { value: text.as_ref().map(value) }));
    let request = Options { options: options.collect() };
    let (results, headers) = client.act("SetSessionOptions", request.encode_to_vec()).await.unwrap();
    let result = SetResult::decode(results[0].as_slice()).unwrap();
    let cookie = headers.get("set-cookie").map(|value| value.to_str().unwrap().to_owned());
    let cookie = cookie.map(|text| text.split(';').next().unwrap().to_owned());
    (result.errors.into_iter().map(|(name, error)| (name, error.value)).collect(), cookie)
}

async fn get(client: &Client) -> HashMap<String, String> {
    let (results, _) = client.act("GetSessionOptions", Vec::new()).await.unwrap();
    let all = Options::decode(results[0].as_slice()).unwrap().options.into_iter();
    all.filter_map(|(name, value)| match value.value {
        Some(Kind::Text(text)) => Some((name, text)),
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn a_cookie_carries_the_session_as_jdbc_and_odbc_keep_it() {
    let server = Server::start();
    let client = server.connect().await;
    let (errors, cookie) = set(&client, &[("catalog", Some("auditlake")), ("schema", Some("system"))]).await;
    assert_eq!(errors, HashMap::new());
    let session = client.with("cookie", &cookie.expect("a cookie"));
    assert_eq!(get(&session).await["schema"], "system");
    assert_eq!(get(&session).await["catalog"], "auditlake");
    session.query("SELECT count(*) AS n FROM queries").await.unwrap();
    session.query("SELECT count(*) AS n FROM lake.trail").await.unwrap();
    // Another connection with the same cookie, as after a re-route.
    let elsewhere = server.connect().await.with("cookie", &format!("x=y; {}", session_cookie(&session)));
    elsewhere.query("SELECT count(*) AS n FROM queries").await.unwrap();
    // One without it has nothing of the session.
    assert!(server.connect().await.query("SELECT count(*) AS n FROM queries").await.is_err());
    let (errors, erased) = set(&session, &[("schema", None)]).await;
    assert_eq!(errors, HashMap::new());
    let session = client.with("cookie", &erased.expect("a cookie"));
    assert_eq!(get(&session).await["schema"], "lake");
    let (results, _) = session.act("CloseSession", Vec::new()).await.unwrap();
    assert_eq!(results.len(), 1);
    assert_eq!(results[0], [8, 1], "the session is closed");
}

fn session_cookie(client: &Client) -> String {
    let request = client.request(());
    request.metadata().get("cookie").unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn wrong_options_are_told_one_by_one() {
    let server = Server::start();
    let client = server.connect().await;
    let asked = [
        ("catalog", Some("elsewhere")),
        ("schema", Some("nowhere")),
        ("colour", Some("red")),
        ("types", Some("native")),
    ];
    let (errors, _) = set(&client, &asked).await;
    let expected = [("catalog", 2), ("schema", 2), ("colour", 1)];
    assert_eq!(errors, expected.into_iter().map(|(name, code)| (name.to_owned(), code)).collect());
}

#[tokio::test]
async fn the_actions_that_are_listed_are_those_that_work() {
    let server = Server::start();
    let client = server.connect().await;
    let listed = client.inner.clone().list_actions(client.request(arrow_flight::Empty {})).await.unwrap();
    let listed: Vec<_> = listed.into_inner().try_collect().await.unwrap();
    let names: Vec<String> = listed.into_iter().map(|action| action.r#type).collect();
    for name in ["CreatePreparedStatement", "ClosePreparedStatement", "CancelFlightInfo", "SetSessionOptions"]
    {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    for name in [
        "BeginTransaction",
        "EndTransaction",
        "BeginSavepoint",
        "EndSavepoint",
        "CreatePreparedSubstraitPlan",
    ] {
        assert!(!names.contains(&name.to_owned()), "{names:?}");
        let body = ActionBeginTransactionRequest {}.as_any().encode_to_vec();
        let status = client.act(name, body).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{name}: {status}");
    }
    let status = client.act("NoSuchAction", Vec::new()).await.unwrap_err();
    assert!(matches!(status.code(), Code::Unimplemented | Code::InvalidArgument), "{status}");
}

/// A statement that would take minutes, and computes all the time.
const LONG: &str = "SELECT count(*) AS n FROM trail a CROSS JOIN trail b CROSS JOIN trail c \
                    WHERE length(a.eventID || b.eventID || c.eventID) > 1000";

async fn start_long(client: &Client) -> (FlightInfo, tokio::task::JoinHandle<Result<(), Status>>) {
    let command = CommandStatementQuery { query: LONG.to_owned(), transaction_id: None };
    let info = client.info(&command).await.unwrap();
    let (client, ticket) = (client.clone(), info.endpoint[0].ticket.clone().unwrap());
    let reading = tokio::spawn(async move { client.get(ticket).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!reading.is_finished(), "the statement is too quick for this test");
    (info, reading)
}

#[tokio::test]
async fn cancel_flight_info_ends_the_stream() {
    let server = Server::start();
    let client = server.connect().await;
    let (info, reading) = start_long(&client).await;
    let asked = Instant::now();
    let request = CancelFlightInfoRequest { info: Some(info) };
    let (results, _) = client.act("CancelFlightInfo", request.encode_to_vec()).await.unwrap();
    let result = CancelFlightInfoResult::decode(results[0].as_slice()).unwrap();
    assert_eq!(result.status, 1, "CANCELLED");
    let status = reading.await.unwrap().unwrap_err();
    assert_eq!(status.code(), Code::Cancelled, "{status}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn the_older_cancel_query_does_the_same() {
    let server = Server::start();
    let client = server.connect().await;
    let (info, reading) = start_long(&client).await;
    let request = ActionCancelQueryRequest { info: info.encode_to_vec().into() };
    let results = client.act_wrapped("CancelQuery", &request).await.unwrap();
    let any = Any::decode(results[0].as_slice()).unwrap();
    let result = any.unpack::<ActionCancelQueryResult>().unwrap().unwrap();
    assert_eq!(result.result, 1, "CANCELLED");
    assert_eq!(reading.await.unwrap().unwrap_err().code(), Code::Cancelled);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_query() {
    let server = Server::start();
    let client = server.connect().await;
    let (_, reading) = start_long(&client).await;
    reading.abort();
    let begun = Instant::now();
    // The record of it appears in the history once it has ended.
    loop {
        let sql = "SELECT count(*) AS n FROM system.queries WHERE queryStatus = 'CANCELLED'";
        let found = client.query(sql).await;
        if found.as_ref().is_ok_and(|answer| answer.only() == "1") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{found:?}\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_halfway_harms_nobody() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT a.eventID, b.eventName FROM trail a CROSS JOIN trail b";
    let command = CommandStatementQuery { query: sql.to_owned(), transaction_id: None };
    for _ in 0..5 {
        let info = client.info(&command).await.unwrap();
        let ticket = info.endpoint[0].ticket.clone().unwrap();
        let mut stream = client.inner.clone().do_get(client.request(ticket)).await.unwrap().into_inner();
        for _ in 0..3 {
            stream.next().await.unwrap().unwrap();
        }
        drop(stream);
    }
    assert_eq!(client.query("SELECT 1 AS one").await.unwrap().only(), "1");
}
