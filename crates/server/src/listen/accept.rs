//! A port, its slots, and the stream of its connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::connection::{Connection, Hold, Patience};
use super::tls::Certificates;
use crate::ops::metrics::{Metrics, Port, Refusal};

/// Connections that are ready and wait to be served.
const READY_QUEUE: usize = 64;
/// Pause after an accept that failed, so that a process without handles does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds of one port.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections that are open at once.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long a client may take to send.
    pub patience: Patience,
}

/// Accepts the connections of one port.
#[derive(Debug)]
pub struct Acceptor {
    /// Which port, for the metrics.
    pub port: Port,
    /// Bounds.
    pub limits: Limits,
    /// Encrypts; connections are plain when `None`.
    pub certificates: Option<Arc<Certificates>>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Ends the accepting.
    pub stop: CancellationToken,
    /// Ends every connection.
    pub cut: CancellationToken,
}

/// What [`Acceptor::start`] gives: connections as they become ready. It ends with the accepting.
pub type Connections = ReceiverStream<Result<Connection, Infallible>>;

impl Acceptor {
    /// Accepts from `listener` until `stop`, in the task that is returned.
    pub fn start(self, listener: TcpListener) -> (Connections, JoinHandle<()>) {
        let (ready, connections) = mpsc::channel(READY_QUEUE);
        let task = tokio::spawn(Arc::new(self).run(listener, ready));
        (ReceiverStream::new(connections), task)
    }

    async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        ready: mpsc::Sender<Result<Connection, Infallible>>,
    ) {
        let slots = Arc::new(Semaphore::new(self.limits.connections.min(Semaphore::MAX_PERMITS)));
        // Dropped with this task, which ends handshakes that are under way.
        let mut preparing = JoinSet::new();
        loop {
            while preparing.try_join_next().is_some() {}
            let accepted = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    self.metrics.refused(self.port, Refusal::Accept);
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Dropping the stream closes it: whoever comes on top is told at once.
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                self.metrics.refused(self.port, Refusal::Full);
                continue;
            };
            let hold = Hold { _slot: slot, _counted: self.metrics.connection(self.port) };
            preparing.spawn(Arc::clone(&self).prepare(stream, address, hold, ready.clone()));
        }
    }

    async fn prepare(
        self: Arc<Self>,
        stream: TcpStream,
        address: SocketAddr,
        hold: Hold,
        ready: mpsc::Sender<Result<Connection, Infallible>>,
    ) {
        if let Some(connection) = self.encrypt(stream, address, hold).await {
            // Fails when nobody serves any more.
            let _ = ready.send(Ok(connection)).await;
        }
    }

    /// Makes a connection of a stream; `None` when its client did not do its part.
    async fn encrypt(&self, stream: TcpStream, address: SocketAddr, hold: Hold) -> Option<Connection> {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, %address, "connection gone");
            return None;
        }
        let patience = self.limits.patience;
        let Some(certificates) = &self.certificates else {
            return Some(Connection::plain(stream, patience, &self.cut, hold));
        };
        let handshake = certificates.acceptor().accept(stream);
        match tokio::time::timeout(self.limits.handshake, handshake).await {
            Ok(Ok(stream)) => Some(Connection::encrypted(stream, patience, &self.cut, hold)),
            Ok(Err(error)) => {
                self.metrics.refused(self.port, Refusal::Tls);
                tracing::info!(%error, %address, "TLS handshake failed");
                None
            }
            Err(_) => {
                self.metrics.refused(self.port, Refusal::TlsTimeout);
                tracing::info!(%address, "TLS handshake took too long");
                None
            }
        }
    }
}
