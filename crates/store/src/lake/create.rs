//! Creating event data stores, with names that stay unique.
//!
//! An object store has no lock on a name, so a creator writes first and looks afterwards:
//!
//! ```text
//! look for the name -> create the table -> list again
//!     nobody else                    -> done
//!     somebody older                 -> remove ours: EventDataStoreAlreadyExistsException
//!     somebody younger               -> wait for it to remove itself; if it stays, it looked before
//!                                       ours was there: remove ours
//! ```
//! Age is (created_at, id). Whoever writes last sees the other, so two stores of one name never stay.

use std::time::Duration;

use auditlake_events::schema::{STATS_COLUMNS, event_schema};
use auditlake_model::{
    CategoryClass, Error, EventDataStoreId, EventDataStoreSettings, EventSelectors, PromotedPath, Result,
    Retention, StoreName, default_promoted,
};
use deltalake_core::kernel::{DataType, StructField};
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::Lake;
use super::list::{EventDataStore, FORMAT_VERSION, FORMAT_VERSION_KEY};
use crate::delta_schema::delta_fields;
use crate::location::from_object_store;
use crate::snapshot::{EVENT_DATE, SETTINGS_KEY};
use crate::table_create::{NewTable, create_table};

/// How often a creator looks whether a younger store of its name has removed itself.
const RIVAL_LOOKS: u32 = 5;
/// Time between two looks; tests race in memory.
const RIVAL_WAIT: Duration = Duration::from_millis(if cfg!(test) { 5 } else { 200 });

/// An event data store that is to be created.
#[derive(Debug, Clone)]
pub struct NewEventDataStore {
    /// Name, unique in the lake whatever its case.
    pub name: StoreName,
    /// Class of the events it takes.
    pub category_class: CategoryClass,
    /// Events it takes; `None` takes all of its class.
    pub selectors: Option<EventSelectors>,
    /// How long it shows events.
    pub retention: Retention,
    /// Whether it refuses to be deleted.
    pub termination_protection: bool,
    /// Whether imports may write to it.
    pub ingestion: bool,
    /// Paths that are stored again as plain columns.
    pub promoted: Vec<PromotedPath>,
}

impl NewEventDataStore {
    /// Returns a store with the defaults: every event of the activity class, kept for ever, protected.
    pub fn new(name: StoreName) -> Self {
        Self {
            name,
            category_class: CategoryClass::Activity,
            selectors: None,
            retention: Retention::Forever,
            termination_protection: true,
            ingestion: true,
            promoted: default_promoted(),
        }
    }
}

impl Lake {
    /// Creates an event data store.
    ///
    /// # Errors
    /// `AlreadyExists` (`EventDataStoreAlreadyExistsException`) when the name is taken in any case, by a
    /// store that is pending deletion too.
    ///
    /// # Cancel safety
    /// Dropped half-way, the store either exists whole or not at all; in the first case its name may be
    /// shared with a store that was created at the same moment.
    pub async fn create_store(&self, new: NewEventDataStore) -> Result<EventDataStore> {
        self.ensure_writable().await?;
        if let Some(other) = self.same_name(&new.name, None).await?.first() {
            return Err(name_taken(&new.name, other, self));
        }
        self.refuse_saved_name(&new.name).await?;
        let settings = self.new_settings(new)?;
        create_table(self.log_store(settings.id), new_table(&settings)?).await?;
        self.settle_name(&settings).await?;
        tracing::info!(eds_id = %settings.id, name = %settings.name, "created event data store");
        Ok(EventDataStore::new(settings, 0))
    }

    fn new_settings(&self, new: NewEventDataStore) -> Result<EventDataStoreSettings> {
        for path in &new.promoted {
            auditlake_events::schema::check_promoted(new.category_class, path)?;
        }
        let now = self.clock().now();
        let settings = EventDataStoreSettings {
            id: EventDataStoreId::generate(self.ids().as_ref()),
            name: new.name,
            category_class: new.category_class,
            selectors: new.selectors,
            retention: new.retention,
            termination_protection: new.termination_protection,
            ingestion: new.ingestion,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            promoted: new.promoted,
        };
        settings.check()?;
        Ok(settings)
    }

    /// Returns the stores other than `except` that are named `name` in any case, oldest first.
    pub(super) async fn same_name(
        &self,
        name: &StoreName,
        except: Option<EventDataStoreId>,
    ) -> Result<Vec<EventDataStore>> {
        let mut stores = self.list_stores().await?;
        stores.retain(|store| store.settings().name.fold() == name.fold() && Some(store.id()) != except);
        stores.sort_by_key(EventDataStore::age);
        Ok(stores)
    }

    /// Makes sure that the new store is the only one of its name, or removes it.
    pub(super) async fn settle_name(&self, settings: &EventDataStoreSettings) -> Result<()> {
        let our_age = (settings.created_at, settings.id);
        for look in 0..=RIVAL_LOOKS {
            let rivals = self.same_name(&settings.name, Some(settings.id)).await?;
            let Some(oldest) = rivals.first() else { return Ok(()) };
            if oldest.age() < our_age || look == RIVAL_LOOKS {
                self.remove_table(settings.id).await?;
                return Err(name_taken(&settings.name, oldest, self));
            }
            tokio::time::sleep(RIVAL_WAIT).await;
        }
        Ok(())
    }

    /// Removes the folder of a store, its log first, so that it is no table any more at once.
    pub(crate) async fn remove_table(&self, id: EventDataStoreId) -> Result<()> {
        let folder = self.store_path(id);
        let log = folder.clone().join("_delta_log");
        for prefix in [&log, &folder] {
            self.remove_below(prefix).await?;
        }
        Ok(())
    }

    async fn remove_below(&self, prefix: &Path) -> Result<()> {
        let store = self.object_store();
        let attempt = |e| from_object_store("remove event data store", e);
        let found: Vec<_> =
            store.list(Some(prefix)).map_ok(|meta| meta.location).try_collect().await.map_err(attempt)?;
        for path in found {
            match store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(attempt(error)),
            }
        }
        Ok(())
    }
}

/// Returns the Delta table of a new store.
pub(super) fn new_table(settings: &EventDataStoreSettings) -> Result<NewTable> {
    let schema = event_schema(settings.category_class, &settings.promoted);
    let mut fields = delta_fields(&schema)?;
    fields.push(StructField::nullable(EVENT_DATE, DataType::DATE));
    let stats: Vec<&str> =
        STATS_COLUMNS.iter().copied().filter(|name| schema.field_with_name(name).is_ok()).collect();
    Ok(NewTable {
        name: settings.name.to_string(),
        fields,
        partition_columns: vec![EVENT_DATE.to_owned()],
        configuration: vec![
            (SETTINGS_KEY.to_owned(), settings_json(settings)?),
            (FORMAT_VERSION_KEY.to_owned(), FORMAT_VERSION.to_string()),
            ("delta.dataSkippingStatsColumns".to_owned(), stats.join(",")),
        ],
    })
}

/// Returns the stored form of settings.
pub(super) fn settings_json(settings: &EventDataStoreSettings) -> Result<String> {
    serde_json::to_string(settings).map_err(|e| Error::internal("write store settings").with_source(e))
}

/// Returns the error that a name is taken by `other`.
pub(super) fn name_taken(name: &StoreName, other: &EventDataStore, lake: &Lake) -> Error {
    let pending = other.settings().deleted_at.is_some();
    let hint = match pending {
        true => format!(
            "It is pending deletion: bring it back with `auditlake store restore {}`, or take another name.",
            other.id()
        ),
        false => "Take another name; case does not count.".to_owned(),
    };
    Error::already_exists(format!("an event data store named `{}` exists", other.settings().name.to_sql()))
        .with_code("EventDataStoreAlreadyExistsException")
        .with_context("name", name)
        .with_context("arn", lake.arn(other.id()))
        .with_hint(hint)
}
