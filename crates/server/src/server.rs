//! A running server: putting together, start, stop.
//!
//! ```text
//! stop: /readyz 503, health NOT_SERVING, no new connections, GOAWAY
//!   --running requests end, or the grace is over--> queries cancelled --a moment--> connections cut
//!   --> history written, HTTP ends
//! ```
//! Every step has a time limit, so a server ends whatever its clients do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrow_flight::flight_service_server::FlightServiceServer;
use auditlake_model::{Error, Result};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use crate::auth::AuthLayer;
use crate::config::ServerConfig;
use crate::control::max_request_bytes;
use crate::flight::FlightSql;
use crate::imports;
use crate::listen::connection::Patience;
use crate::listen::{Acceptor, Certificates, Limits, bind, raise_file_limit};
use crate::ops::http;
use crate::ops::metrics::Port;
use crate::ops::rpc::RpcLayer;
use crate::state::ServerState;

/// Bytes that begin an HTTP/2 connection.
const PREFACE_BYTES: usize = 24;
/// Largest headers of a request: drivers hand on their connection settings as headers.
const MAX_HEADER_BYTES: u32 = 64 << 10;
/// How often is freed what clients left behind.
const SWEEP_INTERVAL: Duration = Duration::from_secs(5);
/// Requests of one connection that run at once.
const MAX_STREAMS: u32 = 200;
/// Pings keep connections through load balancers, and find clients that are gone.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections to the HTTP port; probes need few.
const MAX_HTTP_CONNECTIONS: usize = 256;
/// How long an HTTP connection may be idle.
const HTTP_PATIENCE: Duration = Duration::from_secs(90);
/// How long cancelled requests may take to tell their clients.
const CANCEL_WAIT: Duration = Duration::from_secs(2);
/// How long running imports may take to write down how far they got.
const IMPORT_WAIT: Duration = Duration::from_secs(15);
/// How long the last records of queries may take.
const FLUSH_WAIT: Duration = Duration::from_secs(5);
/// The names of services that health tells of; the empty one is the server.
const HEALTH_NAMES: &[&str] = &["", "arrow.flight.protocol.FlightService"];

/// A server that runs until [`Server::stop`].
#[derive(Debug)]
pub struct Server {
    state: Arc<ServerState>,
    flight: SocketAddr,
    http: SocketAddr,
    notices: Vec<String>,
    health: HealthReporter,
    /// Ends every connection to the flight port.
    cut: CancellationToken,
    serving: JoinHandle<()>,
    /// Ends what runs beside the requests.
    stop_background: CancellationToken,
    background: Vec<JoinHandle<()>>,
}

impl Server {
    /// Opens the ports and serves.
    ///
    /// # Errors
    ///
    /// `Invalid` when nobody would be asked for credentials (see [`ServerConfig::check_binding`]); those of
    /// [`Certificates::read`] and [`bind`].
    pub async fn start(state: ServerState) -> Result<Self> {
        let has_users = state.authenticator.has_users().await?;
        let mut notices = state.config.check_binding(has_users)?;
        notices.extend(raise_file_limit(state.config.max_connections));
        let certificates = certificates(&state.config).await?;
        let flight = bind(state.config.listen).await?;
        let http = bind(state.config.http).await?;
        let (flight_address, http_address) = (address(&flight)?, address(&http)?);

        let state = Arc::new(state);
        let (cut, stop_background) = (CancellationToken::new(), CancellationToken::new());
        let mut background = Vec::new();
        if let Some(certificates) = &certificates {
            background.push(tokio::spawn(Arc::clone(certificates).watch(stop_background.clone())));
        }
        background.extend(serve_http(&state, http, http_address, &stop_background));
        let flight_sql = state.flight();
        let (health, routes) = routes(&state, flight_sql.clone()).await?;
        background.push(tokio::spawn(sweep(flight_sql, stop_background.clone())));
        background.extend(imports::start(&state));
        let serving = serve_flight(&state, flight, certificates, routes, &cut);
        Ok(Self {
            state,
            flight: flight_address,
            http: http_address,
            notices,
            health,
            cut,
            serving,
            stop_background,
            background,
        })
    }

    /// Returns where Flight SQL and gRPC listen.
    pub fn flight_address(&self) -> SocketAddr {
        self.flight
    }

    /// Returns where metrics and probes listen.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Returns what the owner of the server should know.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Returns what the services share.
    pub fn state(&self) -> &Arc<ServerState> {
        &self.state
    }

    /// Returns once the server serves no more, which it does only when it is told to, or broken.
    pub async fn ended(&mut self) {
        // A panic of the task has been printed; what counts is that nobody is served.
        let _ = (&mut self.serving).await;
    }

    /// Stops: running requests get the grace, then they are cancelled.
    pub async fn stop(mut self) {
        self.state.stop.cancel();
        for name in HEALTH_NAMES {
            self.health.set_service_status(name, ServingStatus::NotServing).await;
        }
        let grace = self.state.config.shutdown_grace;
        if !self.ends_within(grace).await {
            tracing::warn!(grace = ?grace, "requests still run: they are cancelled");
            self.cancel_queries();
            if !self.ends_within(CANCEL_WAIT).await {
                self.cut.cancel();
                self.ends_within(CANCEL_WAIT).await;
            }
        }
        self.cancel_queries();
        if tokio::time::timeout(IMPORT_WAIT, self.state.control.close()).await.is_err() {
            tracing::warn!("imports and kept queries could not say in time that they stopped");
        }
        if tokio::time::timeout(FLUSH_WAIT, self.state.queries.flush_history()).await.is_err() {
            tracing::warn!("the last records of queries could not be written in time");
        }
        self.stop_background.cancel();
        for task in self.background.drain(..) {
            let abort = task.abort_handle();
            if tokio::time::timeout(CANCEL_WAIT, task).await.is_err() {
                abort.abort();
            }
        }
    }

    async fn ends_within(&mut self, time: Duration) -> bool {
        self.serving.is_finished() || tokio::time::timeout(time, &mut self.serving).await.is_ok()
    }

    fn cancel_queries(&self) {
        for query in self.state.queries.active() {
            // It may have ended by itself meanwhile.
            let _ = self.state.queries.cancel(query.id);
        }
    }
}

impl Drop for Server {
    /// A server that is dropped ends at once, and its connections with it.
    fn drop(&mut self) {
        self.state.stop.cancel();
        self.cut.cancel();
        self.stop_background.cancel();
        self.serving.abort();
    }
}

async fn certificates(config: &ServerConfig) -> Result<Option<Arc<Certificates>>> {
    match &config.tls {
        Some(files) => Ok(Some(Arc::new(Certificates::read(files.clone()).await?))),
        None => Ok(None),
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|e| Error::unavailable("listen").with_source(e))
}

/// Joins all services of the flight port.
async fn routes(state: &Arc<ServerState>, flight: FlightSql) -> Result<(HealthReporter, Routes)> {
    let (reporter, health) = health_reporter();
    for name in HEALTH_NAMES {
        reporter.set_service_status(name, ServingStatus::Serving).await;
    }
    let largest = max_request_bytes(&state.queries);
    let flight = FlightServiceServer::new(flight).max_decoding_message_size(largest);
    let routes = state.control.routes()?.add_service(health).add_service(flight);
    Ok((reporter, routes))
}

/// Frees, every few seconds, what clients left behind.
async fn sweep(flight: FlightSql, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => flight.sweep(),
        }
    }
}

fn serve_flight(
    state: &Arc<ServerState>,
    listener: TcpListener,
    certificates: Option<Arc<Certificates>>,
    routes: Routes,
    cut: &CancellationToken,
) -> JoinHandle<()> {
    let config = &state.config;
    let patience = Patience::First { bytes: PREFACE_BYTES, within: config.handshake_timeout };
    let limits =
        Limits { connections: config.max_connections, handshake: config.handshake_timeout, patience };
    let acceptor = Acceptor {
        port: Port::Flight,
        limits,
        certificates,
        metrics: Arc::clone(&state.metrics),
        stop: state.stop.clone(),
        cut: cut.clone(),
    };
    let (connections, accepting) = acceptor.start(listener);
    let ids = Arc::clone(state.lake.ids());
    let rpc = RpcLayer::new(Arc::clone(&state.metrics), ids, auditlake_proto::v1::DESCRIPTORS);
    // The age has no grace: tonic would cut running requests at its end, and without it they may go on.
    let mut server = tonic::transport::Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .max_connection_age(config.max_connection_age)
        .accept_http1(false)
        .layer(rpc)
        .layer(AuthLayer::new(Arc::clone(&state.authenticator)));
    let router = server.add_routes(routes);
    let stop = state.stop.clone();
    tokio::spawn(async move {
        let served = router.serve_with_incoming_shutdown(connections, stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "the server cannot go on");
        }
        // It ends with the same token.
        let _ = accepting.await;
    })
}

fn serve_http(
    state: &Arc<ServerState>,
    listener: TcpListener,
    address: SocketAddr,
    stop: &CancellationToken,
) -> [JoinHandle<()>; 2] {
    let patience = Patience::Always { within: HTTP_PATIENCE };
    let acceptor = Acceptor {
        port: Port::Http,
        limits: Limits { connections: MAX_HTTP_CONNECTIONS, handshake: HTTP_PATIENCE, patience },
        certificates: None,
        metrics: Arc::clone(&state.metrics),
        stop: stop.clone(),
        cut: stop.clone(),
    };
    let (connections, accepting) = acceptor.start(listener);
    let router = http::router(state);
    let stop = stop.clone();
    let serving = tokio::spawn(async move {
        let incoming = http::Incoming { connections, address };
        let serve = axum::serve(incoming, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serve.await {
            tracing::error!(%error, "metrics and probes are not served any more");
        }
    });
    [accepting, serving]
}

#[cfg(test)]
mod tests;
