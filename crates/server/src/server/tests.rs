mod slow;
mod support;
mod tls;

use std::time::{Duration, Instant};

use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;

use self::support::{SOON, TestLake, eventually, get, health};
use crate::config::ServerConfig;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_on_both_ports_and_stops() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    let (flight, http) = (server.flight_address(), server.http_address());
    assert_ne!(flight.port(), 0);
    assert!(server.notices()[0].contains("no users"), "{:?}", server.notices());
    let answer = health(flight).await.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.get_ref().status(), ServingStatus::Serving);
    assert!(answer.metadata().contains_key("x-request-id"));
    assert_eq!(get(http, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(http, "/readyz").await, (200, "ready\n".to_owned()));
    let (code, metrics) = get(http, "/metrics").await;
    assert_eq!(code, 200);
    let line = "auditlake_rpc_handled_total{method=\"/grpc.health.v1.Health/Check\",code=\"OK\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    assert_eq!(get(http, "/other").await.0, 404);
    let began_at = Instant::now();
    server.stop().await;
    assert!(began_at.elapsed() < SOON, "{:?}", began_at.elapsed());
    assert!(tokio::net::TcpStream::connect(flight).await.is_err());
    assert!(tokio::net::TcpStream::connect(http).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_not_let_in_without_users() {
    let lake = TestLake::new().await;
    let open = ServerConfig { listen: "0.0.0.0:0".parse().unwrap(), ..TestLake::config() };
    let error = lake.try_start(open).await.unwrap_err();
    assert!(error.report().contains("without any user"), "{error:?}");
    assert!(error.hint().unwrap().contains("auditlake user add"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    let taken = ServerConfig { listen: server.flight_address(), ..TestLake::config() };
    let error = lake.try_start(taken).await.unwrap_err();
    assert!(error.report().contains(&server.flight_address().to_string()), "{error:?}");
    assert!(error.hint().unwrap().contains("Another program"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_made_up_is_no_label() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    let channel = support::channel(server.flight_address()).await;
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let path = http::uri::PathAndQuery::from_static("/made.up/Method");
    let status = client.unary(tonic::Request::new(HealthCheckRequest::default()), path, codec).await;
    assert_eq!(status.unwrap_err().code(), Code::Unimplemented);
    let text = server.state().metrics.text().unwrap();
    assert!(
        text.contains("auditlake_rpc_handled_total{method=\"other\",code=\"UNIMPLEMENTED\"} 1"),
        "{text}"
    );
    assert!(!text.contains("made.up"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_stream_does_not_hold_up_the_end() {
    let lake = TestLake::new().await;
    let grace = Duration::from_millis(300);
    let server = lake.start(ServerConfig { shutdown_grace: grace, ..TestLake::config() }).await;
    let http = server.http_address();
    let mut watch = health(server.flight_address())
        .await
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    let first = watch.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    let began_at = Instant::now();
    let stopping = tokio::spawn(server.stop());
    let second = watch.message().await.unwrap().unwrap();
    assert_eq!(second.status(), ServingStatus::NotServing);
    assert_eq!(get(http, "/readyz").await.0, 503);
    assert_eq!(get(http, "/healthz").await.0, 200);
    stopping.await.unwrap();
    assert!(began_at.elapsed() >= grace, "{:?}", began_at.elapsed());
    assert!(began_at.elapsed() < grace + SOON, "{:?}", began_at.elapsed());
    // The stream ends, with an error: it was not the watcher who ended it.
    assert!(watch.message().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_are_seen_in_the_metrics_without_a_restart() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    lake.create_store("trail").await;
    let http = server.http_address();
    let found =
        eventually(async || get(http, "/metrics").await.1.contains("store_events{store=\"trail\"} 0"));
    assert!(found.await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scheduled_imports_run_and_are_recorded() {
    let lake = TestLake::new().await;
    lake.create_store("trail").await;
    let server = lake.start(lake.with_import("trail", Duration::from_millis(200))).await;
    let metrics = &server.state().metrics;
    let done = "auditlake_import_events_stored_total{store=\"trail\"} 500";
    assert!(eventually(async || metrics.text().unwrap().contains(done)).await, "{}", metrics.text().unwrap());
    let again = "auditlake_import_runs_total{store=\"trail\",state=\"COMPLETED\"} 3";
    assert!(eventually(async || metrics.text().unwrap().contains(again)).await);
    assert!(metrics.text().unwrap().contains("import_last_success_timestamp_seconds{store=\"trail\"} 1"));
    server.stop().await;
    let records = auditlake_ingest::ImportRecords::open(&lake.lake).unwrap().imports().await.unwrap();
    assert!(records.len() >= 3);
    assert_eq!(records.iter().map(|import| import.counts[5]).sum::<u64>(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_import_that_fails_does_not_end_the_server() {
    let lake = TestLake::new().await;
    let server = lake.start(lake.with_import("not-there", Duration::from_secs(60))).await;
    let failed = "auditlake_import_runs_total{store=\"not-there\",state=\"FAILED\"} 1";
    let metrics = &server.state().metrics;
    assert!(eventually(async || metrics.text().unwrap().contains(failed)).await);
    assert_eq!(get(server.http_address(), "/readyz").await.0, 200);
    server.stop().await;
}
