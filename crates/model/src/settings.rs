//! The settings of an event data store, as kept in its table's metadata.

use serde::{Deserialize, Serialize};

use crate::category::CategoryClass;
use crate::error::{Error, Result};
use crate::id::EventDataStoreId;
use crate::name::StoreName;
use crate::retention::Retention;
use crate::selector::{AdvancedEventSelector, EventSelectors};
use crate::state::StoreState;
use crate::time::Timestamp;

/// Days between the delete of a store and its purge.
///
/// # Source
///
/// Spec section 1a, "Delete".
pub const PENDING_DELETION_DAYS: u32 = 7;

/// A path into an event whose value is stored again as a plain hidden column, so that filters on it
/// prune.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PromotedPath {
    /// The top-level column: a free-form field or `userIdentity`.
    pub column: String,
    /// Member names below it; those inside free-form fields are case-sensitive.
    pub path: Vec<String>,
}

impl PromotedPath {
    /// Parses `requestParameters.bucketName`.
    ///
    /// # Errors
    ///
    /// `Invalid` when a part is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = text.split('.').map(str::to_owned);
        match (parts.next(), parts.collect::<Vec<_>>()) {
            (Some(column), path)
                if !column.is_empty() && !path.is_empty() && path.iter().all(|part| !part.is_empty()) =>
            {
                Ok(Self { column, path })
            }
            _ => Err(Error::invalid(format!("promoted path `{text}` is not COLUMN.MEMBER"))
                .with_hint("Write for example requestParameters.bucketName.")),
        }
    }

    /// Returns the name of the hidden column, for example `_requestParameters_bucketName`.
    pub fn hidden_column(&self) -> String {
        let mut name = format!("_{}", self.column);
        for part in &self.path {
            name.push('_');
            name.push_str(part);
        }
        name
    }
}

impl std::fmt::Display for PromotedPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.column, self.path.join("."))
    }
}

/// Paths that new stores promote: what incident queries filter by most.
const DEFAULT_PROMOTED: &[&str] = &[
    "requestParameters.bucketName",
    "requestParameters.key",
    "requestParameters.roleArn",
    "requestParameters.roleName",
    "requestParameters.roleSessionName",
    "requestParameters.userName",
    "requestParameters.groupName",
    "requestParameters.groupId",
    "requestParameters.policyArn",
    "requestParameters.instanceId",
    "requestParameters.functionName",
    "requestParameters.keyId",
    "requestParameters.tableName",
    "requestParameters.secretId",
    "requestParameters.name",
    "responseElements.ConsoleLogin",
    "additionalEventData.MFAUsed",
    "userIdentity.type",
    "userIdentity.principalId",
    "userIdentity.arn",
    "userIdentity.accountId",
    "userIdentity.accessKeyId",
    "userIdentity.userName",
    "userIdentity.invokedBy",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.sessionContext.sessionIssuer.userName",
];

/// Returns the paths that a new store of the activity class promotes.
pub fn default_promoted() -> Vec<PromotedPath> {
    DEFAULT_PROMOTED.iter().filter_map(|text| PromotedPath::parse(text).ok()).collect()
}

/// The settings of an event data store.
///
/// - `deleted_at` is set exactly while the store is pending deletion.
/// - Serialises as version 1 of the stored form; an unknown member is refused, so that an older program
///   does not drop what a newer one wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SettingsV1", into = "SettingsV1")]
pub struct EventDataStoreSettings {
    /// Identity.
    pub id: EventDataStoreId,
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
    /// When it was created.
    pub created_at: Timestamp,
    /// When its settings changed last.
    pub updated_at: Timestamp,
    /// When it was deleted, if it is pending deletion.
    pub deleted_at: Option<Timestamp>,
    /// Paths stored again as plain columns.
    pub promoted: Vec<PromotedPath>,
}

impl EventDataStoreSettings {
    /// Returns the state at `now`.
    ///
    /// The states of transition (`CREATED`, `STARTING_INGESTION`, `STOPPING_INGESTION`) do not occur,
    /// since each change is one commit.
    pub fn state(&self, now: Timestamp) -> StoreState {
        if self.deleted_at.is_some_and(|deleted_at| deleted_at <= now) {
            StoreState::PendingDeletion
        } else if self.ingestion {
            StoreState::Enabled
        } else {
            StoreState::StoppedIngestion
        }
    }

    /// Checks what the types of the fields leave open; to be called wherever settings change.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidEventSelectorsException`) when the selectors select events of another class.
    pub fn check(&self) -> Result<()> {
        self.selectors.as_ref().map_or(Ok(()), |selectors| selectors.check_class(self.category_class))
    }

    /// Returns when a store that is pending deletion is purged.
    pub fn purge_at(&self) -> Option<Timestamp> {
        self.deleted_at.map(|at| at.saturating_add_days(PENDING_DELETION_DAYS))
    }
}

/// Version 1 of the stored form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SettingsV1 {
    id: EventDataStoreId,
    name: StoreName,
    category_class: CategoryClass,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    advanced_event_selectors: Option<Vec<AdvancedEventSelector>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention_days: Option<u32>,
    termination_protection: bool,
    ingestion: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
    promoted: Vec<PromotedPath>,
}

impl From<EventDataStoreSettings> for SettingsV1 {
    fn from(settings: EventDataStoreSettings) -> Self {
        Self {
            id: settings.id,
            name: settings.name,
            category_class: settings.category_class,
            advanced_event_selectors: settings.selectors.map(EventSelectors::into_selectors),
            retention_days: settings.retention.days().map(u32::from),
            termination_protection: settings.termination_protection,
            ingestion: settings.ingestion,
            created_at: settings.created_at,
            updated_at: settings.updated_at,
            deleted_at: settings.deleted_at,
            promoted: settings.promoted,
        }
    }
}

impl TryFrom<SettingsV1> for EventDataStoreSettings {
    type Error = Error;

    fn try_from(stored: SettingsV1) -> Result<Self> {
        let settings = Self {
            id: stored.id,
            name: stored.name,
            category_class: stored.category_class,
            selectors: stored.advanced_event_selectors.map(EventSelectors::try_new).transpose()?,
            retention: Retention::from_days(stored.retention_days)?,
            termination_protection: stored.termination_protection,
            ingestion: stored.ingestion,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            deleted_at: stored.deleted_at,
            promoted: stored.promoted,
        };
        settings.check()?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn hidden_column_joins_the_path() {
        let path = PromotedPath::parse("userIdentity.sessionContext.sessionIssuer.arn").unwrap();
        assert_eq!(path.hidden_column(), "_userIdentity_sessionContext_sessionIssuer_arn");
        assert!(PromotedPath::parse("requestParameters").is_err());
        assert!(PromotedPath::parse("requestParameters.").is_err());
        assert_eq!(default_promoted().len(), DEFAULT_PROMOTED.len());
    }

    const SAMPLE: &str = include_str!("../testdata/formats/v1/settings.json");
    const MINIMAL: &str = include_str!("../testdata/formats/v1/settings_minimal.json");

    fn read(json: &str) -> EventDataStoreSettings {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_stored_form_of_version_1_reads_and_writes_as_ever() {
        for sample in [SAMPLE, MINIMAL] {
            let written = serde_json::to_string_pretty(&read(sample)).unwrap();
            assert_eq!(written, sample.trim_end());
        }
        let settings = read(SAMPLE);
        assert_eq!((settings.name.as_str(), settings.retention.days()), ("Trail-1", Some(30)));
        assert_eq!(settings.promoted[0].to_string(), "requestParameters.bucketName");
        assert_eq!(read(MINIMAL).retention, Retention::Forever);
    }

    #[test]
    fn a_stored_form_that_breaks_a_rule_is_refused() {
        for (from, to, expected) in [
            ("\"retentionDays\": 30", "\"retentionDays\": 3", "not between 7 and 3653"),
            ("\"Trail-1\"", "\"lake\"", "is reserved"),
            ("\"Activity\"", "\"Insight\"", "the store takes Insight events"),
            ("\"ingestion\": true", "\"ingestion\": true, \"colour\": 1", "unknown field `colour`"),
        ] {
            let json = SAMPLE.replace(from, to);
            let error = serde_json::from_str::<EventDataStoreSettings>(&json).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_state_follows_deletion_then_ingestion() {
        let minimal = read(MINIMAL);
        let deleted = read(SAMPLE);
        let deleted_at = deleted.deleted_at.unwrap();
        assert_eq!(minimal.state(deleted_at), StoreState::StoppedIngestion);
        assert_eq!(deleted.state(deleted_at), StoreState::PendingDeletion);
        assert_eq!(
            EventDataStoreSettings { deleted_at: None, ..deleted.clone() }.state(deleted_at),
            StoreState::Enabled
        );
        assert_eq!(deleted.purge_at().unwrap().to_string(), "2026-01-10T00:00:00Z");
        assert_eq!(minimal.purge_at(), None);
    }
}
