//! The records of imports of a lake, at hand or behind a server: the same answers through either door.

use auditlake_client::{Connection, Service};
use auditlake_ingest::{FailureRecord, FailureStatus, ImportRecord, ImportRecords};
use auditlake_model::{Error, ImportId, ImportState, Result, StoreRef};
use auditlake_proto::v1;
use auditlake_proto::v1::imports_client::ImportsClient;
use auditlake_store::{Access, Lake};

use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::Failure;
use crate::remote::{imports as wire, strange};

/// Things on a page.
const PAGE: u32 = 1_000;

/// Where the records of imports are.
#[derive(Debug)]
pub(super) enum Records {
    /// In a lake at hand.
    Lake(Lake),
    /// Behind a server.
    Server(Connection),
}

fn stub(service: Service) -> ImportsClient<Service> {
    ImportsClient::new(service)
}

impl Records {
    /// Opens the lake for reading, or connects to the server that is asked for.
    ///
    /// # Errors
    /// Those of [`ConnectArgs::connection`] and [`Lake::open`].
    pub(super) async fn open(server: &ConnectArgs, ctx: &Context) -> Result<Self, Failure> {
        match server.connection(Use::Read, ctx).await? {
            Some(connection) => Ok(Self::Server(connection)),
            None => Ok(Self::Lake(ctx.open_lake(Access::Read).await?)),
        }
    }

    /// Finds the record of an import.
    ///
    /// # Errors
    /// `NotFound` (`ImportNotFoundException`).
    pub(super) async fn find(&self, id: ImportId) -> Result<ImportRecord> {
        match self {
            Self::Lake(lake) => find(lake, id).await,
            Self::Server(connection) => {
                let call = |service| async move {
                    stub(service).get_import(v1::GetImportRequest { import_id: id.to_string() }).await
                };
                let import = connection.call(call).await?.into_inner().import;
                wire::record(import.ok_or_else(|| strange("an import"))?)
            }
        }
    }

    /// Returns imports, newest first.
    pub(super) async fn list(
        &self,
        store: Option<&StoreRef>,
        state: Option<ImportState>,
        limit: usize,
    ) -> Result<Vec<ImportRecord>> {
        match self {
            Self::Lake(lake) => list_lake(lake, store, state, limit).await,
            Self::Server(connection) => list_server(connection, store, state, limit).await,
        }
    }

    /// Returns failed files of an import, or of all; those that a retry has taken only if asked for.
    pub(super) async fn failures(&self, import: Option<ImportId>, all: bool) -> Result<Vec<FailureRecord>> {
        match self {
            Self::Lake(lake) => {
                if let Some(id) = import {
                    find(lake, id).await?;
                }
                let mut failures = ImportRecords::open(lake)?.failures(import).await?;
                failures.retain(|failure| all || failure.status == FailureStatus::Failed);
                Ok(failures)
            }
            Self::Server(connection) => failures_of_server(connection, import, all).await,
        }
    }
}

/// Finds the record of an import in a lake.
///
/// # Errors
/// `NotFound` (`ImportNotFoundException`).
pub(super) async fn find(lake: &Lake, id: ImportId) -> Result<ImportRecord> {
    let imports = ImportRecords::open(lake)?.imports().await?;
    imports.into_iter().find(|record| record.import_id == id).ok_or_else(|| {
        Error::not_found(format!("there is no import `{id}`"))
            .with_code("ImportNotFoundException")
            .with_hint("List the imports with `auditlake import list`.")
    })
}

async fn list_lake(
    lake: &Lake,
    store: Option<&StoreRef>,
    state: Option<ImportState>,
    limit: usize,
) -> Result<Vec<ImportRecord>> {
    let store = match store {
        Some(store) => Some(lake.find_store(store).await?.id().to_string()),
        None => None,
    };
    let mut imports = ImportRecords::open(lake)?.imports().await?;
    imports.retain(|record| {
        store.as_ref().is_none_or(|id| *id == record.store_id)
            && state.is_none_or(|state| state == record.state)
    });
    imports.truncate(limit);
    Ok(imports)
}

async fn list_server(
    connection: &Connection,
    store: Option<&StoreRef>,
    state: Option<ImportState>,
    limit: usize,
) -> Result<Vec<ImportRecord>> {
    let (mut imports, mut next_token) = (Vec::new(), String::new());
    while imports.len() < limit {
        let left = u32::try_from(limit - imports.len()).unwrap_or(PAGE);
        let request = &v1::ListImportsRequest {
            event_data_store: store.map(ToString::to_string).unwrap_or_default(),
            status: state.map_or(0, |state| wire::state_to_wire(state).into()),
            max_results: left.min(PAGE),
            next_token,
        };
        let call = |service| async move { stub(service).list_imports(request.clone()).await };
        let page = connection.call(call).await?.into_inner();
        for import in page.imports {
            imports.push(wire::record(import)?);
        }
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    Ok(imports)
}

async fn failures_of_server(
    connection: &Connection,
    import: Option<ImportId>,
    all: bool,
) -> Result<Vec<FailureRecord>> {
    let (mut failures, mut next_token) = (Vec::new(), String::new());
    loop {
        let request = &v1::ListImportFailuresRequest {
            import_id: import.map(|id| id.to_string()).unwrap_or_default(),
            include_succeeded: all,
            max_results: PAGE,
            next_token,
        };
        let call = |service| async move { stub(service).list_import_failures(request.clone()).await };
        let page = connection.call(call).await?.into_inner();
        for failure in page.failures {
            failures.push(wire::failure_record(failure)?);
        }
        next_token = page.next_token;
        if next_token.is_empty() {
            return Ok(failures);
        }
    }
}
