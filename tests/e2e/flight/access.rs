//! Who may ask: logins as drivers send them, and nothing without one.

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow_flight::sql::{CommandGetTables, CommandStatementQuery};
use arrow_flight::{Criteria, Empty, Ticket};
use futures::stream;
use std::sync::Arc;
use tonic::{Code, Status};

use super::client::{Client, basic, descriptor, prepared};
use super::server::{Server, filled, with_input};

const PASSWORD: &str = "correct horse battery staple";

/// A server with a user who may read `trail`, one who may read nothing, and an admin.
fn with_users() -> Server {
    let env = filled();
    env.ok(&["store", "create", "secret"]);
    let add = |name: &str, arguments: &[&str]| {
        let mut all = vec!["user", "add", name, "--password-stdin"];
        all.extend(arguments);
        with_input(&env, &all, &format!("{PASSWORD}\n"));
    };
    add("ann", &["--role", "reader", "--store", "trail"]);
    add("bob", &["--role", "reader", "--store", "secret"]);
    add("root", &["--role", "admin"]);
    Server::over(env, &[])
}

/// Logs in with a handshake, as JDBC, ODBC and ADBC do, and returns a client with the token that came back.
async fn login(server: &Server, user: &str, password: &str) -> Result<Client, Status> {
    let client = server.connect().await;
    let (headers, payload) = client.with("authorization", &basic(user, password)).handshake().await?;
    let bearer = headers.get("authorization").expect("JDBC needs the header").to_str().unwrap().to_owned();
    let token = bearer.strip_prefix("Bearer ").expect("a bearer token");
    assert_eq!(
        String::from_utf8_lossy(&payload).trim_start_matches("Bearer "),
        token,
        "header and payload agree"
    );
    Ok(client.with("authorization", &bearer))
}

fn api_token(server: &Server, user: &str) -> String {
    let text = server.env.ok(&["token", "create", user, "--expires", "1d"]);
    // It is good at once: for somebody unknown the server looks again.
    text.lines().last().unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_login_gives_a_token_that_works_for_everything() {
    let server = with_users();
    let ann = login(&server, "ann", PASSWORD).await.unwrap();
    assert!(ann.query("SELECT count(*) AS n FROM trail").await.unwrap().only() != "0");
    assert_eq!(ann.run("SELECT 1 AS one", None).await.unwrap().only(), "1");
    // JDBC and ODBC with a token shake hands too.
    let (headers, _) = ann.handshake().await.unwrap();
    assert!(headers.get("authorization").is_some());
}

#[tokio::test]
async fn every_form_of_credentials_works() {
    let server = with_users();
    let client = server.connect().await;
    let token = api_token(&server, "ann");
    for value in [
        basic("ann", PASSWORD),
        basic("ann", PASSWORD).replacen("Basic", "basic", 1),
        basic("ann", PASSWORD).replacen("Basic", "BASIC", 1),
        format!("Bearer {token}"),
        format!("bearer {token}"),
        // Tools that know only user and password.
        basic("ann", &token),
        basic("", &token),
        basic("token", &token),
    ] {
        let client = client.with("authorization", &value);
        let one = client.query("SELECT 1 AS one").await;
        assert!(one.is_ok(), "{value}: {}", one.unwrap_err());
        let (headers, _) = client.handshake().await.unwrap_or_else(|e| panic!("{value}: {e}"));
        assert!(headers.get("authorization").is_some(), "{value}");
    }
}

/// Calls every RPC, and returns how each was answered.
async fn all_rpcs(client: &Client) -> Vec<(&'static str, Result<(), Status>)> {
    let query = CommandStatementQuery { query: "SELECT 1 AS one".to_owned(), transaction_id: None };
    let ticket = || Ticket { ticket: vec![0xff; 16].into() };
    let column: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let row = RecordBatch::try_from_iter([("0", column)]).unwrap();
    let mut inner = client.inner.clone();
    vec![
        ("Handshake", client.handshake().await.map(drop)),
        ("GetFlightInfo", client.info(&query).await.map(drop)),
        ("GetSchema", client.schema(&query).await.map(drop)),
        ("PollFlightInfo", inner.poll_flight_info(client.request(descriptor(&query))).await.map(drop)),
        ("DoGet", client.get(ticket()).await.map(drop)),
        ("DoPut", client.put(&prepared(b"x"), &row).await.map(drop)),
        ("DoExchange", inner.do_exchange(client.request(stream::iter([]))).await.map(drop)),
        ("DoAction", client.act("NoSuchAction", vec![0xff]).await.map(drop)),
        ("ListActions", inner.list_actions(client.request(Empty {})).await.map(drop)),
        ("ListFlights", inner.list_flights(client.request(Criteria::default())).await.map(drop)),
    ]
}

#[tokio::test]
async fn wrong_credentials_are_told_so_by_every_rpc_before_anything_is_read() {
    let server = with_users();
    let client = server.connect().await;
    let garbage = [
        None,
        Some("Basic !!!!"),
        Some("Basic"),
        Some("Bearer"),
        Some("Bearer not.a.token"),
        Some("Bearer eyJhbGciOiJub25lIn0.e30."),
        Some("Digest abc"),
        Some(""),
    ];
    for value in garbage {
        let client = value.map_or_else(|| client.clone(), |value| client.with("authorization", value));
        for (name, answer) in all_rpcs(&client).await {
            let status = answer.expect_err(name);
            assert_eq!(status.code(), Code::Unauthenticated, "{name} {value:?}: {status}");
        }
    }
    // A wrong password is slowed down, so one RPC is enough.
    for (user, password) in [("ann", "Tr0ub4dor"), ("nobody", PASSWORD), ("ann", "")] {
        let status = login(&server, user, password).await.err().expect("refused");
        assert_eq!(status.code(), Code::Unauthenticated, "{user}: {status}");
        assert!(!status.message().contains("Tr0ub4dor") && !status.message().contains(PASSWORD));
    }
    let log = server.log();
    assert!(!log.contains(PASSWORD) && !log.contains("Tr0ub4dor"), "passwords are not logged");
}

#[tokio::test]
async fn everybody_sees_only_what_is_granted() {
    let server = with_users();
    let ann = login(&server, "ann", PASSWORD).await.unwrap();
    let names = |answer: super::client::Answer| -> Vec<String> {
        answer.texts("table_name").into_iter().flatten().collect()
    };
    let lake =
        CommandGetTables { db_schema_filter_pattern: Some("lake".to_owned()), ..CommandGetTables::default() };
    assert_eq!(names(ann.fetch(&lake).await.unwrap()), ["trail"]);
    let root = login(&server, "root", PASSWORD).await.unwrap();
    assert_eq!(names(root.fetch(&lake).await.unwrap()), ["secret", "trail"]);
    let missing = ann.query("SELECT count(*) AS n FROM nosuch").await.unwrap_err();
    let hidden = ann.query("SELECT count(*) AS n FROM secret").await.unwrap_err();
    assert!(matches!(hidden.code(), Code::NotFound | Code::PermissionDenied), "{hidden}");
    assert_eq!(missing.code(), Code::NotFound, "{missing}");
    let shown = ann.query("SHOW TABLES").await.unwrap();
    assert!(!shown.texts("Table").contains(&Some("secret".to_owned())));
}

#[tokio::test]
async fn history_shows_each_their_own_queries() {
    let server = with_users();
    let (ann, bob) =
        (login(&server, "ann", PASSWORD).await.unwrap(), login(&server, "bob", PASSWORD).await.unwrap());
    ann.query("SELECT 'of ann' AS x").await.unwrap();
    bob.query("SELECT 'of bob' AS x").await.unwrap();
    let sql = "SELECT sql FROM system.queries WHERE sql LIKE 'SELECT ''of %'";
    let seen = async |client: &Client| {
        for _ in 0..50 {
            let rows = client.query(sql).await.unwrap().texts("sql");
            if !rows.is_empty() {
                return rows;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Vec::new()
    };
    assert_eq!(seen(&ann).await, [Some("SELECT 'of ann' AS x".to_owned())]);
    assert_eq!(seen(&bob).await, [Some("SELECT 'of bob' AS x".to_owned())]);
}

#[tokio::test]
async fn tickets_and_handles_are_no_capabilities() {
    let server = with_users();
    let (ann, bob) =
        (login(&server, "ann", PASSWORD).await.unwrap(), login(&server, "bob", PASSWORD).await.unwrap());
    let query = CommandStatementQuery { query: "SELECT eventID FROM trail".to_owned(), transaction_id: None };
    let ticket = ann.info(&query).await.unwrap().endpoint[0].ticket.clone().unwrap();
    let status = bob.get(ticket.clone()).await.unwrap_err();
    assert!(
        matches!(status.code(), Code::PermissionDenied | Code::InvalidArgument | Code::NotFound),
        "{status}"
    );
    let statement = ann.prepare("SELECT eventID FROM trail").await.unwrap();
    let status = bob.info(&prepared(&statement.prepared_statement_handle)).await.unwrap_err();
    assert!(
        matches!(status.code(), Code::PermissionDenied | Code::InvalidArgument | Code::NotFound),
        "{status}"
    );
    assert!(ann.get(ticket).await.is_ok());
}

#[tokio::test]
async fn a_removed_user_and_a_revoked_token_end_at_once() {
    let server = with_users();
    let ann = login(&server, "ann", PASSWORD).await.unwrap();
    let token = api_token(&server, "bob");
    let bob = server.connect().await.with("authorization", &format!("Bearer {token}"));
    bob.query("SELECT 1 AS one").await.unwrap();
    server.env.ok(&["user", "remove", "ann"]);
    server.env.ok(&["user", "remove", "bob"]);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    for client in [ann, bob] {
        assert_eq!(client.query("SELECT 1 AS one").await.unwrap_err().code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn without_users_everybody_here_may_ask_whatever_they_send() {
    let server = Server::start();
    let client = server.connect().await;
    for value in [basic("any", "thing"), "Bearer something".to_owned()] {
        let client = client.with("authorization", &value);
        client.query("SELECT 1 AS one").await.unwrap();
        let (headers, _) = client.handshake().await.unwrap();
        let bearer = headers.get("authorization").unwrap().to_str().unwrap().to_owned();
        client.with("authorization", &bearer).query("SELECT 1 AS one").await.unwrap();
    }
    client.handshake().await.unwrap();
}

#[tokio::test]
async fn headers_of_drivers_are_tolerated() {
    let server = Server::start();
    let mut client = server.connect().await.with("user-agent-extra", "jdbc").with("useencryption", "false");
    // JDBC and ODBC forward properties that they do not know, however long.
    for number in 0..40 {
        client = client.with(&format!("property{number}"), &"x".repeat(1_000));
    }
    assert_eq!(client.query("SELECT 1 AS one").await.unwrap().only(), "1");
}

#[tokio::test]
async fn no_answer_but_the_handshake_carries_a_token() {
    let server = with_users();
    let ann = login(&server, "ann", PASSWORD).await.unwrap();
    let query = CommandStatementQuery { query: "SELECT 1 AS one".to_owned(), transaction_id: None };
    let mut inner = ann.inner.clone();
    let response = inner.get_flight_info(ann.request(descriptor(&query))).await.unwrap();
    assert!(response.metadata().get("authorization").is_none(), "ADBC takes it for a new token");
}
