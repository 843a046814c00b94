//! The event data stores of a lake, at hand or behind a server: the same answers through either door.

use auditlake_client::{Connection, Service};
use auditlake_model::{ErrorKind, Result, StoreRef};
use auditlake_proto::v1;
use auditlake_proto::v1::event_data_stores_client::EventDataStoresClient;
use auditlake_store::{Access, Lake, NewEventDataStore, StoreDescription, StoreUpdate};

use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::Failure;
use crate::remote::stores as wire;

/// Most pages of a list; a server that gives more is broken.
const MOST_PAGES: usize = 10_000;

/// Where event data stores are.
#[derive(Debug)]
pub(super) enum Stores {
    /// In a lake at hand.
    Lake(Lake),
    /// Behind a server.
    Server(Connection),
}

fn stub(service: Service) -> EventDataStoresClient<Service> {
    EventDataStoresClient::new(service)
}

impl Stores {
    /// Opens the lake, or connects to the server that is asked for.
    ///
    /// # Errors
    /// Those of [`ConnectArgs::connection`] and [`Lake::open`].
    pub(super) async fn open(server: &ConnectArgs, access: Access, ctx: &Context) -> Result<Self, Failure> {
        let wanted = if access == Access::Read { Use::Read } else { Use::Write };
        match server.connection(wanted, ctx).await? {
            Some(connection) => Ok(Self::Server(connection)),
            None => Ok(Self::Lake(ctx.open_lake(access).await?)),
        }
    }

    /// As [`Stores::open`] for writing; makes the lake when there is none.
    ///
    /// # Errors
    /// Those of [`ConnectArgs::connection`] and [`Lake::open_or_create`].
    pub(super) async fn open_or_create(server: &ConnectArgs, ctx: &Context) -> Result<Self, Failure> {
        match server.connection(Use::Write, ctx).await? {
            Some(connection) => Ok(Self::Server(connection)),
            None => Ok(Self::Lake(ctx.open_or_create_lake().await?)),
        }
    }

    pub(super) async fn create(&self, new: NewEventDataStore) -> Result<StoreDescription> {
        match self {
            Self::Lake(lake) => {
                let store = lake.create_store(new).await?;
                lake.describe(store.id()).await
            }
            Self::Server(connection) => {
                let request = &wire::create_request(&new);
                let call =
                    |service| async move { stub(service).create_event_data_store(request.clone()).await };
                wire::description(connection.call(call).await?.into_inner().event_data_store)
            }
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<StoreDescription>> {
        match self {
            Self::Lake(lake) => list_lake(lake).await,
            Self::Server(connection) => list_server(connection).await,
        }
    }

    pub(super) async fn describe(&self, store: &StoreRef) -> Result<StoreDescription> {
        match self {
            Self::Lake(lake) => lake.describe(lake.find_store(store).await?.id()).await,
            Self::Server(connection) => {
                let request = &v1::GetEventDataStoreRequest { event_data_store: store.to_string() };
                let call = |service| async move { stub(service).get_event_data_store(request.clone()).await };
                wire::description(connection.call(call).await?.into_inner().event_data_store)
            }
        }
    }

    /// Changes a store; tells whether that changed anything.
    pub(super) async fn update(
        &self,
        store: &StoreRef,
        update: StoreUpdate,
    ) -> Result<(StoreDescription, bool)> {
        match self {
            Self::Lake(lake) => {
                let before = lake.find_store(store).await?;
                let after = lake.update_store(before.id(), update).await?;
                Ok((lake.describe(after.id()).await?, after != before))
            }
            Self::Server(connection) => {
                let request = &wire::update_request(store, &update);
                let call =
                    |service| async move { stub(service).update_event_data_store(request.clone()).await };
                let answer = connection.call(call).await?.into_inner();
                Ok((wire::description(answer.event_data_store)?, answer.changed))
            }
        }
    }

    pub(super) async fn delete(&self, store: &StoreRef) -> Result<StoreDescription> {
        match self {
            Self::Lake(lake) => {
                let deleted = lake.delete_store(lake.find_store(store).await?.id()).await?;
                lake.describe(deleted.id()).await
            }
            Self::Server(connection) => {
                let request = &v1::DeleteEventDataStoreRequest { event_data_store: store.to_string() };
                let call =
                    |service| async move { stub(service).delete_event_data_store(request.clone()).await };
                wire::description(connection.call(call).await?.into_inner().event_data_store)
            }
        }
    }

    pub(super) async fn restore(&self, store: &StoreRef) -> Result<StoreDescription> {
        match self {
            Self::Lake(lake) => {
                let restored = lake.restore_store(lake.find_store(store).await?.id()).await?;
                lake.describe(restored.id()).await
            }
            Self::Server(connection) => {
                let request = &v1::RestoreEventDataStoreRequest { event_data_store: store.to_string() };
                let call =
                    |service| async move { stub(service).restore_event_data_store(request.clone()).await };
                wire::description(connection.call(call).await?.into_inner().event_data_store)
            }
        }
    }

    /// Starts or stops the ingestion of a store.
    pub(super) async fn set_ingestion(&self, store: &StoreRef, start: bool) -> Result<StoreDescription> {
        match self {
            Self::Lake(lake) => {
                let id = lake.find_store(store).await?.id();
                match start {
                    true => lake.start_ingestion(id).await?,
                    false => lake.stop_ingestion(id).await?,
                };
                lake.describe(id).await
            }
            Self::Server(connection) => set_ingestion(connection, store, start).await,
        }
    }
}

async fn list_lake(lake: &Lake) -> Result<Vec<StoreDescription>> {
    let mut descriptions = Vec::new();
    for store in lake.list_stores().await? {
        match lake.describe(store.id()).await {
            Ok(description) => descriptions.push(description),
            // Purged since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(descriptions)
}

async fn list_server(connection: &Connection) -> Result<Vec<StoreDescription>> {
    let (mut descriptions, mut next_token) = (Vec::new(), String::new());
    for _ in 0..MOST_PAGES {
        let request = &v1::ListEventDataStoresRequest { max_results: 0, next_token };
        let call = |service| async move { stub(service).list_event_data_stores(request.clone()).await };
        let page = connection.call(call).await?.into_inner();
        for store in page.event_data_stores {
            descriptions.push(wire::description(Some(store))?);
        }
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    Ok(descriptions)
}

async fn set_ingestion(connection: &Connection, store: &StoreRef, start: bool) -> Result<StoreDescription> {
    let event_data_store = &store.to_string();
    let store = match start {
        true => {
            let call = |service| async move {
                let event_data_store = event_data_store.clone();
                let request = v1::StartEventDataStoreIngestionRequest { event_data_store };
                stub(service).start_event_data_store_ingestion(request).await
            };
            connection.call(call).await?.into_inner().event_data_store
        }
        false => {
            let call = |service| async move {
                let event_data_store = event_data_store.clone();
                let request = v1::StopEventDataStoreIngestionRequest { event_data_store };
                stub(service).stop_event_data_store_ingestion(request).await
            };
            connection.call(call).await?.into_inner().event_data_store
        }
    };
    wire::description(store)
}
