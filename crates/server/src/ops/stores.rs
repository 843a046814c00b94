//! Figures of event data stores, read beside the requests.
//!
//! Nobody waits long for them: a scrape asks for figures that are old to be read again, waits a moment, and shows
//! what there is. A store is read only when its version has moved, and without scrapes nothing is read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auditlake_ingest::ImportRecords;
use auditlake_model::{EventDataStoreId, ImportState, Result, StoreState, Timestamp};
use auditlake_store::{Lake, StoreDescription};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::metrics::Metrics;

/// Figures are good for so long.
const FRESH: Duration = Duration::from_secs(15);
/// The records of imports are read at most this often: all of them have to be.
const IMPORTS_FRESH: Duration = Duration::from_secs(60);
/// How long a scrape waits for fresh figures.
const PATIENCE: Duration = Duration::from_millis(500);

/// What the metrics tell about an event data store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFigures {
    /// Its name.
    pub name: String,
    /// Its events, expired ones included.
    pub num_events: u64,
    /// Bytes of its data files.
    pub size_bytes: u64,
    /// Its data files.
    pub num_files: u64,
    /// Time of its newest event, by the statistics of its files.
    pub newest_event_at: Option<Timestamp>,
    /// Time of its oldest event.
    pub oldest_event_at: Option<Timestamp>,
}

impl From<StoreDescription> for StoreFigures {
    fn from(description: StoreDescription) -> Self {
        Self {
            name: description.store.name().as_str().to_owned(),
            num_events: description.num_rows,
            size_bytes: description.size_bytes,
            num_files: description.num_files,
            newest_event_at: description.last_event_at,
            oldest_event_at: description.first_event_at,
        }
    }
}

/// Reads figures into the metrics.
#[derive(Debug)]
pub struct StoreReader {
    lake: Lake,
    metrics: Arc<Metrics>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    read_at: Option<Instant>,
    stores: HashMap<EventDataStoreId, (u64, StoreFigures)>,
    imports_read_at: Option<Instant>,
}

impl StoreReader {
    /// Creates a reader that has read nothing.
    pub fn new(lake: Lake, metrics: Arc<Metrics>) -> Self {
        Self { lake, metrics, known: Mutex::default() }
    }

    /// Has old figures read again and waits a moment for that; the reading goes on when the moment is over.
    pub async fn refresh(self: &Arc<Self>) {
        let reader = Arc::clone(self);
        let reading = tokio::spawn(async move { reader.read_if_old().await });
        // Too slow is no fault: the next scrape shows what was read.
        let _ = tokio::time::timeout(PATIENCE, reading).await;
    }

    async fn read_if_old(&self) {
        // Whoever reads at the moment reads for all.
        let Ok(mut known) = self.known.try_lock() else { return };
        if known.read_at.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        if let Err(error) = self.read(&mut known).await {
            tracing::warn!(error = %error.report(), "figures of stores not read");
        }
        known.read_at = Some(Instant::now());
    }

    async fn read(&self, known: &mut Known) -> Result<()> {
        let now = self.lake.clock().now();
        let mut stores = HashMap::new();
        for store in self.lake.list_stores().await? {
            if store.state(now) == StoreState::PendingDeletion {
                continue;
            }
            let before = known.stores.remove(&store.id()).filter(|(version, _)| *version == store.version());
            let figures = match before {
                Some(before) => before,
                None => (store.version(), Box::pin(self.lake.describe(store.id())).await?.into()),
            };
            stores.insert(store.id(), figures);
        }
        known.stores = stores;
        let figures: Vec<StoreFigures> = known.stores.values().map(|(_, figures)| figures.clone()).collect();
        self.metrics.set_stores(&figures, now);
        if known.imports_read_at.is_none_or(|at| at.elapsed() >= IMPORTS_FRESH) {
            self.read_imports().await?;
            known.imports_read_at = Some(Instant::now());
        }
        Ok(())
    }

    /// Looks for the last import into each store that did well, whoever ran it.
    async fn read_imports(&self) -> Result<()> {
        let mut last: HashMap<String, Timestamp> = HashMap::new();
        for import in ImportRecords::open(&self.lake)?.imports().await? {
            if import.state == ImportState::Completed {
                let at = last.entry(import.store).or_insert(import.updated_at);
                *at = (*at).max(import.updated_at);
            }
        }
        for (store, at) in last {
            self.metrics.import_succeeded(&store, at);
        }
        Ok(())
    }
}
