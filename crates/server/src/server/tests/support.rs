//! A lake in a folder, a server over it, and what asks it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auditlake_access::Accounts;
use auditlake_model::{RandomIds, Result, StoreName, StoreRef, SystemClock};
use auditlake_query::QueryConfig;
use auditlake_store::{
    Lake, LakeEnv, NewEventDataStore, NewLake, ObjectStoreConfig, SourceLocation, StoreLocation,
};
use auditlake_synth::{SynthConfig, generate};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;

use crate::config::{ScheduledImport, ServerConfig};
use crate::server::Server;
use crate::state::ServerState;

/// Whatever is awaited comes within this time, also on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(20);

pub(super) struct TestLake {
    pub(super) lake: Lake,
    folder: TempDir,
}

impl TestLake {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = StoreLocation::Local(folder.path().join("lake"));
        let config = ObjectStoreConfig { sync_writes: false, ..ObjectStoreConfig::default() };
        let env = LakeEnv { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) };
        let lake = Box::pin(Lake::create(&location, &config, NewLake::default(), env)).await.unwrap();
        Self { lake, folder }
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Returns settings with free ports and short times.
    pub(super) fn config() -> ServerConfig {
        let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let shutdown_grace = Duration::from_secs(1);
        ServerConfig { listen: free, http: free, shutdown_grace, ..ServerConfig::default() }
    }

    /// Returns settings with one import of 500 events.
    pub(super) fn with_import(&self, store: &str, interval: Duration) -> ServerConfig {
        let source = self.folder().join("corpus");
        let config = SynthConfig { events: 500, days: 1, seed: 7, ..SynthConfig::default() };
        generate(&config, &source, &mut |_| {}).unwrap();
        let import = ScheduledImport {
            source: SourceLocation::Place(StoreLocation::Local(source.join("AWSLogs"))),
            store: StoreRef::parse(store).unwrap(),
            interval,
        };
        ServerConfig { imports: vec![import], ..Self::config() }
    }

    pub(super) async fn create_store(&self, name: &str) {
        let new = NewEventDataStore::new(StoreName::parse(name).unwrap());
        self.lake.create_store(new).await.unwrap();
    }

    pub(super) async fn try_start(&self, config: ServerConfig) -> Result<Server> {
        let root = StoreLocation::Local(self.folder().join("auth"));
        let accounts = Accounts::new(root, ObjectStoreConfig::default(), Arc::clone(self.lake.clock()));
        let state =
            Box::pin(ServerState::open(self.lake.clone(), accounts, QueryConfig::default(), config)).await?;
        Box::pin(Server::start(state)).await
    }

    pub(super) async fn start(&self, config: ServerConfig) -> Server {
        self.try_start(config).await.unwrap()
    }
}

pub(super) async fn channel(address: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

pub(super) async fn health(address: SocketAddr) -> HealthClient<Channel> {
    HealthClient::new(channel(address).await)
}

/// Asks for a path by HTTP/1.1; returns status and body.
pub(super) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// Asks again and again until it holds, for at most [`SOON`].
pub(super) async fn eventually(mut holds: impl AsyncFnMut() -> bool) -> bool {
    let deadline = tokio::time::Instant::now() + SOON;
    while tokio::time::Instant::now() < deadline {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Waits until the other side closes, whatever it sends before; false when that is not soon.
///
/// A reset counts: it is how a connection is closed whose bytes nobody has read.
pub(super) async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut frames = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut frames)).await.is_ok()
}
