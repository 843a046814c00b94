//! Large results: messages that everybody takes, first rows early, memory that stays.

use std::time::Instant;

use arrow_flight::sql::CommandStatementQuery;
use futures::StreamExt as _;
use prost::Message as _;
use tonic::Code;

use super::server::Server;

#[tokio::test]
async fn many_rows_come_in_small_messages() {
    let server = Server::start();
    let client = server.connect().await;
    let sql =
        "SELECT a.eventID, a.eventTime, b.eventName, b.readOnly FROM trail a CROSS JOIN trail b LIMIT 300000";
    let answer = client.query(sql).await.unwrap();
    assert_eq!(answer.rows(), 300_000);
    assert!(answer.batches.iter().all(|batch| batch.num_rows() <= 8_192));
    assert!(answer.largest < 4 << 20);
}

#[tokio::test]
async fn large_values_are_split_and_values_beyond_a_message_named() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT eventID, rpad('x', 200000, 'x') AS padding FROM trail LIMIT 100";
    let answer = client.query(sql).await.unwrap();
    assert_eq!(answer.rows(), 100);
    assert!(answer.largest < 4 << 20, "{}", answer.largest);
    let status = client.query("SELECT 1 AS one, rpad('x', 5000000, 'x') AS padding").await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
}

#[tokio::test]
async fn wide_results_with_json_are_whole() {
    let server = Server::start();
    let client = server.connect().await;
    let answer = client.query("SELECT * FROM trail").await.unwrap();
    assert_eq!(answer.rows() as u64, server.env.number("SELECT count(*) AS n FROM trail"));
    for column in ["userIdentity", "requestParameters", "resources", "tlsDetails"] {
        for text in answer.texts(column).into_iter().flatten() {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
            assert!(parsed.is_ok(), "{column}: {text}");
        }
    }
}

#[tokio::test]
async fn rows_come_while_the_plan_still_runs() {
    let server = Server::start();
    let client = server.connect().await;
    // Four million rows: whoever collects them before sending takes seconds.
    let sql = "SELECT a.eventID, b.eventID AS other FROM trail a CROSS JOIN trail b";
    let command = CommandStatementQuery { query: sql.to_owned(), transaction_id: None };
    let info = client.info(&command).await.unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let begun = Instant::now();
    let mut stream = client.inner.clone().do_get(client.request(ticket)).await.unwrap().into_inner();
    let schema = stream.next().await.unwrap().unwrap();
    assert!(schema.data_body.is_empty());
    let rows = stream.next().await.unwrap().unwrap();
    assert!(rows.encoded_len() > 0);
    let first = begun.elapsed();
    let mut bytes = 0;
    while let Some(message) = stream.next().await {
        bytes += message.unwrap().encoded_len();
    }
    eprintln!("first rows after {first:?}, {bytes} bytes in {:?}", begun.elapsed());
    assert!(first * 2 < begun.elapsed(), "{first:?}");
}
