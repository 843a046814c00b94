//! Stores on the wire.

use auditlake_model::{
    CategoryClass, Error, PromotedPath, Result, Retention, RetentionDays, StoreName, StoreState,
};
use auditlake_proto::v1;
use auditlake_store::{NewEventDataStore, StoreDescription, StoreUpdate};

use crate::control::selectors;
use crate::control::times::to_wire;

/// Returns a store as the wire has it.
pub(super) fn store(description: &StoreDescription) -> v1::EventDataStore {
    let settings = description.store.settings();
    let categories = settings.category_class.categories().iter();
    v1::EventDataStore {
        name: settings.name.to_string(),
        id: settings.id.to_string(),
        arn: description.arn.to_string(),
        status: status(description.state).into(),
        category_class: class(settings.category_class).into(),
        event_categories: categories.map(|category| category.as_str().to_owned()).collect(),
        advanced_event_selectors: settings.selectors.as_ref().map(selectors::to_wire),
        retention_days: settings.retention.days().map_or(0, u32::from),
        termination_protection_enabled: settings.termination_protection,
        ingestion_enabled: settings.ingestion,
        events: description.num_rows,
        data_files: description.num_files,
        size_bytes: description.size_bytes,
        first_event_at: description.first_event_at.map(to_wire),
        last_event_at: description.last_event_at.map(to_wire),
        created_at: Some(to_wire(settings.created_at)),
        updated_at: Some(to_wire(settings.updated_at)),
        deleted_at: settings.deleted_at.map(to_wire),
        purge_at: settings.purge_at().map(to_wire),
        version: description.store.version(),
        promoted_paths: settings.promoted.iter().map(ToString::to_string).collect(),
    }
}

fn status(state: StoreState) -> v1::EventDataStoreStatus {
    match state {
        StoreState::Created => v1::EventDataStoreStatus::Created,
        StoreState::Enabled => v1::EventDataStoreStatus::Enabled,
        StoreState::StartingIngestion => v1::EventDataStoreStatus::StartingIngestion,
        StoreState::StoppingIngestion => v1::EventDataStoreStatus::StoppingIngestion,
        StoreState::StoppedIngestion => v1::EventDataStoreStatus::StoppedIngestion,
        StoreState::PendingDeletion => v1::EventDataStoreStatus::PendingDeletion,
    }
}

fn class(class: CategoryClass) -> v1::CategoryClass {
    match class {
        CategoryClass::Activity => v1::CategoryClass::Activity,
        CategoryClass::Insight => v1::CategoryClass::Insight,
    }
}

/// Reads a retention period; 0 stands for ever.
fn parse_retention(days: u32) -> Result<Retention> {
    match days {
        0 => Ok(Retention::Forever),
        days => RetentionDays::try_new(days).map(Retention::Days),
    }
}

fn parse_class(class: i32) -> Result<CategoryClass> {
    match v1::CategoryClass::try_from(class) {
        Ok(v1::CategoryClass::Unspecified | v1::CategoryClass::Activity) => Ok(CategoryClass::Activity),
        Ok(v1::CategoryClass::Insight) => Ok(CategoryClass::Insight),
        Err(_) => Err(Error::invalid(format!("{class} is no category class"))
            .with_code("InvalidParameterException")
            .with_hint("Use CATEGORY_CLASS_ACTIVITY or CATEGORY_CLASS_INSIGHT.")),
    }
}

fn parse_paths(paths: &[String]) -> Result<Vec<PromotedPath>> {
    paths.iter().map(|path| PromotedPath::parse(path)).collect()
}

/// Reads what is to be created.
///
/// # Errors
///
/// `Invalid`, naming what is wrong.
pub(super) fn new_store(request: v1::CreateEventDataStoreRequest) -> Result<NewEventDataStore> {
    let mut new = NewEventDataStore::new(StoreName::parse(&request.name)?);
    new.category_class = parse_class(request.category_class)?;
    if new.category_class == CategoryClass::Insight {
        // The usual paths are of activity events.
        new.promoted.clear();
    }
    new.selectors = request.advanced_event_selectors.map(selectors::from_wire).transpose()?.flatten();
    new.retention = parse_retention(request.retention_days)?;
    new.termination_protection = request.termination_protection_enabled.unwrap_or(true);
    new.ingestion = request.start_ingestion.unwrap_or(true);
    for path in parse_paths(&request.promoted_paths)? {
        if !new.promoted.contains(&path) {
            new.promoted.push(path);
        }
    }
    Ok(new)
}

/// Reads what is to change.
///
/// # Errors
///
/// `Invalid`, naming what is wrong; (`InvalidParameterException`) when it is nothing.
pub(super) fn update(request: &v1::UpdateEventDataStoreRequest) -> Result<StoreUpdate> {
    let update = StoreUpdate {
        name: request.name.as_deref().map(StoreName::parse).transpose()?,
        selectors: request.advanced_event_selectors.clone().map(selectors::from_wire).transpose()?,
        retention: request.retention_days.map(parse_retention).transpose()?,
        termination_protection: request.termination_protection_enabled,
        promote: parse_paths(&request.promote)?,
    };
    let is_empty = update.name.is_none()
        && update.selectors.is_none()
        && update.retention.is_none()
        && update.termination_protection.is_none()
        && update.promote.is_empty();
    match is_empty {
        false => Ok(update),
        true => Err(Error::invalid("there is nothing to change").with_code("InvalidParameterException")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_store_has_the_defaults_of_the_command_line() {
        let request = v1::CreateEventDataStoreRequest { name: "trail".to_owned(), ..Default::default() };
        let new = new_store(request).unwrap();
        assert!(new.termination_protection && new.ingestion && new.selectors.is_none());
        assert_eq!((new.category_class, new.retention), (CategoryClass::Activity, Retention::Forever));
        assert!(!new.promoted.is_empty());
    }

    #[test]
    fn an_update_changes_what_is_given() {
        let nothing = v1::UpdateEventDataStoreRequest::default();
        assert_eq!(update(&nothing).unwrap_err().code(), Some("InvalidParameterException"));
        let request = v1::UpdateEventDataStoreRequest {
            retention_days: Some(0),
            advanced_event_selectors: Some(v1::AdvancedEventSelectors::default()),
            ..nothing.clone()
        };
        let update_found = update(&request).unwrap();
        assert_eq!(update_found.retention, Some(Retention::Forever));
        assert_eq!(update_found.selectors, Some(None));
        let wrong = v1::UpdateEventDataStoreRequest { retention_days: Some(3), ..nothing };
        assert!(update(&wrong).is_err());
    }
}
