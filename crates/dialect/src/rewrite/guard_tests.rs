//! A condition filters the rows for which it is true, wherever its parts are evaluated.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::{MemTable, TableType};
use datafusion::execution::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::prelude::SessionContext;
use proptest::prelude::*;

use super::testing::{promoted, schema, with_promoted};
use super::tests::{runtime, view};
use crate::testing::{batch, empty_session, run};

/// A table that evaluates filters which read one column alone, as the files of a store are.
#[derive(Debug)]
struct OneColumn(MemTable);

fn is_exact(filter: &&Expr) -> bool {
    filter.column_refs().len() == 1
}

#[async_trait]
impl TableProvider for OneColumn {
    fn schema(&self) -> SchemaRef {
        self.0.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let support = |filter| match is_exact(filter) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Inexact,
        };
        Ok(filters.iter().map(support).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut plan = self.0.scan(state, None, &[], None).await?;
        let schema = self.schema();
        if let Some(filter) = conjunction(filters.iter().filter(is_exact).cloned()) {
            let columns = DFSchema::try_from(Arc::clone(&schema))?;
            plan = Arc::new(FilterExec::try_new(state.create_physical_expr(filter, &columns)?, plan)?);
        }
        let Some(projection) = projection else { return Ok(plan) };
        let columns = projection.iter().map(|index| {
            let name = schema.field(*index).name();
            (Arc::new(Column::new(name, *index)) as Arc<_>, name.clone())
        });
        Ok(Arc::new(ProjectionExec::try_new(columns.collect::<Vec<_>>(), plan)?))
    }
}

fn table(batch: &RecordBatch) -> Arc<dyn TableProvider> {
    Arc::new(OneColumn(MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).unwrap()))
}

/// The same events in tables with promoted columns and without.
fn session(lines: &[String]) -> SessionState {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let plain = batch(schema(&[]), &lines);
    let full = with_promoted(&plain, &promoted());
    let context = SessionContext::new_with_state(empty_session());
    for (name, batch) in [("plain", plain), ("promoted", full)] {
        context.register_table(name, Arc::new(view(&[batch], table))).unwrap();
    }
    context.state()
}

fn event() -> impl Strategy<Value = serde_json::Value> {
    let text = || proptest::option::of("[ab]{0,3}");
    let hour = proptest::option::of(0u32..24);
    (text(), hour, any::<Option<bool>>(), proptest::option::of(0u32..30), text()).prop_map(
        |(name, hour, read_only, a, bucket)| {
            let mut parameters = serde_json::Map::new();
            parameters.extend(a.map(|a| ("a".to_owned(), a.into())));
            parameters.extend(bucket.clone().map(|bucket| ("bucketName".to_owned(), bucket.into())));
            serde_json::json!({
                "eventName": name,
                "eventTime": hour.map(|hour| format!("2024-01-01T{hour:02}:30:00Z")),
                "readOnly": read_only,
                "requestParameters": serde_json::Value::Object(parameters).to_string(),
                "userIdentity": { "arn": bucket },
            })
        },
    )
}

fn events() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(event(), 1..16).prop_map(|events| {
        let numbered = events.into_iter().enumerate().map(|(number, mut event)| {
            event["eventID"] = format!("e{number:02}").into();
            event.to_string()
        });
        numbered.collect()
    })
}

/// Numbers from 0 to 30; some of these expressions may fail, though none does.
fn number() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "length(eventName)",
        "hour(eventTime)",
        "hour(from_iso8601_timestamp(to_iso8601(eventTime)))",
        "CAST(format_datetime(eventTime, 'H') AS bigint)",
        "CAST(requestParameters.a AS bigint)",
        "CAST(json_extract_scalar(requestParameters, '$.a') AS bigint)",
        "20 / (length(eventName) + 1)",
        "20 / (hour(eventTime) + 1)",
        "mod(hour(eventTime), length(eventName) + 1)",
    ])
}

/// Conditions on a number or a text.
fn predicate() -> impl Strategy<Value = String> {
    let bound = || 0u32..24;
    prop_oneof![
        (number(), prop::sample::select(vec!["=", "<>", "<", ">="]), bound())
            .prop_map(|(x, op, y)| format!("{x} {op} {y}")),
        (number(), any::<bool>(), bound(), 0u32..12).prop_map(|(x, not, low, more)| {
            format!("{x} {}BETWEEN {low} AND {}", if not { "NOT " } else { "" }, low + more)
        }),
        (number(), any::<bool>(), bound(), bound())
            .prop_map(|(x, not, y, z)| { format!("{x} {}IN ({y}, {z})", if not { "NOT " } else { "" }) }),
        (number(), number()).prop_map(|(x, y)| format!("{x} < {y}")),
        prop::sample::select(vec![
            "readOnly",
            "readOnly = false",
            "eventName = 'a'",
            "eventName IS NULL",
            "eventTime < TIMESTAMP '2024-01-01 12:00:00'",
            "requestParameters.bucketName <> eventName",
            "element_at(requestParameters, 'bucketName') LIKE 'a%'",
            "userIdentity.arn IN ('a', 'b', 'ab')",
        ])
        .prop_map(str::to_owned),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    predicate().prop_recursive(3, 12, 3, |inner| {
        let inner = || inner.clone();
        prop_oneof![
            3 => (inner(), inner()).prop_map(|(a, b)| format!("({a} AND {b})")),
            3 => (inner(), inner()).prop_map(|(a, b)| format!("({a} OR {b})")),
            2 => inner().prop_map(|a| format!("NOT ({a})")),
            1 => (inner(), inner(), inner()).prop_map(|(a, b, c)| format!("IF({a}, {b}, {c})")),
            1 => (inner(), inner()).prop_map(|(a, b)| format!("CASE WHEN {a} THEN {b} ELSE false END")),
            1 => (inner(), inner()).prop_map(|(a, b)| format!("CASE WHEN {a} THEN {b} END")),
        ]
    })
}

/// Conditions of one to three parts, as a WHERE clause has them.
fn conjuncts() -> impl Strategy<Value = String> {
    proptest::collection::vec(condition(), 1..4).prop_map(|parts| parts.join(" AND "))
}

/// Checks that each condition filters the rows for which it is true.
fn check(events: &[String], conditions: &[String]) {
    let state = session(events);
    let values: Vec<String> = conditions.iter().map(|condition| format!("({condition})")).collect();
    let values = format!("SELECT eventID, {} FROM plain ORDER BY eventID", values.join(", "));
    let answer = |sql: String| {
        let run = async { run(&state, &sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).rows };
        runtime().block_on(run)
    };
    let values = answer(values);
    for (number, condition) in conditions.iter().enumerate() {
        let is_true = |row: &&String| row.split('|').nth(number + 1) == Some("true");
        let expected: Vec<&str> =
            values.iter().filter(is_true).filter_map(|row| row.split('|').next()).collect();
        for store in ["plain", "promoted"] {
            let rows = answer(format!("SELECT eventID FROM {store} WHERE {condition} ORDER BY eventID"));
            assert_eq!(rows, expected, "{condition} on {store} with {events:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn conditions_filter_the_rows_for_which_they_are_true(
        events in events(),
        conditions in proptest::collection::vec(conjuncts(), 4),
    ) {
        check(&events, &conditions);
    }
}

#[test]
fn negated_ranges_of_calls_filter() {
    let event = |id: &str, hour: &str, name: &str| {
        format!(
            r#"{{"eventID":"{id}","readOnly":false,"eventTime":"2024-01-01T{hour}:00:00Z","eventName":"{name}"}}"#
        )
    };
    let events =
        [event("e1", "12", "abcdefghijk"), event("e2", "06", "a"), event("e3", "19", "abcdefghijklmn")];
    let state = session(&events);
    for condition in [
        "hour(eventTime) NOT BETWEEN 7 AND 18",
        "NOT (hour(eventTime) BETWEEN 7 AND 18)",
        "(hour(eventTime) >= 19 OR minute(eventTime) NOT BETWEEN 0 AND 29 OR hour(eventTime) < 7)",
        "IF(hour(eventTime) < 7, true, hour(eventTime) > 18)",
        "(hour(eventTime) = 6 OR hour(eventTime) NOT IN (6, 12))",
        "CAST(format_datetime(eventTime, 'H') AS bigint) NOT BETWEEN 7 AND 18",
        "NOT (CAST(format_datetime(eventTime, 'H') AS bigint) BETWEEN 7 AND 18)",
        "(CAST(format_datetime(eventTime, 'H') AS bigint) = 6 OR CAST(format_datetime(eventTime, 'H') AS bigint) NOT IN (6, 12))",
        "100 / hour(eventTime) NOT BETWEEN 6 AND 10",
        "length(eventName) NOT BETWEEN 10 AND 12",
        "NOT (length(eventName) BETWEEN 10 AND 12)",
    ] {
        for store in ["plain", "promoted"] {
            let sql = format!(
                "SELECT eventID FROM {store} WHERE readOnly = false AND {condition} ORDER BY eventID"
            );
            let rows = runtime().block_on(run(&state, &sql)).unwrap().rows;
            assert_eq!(rows, ["e2", "e3"], "{sql}");
        }
    }
}

/// A part inside of an OR was evaluated for rows that the AND before it leaves out.
#[test]
fn what_stands_behind_and_is_guarded_inside_of_or_too() {
    let events = [
        r#"{"eventID":"e1","eventName":"a","requestParameters":"{\"a\":5}"}"#.to_owned(),
        r#"{"eventID":"e2","eventName":"b","requestParameters":"{\"a\":\"x\"}"}"#.to_owned(),
    ];
    let state = session(&events);
    let number = "CAST(requestParameters.a AS bigint) = 5";
    for condition in [
        format!("eventName = 'a' AND (eventID = 'e9' OR {number})"),
        format!("eventName = 'a' AND (eventID = 'e1' AND {number})"),
        format!("eventName = 'a' AND CASE WHEN eventID <> 'e9' THEN {number} ELSE false END"),
        format!("eventName = 'a' AND (eventID = 'e9' OR (eventName = 'a' AND (eventID = 'e8' OR {number})))"),
        format!("NOT (eventName = 'b' OR (eventID = 'e9' AND true) OR NOT ({number}))"),
    ] {
        for store in ["plain", "promoted"] {
            let sql = format!("SELECT eventID, ({condition}) FROM {store} ORDER BY eventID");
            let rows = runtime().block_on(run(&state, &sql)).unwrap_or_else(|e| panic!("{sql}: {e:?}")).rows;
            assert_eq!(rows, ["e1|true", "e2|false"], "{sql}");
            // A table in memory would take the conditions upon itself.
            let sql = format!("SELECT eventID FROM (SELECT * FROM {store} LIMIT 9) WHERE {condition}");
            let rows = runtime().block_on(run(&state, &sql)).unwrap_or_else(|e| panic!("{sql}: {e:?}")).rows;
            assert_eq!(rows, ["e1"], "{sql}");
        }
    }
}
