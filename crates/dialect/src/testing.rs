//! A session with a small event data store in memory, for the tests of frontend, functions and rewrite.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use auditlake_events::schema::event_schema;
use auditlake_model::{CategoryClass, Error};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::json::ReaderBuilder;
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::datasource::MemTable;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};

use super::{Parameters, PlannedQuery, install, plan_with};

pub(crate) const UUID: &str = "12e5f6a7-00e1-4bcd-9def-0123456789ab";

/// Three events; free-form fields are JSON text.
const EVENTS: &[&str] = &[
    r#"{"eventID":"e1","eventName":"GetObject","eventSource":"s3.amazonaws.com","eventTime":"2024-01-01T10:00:00Z",
        "readOnly":true,"errorCode":"AccessDenied","sourceIPAddress":"10.0.0.1","sessionCredentialFromConsole":"true",
        "userIdentity":{"type":"IAMUser","arn":"arn:alice","userName":"alice"},
        "requestParameters":"{\"bucketName\":\"logs\",\"key\":\"a/b\",\"Key\":\"upper\",\"n\":1.50,\"deep\":{\"items\":[{\"key\":\"k1\"},{\"key\":null}],\"s\":\"x\\u003d\"}}",
        "resources":[{"ARN":"arn:logs","type":"AWS::S3::Bucket"},{"ARN":"arn:logs/a"}]}"#,
    r#"{"eventID":"e2","eventName":"AssumeRole","eventSource":"sts.amazonaws.com","eventTime":"2024-01-01T10:00:00.500Z",
        "readOnly":false,"sourceIPAddress":"10.0.0.2",
        "userIdentity":{"type":"AssumedRole","arn":"arn:role","sessionContext":{"attributes":{"creationDate":"2024-01-01T09:00:00Z"},
            "sessionIssuer":{"arn":"arn:issuer","userName":"issuer"}}},
        "requestParameters":"{\"roleArn\":\"arn:r\",\"bucketName\":{\"nested\":true},\"tags\":[\"a\",\"b\"]}"}"#,
    r#"{"eventID":"e3","eventName":"ConsoleLogin","eventTime":"2024-01-02T00:00:00Z","userIdentity":{"type":"Root"}}"#,
];

/// Reads newline-delimited JSON with the columns of an event data store.
pub(crate) fn batch(schema: SchemaRef, lines: &[&str]) -> RecordBatch {
    let text = lines.iter().map(|line| line.replace('\n', " ")).collect::<Vec<_>>().join("\n");
    let mut reader = ReaderBuilder::new(schema).build(text.as_bytes()).unwrap();
    reader.next().unwrap().unwrap()
}

/// Returns a session with the tables `trail`, `my-trail`, `my.store` and [`UUID`], all with the same events.
pub(crate) fn session() -> SessionState {
    let schema = event_schema(CategoryClass::Activity, &[]);
    let batch = batch(Arc::clone(&schema), EVENTS);
    let state = empty_session();
    let context = SessionContext::new_with_state(state.clone());
    for name in ["trail", "my-trail", "my.store", UUID] {
        let table = MemTable::try_new(Arc::clone(&schema), vec![vec![batch.clone()]]).unwrap();
        context.register_table(datafusion::common::TableReference::bare(name), Arc::new(table)).unwrap();
    }
    context.state()
}

/// Returns a session with the dialect and no tables.
pub(crate) fn empty_session() -> SessionState {
    let config = SessionConfig::new().with_information_schema(true).with_target_partitions(2);
    let mut builder = SessionStateBuilder::new().with_config(config).with_default_features();
    install(&mut builder);
    builder.build()
}

/// What came out of a query: names of columns, and rows of cells joined by `|`.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) names: Vec<String>,
    pub(crate) rows: Vec<String>,
}

/// Runs a statement.
pub(crate) async fn run(state: &SessionState, sql: &str) -> Result<Answer, Error> {
    run_with(state, sql, &Parameters::default()).await
}

/// Runs a statement with values for its parameters.
pub(crate) async fn run_with(
    state: &SessionState,
    sql: &str,
    parameters: &Parameters,
) -> Result<Answer, Error> {
    let PlannedQuery { plan, output_names: names, .. } = plan_with(state, sql, parameters).await?;
    let failed = super::explain_run;
    let frame =
        SessionContext::new_with_state(state.clone()).execute_logical_plan(plan).await.map_err(failed)?;
    let batches = frame.collect().await.map_err(failed)?;
    let cell = |batch: &RecordBatch, column: usize, row: usize| {
        let column = batch.column(column);
        if column.is_null(row) { "NULL".to_owned() } else { array_value_to_string(column, row).unwrap() }
    };
    let row = |batch: &RecordBatch, row: usize| {
        (0..batch.num_columns()).map(|column| cell(batch, column, row)).collect::<Vec<_>>().join("|")
    };
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |index| row(batch, index)));
    Ok(Answer { names, rows: rows.collect() })
}
