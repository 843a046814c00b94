//! The gRPC control services: stores, imports, queries and the server itself, for programs.
//!
//! ```text
//! request --who asks, deadline (call)--> service --authorise--> lake | running imports | kept queries --> response
//!                                                                          |                  |
//!                                                            system.imports (crate ingest)  results/<query id>/
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | `call` | what is the same for every request: caller, deadline, errors |
//! | `find` | finding a store that the caller may see |
//! | `paging` | lists by page |
//! | [`times`], [`selectors`] | instants, durations and event selectors on the wire, for clients too |
//! | `stores` | event data stores |
//! | [`imports`] | imports that run in this server |
//! | [`queries`] | queries whose results are kept |
//! | [`saved`] | saved queries and reference tables |
//! | `about` | version and health |
//!
//! What runs here (imports, queries, the removal of expired results) is owned by [`Control`] and ends with
//! [`Control::close`].

mod about;
mod call;
mod find;
pub mod imports;
mod jobs;
mod paging;
pub mod queries;
pub mod saved;
pub mod selectors;
mod stores;
pub mod times;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use auditlake_ingest::ImportLimits;
use auditlake_model::{Error, Result, Timestamp};
use auditlake_proto::v1;
use auditlake_proto::v1::event_data_stores_server::EventDataStoresServer;
use auditlake_proto::v1::imports_server::ImportsServer;
use auditlake_proto::v1::jobs_server::JobsServer;
use auditlake_proto::v1::queries_server::QueriesServer;
use auditlake_proto::v1::reference_tables_server::ReferenceTablesServer;
use auditlake_proto::v1::server_server::ServerServer;
use auditlake_proto::v1::views_server::ViewsServer;
use auditlake_query::QueryService;
use auditlake_store::{Lake, ObjectStoreConfig};
use tokio::runtime::Handle;
use tonic::service::Routes;

use self::about::ServerService;
use self::imports::{AllowedSources, ImportsService, RunningImports};
use self::jobs::JobsService;
use self::queries::{KeptQueries, QueriesService};
use self::saved::{ReferenceTablesService, ViewsService};
use self::stores::EventDataStoresService;

/// Room in a request for what is no statement.
const REQUEST_ROOM_BYTES: u64 = 2 << 20;

/// Returns the size of the largest request: the longest statement fits twice, since handles carry it too.
pub(crate) fn max_request_bytes(queries: &QueryService) -> usize {
    let bytes = queries.statement_limit().saturating_mul(2).saturating_add(REQUEST_ROOM_BYTES);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// What the control services work on.
#[derive(Debug, Clone)]
pub struct ControlParts {
    /// The lake.
    pub lake: Lake,
    /// Answers queries.
    pub queries: Arc<QueryService>,
    /// Where imports may read.
    pub allowed_sources: AllowedSources,
    /// How the sources of imports are reached.
    pub source_config: ObjectStoreConfig,
    /// Bounds of imports.
    pub import_limits: ImportLimits,
    /// Where imports run.
    pub background: Handle,
    /// When the server started.
    pub started_at: Timestamp,
}

/// The control services with what runs in them. Clones share it.
#[derive(Debug, Clone)]
pub struct Control {
    parts: ControlParts,
    imports: RunningImports,
    kept: KeptQueries,
}

impl Control {
    /// Starts what runs beside the requests. To be called inside of a Tokio runtime.
    pub fn start(parts: ControlParts) -> Self {
        let imports = RunningImports::new(&parts);
        let kept = KeptQueries::start(parts.lake.clone(), Arc::clone(&parts.queries));
        Self { parts, imports, kept }
    }

    /// Returns the imports that run in this server, for whoever else starts some.
    pub fn imports(&self) -> &RunningImports {
        &self.imports
    }

    /// Returns all services with server reflection. The authentication layer has to stand before them: a request
    /// that did not pass it is refused.
    ///
    /// # Errors
    ///
    /// `Internal` when the descriptors of the services cannot be read.
    pub fn routes(&self) -> Result<Routes> {
        let Self { parts, imports, kept } = self;
        let largest = max_request_bytes(&parts.queries);
        let stores = EventDataStoresService::new(parts.lake.clone(), imports.clone());
        let runs = ImportsService::new(parts.lake.clone(), imports.clone(), parts.allowed_sources.clone());
        let queries = QueriesService::new(parts.lake.clone(), Arc::clone(&parts.queries), kept.clone());
        let views = ViewsService::new(parts.lake.clone(), Arc::clone(&parts.queries));
        let tables = ReferenceTablesService::new(parts.lake.clone(), Arc::clone(&parts.queries));
        let about = ServerService::new(parts.clone(), imports.clone());
        let routes = Routes::new(EventDataStoresServer::new(stores).max_decoding_message_size(largest))
            .add_service(ImportsServer::new(runs).max_decoding_message_size(largest))
            .add_service(QueriesServer::new(queries).max_decoding_message_size(largest))
            .add_service(ViewsServer::new(views).max_decoding_message_size(largest))
            .add_service(ReferenceTablesServer::new(tables).max_decoding_message_size(largest))
            .add_service(ServerServer::new(about).max_decoding_message_size(largest))
            .add_service(JobsServer::new(JobsService).max_decoding_message_size(largest));
        with_reflection(routes)
    }

    /// Stops what runs, and returns once all of it has said so in the lake.
    pub async fn close(&self) {
        tokio::join!(self.imports.close(), self.kept.close());
    }
}

/// Adds the reflection services, by which tools find out what there is.
fn with_reflection(routes: Routes) -> Result<Routes> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let failed = |e| Error::internal("read descriptors of the services").with_source(e);
    let stable = builder().build_v1().map_err(failed)?;
    let alpha = builder().build_v1alpha().map_err(failed)?;
    Ok(routes.add_service(stable).add_service(alpha))
}
