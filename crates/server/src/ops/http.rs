//! Metrics and probes over HTTP.
//!
//! | path | answer |
//! |---|---|
//! | `/metrics` | OpenMetrics text |
//! | `/healthz` | 200 as long as the process runs |
//! | `/readyz` | 200 when the lake can be read; 503 when not, and once the server is to stop |

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auditlake_model::Error;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use tokio_stream::StreamExt as _;

use super::metrics::CONTENT_TYPE;
use super::stores::StoreReader;
use crate::listen::Connection;
use crate::listen::accept::Connections;
use crate::state::ServerState;

/// How long the lake may take to answer a probe.
const PROBE_PATIENCE: Duration = Duration::from_secs(3);
/// What tells that a lake is there.
const MANIFEST: &str = "lake.json";

/// What the paths need.
#[derive(Debug, Clone)]
struct Probed {
    state: Arc<ServerState>,
    stores: Arc<StoreReader>,
}

/// Returns the service.
pub fn router(state: &Arc<ServerState>) -> Router {
    let stores = Arc::new(StoreReader::new(state.lake.clone(), Arc::clone(&state.metrics)));
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(Probed { state: Arc::clone(state), stores })
}

async fn metrics(State(probed): State<Probed>) -> Response {
    probed.stores.refresh().await;
    probed.state.observe();
    match probed.state.metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error),
    }
}

async fn ready(State(probed): State<Probed>) -> Response {
    if probed.state.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server stops\n").into_response();
    }
    let store = probed.state.lake.object_store();
    let path = Path::from(MANIFEST);
    match tokio::time::timeout(PROBE_PATIENCE, store.head(&path)).await {
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(error)) => failed(
            StatusCode::SERVICE_UNAVAILABLE,
            &auditlake_store::from_object_store("read the lake", error),
        ),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the lake does not answer\n").into_response(),
    }
}

/// Details go to the log only: probes are answered to everybody.
fn failed(status: StatusCode, error: &Error) -> Response {
    tracing::warn!(error = %error.report(), "probe failed");
    (status, format!("{}\n", error.message())).into_response()
}

/// Hands the connections of a port to axum.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) connections: Connections,
    pub(crate) address: SocketAddr,
}

impl Listener for Incoming {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let next: Option<Result<Connection, Infallible>> = self.connections.next().await;
        match next {
            Some(Ok(connection)) => {
                let address = connection.address().unwrap_or(self.address);
                (connection, address)
            }
            // The accepting has ended; so will the serving.
            None => pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
