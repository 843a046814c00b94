//! Event data stores, as a server tells of them.

use auditlake_model::{
    CategoryClass, Error, EventDataStoreSettings, PromotedPath, Result, Retention, StoreName, StoreRef,
    StoreState, default_promoted,
};
use auditlake_proto::v1;
use auditlake_server::control::{selectors, times};
use auditlake_store::{EventDataStore, NewEventDataStore, StoreDescription, StoreUpdate};

use super::strange;

const WHAT: &str = "an event data store";

/// Returns what a server says of a store.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn description(store: Option<v1::EventDataStore>) -> Result<StoreDescription> {
    let store = store.ok_or_else(|| strange(WHAT))?;
    read(store).map_err(|error: Error| strange(WHAT).with_source(error))
}

fn read(store: v1::EventDataStore) -> Result<StoreDescription> {
    let instant =
        |field: &str, instant: &Option<times::WireInstant>| times::maybe_from_wire(field, instant.as_ref());
    let needed = |field: &str, found: &Option<times::WireInstant>| {
        instant(field, found)?.ok_or_else(|| Error::invalid(format!("there is no `{field}`")))
    };
    let settings = EventDataStoreSettings {
        id: store.id.parse()?,
        name: StoreName::parse(&store.name)?,
        category_class: class(store.category_class())?,
        selectors: store.advanced_event_selectors.clone().map(selectors::from_wire).transpose()?.flatten(),
        retention: Retention::from_days((store.retention_days > 0).then_some(store.retention_days))?,
        termination_protection: store.termination_protection_enabled,
        ingestion: store.ingestion_enabled,
        created_at: needed("created_at", &store.created_at)?,
        updated_at: needed("updated_at", &store.updated_at)?,
        deleted_at: instant("deleted_at", &store.deleted_at)?,
        promoted: store.promoted_paths.iter().map(|path| PromotedPath::parse(path)).collect::<Result<_>>()?,
    };
    Ok(StoreDescription {
        arn: store.arn.parse()?,
        state: state(store.status())?,
        num_files: store.data_files,
        size_bytes: store.size_bytes,
        num_rows: store.events,
        first_event_at: instant("first_event_at", &store.first_event_at)?,
        last_event_at: instant("last_event_at", &store.last_event_at)?,
        store: EventDataStore::new(settings, store.version),
    })
}

fn class(class: v1::CategoryClass) -> Result<CategoryClass> {
    match class {
        v1::CategoryClass::Activity => Ok(CategoryClass::Activity),
        v1::CategoryClass::Insight => Ok(CategoryClass::Insight),
        v1::CategoryClass::Unspecified => Err(Error::invalid("there is no known category class")),
    }
}

fn class_to_wire(class: CategoryClass) -> v1::CategoryClass {
    match class {
        CategoryClass::Activity => v1::CategoryClass::Activity,
        CategoryClass::Insight => v1::CategoryClass::Insight,
    }
}

fn state(status: v1::EventDataStoreStatus) -> Result<StoreState> {
    match status {
        v1::EventDataStoreStatus::Created => Ok(StoreState::Created),
        v1::EventDataStoreStatus::Enabled => Ok(StoreState::Enabled),
        v1::EventDataStoreStatus::StartingIngestion => Ok(StoreState::StartingIngestion),
        v1::EventDataStoreStatus::StoppingIngestion => Ok(StoreState::StoppingIngestion),
        v1::EventDataStoreStatus::StoppedIngestion => Ok(StoreState::StoppedIngestion),
        v1::EventDataStoreStatus::PendingDeletion => Ok(StoreState::PendingDeletion),
        v1::EventDataStoreStatus::Unspecified => Err(Error::invalid("there is no known status")),
    }
}

/// Returns a retention period as the wire has it: 0 stands for ever.
fn retention_to_wire(retention: Retention) -> u32 {
    retention.days().map_or(0, u32::from)
}

/// Returns the request to make a store. The usual promoted paths are the server's own.
pub(crate) fn create_request(new: &NewEventDataStore) -> v1::CreateEventDataStoreRequest {
    let usual = default_promoted();
    let own = new.promoted.iter().filter(|path| !usual.contains(path));
    v1::CreateEventDataStoreRequest {
        name: new.name.to_string(),
        category_class: class_to_wire(new.category_class).into(),
        advanced_event_selectors: new.selectors.as_ref().map(selectors::to_wire),
        retention_days: retention_to_wire(new.retention),
        termination_protection_enabled: Some(new.termination_protection),
        start_ingestion: Some(new.ingestion),
        promoted_paths: own.map(ToString::to_string).collect(),
    }
}

/// Returns the request to change a store.
pub(crate) fn update_request(store: &StoreRef, update: &StoreUpdate) -> v1::UpdateEventDataStoreRequest {
    let selectors = update.selectors.as_ref().map(|selectors| {
        // Without any rule it is every event.
        selectors.as_ref().map(selectors::to_wire).unwrap_or_default()
    });
    v1::UpdateEventDataStoreRequest {
        event_data_store: store.to_string(),
        name: update.name.as_ref().map(ToString::to_string),
        advanced_event_selectors: selectors,
        retention_days: update.retention.map(retention_to_wire),
        termination_protection_enabled: update.termination_protection,
        promote: update.promote.iter().map(ToString::to_string).collect(),
    }
}
