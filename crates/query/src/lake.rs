//! The lake on object storage, as queries see it.
//!
//! A store's Delta log is loaded once in a process and refreshed by each query; files and statistics are put
//! in the form of scans only when the version has moved.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use async_trait::async_trait;
use auditlake_model::{Error, EventDataStoreId, Result};
use auditlake_store::table::LogTable;
use auditlake_store::{EventDataStore, Lake, Snapshot, SystemTable};
use datafusion::execution::object_store::ObjectStoreUrl;
use object_store::ObjectStore;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::catalog::{LakeTables, TableEntry, TableKind};
use crate::source::ScanSource;

/// A [`Lake`] with the engine's own tables, for a [`crate::QueryService`].
pub struct StoreLake {
    lake: Lake,
    url: ObjectStoreUrl,
    system: Vec<SystemTable>,
    opened: Mutex<HashMap<EventDataStoreId, Arc<AsyncMutex<Option<OpenStore>>>>>,
}

/// A loaded log, and the scan source of its version.
struct OpenStore {
    table: LogTable,
    source: Arc<ScanSource>,
}

impl StoreLake {
    /// Makes `lake` queryable, and `system` under the schema of that name.
    ///
    /// # Errors
    ///
    /// `Internal` when the lake's URL is none.
    pub fn try_new(lake: Lake, system: Vec<SystemTable>) -> Result<Self> {
        let url = crate::source::object_store_url(&lake)?;
        Ok(Self { lake, url, system, opened: Mutex::default() })
    }

    fn entry(&self, store: &EventDataStore) -> TableEntry {
        let kind = TableKind::EventDataStore {
            id: store.id(),
            state: store.state(self.lake.clock().now()),
            retention: store.settings().retention,
        };
        TableEntry { name: store.name().as_str().to_owned(), kind }
    }

    async fn open_store(&self, id: EventDataStoreId, name: &str) -> Result<Arc<ScanSource>> {
        let slot = Arc::clone(self.opened.lock().entry(id).or_default());
        // One query loads; others that come meanwhile wait and only refresh.
        let mut slot = slot.lock().await;
        if let Some(open) = slot.as_mut() {
            open.table.refresh().await?;
            if open.table.version()? != open.source.version || open.source.name != name {
                open.source = self.scan_source(&open.table, id, name)?;
            }
            return Ok(Arc::clone(&open.source));
        }
        let table = LogTable::load(self.lake.log_store(id)).await?;
        let source = self.scan_source(&table, id, name)?;
        *slot = Some(OpenStore { table, source: Arc::clone(&source) });
        Ok(source)
    }

    fn scan_source(&self, table: &LogTable, id: EventDataStoreId, name: &str) -> Result<Arc<ScanSource>> {
        let snapshot = Snapshot::from_table(table, &self.lake.store_path(id))?;
        ScanSource::from_snapshot(&self.lake, name, &snapshot).map(Arc::new)
    }

    async fn open_system(&self, name: &str) -> Result<Arc<ScanSource>> {
        let Some(table) = self.system.iter().find(|table| table.name() == name) else {
            return Err(Error::not_found(format!("no system table `{name}`")));
        };
        let snapshot = table.snapshot().await?;
        ScanSource::from_system_snapshot(&self.lake, name, table.schema(), snapshot.as_ref()).map(Arc::new)
    }
}

#[async_trait]
impl LakeTables for StoreLake {
    fn object_store(&self) -> (ObjectStoreUrl, Arc<dyn ObjectStore>) {
        (self.url.clone(), self.lake.object_store())
    }

    async fn tables(&self) -> Result<Vec<TableEntry>> {
        let stores = self.lake.list_stores().await?;
        let system = self
            .system
            .iter()
            .map(|table| TableEntry { name: table.name().to_owned(), kind: TableKind::System });
        Ok(stores.iter().map(|store| self.entry(store)).chain(system).collect())
    }

    async fn open(&self, table: &TableEntry) -> Result<Arc<ScanSource>> {
        match table.kind {
            TableKind::EventDataStore { id, .. } => self.open_store(id, &table.name).await,
            TableKind::System => self.open_system(&table.name).await,
        }
    }
}

impl Debug for StoreLake {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLake").field("lake", &self.lake).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
