//! Event data stores as records.

use auditlake_model::{EventDataStoreSettings, Retention, Timestamp};
use auditlake_store::StoreDescription;
use serde_json::{Value, json};

use crate::numbers::{human_bytes, seconds, thousands};
use crate::records::Record;

/// Properties that a list shows.
pub(super) const LIST_COLUMNS: &[&str] = &[
    "name",
    "status",
    "categoryClass",
    "retentionDays",
    "events",
    "sizeBytes",
    "firstEventAt",
    "lastEventAt",
    "id",
];

/// Describes a store with all its properties.
pub(super) fn record(description: &StoreDescription) -> Record {
    let settings = description.store.settings();
    let selectors = settings.selectors.as_ref().map(|selectors| json!(selectors.selectors()));
    let categories: Vec<&str> = settings.category_class.categories().iter().map(|c| c.as_str()).collect();
    let promoted: Vec<String> = settings.promoted.iter().map(ToString::to_string).collect();
    let mut record = Record::default()
        .with("name", settings.name.as_str())
        .with("id", settings.id.to_string())
        .with("arn", description.arn.to_string())
        .with("status", description.state.as_str())
        .with("categoryClass", settings.category_class.as_str())
        .with_shown("eventCategories", categories.clone(), categories.join(", "))
        .with_shown("advancedEventSelectors", selectors.clone(), selectors_text(selectors))
        .with_shown("retentionDays", settings.retention.days(), retention_text(settings))
        .with_shown(
            "terminationProtection",
            settings.termination_protection,
            on_off(settings.termination_protection),
        )
        .with_shown("ingestion", settings.ingestion, on_off(settings.ingestion))
        .with_shown("events", description.num_rows, thousands(description.num_rows))
        .with_shown("dataFiles", description.num_files, thousands(description.num_files))
        .with_shown("sizeBytes", description.size_bytes, human_bytes(description.size_bytes));
    for (name, at) in [
        ("firstEventAt", description.first_event_at),
        ("lastEventAt", description.last_event_at),
        ("createdAt", Some(settings.created_at)),
        ("updatedAt", Some(settings.updated_at)),
        ("deletedAt", settings.deleted_at),
        ("purgeAt", settings.purge_at()),
    ] {
        record = with_instant(record, name, at);
    }
    record.with("version", description.store.version()).with_shown(
        "promotedPaths",
        promoted.clone(),
        format!("{} (--format json lists them)", promoted.len()),
    )
}

fn with_instant(record: Record, name: &'static str, at: Option<Timestamp>) -> Record {
    match at {
        Some(at) => record.with_shown(name, at.to_string(), seconds(at)),
        None => record.with(name, Value::Null),
    }
}

fn retention_text(settings: &EventDataStoreSettings) -> String {
    match settings.retention {
        Retention::Forever => "forever".to_owned(),
        Retention::Days(days) => days.to_string(),
    }
}

fn selectors_text(selectors: Option<Value>) -> String {
    selectors.map_or_else(|| "every event of these categories".to_owned(), |selectors| selectors.to_string())
}

fn on_off(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}
