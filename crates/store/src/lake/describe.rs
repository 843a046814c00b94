//! What `store show` tells about an event data store.

use arrow::array::AsArray;
use arrow::compute::{max, min};
use arrow::datatypes::TimestampMicrosecondType;
use auditlake_events::schema::EVENT_TIME;
use auditlake_model::{EventDataStoreArn, EventDataStoreId, Result, StoreState, Timestamp};

use super::Lake;
use super::list::EventDataStore;
use crate::snapshot::Snapshot;
use crate::table::LogTable;

/// An event data store with what its newest snapshot holds.
#[derive(Debug, Clone)]
pub struct StoreDescription {
    /// Settings and version.
    pub store: EventDataStore,
    /// The ARN.
    pub arn: EventDataStoreArn,
    /// The state now.
    pub state: StoreState,
    /// Active data files.
    pub num_files: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Their events; expired ones that are not yet removed count too.
    pub num_rows: u64,
    /// Time of the oldest event; `None` when no event has a readable time.
    pub first_event_at: Option<Timestamp>,
    /// Time of the newest event.
    pub last_event_at: Option<Timestamp>,
}

impl Lake {
    /// Describes a store, whatever its state.
    ///
    /// # Errors
    /// `NotFound` (`EventDataStoreNotFoundException`) when the lake has no such store.
    pub async fn describe(&self, id: EventDataStoreId) -> Result<StoreDescription> {
        // For its error: a store that is not there.
        self.store(id).await?;
        let table = LogTable::load(self.log_store(id)).await?;
        let snapshot = Snapshot::from_table(&table, &self.store_path(id))?;
        let (first_event_at, last_event_at) = event_time_range(&snapshot);
        let settings = (*snapshot.settings).clone();
        Ok(StoreDescription {
            arn: self.arn(id),
            state: settings.state(self.clock().now()),
            num_files: snapshot.files.len() as u64,
            size_bytes: snapshot.size_bytes(),
            num_rows: snapshot.num_rows(),
            first_event_at,
            last_event_at,
            store: EventDataStore::new(settings, snapshot.version),
        })
    }
}

/// Returns the least lower and the greatest upper bound of eventTime over all files.
fn event_time_range(snapshot: &Snapshot) -> (Option<Timestamp>, Option<Timestamp>) {
    let Some(stats) = snapshot.stats.column(EVENT_TIME) else { return (None, None) };
    let lower = stats.min.as_primitive_opt::<TimestampMicrosecondType>().and_then(min);
    let upper = stats.max.as_primitive_opt::<TimestampMicrosecondType>().and_then(max);
    (lower.map(Timestamp::from_micros), upper.map(Timestamp::from_micros))
}
