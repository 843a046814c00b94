//! Plans of relations: what goes down to the scan, and what is read once.

#![allow(clippy::unwrap_used, reason = "tests")]

use crate::plan;
use crate::testing::session;

async fn optimized(sql: &str) -> String {
    let state = session();
    let planned = plan(&state, sql).await.unwrap();
    state.optimize(&planned.plan).unwrap().display_indent().to_string()
}

#[tokio::test]
async fn filters_and_columns_go_down_through_unnest() {
    let plan = optimized(
        "SELECT eventName, r.arn FROM trail CROSS JOIN UNNEST(resources) AS r WHERE eventID = 'e1' AND r.type = 'x'",
    )
    .await;
    let below = plan.split("Unnest:").nth(1).unwrap();
    assert!(below.contains("Filter: trail.eventID = Utf8View(\"e1\")"), "{plan}");
    assert!(below.contains("projection=[eventName, eventID, resources]"), "{plan}");
}

#[tokio::test]
async fn a_condition_on_items_joins_nothing() {
    for condition in [
        "EXISTS (SELECT 1 FROM UNNEST(resources) AS r WHERE r.type = 'x')",
        "NOT EXISTS (SELECT 1 FROM UNNEST(resources) AS t(r) WHERE r.type = eventName)",
        "'x' IN (SELECT r.type FROM UNNEST(resources) AS r)",
        "EXISTS (SELECT 1 FROM UNNEST(requestParameters) AS p(k, v) WHERE k = 'x')",
    ] {
        let plan = optimized(&format!("SELECT eventID FROM trail WHERE {condition}")).await;
        assert_eq!(plan.matches("TableScan").count(), 1, "{plan}");
    }
}

#[tokio::test]
async fn lateral_over_items_reads_its_table_once() {
    let plan = optimized(
        "SELECT eventID, y FROM trail t, LATERAL (SELECT r.arn AS y FROM UNNEST(t.resources) AS r WHERE r.type IS NOT NULL)",
    )
    .await;
    assert_eq!(plan.matches("TableScan").count(), 1, "{plan}");
}

#[tokio::test]
async fn conditions_beside_a_subquery_come_before_it() {
    let plan = optimized(
        "SELECT eventID FROM trail t WHERE eventName = 'x' AND (SELECT count(*) FROM UNNEST(t.resources)) > 1",
    )
    .await;
    let filters = plan.matches("Filter: trail.eventName = Utf8View(\"x\")").count();
    assert_eq!(plan.matches("TableScan").count(), filters, "{plan}");
}
