//! The server itself: what runs, and how it is.

use std::time::Duration;

use auditlake_model::{QueryState, Result};
use auditlake_proto::v1;
use auditlake_proto::v1::server_server::Server;
use tonic::{Request, Response, Status};

use super::ControlParts;
use super::call::answer;
use super::imports::RunningImports;
use super::times::{duration_to_wire, to_wire};
use crate::status::{MAX_MESSAGE_BYTES, short};

/// How long the lake may take to answer before the server counts as degraded.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells version and health.
#[derive(Debug)]
pub(super) struct ServerService {
    parts: ControlParts,
    imports: RunningImports,
}

impl ServerService {
    pub(super) fn new(parts: ControlParts, imports: RunningImports) -> Self {
        Self { parts, imports }
    }

    async fn health(&self) -> v1::GetHealthResponse {
        let ControlParts { lake, queries, started_at, .. } = &self.parts;
        let active = queries.active();
        let running = active.iter().filter(|query| query.state == QueryState::Running).count();
        let trouble = self.trouble().await;
        let status = if trouble.is_none() { v1::HealthStatus::Serving } else { v1::HealthStatus::Degraded };
        v1::GetHealthResponse {
            status: status.into(),
            message: trouble.unwrap_or_default(),
            started_at: Some(to_wire(*started_at)),
            uptime: Some(duration_to_wire(lake.clock().now().saturating_duration_since(*started_at))),
            queries_running: running as u64,
            queries_queued: (active.len() - running) as u64,
            query_memory_bytes: queries.memory_used() as u64,
            imports_running: self.imports.count() as u64,
        }
    }

    /// Returns why the server does not reach its lake, if so.
    async fn trouble(&self) -> Option<String> {
        match tokio::time::timeout(PATIENCE, self.parts.lake.list_stores()).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(short(&error.report(), MAX_MESSAGE_BYTES)),
            Err(_) => Some(format!("the lake did not answer within {PATIENCE:?}")),
        }
    }
}

#[tonic::async_trait]
impl Server for ServerService {
    async fn get_version(
        &self,
        request: Request<v1::GetVersionRequest>,
    ) -> Result<Response<v1::GetVersionResponse>, Status> {
        answer(request, |_, _| async {
            Ok(v1::GetVersionResponse {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                lake_id: self.parts.lake.id().to_string(),
            })
        })
        .await
    }

    async fn list_functions(
        &self,
        request: Request<v1::ListFunctionsRequest>,
    ) -> Result<Response<v1::ListFunctionsResponse>, Status> {
        answer(request, |_, _| async {
            let functions = self.parts.queries.functions().into_iter().map(|function| v1::Function {
                name: function.name,
                signature: function.signature,
                help: function.help,
            });
            Ok(v1::ListFunctionsResponse { functions: functions.collect() })
        })
        .await
    }

    async fn get_health(
        &self,
        request: Request<v1::GetHealthRequest>,
    ) -> Result<Response<v1::GetHealthResponse>, Status> {
        answer(request, |_, _| async { Ok(self.health().await) }).await
    }
}
