//! Changing event data stores: a compare-and-swap of the settings in the table's metadata.
//!
//! ```text
//! load -> change(current settings) -> commit over exactly that version
//!              ^                             | somebody else was first
//!              +--------- refresh -----------+
//! ```
//! A change is a function of the current settings and is applied again after each lost race, so its
//! rules ("not while pending deletion") hold for what is really replaced.

use std::collections::HashMap;
use std::time::Duration;

use auditlake_events::schema::{check_promoted, event_schema};
use auditlake_model::{
    CategoryClass, Error, EventDataStoreId, EventDataStoreSettings, EventSelectors, PromotedPath, Result,
    Retention, StoreName, StoreState,
};
use deltalake_core::DeltaTableError;
use deltalake_core::kernel::{Action, Metadata, MetadataExt as _};
use deltalake_core::protocol::DeltaOperation;

use super::Lake;
use super::create::{name_taken, settings_json};
use super::list::{EventDataStore, parse_settings};
use crate::delta_schema::{delta_fields, struct_type};
use crate::snapshot::SETTINGS_KEY;
use crate::table::{CommitOutcome, LogTable};

/// Lost races after which a change gives up.
const MAX_ATTEMPTS: u32 = 100;
/// Longest pause between two attempts.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// What to change of a store; `None` leaves things as they are.
#[derive(Debug, Clone, Default)]
pub struct StoreUpdate {
    /// New name.
    pub name: Option<StoreName>,
    /// New selectors; `Some(None)` takes every event of the class again. Stored events stay.
    pub selectors: Option<Option<EventSelectors>>,
    /// New retention. A shorter one hides events at once.
    pub retention: Option<Retention>,
    /// Whether the store refuses to be deleted.
    pub termination_protection: Option<bool>,
    /// Paths to store as plain columns from now on, beside those of today.
    pub promote: Vec<PromotedPath>,
}

impl Lake {
    /// Changes a store.
    ///
    /// # Errors
    /// `NotFound` (`EventDataStoreNotFoundException`); `Conflict` (`InactiveEventDataStoreException`)
    /// when it is pending deletion; `AlreadyExists` (`EventDataStoreAlreadyExistsException`) when the
    /// new name is taken.
    pub async fn update_store(&self, id: EventDataStoreId, update: StoreUpdate) -> Result<EventDataStore> {
        if let Some(name) = &update.name {
            self.refuse_taken_name(name, id).await?;
        }
        let before = self.store(id).await?;
        let changed = self
            .update_settings(id, |current| {
                refuse_pending_deletion(current)?;
                apply(&update, current)
            })
            .await?;
        if let Some(name) = &update.name
            && let Err(taken) = self.refuse_taken_name(name, id).await
        {
            self.take_name_back(id, name, before.name()).await?;
            return Err(taken);
        }
        Ok(changed)
    }

    /// Marks a store for deletion; it can be restored for seven days.
    ///
    /// # Errors
    /// `Conflict`: `EventDataStoreTerminationProtectedException`, or `InactiveEventDataStoreException`
    /// when it is deleted already.
    pub async fn delete_store(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        let now = self.clock().now();
        self.update_settings(id, |current| {
            refuse_pending_deletion(current)?;
            if current.termination_protection {
                return Err(termination_protected(&current.name));
            }
            Ok(EventDataStoreSettings { deleted_at: Some(now), ..current.clone() })
        })
        .await
    }

    /// Takes back [`Lake::delete_store`].
    ///
    /// # Errors
    /// `Conflict` (`InvalidEventDataStoreStatusException`) when the store is not pending deletion.
    pub async fn restore_store(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        self.update_settings(id, |current| match current.deleted_at {
            Some(_) => Ok(EventDataStoreSettings { deleted_at: None, ..current.clone() }),
            None => Err(invalid_status(current, "is not pending deletion")),
        })
        .await
    }

    /// Lets imports write to a store again.
    ///
    /// # Errors
    /// `Conflict` (`InvalidEventDataStoreStatusException`) unless the store is stopped; `Invalid`
    /// (`InvalidEventDataStoreCategoryException`) for an Insight store.
    pub async fn start_ingestion(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        self.set_ingestion(id, true).await
    }

    /// Makes imports refuse a store; it stays queryable.
    ///
    /// # Errors
    /// `Conflict` (`InvalidEventDataStoreStatusException`) unless the store is enabled; `Invalid`
    /// (`InvalidEventDataStoreCategoryException`) for an Insight store.
    pub async fn stop_ingestion(&self, id: EventDataStoreId) -> Result<EventDataStore> {
        self.set_ingestion(id, false).await
    }

    async fn set_ingestion(&self, id: EventDataStoreId, ingestion: bool) -> Result<EventDataStore> {
        let now = self.clock().now();
        self.update_settings(id, |current| {
            if current.category_class == CategoryClass::Insight {
                return Err(Error::invalid("ingestion of an Insight store is neither started nor stopped")
                    .with_code("InvalidEventDataStoreCategoryException")
                    .with_context("name", &current.name));
            }
            let needed = if ingestion { StoreState::StoppedIngestion } else { StoreState::Enabled };
            match current.state(now) {
                state if state == needed => Ok(EventDataStoreSettings { ingestion, ..current.clone() }),
                state => Err(invalid_status(current, &format!("is {state}, not {needed}"))),
            }
        })
        .await
    }

    /// Replaces a store's settings by what `change` makes of the current ones.
    ///
    /// `change` may run several times; it must depend on its argument only. Equal settings commit
    /// nothing. `updated_at` is set here.
    ///
    /// # Errors
    /// Those of `change`; `NotFound` (`EventDataStoreNotFoundException`); `Conflict` when the store
    /// changes faster than this can follow.
    ///
    /// # Cancel safety
    /// Dropped half-way, the change either happened or did not.
    pub async fn update_settings(
        &self,
        id: EventDataStoreId,
        mut change: impl FnMut(&EventDataStoreSettings) -> Result<EventDataStoreSettings>,
    ) -> Result<EventDataStore> {
        self.ensure_writable().await?;
        // For its error: a store that is not there.
        self.store(id).await?;
        let mut table = LogTable::load(self.log_store(id)).await?;
        let mut tried: Option<EventDataStoreSettings> = None;
        for attempt in 0..MAX_ATTEMPTS {
            let current = parse_settings(table.state()?.metadata().configuration())?;
            if tried.as_ref() == Some(&current) {
                // The attempt whose outcome was not known had landed.
                return Ok(EventDataStore::new(current, table.version()?));
            }
            let mut next = change(&current)?;
            next.check()?;
            if next == current {
                return Ok(EventDataStore::new(current, table.version()?));
            }
            next.updated_at = self.clock().now();
            let metadata = new_metadata(table.state()?.metadata(), &current, &next)?;
            let operation = DeltaOperation::SetTableProperties {
                properties: HashMap::from([(SETTINGS_KEY.to_owned(), settings_json(&next)?)]),
            };
            match table.try_commit(vec![Action::Metadata(metadata)], operation, None).await? {
                CommitOutcome::Committed(version) => {
                    tracing::info!(eds_id = %id, version, "changed event data store settings");
                    return Ok(EventDataStore::new(next, version));
                }
                CommitOutcome::Stale => tried = Some(next),
            }
            tokio::time::sleep(self.pause(attempt)).await;
            table.refresh().await?;
        }
        Err(Error::conflict("the store changes faster than its settings can be replaced")
            .with_context("event data store", id)
            .with_hint("Try again when fewer imports run."))
    }

    /// Returns a random pause that grows with the lost races.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let longest = Duration::from_millis(5 << attempt.min(10)).min(MAX_PAUSE);
        let random = u64::from(self.ids().uuid().as_fields().0);
        longest.mul_f64(random as f64 / f64::from(u32::MAX))
    }

    async fn refuse_taken_name(&self, name: &StoreName, id: EventDataStoreId) -> Result<()> {
        self.refuse_saved_name(name).await?;
        match self.same_name(name, Some(id)).await?.first() {
            Some(other) => Err(name_taken(name, other, self)),
            None => Ok(()),
        }
    }

    /// Undoes a rename that met another store of the new name.
    async fn take_name_back(&self, id: EventDataStoreId, new: &StoreName, old: &StoreName) -> Result<()> {
        self.update_settings(id, |current| {
            let name = if current.name == *new { old.clone() } else { current.name.clone() };
            Ok(EventDataStoreSettings { name, ..current.clone() })
        })
        .await
        .map(|_| ())
    }
}

fn apply(update: &StoreUpdate, current: &EventDataStoreSettings) -> Result<EventDataStoreSettings> {
    let mut next = current.clone();
    if let Some(name) = &update.name {
        next.name = name.clone();
    }
    if let Some(selectors) = &update.selectors {
        next.selectors = selectors.clone();
    }
    if let Some(retention) = update.retention {
        next.retention = retention;
    }
    if let Some(protection) = update.termination_protection {
        next.termination_protection = protection;
    }
    for path in &update.promote {
        check_promoted(next.category_class, path)?;
        if !next.promoted.contains(path) {
            next.promoted.push(path.clone());
        }
    }
    Ok(next)
}

/// Returns the table's metadata with the next settings; new promoted columns join the schema.
fn new_metadata(
    metadata: &Metadata,
    current: &EventDataStoreSettings,
    next: &EventDataStoreSettings,
) -> Result<Metadata> {
    let attempt = |e| Error::internal("change table metadata").with_source(DeltaTableError::from(e));
    let mut metadata = metadata.clone();
    if next.name != current.name {
        metadata = metadata.with_name(next.name.to_string()).map_err(attempt)?;
    }
    if next.promoted != current.promoted {
        let schema =
            metadata.parse_schema().map_err(|e| Error::corrupt("read Delta schema").with_source(e))?;
        let mut fields: Vec<_> = schema.fields().cloned().collect();
        for field in delta_fields(&event_schema(next.category_class, &next.promoted))? {
            if schema.field(&field.name).is_none() {
                fields.push(field);
            }
        }
        metadata = metadata.with_schema(&struct_type(fields)?).map_err(attempt)?;
    }
    metadata.add_config_key(SETTINGS_KEY.to_owned(), settings_json(next)?).map_err(attempt)
}

fn refuse_pending_deletion(current: &EventDataStoreSettings) -> Result<()> {
    match current.deleted_at {
        None => Ok(()),
        Some(_) => Err(Error::conflict(format!("event data store `{}` is pending deletion", current.name))
            .with_code("InactiveEventDataStoreException")
            .with_hint(format!("Bring it back with `auditlake store restore {}`.", current.name))),
    }
}

fn termination_protected(name: &StoreName) -> Error {
    Error::conflict(format!("event data store `{name}` is protected against deletion"))
        .with_code("EventDataStoreTerminationProtectedException")
        .with_hint(format!(
            "Switch it off first: `auditlake store update {name} --no-termination-protection`."
        ))
}

fn invalid_status(current: &EventDataStoreSettings, what: &str) -> Error {
    Error::conflict(format!("event data store `{}` {what}", current.name))
        .with_code("InvalidEventDataStoreStatusException")
}
