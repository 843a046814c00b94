//! Random free-form fields, and tables of them with and without promoted columns.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_events::json::member_text;
use auditlake_events::schema::event_schema;
use auditlake_model::{CategoryClass, PromotedPath};
use auditlake_testkit::json_object;
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use proptest::prelude::*;

/// The paths that the tables with promoted columns have.
pub(crate) fn promoted() -> Vec<PromotedPath> {
    [
        "requestParameters.bucketName",
        "requestParameters.a",
        "userIdentity.arn",
        "userIdentity.sessionContext.sessionIssuer.arn",
    ]
    .iter()
    .map(|path| PromotedPath::parse(path).unwrap())
    .collect()
}

/// One event, as a line for the JSON reader.
pub(crate) fn event_line() -> impl Strategy<Value = String> {
    let arn = || proptest::option::of("arn:[xy]");
    let parameters = proptest::option::of(json_object());
    let identity = proptest::option::of((arn(), proptest::option::of(arn())));
    (0u32..1000, "[xy]", parameters, identity).prop_map(|(id, name, parameters, identity)| {
        let mut event = serde_json::json!({ "eventID": id.to_string(), "eventName": name });
        if let Some(parameters) = parameters {
            event["requestParameters"] = parameters.into();
        }
        if let Some((arn, issuer)) = identity {
            event["userIdentity"] = serde_json::json!({ "arn": arn });
            if let Some(issuer) = issuer {
                event["userIdentity"]["sessionContext"] =
                    serde_json::json!({ "sessionIssuer": { "arn": issuer } });
            }
        }
        event.to_string()
    })
}

/// Returns the schema of the tables, with or without promoted columns.
pub(crate) fn schema(promoted: &[PromotedPath]) -> SchemaRef {
    event_schema(CategoryClass::Activity, promoted)
}

/// Adds the promoted columns to a batch without them, by the definition of what they hold.
pub(crate) fn with_promoted(batch: &RecordBatch, paths: &[PromotedPath]) -> RecordBatch {
    let mut columns = batch.columns().to_vec();
    for path in paths {
        let column = batch.column_by_name(&path.column).unwrap();
        columns.push(match column.data_type() {
            DataType::Struct(_) => leaf(column, &path.path),
            _ => {
                let text = |json: &str| member_text(json, &path.path[0]).unwrap().map(Cow::into_owned);
                let texts = column.as_string_view().iter().map(|json| json.and_then(text));
                Arc::new(texts.collect::<StringViewArray>())
            }
        });
    }
    RecordBatch::try_new(schema(paths), columns).unwrap()
}

fn leaf(column: &ArrayRef, path: &[String]) -> ArrayRef {
    let (name, rest) = path.split_first().unwrap();
    let parent: &StructArray = column.as_struct();
    let child = parent.column_by_name(name).unwrap();
    if rest.is_empty() { Arc::clone(child) } else { leaf(child, rest) }
}

/// The same columns, whose hidden ones are no columns to see.
pub(crate) fn visible(schema: &Schema) -> Vec<String> {
    let names = schema.fields().iter().map(|field| field.name().clone());
    names.filter(|name| !auditlake_events::schema::is_hidden(name)).collect()
}
