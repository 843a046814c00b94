//! The lake on object storage, as queries see it.
//!
//! A store's Delta log is loaded once in a process and refreshed by each query; files and statistics are put
//! in the form of scans only when the version has moved. How old a version may be before the storage is asked
//! again is a setting: asking costs microseconds on a local disk and tens of milliseconds on S3.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use auditlake_model::{Error, ErrorKind, EventDataStoreId, Result};
use auditlake_store::document::Stamp;
use auditlake_store::table::LogTable;
use auditlake_store::{EventDataStore, Lake, ReferenceTable, Saved, Snapshot, SystemTable};
use datafusion::execution::object_store::ObjectStoreUrl;
use futures::future::try_join;
use object_store::ObjectStore;
use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;

use crate::catalog::{LakeTables, TableEntry, TableKind};
use crate::reference::TableRows;
use crate::source::ScanSource;

/// What was read is read anew after this time, whether or not it seems to have changed: between two looks a log may
/// have been cleaned up, and then the next commit is not where one looks for it.
const FORGET_AFTER: Duration = Duration::from_secs(60);
/// Reference tables whose rows are kept in memory.
const KNOWN_REFERENCES: usize = 4;
/// Versions of a store that are kept beside the latest one.
const EARLIER_VERSIONS: usize = 4;

/// A [`Lake`] with the engine's own tables, for a [`crate::QueryService`].
pub struct StoreLake {
    lake: Lake,
    url: ObjectStoreUrl,
    system: Vec<SystemTable>,
    snapshot_max_age: Duration,
    opened: Mutex<HashMap<EventDataStoreId, Arc<AsyncMutex<Option<OpenStore>>>>>,
    /// Rows of reference tables that were read, by the path of their file, which is written once.
    references: Mutex<Vec<(String, Arc<TableRows>)>>,
    /// The list of stores as it was read last.
    listed: AsyncMutex<Option<Listed>>,
    /// How often this process said that it changed the lake.
    changes: AtomicU64,
}

/// The list of stores at one time.
struct Listed {
    stores: Vec<EventDataStore>,
    saved: Arc<Saved>,
    /// Which document that was.
    saved_stamp: Option<Stamp>,
    /// When the storage was asked last.
    asked_at: Instant,
    /// The changes of this process that it has seen.
    changes: u64,
    /// When every store was read.
    read_at: Instant,
}

/// A loaded log, and the scan source of its version.
struct OpenStore {
    table: LogTable,
    source: Arc<ScanSource>,
    /// When the storage was asked last whether there is a later version.
    refreshed_at: Instant,
    /// When the log was read last.
    read_at: Instant,
    /// Sources of earlier versions that queries are pinned to, newest last.
    earlier: Vec<Arc<ScanSource>>,
}

impl StoreLake {
    /// Makes `lake` queryable, and `system` under the schema of that name.
    ///
    /// # Errors
    ///
    /// `Internal` when the lake's URL is none.
    pub fn try_new(lake: Lake, system: Vec<SystemTable>) -> Result<Self> {
        let url = crate::source::object_store_url(&lake)?;
        let (opened, references, listed) = (Mutex::default(), Mutex::default(), AsyncMutex::default());
        Ok(Self {
            lake,
            url,
            system,
            snapshot_max_age: Duration::ZERO,
            opened,
            references,
            listed,
            changes: AtomicU64::default(),
        })
    }

    /// Lets queries read versions that were the latest one so long ago; by default none.
    #[must_use]
    pub fn with_snapshot_max_age(mut self, age: Duration) -> Self {
        self.snapshot_max_age = age;
        self
    }

    fn is_fresh(&self, read_at: Instant) -> bool {
        read_at.elapsed() < self.snapshot_max_age
    }

    /// Returns the stores, and what is saved in the lake.
    async fn listed(&self) -> Result<(Vec<EventDataStore>, Arc<Saved>)> {
        let mut listed = self.listed.lock().await;
        let (asked_at, changes) = (Instant::now(), self.changes.load(Ordering::Acquire));
        match listed.as_mut() {
            Some(listed) if listed.changes == changes && self.is_fresh(listed.asked_at) => {}
            Some(listed) if listed.read_at.elapsed() < FORGET_AFTER => {
                let stores = self.lake.list_stores_again(&listed.stores);
                let (stores, stamp) = try_join(stores, self.lake.saved_stamp()).await?;
                listed.stores = stores;
                if stamp != listed.saved_stamp {
                    let (stamp, saved) = self.lake.read_saved().await?;
                    (listed.saved_stamp, listed.saved) = (stamp, Arc::new(saved));
                }
                (listed.asked_at, listed.changes) = (asked_at, changes);
            }
            _ => {
                let (stores, (saved_stamp, saved)) =
                    try_join(self.lake.list_stores(), self.lake.read_saved()).await?;
                let saved = Arc::new(saved);
                *listed = Some(Listed { stores, saved, saved_stamp, asked_at, changes, read_at: asked_at });
            }
        }
        let found = listed.as_ref().map(|listed| (listed.stores.clone(), Arc::clone(&listed.saved)));
        Ok(found.unwrap_or_default())
    }

    fn entry(&self, store: &EventDataStore) -> TableEntry {
        let kind = TableKind::EventDataStore {
            id: store.id(),
            category: store.settings().category_class,
            state: store.state(self.lake.clock().now()),
            retention: store.settings().retention,
        };
        TableEntry { name: store.name().as_str().to_owned(), kind }
    }

    async fn open_store(
        &self,
        id: EventDataStoreId,
        name: &str,
        version: Option<u64>,
    ) -> Result<Arc<ScanSource>> {
        let slot = Arc::clone(self.opened.lock().entry(id).or_default());
        // One query loads; others that come meanwhile wait and only refresh.
        let mut slot = slot.lock().await;
        let open = match slot.as_mut() {
            Some(open) => {
                if version.is_none() && !self.is_fresh(open.refreshed_at) {
                    self.refresh(open, id, name).await?;
                }
                open
            }
            None => slot.insert(self.load(id, name).await?),
        };
        match version {
            Some(version) if version != open.source.version => self.earlier(open, id, name, version).await,
            _ => Ok(Arc::clone(&open.source)),
        }
    }

    async fn load(&self, id: EventDataStoreId, name: &str) -> Result<OpenStore> {
        let refreshed_at = Instant::now();
        let table = LogTable::load(self.lake.log_store(id)).await?;
        let source = self.scan_source(&table, id, name)?;
        Ok(OpenStore { table, source, refreshed_at, read_at: refreshed_at, earlier: Vec::new() })
    }

    async fn refresh(&self, open: &mut OpenStore, id: EventDataStoreId, name: &str) -> Result<()> {
        let refreshed_at = Instant::now();
        let is_old = open.read_at.elapsed() >= FORGET_AFTER;
        if is_old || self.lake.has_moved(id, open.source.version).await? {
            open.table.refresh().await?;
            open.read_at = refreshed_at;
        }
        if open.table.version()? != open.source.version || open.source.name != name {
            let source = self.scan_source(&open.table, id, name)?;
            let earlier = std::mem::replace(&mut open.source, source);
            open.keep(earlier);
        }
        open.refreshed_at = refreshed_at;
        Ok(())
    }

    /// Returns a version that is not the loaded one.
    async fn earlier(
        &self,
        open: &mut OpenStore,
        id: EventDataStoreId,
        name: &str,
        version: u64,
    ) -> Result<Arc<ScanSource>> {
        if let Some(source) = open.earlier.iter().find(|source| source.version == version) {
            return Ok(Arc::clone(source));
        }
        let gone = |error: Error| match error.kind() {
            ErrorKind::NotFound => Error::not_found(format!("version {version} of `{name}` is gone"))
                .with_hint("Run the query again; it reads the latest version."),
            _ => error,
        };
        let table = LogTable::load_version(self.lake.log_store(id), version).await.map_err(gone)?;
        let source = self.scan_source(&table, id, name)?;
        open.keep(Arc::clone(&source));
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

impl OpenStore {
    /// Keeps the source of a version for queries that are pinned to it.
    fn keep(&mut self, source: Arc<ScanSource>) {
        if self.earlier.len() >= EARLIER_VERSIONS {
            self.earlier.remove(0);
        }
        self.earlier.push(source);
    }
}

#[async_trait]
impl LakeTables for StoreLake {
    fn object_store(&self) -> (ObjectStoreUrl, Arc<dyn ObjectStore>) {
        (self.url.clone(), self.lake.object_store())
    }

    async fn tables(&self) -> Result<Vec<TableEntry>> {
        let (stores, saved) = self.listed().await?;
        let system = self
            .system
            .iter()
            .map(|table| TableEntry { name: table.name().to_owned(), kind: TableKind::System });
        let views = saved.views.iter().map(|view| TableEntry {
            name: view.name.clone(),
            kind: TableKind::View(Arc::new(view.clone())),
        });
        let references = saved.references.iter().map(|table| TableEntry {
            name: table.name.clone(),
            kind: TableKind::Reference(Arc::new(table.clone())),
        });
        Ok(stores
            .iter()
            .map(|store| self.entry(store))
            .chain(views)
            .chain(references)
            .chain(system)
            .collect())
    }

    async fn open(&self, table: &TableEntry, version: Option<u64>) -> Result<Arc<ScanSource>> {
        match table.kind {
            TableKind::EventDataStore { id, .. } => self.open_store(id, &table.name, version).await,
            TableKind::System => self.open_system(&table.name).await,
            _ => Err(Error::internal("open a table without versions").with_context("table", &table.name)),
        }
    }

    async fn reference(&self, table: &ReferenceTable) -> Result<Arc<TableRows>> {
        let found = |known: &mut Vec<(String, Arc<TableRows>)>| {
            known.iter().find(|(path, _)| *path == table.path).map(|(_, rows)| Arc::clone(rows))
        };
        if let Some(rows) = found(&mut self.references.lock()) {
            return Ok(rows);
        }
        let bytes = self.lake.reference_rows(table).await?;
        let rows = Arc::new(TableRows::from_parquet(bytes)?);
        let mut known = self.references.lock();
        if known.len() >= KNOWN_REFERENCES {
            known.remove(0);
        }
        known.push((table.path.clone(), Arc::clone(&rows)));
        Ok(rows)
    }

    fn expect_changes(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }
}

impl Debug for StoreLake {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLake").field("lake", &self.lake).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
