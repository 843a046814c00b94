//! Listing and finding event data stores.
//!
//! Only protocol and metadata of a table are read here, never its file list, so listing costs the same
//! for large and small stores.

use std::sync::Arc;

use auditlake_model::{
    Error, ErrorKind, EventDataStoreId, EventDataStoreSettings, Result, StoreName, StoreRef, StoreState,
    Timestamp,
};
use deltalake_core::kernel::Snapshot as DeltaSnapshot;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;

use super::{Lake, STORES_FOLDER, SYSTEM_FOLDER};
use crate::location::from_object_store;
use crate::snapshot::SETTINGS_KEY;
use crate::table::delta_error;

/// Table property with the format version of a store.
pub(super) const FORMAT_VERSION_KEY: &str = "auditlake.formatVersion";
/// The store format that this program reads and writes.
pub(super) const FORMAT_VERSION: u32 = 1;
/// Stores whose settings are read at the same time.
const CONCURRENT_READS: usize = 16;

/// An event data store: its settings at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDataStore {
    settings: Arc<EventDataStoreSettings>,
    version: u64,
}

impl EventDataStore {
    /// Joins settings with the version that they were read from, here or by a server.
    pub fn new(settings: EventDataStoreSettings, version: u64) -> Self {
        Self { settings: Arc::new(settings), version }
    }

    /// Returns the id.
    pub fn id(&self) -> EventDataStoreId {
        self.settings.id
    }

    /// Returns the name.
    pub fn name(&self) -> &StoreName {
        &self.settings.name
    }

    /// Returns the settings.
    pub fn settings(&self) -> &Arc<EventDataStoreSettings> {
        &self.settings
    }

    /// Returns the version of the store that the settings were read from.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the state at `now`.
    pub fn state(&self, now: Timestamp) -> StoreState {
        self.settings.state(now)
    }

    /// Returns what decides which of two stores is older.
    pub(super) fn age(&self) -> (Timestamp, EventDataStoreId) {
        (self.settings.created_at, self.settings.id)
    }
}

impl Lake {
    /// Returns all event data stores, those pending deletion too, by name and then age.
    pub async fn list_stores(&self) -> Result<Vec<EventDataStore>> {
        let ids = self.store_ids().await?;
        let read = ids.into_iter().map(|id| async move {
            match self.read_store(id).await {
                Ok(store) => Ok(Some(store)),
                // Purged since it was listed, or a folder that never became a table.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.with_context("event data store", id)),
            }
        });
        let found: Vec<_> =
            futures::stream::iter(read).buffer_unordered(CONCURRENT_READS).try_collect().await?;
        let mut stores: Vec<EventDataStore> = found.into_iter().flatten().collect();
        stores.sort_by_key(|store| (store.name().fold(), store.age()));
        Ok(stores)
    }

    /// Finds a store by name (ignoring case), id or ARN, whatever its state.
    ///
    /// # Errors
    /// `NotFound` (`EventDataStoreNotFoundException`) with the nearest name; `Invalid`
    /// (`EventDataStoreARNInvalidException`) never, since [`StoreRef::parse`] has judged the ARN.
    pub async fn find_store(&self, reference: &StoreRef) -> Result<EventDataStore> {
        match reference {
            StoreRef::Id(id) => self.store(*id).await,
            StoreRef::Name(name) => {
                let stores = self.list_stores().await?;
                match stores.iter().find(|store| store.name().fold() == name.fold()) {
                    Some(store) => Ok(store.clone()),
                    None => Err(not_found(name.as_str()).with_hint(nearest_hint(name, &stores))),
                }
            }
        }
    }

    /// Finds a store that can be queried.
    ///
    /// # Errors
    /// As [`Lake::find_store`]; `Conflict` (`InactiveEventDataStoreException`) when the store is pending
    /// deletion.
    pub async fn find_active_store(&self, reference: &StoreRef) -> Result<EventDataStore> {
        let store = self.find_store(reference).await?;
        match store.state(self.clock().now()) {
            StoreState::PendingDeletion => Err(inactive(&store)),
            _ => Ok(store),
        }
    }

    /// Reads one store by id.
    ///
    /// # Errors
    /// `NotFound` (`EventDataStoreNotFoundException`) when the lake has no such store.
    pub async fn store(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        self.read_store(id).await.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                not_found(&id.to_string()).with_hint("List the stores with `auditlake store list`.")
            }
            _ => error.with_context("event data store", id),
        })
    }

    /// Returns the ids of the folders below `stores/`.
    pub(crate) async fn store_ids(&self) -> Result<Vec<EventDataStoreId>> {
        let folders = self.folders_below(STORES_FOLDER).await?;
        Ok(folders.iter().filter_map(|path| EventDataStoreId::parse(path.filename()?).ok()).collect())
    }

    /// Returns the folders of the system tables.
    pub(crate) async fn system_folders(&self) -> Result<Vec<Path>> {
        self.folders_below(SYSTEM_FOLDER).await
    }

    async fn folders_below(&self, folder: &str) -> Result<Vec<Path>> {
        match self.object_store().list_with_delimiter(Some(&Path::from(folder))).await {
            Ok(listing) => Ok(listing.common_prefixes),
            Err(object_store::Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(from_object_store("list the lake", error)),
        }
    }

    async fn read_store(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        let log_store = self.log_store(id);
        let snapshot = Box::pin(DeltaSnapshot::try_new(log_store.as_ref(), None))
            .await
            .map_err(|e| delta_error("read event data store", e))?;
        let settings = parse_settings(snapshot.metadata().configuration())?;
        Ok(EventDataStore::new(settings, snapshot.version()))
    }
}

/// Reads settings from table properties.
///
/// # Errors
/// `Unsupported` when the store's format is newer than this program; `Corrupt` when there are none.
pub(crate) fn parse_settings(
    properties: &std::collections::HashMap<String, String>,
) -> Result<EventDataStoreSettings> {
    let format: u32 =
        properties.get(FORMAT_VERSION_KEY).and_then(|text| text.parse().ok()).unwrap_or(FORMAT_VERSION);
    if format > FORMAT_VERSION {
        return Err(Error::unsupported(format!(
            "the store has format {format}, newer than this program reads"
        ))
        .with_hint("Install the version of auditlake that wrote it, or a newer one."));
    }
    let json = properties.get(SETTINGS_KEY).ok_or_else(|| {
        Error::corrupt("read store settings")
            .with_context("property", SETTINGS_KEY)
            .with_detail("The Delta table has no Auditlake settings.")
    })?;
    serde_json::from_str(json).map_err(|e| Error::corrupt("parse store settings").with_source(e))
}

fn not_found(reference: &str) -> Error {
    Error::not_found(format!("there is no event data store `{reference}`"))
        .with_code("EventDataStoreNotFoundException")
}

fn inactive(store: &EventDataStore) -> Error {
    Error::conflict(format!("event data store `{}` is pending deletion", store.name()))
        .with_code("InactiveEventDataStoreException")
        .with_hint(format!("Bring it back with `auditlake store restore {}`.", store.name()))
}

/// Names the nearest store, or says what there is.
fn nearest_hint(name: &StoreName, stores: &[EventDataStore]) -> String {
    let nearest = stores
        .iter()
        .map(|store| (strsim::damerau_levenshtein(&store.name().fold(), &name.fold()), store.name()))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        None => format!("The lake has no stores yet: create one with `auditlake store create {name}`."),
        Some((distance, nearest)) if distance <= 1 + nearest.as_str().len() / 4 => {
            format!("Did you mean `{}`?", nearest.to_sql())
        }
        Some(_) => "List the stores with `auditlake store list`.".to_owned(),
    }
}
