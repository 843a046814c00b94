//! Event data stores over gRPC.

mod convert;

use auditlake_model::access::{Action, Principal, Resource};
use auditlake_model::{ErrorKind, EventDataStoreId, Result};
use auditlake_proto::v1;
use auditlake_proto::v1::event_data_stores_server::EventDataStores;
use auditlake_store::{EventDataStore, Lake, StoreDescription};
use futures::{StreamExt as _, TryStreamExt as _};
use tonic::{Request, Response, Status};

use super::call::answer;
use super::find::find_store;
use super::imports::RunningImports;
use super::paging;

/// Name of the list in tokens.
const LIST: &str = "stores";
/// Stores that are described at once.
const CONCURRENT_READS: usize = 8;

/// Creates, lists, changes and deletes event data stores.
#[derive(Debug)]
pub(super) struct EventDataStoresService {
    lake: Lake,
    imports: RunningImports,
}

impl EventDataStoresService {
    pub(super) fn new(lake: Lake, imports: RunningImports) -> Self {
        Self { lake, imports }
    }

    async fn describe(&self, id: EventDataStoreId) -> Result<v1::EventDataStore> {
        Ok(convert::store(&self.lake.describe(id).await?))
    }

    async fn find(&self, principal: &Principal, text: &str, action: Action) -> Result<EventDataStoreId> {
        Ok(find_store(&self.lake, principal, text, action).await?.id())
    }

    async fn create(
        &self,
        principal: &Principal,
        request: v1::CreateEventDataStoreRequest,
    ) -> Result<v1::CreateEventDataStoreResponse> {
        principal.authorise(Action::Manage, Resource::Lake)?;
        let store = self.lake.create_store(convert::new_store(request)?).await?;
        tracing::info!(eds_id = %store.id(), principal = principal.name(), "created event data store");
        let event_data_store = Some(self.describe(store.id()).await?);
        Ok(v1::CreateEventDataStoreResponse { event_data_store })
    }

    async fn list(
        &self,
        principal: &Principal,
        request: v1::ListEventDataStoresRequest,
    ) -> Result<v1::ListEventDataStoresResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after = paging::position(LIST, &request.next_token)?;
        let mut stores = self.lake.list_stores().await?;
        stores.retain(|store| principal.may(Action::Read, Resource::Store(store.id())));
        stores.sort_by_key(position);
        let page = paging::cut(LIST, stores, after.as_ref(), size, position, String::clone);
        let ids: Vec<EventDataStoreId> = page.items.iter().map(EventDataStore::id).collect();
        let described = ids.into_iter().map(|id| self.describe_listed(id));
        let described: Vec<_> =
            futures::stream::iter(described).buffered(CONCURRENT_READS).try_collect().await?;
        let event_data_stores = described.iter().flatten().map(convert::store).collect();
        Ok(v1::ListEventDataStoresResponse { event_data_stores, next_token: page.next_token })
    }

    /// Describes a store, or `None` when it was purged since it was listed.
    async fn describe_listed(&self, id: EventDataStoreId) -> Result<Option<StoreDescription>> {
        match self.lake.describe(id).await {
            Ok(description) => Ok(Some(description)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        principal: &Principal,
        request: v1::UpdateEventDataStoreRequest,
    ) -> Result<v1::UpdateEventDataStoreResponse> {
        let update = convert::update(&request)?;
        let before = find_store(&self.lake, principal, &request.event_data_store, Action::Manage).await?;
        let after = self.lake.update_store(before.id(), update).await?;
        let event_data_store = Some(self.describe(after.id()).await?);
        Ok(v1::UpdateEventDataStoreResponse { event_data_store, changed: after != before })
    }

    async fn delete(&self, principal: &Principal, text: &str) -> Result<v1::EventDataStore> {
        let id = self.find(principal, text, Action::Manage).await?;
        self.imports.refuse_ongoing(id)?;
        self.lake.delete_store(id).await?;
        tracing::info!(eds_id = %id, principal = principal.name(), "event data store is pending deletion");
        self.describe(id).await
    }

    async fn restore(&self, principal: &Principal, text: &str) -> Result<v1::EventDataStore> {
        let id = self.find(principal, text, Action::Manage).await?;
        self.lake.restore_store(id).await?;
        self.describe(id).await
    }

    async fn set_ingestion(&self, principal: &Principal, text: &str, on: bool) -> Result<v1::EventDataStore> {
        let id = self.find(principal, text, Action::Manage).await?;
        match on {
            true => self.lake.start_ingestion(id).await?,
            false => self.lake.stop_ingestion(id).await?,
        };
        self.describe(id).await
    }
}

/// Returns the place of a store in the list: by name, then id.
fn position(store: &EventDataStore) -> String {
    format!("{}/{}", store.name().fold(), store.id())
}

#[tonic::async_trait]
impl EventDataStores for EventDataStoresService {
    async fn create_event_data_store(
        &self,
        request: Request<v1::CreateEventDataStoreRequest>,
    ) -> Result<Response<v1::CreateEventDataStoreResponse>, Status> {
        answer(request, |caller, request| async move { self.create(&caller.principal, request).await }).await
    }

    async fn get_event_data_store(
        &self,
        request: Request<v1::GetEventDataStoreRequest>,
    ) -> Result<Response<v1::GetEventDataStoreResponse>, Status> {
        answer(request, |caller, request| async move {
            let id = self.find(&caller.principal, &request.event_data_store, Action::Read).await?;
            Ok(v1::GetEventDataStoreResponse { event_data_store: Some(self.describe(id).await?) })
        })
        .await
    }

    async fn list_event_data_stores(
        &self,
        request: Request<v1::ListEventDataStoresRequest>,
    ) -> Result<Response<v1::ListEventDataStoresResponse>, Status> {
        answer(request, |caller, request| async move { self.list(&caller.principal, request).await }).await
    }

    async fn update_event_data_store(
        &self,
        request: Request<v1::UpdateEventDataStoreRequest>,
    ) -> Result<Response<v1::UpdateEventDataStoreResponse>, Status> {
        answer(request, |caller, request| async move { self.update(&caller.principal, request).await }).await
    }

    async fn delete_event_data_store(
        &self,
        request: Request<v1::DeleteEventDataStoreRequest>,
    ) -> Result<Response<v1::DeleteEventDataStoreResponse>, Status> {
        answer(request, |caller, request| async move {
            let store = self.delete(&caller.principal, &request.event_data_store).await?;
            Ok(v1::DeleteEventDataStoreResponse { event_data_store: Some(store) })
        })
        .await
    }

    async fn restore_event_data_store(
        &self,
        request: Request<v1::RestoreEventDataStoreRequest>,
    ) -> Result<Response<v1::RestoreEventDataStoreResponse>, Status> {
        answer(request, |caller, request| async move {
            let store = self.restore(&caller.principal, &request.event_data_store).await?;
            Ok(v1::RestoreEventDataStoreResponse { event_data_store: Some(store) })
        })
        .await
    }

    async fn start_event_data_store_ingestion(
        &self,
        request: Request<v1::StartEventDataStoreIngestionRequest>,
    ) -> Result<Response<v1::StartEventDataStoreIngestionResponse>, Status> {
        answer(request, |caller, request| async move {
            let store = self.set_ingestion(&caller.principal, &request.event_data_store, true).await?;
            Ok(v1::StartEventDataStoreIngestionResponse { event_data_store: Some(store) })
        })
        .await
    }

    async fn stop_event_data_store_ingestion(
        &self,
        request: Request<v1::StopEventDataStoreIngestionRequest>,
    ) -> Result<Response<v1::StopEventDataStoreIngestionResponse>, Status> {
        answer(request, |caller, request| async move {
            let store = self.set_ingestion(&caller.principal, &request.event_data_store, false).await?;
            Ok(v1::StopEventDataStoreIngestionResponse { event_data_store: Some(store) })
        })
        .await
    }
}

#[cfg(test)]
mod tests;
