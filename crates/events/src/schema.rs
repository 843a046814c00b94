//! The Arrow schema of an event data store: visible columns, then hidden ones.
//!
//! ```text
//! eventVersion .. eventContext | _remainder _derived _sourceObject _sourcePosition _importId _ingestVersion | _requestParameters_bucketName ..
//! visible, CloudTrail Lake's     hidden, what rebuilds and traces an event                                    hidden, promoted paths
//! ```
//!
//! Every column is nullable. The partition column `eventDate` and the virtual columns `eventJson` and
//! `eventJsonChecksum` are not part of it.
//!
//! # Source
//! shared/spec/cloudtrail-lake.md, section 2; shared/docs/ARCHITECTURE.md, decisions 4 to 6.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Fields, Schema, SchemaRef, TimeUnit};
use auditlake_model::{CategoryClass, Error, PromotedPath, Result};

use crate::layout::{Field, Kind, fields_of};

/// JSON object with everything of an event that no typed column holds; overlaid when it is rebuilt.
pub const REMAINDER: &str = "_remainder";
/// Comma-separated names of the columns whose value was derived and is not part of the event.
pub const DERIVED: &str = "_derived";
/// URI of the object that the event was read from.
pub const SOURCE_OBJECT: &str = "_sourceObject";
/// Ordinal of the record in its source object, from 0.
pub const SOURCE_POSITION: &str = "_sourcePosition";
/// Id of the import that stored the event.
pub const IMPORT_ID: &str = "_importId";
/// Store version that first showed the event; null until compaction writes it.
pub const INGEST_VERSION: &str = "_ingestVersion";

/// Partition column: the UTC day of `eventTime`. It is not part of [`event_schema`].
pub const EVENT_DATE: &str = "eventDate";
/// Time of the event.
pub const EVENT_TIME: &str = "eventTime";
/// Unique id of the event.
pub const EVENT_ID: &str = "eventID";
/// Category of the event, derived where the event does not tell.
pub const EVENT_CATEGORY: &str = "eventCategory";
/// Virtual column: the event rebuilt as JSON. It is not part of [`event_schema`].
pub const EVENT_JSON: &str = "eventJson";
/// Virtual column: checksum of the rebuilt event. It is not part of [`event_schema`].
pub const EVENT_JSON_CHECKSUM: &str = "eventJsonChecksum";

/// Plain columns that are worth minimum and maximum per data file.
pub const STATS_COLUMNS: &[&str] = &[
    EVENT_TIME,
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "errorCode",
    "eventType",
    "recipientAccountId",
    EVENT_CATEGORY,
    "_userIdentity_arn",
    "_userIdentity_accessKeyId",
    "_userIdentity_userName",
    "_requestParameters_bucketName",
    INGEST_VERSION,
];

/// Plain columns in which one looks for a needle, worth a bloom filter.
pub const BLOOM_COLUMNS: &[&str] = &[
    EVENT_ID,
    "requestID",
    "sharedEventID",
    "sourceIPAddress",
    "vpcEndpointId",
    "_userIdentity_arn",
    "_userIdentity_accessKeyId",
    "_userIdentity_principalId",
    "_userIdentity_userName",
    "_userIdentity_sessionContext_sessionIssuer_arn",
    "_requestParameters_bucketName",
    "_requestParameters_instanceId",
    "_requestParameters_roleArn",
];

/// Key of the field metadata that names an Arrow extension type.
pub const EXTENSION_KEY: &str = "ARROW:extension:name";
/// Name of Arrow's extension type for JSON text.
pub const JSON_EXTENSION: &str = "arrow.json";

/// Returns the schema of the data files of one category class, without the partition column.
///
/// Promoted paths that do not exist in the class are left out; see [`check_promoted`].
pub fn event_schema(class: CategoryClass, promoted: &[PromotedPath]) -> SchemaRef {
    let mut fields: Vec<ArrowField> = fields_of(class).iter().map(arrow_field).collect();
    fields.push(json_field(REMAINDER));
    for name in [DERIVED, SOURCE_OBJECT] {
        fields.push(ArrowField::new(name, DataType::Utf8View, true));
    }
    fields.push(ArrowField::new(SOURCE_POSITION, DataType::Int64, true));
    fields.push(ArrowField::new(IMPORT_ID, DataType::Utf8View, true));
    fields.push(ArrowField::new(INGEST_VERSION, DataType::Int64, true));
    for path in promoted {
        if check_promoted(class, path).is_ok() {
            fields.push(ArrowField::new(path.hidden_column(), DataType::Utf8View, true));
        }
    }
    Arc::new(Schema::new(fields))
}

/// Tells whether a column is left out of what SQL shows: its name starts with `_`.
pub fn is_hidden(name: &str) -> bool {
    name.starts_with('_')
}

/// Tells whether a field holds JSON text, by its extension type.
pub fn is_json(field: &ArrowField) -> bool {
    field.metadata().get(EXTENSION_KEY).is_some_and(|name| name == JSON_EXTENSION)
}

/// Checks that a path of this class can be stored as a promoted column.
///
/// Those are members of free-form fields, and text leaves of structs.
///
/// # Errors
/// `Invalid` when the column does not exist in the class or the path leads to no such member.
pub fn check_promoted(class: CategoryClass, path: &PromotedPath) -> Result<()> {
    let mut fields = fields_of(class);
    let names = std::iter::once(path.column.as_str()).chain(path.path.iter().map(String::as_str));
    let mut remaining = path.path.len();
    for name in names {
        let Some(field) = fields.iter().find(|field| field.name == name) else { break };
        match field.kind {
            Kind::Text if remaining == 0 && !path.path.is_empty() => return Ok(()),
            Kind::Json if remaining > 0 => return Ok(()),
            Kind::Struct(members) => fields = members,
            _ => break,
        }
        remaining = remaining.saturating_sub(1);
    }
    Err(Error::invalid(format!("`{}.{}` is no path that can be promoted", path.column, path.path.join(".")))
        .with_hint("Name a member of a free-form field (requestParameters.bucketName) or a text member of a struct (userIdentity.arn)."))
}

fn arrow_field(field: &Field) -> ArrowField {
    match field.kind {
        Kind::Json => json_field(field.name),
        _ => ArrowField::new(field.name, arrow_type(&field.kind), true),
    }
}

fn json_field(name: &str) -> ArrowField {
    let metadata = HashMap::from([(EXTENSION_KEY.to_owned(), JSON_EXTENSION.to_owned())]);
    ArrowField::new(name, DataType::Utf8View, true).with_metadata(metadata)
}

/// Returns the Arrow type of a field. `Json` fields also carry metadata, which a type cannot.
fn arrow_type(kind: &Kind) -> DataType {
    match kind {
        Kind::Text | Kind::Json => DataType::Utf8View,
        Kind::Bool => DataType::Boolean,
        Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Struct(members) => DataType::Struct(arrow_fields(members)),
        Kind::List(members) => list_of(DataType::Struct(arrow_fields(members))),
        Kind::Insight => insight_context_type(),
    }
}

pub(crate) fn arrow_fields(fields: &[Field]) -> Fields {
    fields.iter().map(arrow_field).collect()
}

pub(crate) fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(ArrowField::new("element", item, true)))
}

/// `insightContext` of an Insight event data store; attributions are arrays, as in the events.
pub(crate) fn insight_context_type() -> DataType {
    let double = |name| ArrowField::new(name, DataType::Float64, true);
    let int = |name| ArrowField::new(name, DataType::Int32, true);
    let text = |name| ArrowField::new(name, DataType::Utf8View, true);
    let averages = || list_of(DataType::Struct(vec![text("value"), double("average")].into()));
    let attribution: Fields = vec![
        text("attribute"),
        text("insightValue"),
        double("insightAverage"),
        text("baselineValue"),
        double("baselineAverage"),
        ArrowField::new("insight", averages(), true),
        ArrowField::new("baseline", averages(), true),
    ]
    .into();
    let context: Fields = vec![
        double("baselineAverage"),
        double("insightAverage"),
        int("baselineDuration"),
        int("insightDuration"),
        ArrowField::new("attributions", list_of(DataType::Struct(attribution)), true),
    ]
    .into();
    DataType::Struct(context)
}
