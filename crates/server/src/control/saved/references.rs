//! Reference tables over gRPC.

use std::sync::Arc;

use auditlake_model::{Error, Result, StoreName};
use auditlake_proto::v1;
use auditlake_proto::v1::put_reference_table_request::Part;
use auditlake_proto::v1::reference_tables_server::ReferenceTables;
use auditlake_query::QueryService;
use auditlake_query::reference::MAX_FILE_BYTES;
use auditlake_query::saving::TableFile;
use auditlake_store::{Lake, ReferenceTable};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use super::{authorise, convert, position, visible};
use crate::caller::Caller;
use crate::control::call::answer;
use crate::control::paging;

/// Name of the list in tokens.
const LIST: &str = "reference tables";
/// Files that are taken at once; each is held in memory, and its rows beside it.
const UPLOADS: usize = 2;
/// Longest name of a file.
const MAX_NAME_BYTES: usize = 1_024;

/// Puts, lists and deletes reference tables.
#[derive(Debug)]
pub(in crate::control) struct ReferenceTablesService {
    lake: Lake,
    queries: Arc<QueryService>,
    uploads: Semaphore,
}

impl ReferenceTablesService {
    pub(in crate::control) fn new(lake: Lake, queries: Arc<QueryService>) -> Self {
        Self { lake, queries, uploads: Semaphore::new(UPLOADS) }
    }

    async fn put(
        &self,
        caller: &Caller,
        mut parts: Streaming<v1::PutReferenceTableRequest>,
    ) -> Result<v1::PutReferenceTableResponse> {
        authorise(&caller.principal)?;
        let turn = self.uploads.try_acquire();
        let _turn = turn.map_err(|_| {
            Error::resources_exhausted(format!("{UPLOADS} reference tables are being put already"))
                .with_hint("Try again in a moment.")
        })?;
        let (name, file) = read(&mut parts).await?;
        let now = self.lake.clock().now();
        let work = tokio::task::spawn_blocking(move || file.to_table(&name, now)).await;
        let (table, rows) =
            work.map_err(|error| Error::internal("read reference table").with_source(error))??;
        let table = self.lake.put_reference(table, rows).await?;
        self.queries.expect_changes();
        let principal = caller.principal.name();
        tracing::info!(table = %table.name, rows = table.rows, principal, "put reference table");
        Ok(v1::PutReferenceTableResponse { reference_table: Some(convert::reference(&table)) })
    }

    async fn list(
        &self,
        caller: &Caller,
        request: v1::ListReferenceTablesRequest,
    ) -> Result<v1::ListReferenceTablesResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after = paging::position(LIST, &request.next_token)?;
        let mut tables = visible(&self.lake, &caller.principal).await?.references;
        let key = |table: &ReferenceTable| position(&table.name);
        tables.sort_by_key(key);
        let page = paging::cut(LIST, tables, after.as_ref(), size, key, String::clone);
        let reference_tables = page.items.iter().map(convert::reference).collect();
        Ok(v1::ListReferenceTablesResponse { reference_tables, next_token: page.next_token })
    }

    async fn delete(&self, caller: &Caller, name: &str) -> Result<v1::DeleteReferenceTableResponse> {
        authorise(&caller.principal)?;
        self.lake.change_saved(|saved| saved.remove_reference(name)).await?;
        self.queries.expect_changes();
        tracing::info!(table = name, principal = caller.principal.name(), "deleted reference table");
        Ok(v1::DeleteReferenceTableResponse {})
    }
}

/// Reads the head of a table, then its file.
///
/// # Errors
/// `Invalid` for parts in another order, `ResourcesExhausted` for a file that is too large.
async fn read(parts: &mut Streaming<v1::PutReferenceTableRequest>) -> Result<(StoreName, TableFile)> {
    let Some(Part::Head(head)) = next(parts).await? else { return Err(misplaced("the head comes first")) };
    let name = StoreName::parse(&head.name)?;
    if head.source.len() > MAX_NAME_BYTES {
        return Err(misplaced("the name of the file is too long"));
    }
    let mut bytes = Vec::new();
    while let Some(part) = next(parts).await? {
        let Part::Content(more) = part else { return Err(misplaced("the head comes once")) };
        if (bytes.len() + more.len()) as u64 > MAX_FILE_BYTES {
            return Err(auditlake_query::reference::too_large());
        }
        bytes.extend(more);
    }
    Ok((name, TableFile::new(head.source, bytes.into())))
}

async fn next(parts: &mut Streaming<v1::PutReferenceTableRequest>) -> Result<Option<Part>> {
    let message = parts.message().await;
    let message = message.map_err(|status| {
        Error::cancelled("the file did not come to its end").with_detail(status.message().to_owned())
    })?;
    match message.map(|message| message.part) {
        None => Ok(None),
        Some(Some(part)) => Ok(Some(part)),
        Some(None) => Err(misplaced("a part is empty")),
    }
}

fn misplaced(what: &str) -> Error {
    Error::invalid(format!("a reference table cannot be read from its parts: {what}"))
        .with_code("InvalidParameterException")
}

#[tonic::async_trait]
impl ReferenceTables for ReferenceTablesService {
    async fn put_reference_table(
        &self,
        request: Request<Streaming<v1::PutReferenceTableRequest>>,
    ) -> Result<Response<v1::PutReferenceTableResponse>, Status> {
        answer(request, |caller, parts| async move { self.put(&caller, parts).await }).await
    }

    async fn list_reference_tables(
        &self,
        request: Request<v1::ListReferenceTablesRequest>,
    ) -> Result<Response<v1::ListReferenceTablesResponse>, Status> {
        answer(request, |caller, request| async move { self.list(&caller, request).await }).await
    }

    async fn delete_reference_table(
        &self,
        request: Request<v1::DeleteReferenceTableRequest>,
    ) -> Result<Response<v1::DeleteReferenceTableResponse>, Status> {
        answer(request, |caller, request| async move { self.delete(&caller, &request.name).await }).await
    }
}
