//! Clients that are slow, idle or many.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;

use super::support::{TestLake, eventually, health, is_closed};
use crate::config::ServerConfig;
use crate::server::Server;

/// What a client of HTTP/2 sends first: the preface and empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn metric(server: &Server, line: &str) -> bool {
    server.state().metrics.text().unwrap().lines().any(|known| known == line)
}

async fn nobody_is_connected(server: &Server) -> bool {
    eventually(async || metric(server, "auditlake_connections_open{port=\"flight\"} 0")).await
}

async fn answers(address: SocketAddr) {
    health(address).await.check(HealthCheckRequest::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_nothing_is_closed() {
    let lake = TestLake::new().await;
    let config = ServerConfig { handshake_timeout: Duration::from_millis(300), ..TestLake::config() };
    let server = lake.start(config).await;
    let mut silent = TcpStream::connect(server.flight_address()).await.unwrap();
    let mut slow = TcpStream::connect(server.flight_address()).await.unwrap();
    slow.write_all(b"PRI").await.unwrap();
    // Others are served meanwhile.
    answers(server.flight_address()).await;
    assert!(is_closed(&mut silent).await);
    assert!(is_closed(&mut slow).await);
    assert!(nobody_is_connected(&server).await);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_hello_may_be_idle() {
    let lake = TestLake::new().await;
    let config = ServerConfig { handshake_timeout: Duration::from_millis(200), ..TestLake::config() };
    let server = lake.start(config).await;
    let mut idle = TcpStream::connect(server.flight_address()).await.unwrap();
    idle.write_all(HELLO).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(metric(&server, "auditlake_connections_open{port=\"flight\"} 1"));
    // Its settings are there to be read, and then nothing: it is open.
    let mut bytes = [0; 1];
    idle.read_exact(&mut bytes).await.unwrap();
    server.stop().await;
    assert!(is_closed(&mut idle).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_closed() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    for garbage in
        [&b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..], &[0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3], &[0; 64]]
    {
        let mut stream = TcpStream::connect(server.flight_address()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(is_closed(&mut stream).await);
    }
    assert!(nobody_is_connected(&server).await);
    answers(server.flight_address()).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_bound_are_closed_at_once() {
    let lake = TestLake::new().await;
    let server = lake.start(ServerConfig { max_connections: 3, ..TestLake::config() }).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.flight_address()).await.unwrap();
        stream.write_all(HELLO).await.unwrap();
        held.push(stream);
    }
    assert!(eventually(async || metric(&server, "auditlake_connections_open{port=\"flight\"} 3")).await);
    let mut fourth = TcpStream::connect(server.flight_address()).await.unwrap();
    assert!(is_closed(&mut fourth).await);
    assert!(metric(&server, "auditlake_connections_refused_total{port=\"flight\",reason=\"full\"} 1"));
    // One that goes makes room.
    held.pop();
    assert!(eventually(async || metric(&server, "auditlake_connections_open{port=\"flight\"} 2")).await);
    answers(server.flight_address()).await;
    drop(held);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_leave_nothing_behind() {
    let lake = TestLake::new().await;
    let server = lake.start(TestLake::config()).await;
    answers(server.flight_address()).await;
    assert!(nobody_is_connected(&server).await);
    let handles_before = handles();
    let mut held = Vec::new();
    for _ in 0..1_000 {
        let mut stream = TcpStream::connect(server.flight_address()).await.unwrap();
        stream.write_all(HELLO).await.unwrap();
        held.push(stream);
    }
    assert!(eventually(async || metric(&server, "auditlake_connections_open{port=\"flight\"} 1000")).await);
    answers(server.flight_address()).await;
    drop(held);
    assert!(nobody_is_connected(&server).await);
    assert!(eventually(async || handles() <= handles_before + 8).await, "{} {}", handles(), handles_before);
    server.stop().await;
}

fn handles() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
