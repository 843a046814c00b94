//! A query over promoted columns answers as the same query without them, and reads no JSON where it need not.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, TableReference};
use datafusion::datasource::{MemTable, ViewTable, provider_as_source};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::SessionContext;
use proptest::prelude::*;

use super::testing::{event_line, promoted, schema, visible, with_promoted};
use crate::testing::{batch, empty_session, run};

/// A view over one scan for each batch, as that of a store whose files differ in their columns.
pub(super) fn view(
    batches: &[RecordBatch],
    table: impl Fn(&RecordBatch) -> Arc<dyn TableProvider>,
) -> ViewTable {
    let mut plan: Option<LogicalPlan> = None;
    for batch in batches {
        let scan = LogicalPlanBuilder::scan("files", provider_as_source(table(batch)), None).unwrap();
        let columns = visible(&batch.schema())
            .into_iter()
            .map(|name| Expr::Column(Column::new(Some(TableReference::bare("files")), name)));
        let all_columns: Vec<Expr> = columns.collect();
        let group =
            if batches.len() == 1 { scan.build() } else { scan.project(all_columns).unwrap().build() }
                .unwrap();
        plan = Some(match plan {
            None => group,
            Some(plan) => LogicalPlanBuilder::from(plan).union(group).unwrap().build().unwrap(),
        });
    }
    let plan = plan.unwrap();
    let columns = plan.schema().columns().into_iter().filter(|column| !column.name.starts_with('_'));
    let columns: Vec<Expr> = columns.map(Expr::Column).collect();
    ViewTable::new(LogicalPlanBuilder::from(plan).project(columns).unwrap().build().unwrap(), None)
}

fn in_memory(batch: &RecordBatch) -> Arc<dyn TableProvider> {
    Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch.clone()]]).unwrap())
}

/// Three stores with the same events: without promoted columns, with them, and with them in some files.
fn session(lines: &[String]) -> SessionState {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let plain = batch(schema(&[]), &lines);
    let full = with_promoted(&plain, &promoted());
    let half = plain.num_rows() / 2;
    let rest = plain.num_rows() - half;
    let mixed = [
        plain.slice(0, half),
        with_promoted(&plain.slice(half, rest), &promoted()[..1]).slice(0, rest / 2),
        full.slice(half + rest / 2, rest - rest / 2),
    ];
    let context = SessionContext::new_with_state(empty_session());
    for (name, batches) in [("plain", &[plain][..]), ("promoted", &[full]), ("mixed", &mixed)] {
        context.register_table(name, Arc::new(view(batches, in_memory))).unwrap();
    }
    context.state()
}

/// Queries over `STORE`, in all places where an access can stand.
const QUERIES: &[&str] = &[
    "SELECT requestParameters.bucketName, element_at(requestParameters, 'a'), userIdentity.arn FROM STORE",
    "SELECT requestParameters.BucketName, requestParameters.A, requestParameters.a_b, requestParameters.a.b FROM STORE",
    "SELECT eventID FROM STORE WHERE requestParameters.bucketName = 'x' AND userIdentity.arn IS NOT NULL",
    "SELECT eventID FROM STORE WHERE requestParameters.a IS NULL OR NOT (element_at(requestParameters, 'bucketName') = 'x')",
    "SELECT json_extract_scalar(requestParameters, '$.a'), json_extract(requestParameters, '$.a') FROM STORE",
    "SELECT eventID FROM STORE WHERE json_extract_scalar(requestParameters, '$.a') = 'x'",
    "SELECT eventID FROM STORE WHERE json_extract_scalar(requestParameters, '$.a') = '{'",
    "SELECT eventID FROM STORE WHERE json_extract_scalar(requestParameters, '$[\"a\"]') IN ('x', '1.50', 'null')",
    "SELECT eventID FROM STORE WHERE NOT (json_extract_scalar(requestParameters, '$.a') = 'x')",
    "SELECT eventID FROM STORE WHERE json_extract_scalar(requestParameters, '$.a') LIKE '%' OR eventName = 'x'",
    "SELECT requestParameters.bucketName AS b, count(*), max(userIdentity.sessionContext.sessionIssuer.arn) FROM STORE GROUP BY 1",
    "SELECT requestParameters.bucketName, count(*) FROM STORE GROUP BY requestParameters.bucketName HAVING count(*) > 1",
    "SELECT eventName, requestParameters.a, count(*) FROM STORE GROUP BY GROUPING SETS ((eventName), (eventName, requestParameters.a))",
    "SELECT x.bucketName FROM (SELECT requestParameters AS x, userIdentity AS u FROM STORE) q WHERE q.u.arn = 'arn:x'",
    "SELECT l.eventID, r.requestParameters.a FROM STORE l JOIN STORE r ON l.requestParameters.bucketName = r.requestParameters.bucketName",
    "SELECT l.eventID, r.userIdentity.arn FROM STORE l LEFT JOIN STORE r ON l.userIdentity.arn = r.userIdentity.arn AND r.requestParameters.a = 'x'",
    "SELECT eventID FROM STORE WHERE userIdentity.arn IN (SELECT userIdentity.arn FROM STORE WHERE requestParameters.a = '1')",
    "SELECT eventID FROM STORE t WHERE EXISTS (SELECT 1 FROM STORE u WHERE u.requestParameters.a = t.requestParameters.a AND u.eventID <> t.eventID)",
    "SELECT DISTINCT requestParameters.a FROM STORE",
    "SELECT eventID FROM STORE ORDER BY requestParameters.a DESC, userIdentity.arn, eventID LIMIT 3",
    "SELECT requestParameters.a, row_number() OVER (PARTITION BY userIdentity.arn ORDER BY requestParameters.a, eventID) FROM STORE",
    "SELECT userIdentity.arn FROM STORE UNION SELECT requestParameters.a FROM STORE",
    "SELECT u.arn FROM (SELECT userIdentity AS u FROM STORE UNION ALL SELECT userIdentity FROM STORE WHERE eventName = 'x') q",
    "WITH q AS (SELECT * FROM STORE) SELECT a.userIdentity.arn, b.requestParameters.a FROM q a JOIN q b ON a.eventID = b.eventID",
    "SELECT * FROM STORE WHERE requestParameters.bucketName = 'x' ORDER BY eventID LIMIT 2",
    "SELECT eventID FROM STORE WHERE CASE WHEN eventName = 'x' THEN requestParameters.a ELSE userIdentity.arn END = 'x'",
];

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The rows of a query in some order that does not depend on how it was run.
async fn rows(state: &SessionState, sql: &str) -> Vec<String> {
    let mut rows = run(state, sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).rows;
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn promoted_columns_answer_as_the_members_do(lines in proptest::collection::vec(event_line(), 1..12)) {
        let state = session(&lines);
        runtime().block_on(async {
            for query in QUERIES {
                let expect = rows(&state, &query.replace("STORE", "plain")).await;
                for store in ["promoted", "mixed"] {
                    let answer = rows(&state, &query.replace("STORE", store)).await;
                    assert_eq!(answer, expect, "{query} from {store}");
                }
            }
        });
    }
}

/// Accesses to one field, in all forms that may share one pass.
const ACCESSES: &[&str] = &[
    "element_at(requestParameters, 'a')",
    "requestParameters.key",
    "requestParameters.a.b",
    "requestParameters.b[1]",
    "json_extract_scalar(requestParameters, '$.a')",
    "json_extract_scalar(requestParameters, '$.b.a')",
    "json_extract_scalar(requestParameters, '$[\"c\"][0]')",
    "CASE WHEN eventName = 'x' THEN element_at(requestParameters, 'c') END",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn several_members_are_read_as_each_alone(lines in proptest::collection::vec(event_line(), 1..12)) {
        let state = session(&lines);
        runtime().block_on(async {
            let together = format!("SELECT {} FROM plain", ACCESSES.join(", "));
            let together = run(&state, &together).await.unwrap().rows;
            let mut alone = vec![Vec::new(); lines.len()];
            for access in ACCESSES {
                let column = run(&state, &format!("SELECT {access} FROM plain")).await.unwrap().rows;
                alone.iter_mut().zip(column).for_each(|(row, cell)| row.push(cell));
            }
            let alone: Vec<String> = alone.into_iter().map(|row| row.join("|")).collect();
            assert_eq!(together, alone);
        });
    }
}

#[test]
fn several_members_take_one_pass() {
    let state = some_events();
    for (sql, passes) in [
        (format!("SELECT {} FROM plain", ACCESSES.join(", ")), 1),
        ("SELECT requestParameters.a, max(requestParameters.b), max(requestParameters.c) FROM plain GROUP BY 1".to_owned(), 1),
        ("SELECT requestParameters.a, responseElements.a FROM plain".to_owned(), 0),
        ("SELECT eventID FROM plain WHERE requestParameters.a = 'x' AND requestParameters.b = 'x'".to_owned(), 0),
    ] {
        let plan = optimized(&state, &sql);
        assert_eq!(plan.matches("lake_members(").count(), passes, "{plan}");
    }
}

fn optimized(state: &SessionState, sql: &str) -> String {
    let planned = runtime().block_on(crate::plan(state, sql)).unwrap();
    state.optimize(&planned.plan).unwrap().display_indent().to_string()
}

fn some_events() -> SessionState {
    session(&vec![r#"{"eventID":"1","eventName":"x"}"#.to_owned(); 8])
}

/// Queries whose plan over promoted columns must not touch JSON or structs, and what it must read instead.
const COVERED: &[(&str, &[&str])] = &[
    (
        "SELECT eventID FROM promoted WHERE requestParameters.bucketName = 'x'",
        &["_requestParameters_bucketName"],
    ),
    ("SELECT eventID FROM promoted WHERE userIdentity.arn LIKE 'a%'", &["_userIdentity_arn"]),
    (
        "SELECT element_at(requestParameters, 'a'), count(*) FROM promoted GROUP BY 1",
        &["_requestParameters_a"],
    ),
    (
        "SELECT max(userIdentity.sessionContext.sessionIssuer.arn) FROM (SELECT * FROM promoted) q",
        &["_userIdentity_sessionContext_sessionIssuer_arn"],
    ),
    (
        "SELECT a.eventID FROM promoted a JOIN promoted b ON a.requestParameters.a = b.userIdentity.arn",
        &["_requestParameters_a", "_userIdentity_arn"],
    ),
    (
        "SELECT eventID FROM promoted WHERE json_extract_scalar(requestParameters, '$.a') = 'x'",
        &["_requestParameters_a"],
    ),
    (
        "SELECT TRY(CAST(element_at(requestParameters, 'a') AS bigint)) FROM promoted WHERE requestParameters.a = 5",
        &["_requestParameters_a"],
    ),
];

/// The columns that the scans of a plan read.
fn scanned(plan: &str) -> Vec<String> {
    let lists = plan.split("projection=[").skip(1).filter_map(|rest| rest.split(']').next());
    lists.flat_map(|list| list.split(", ").map(str::to_owned)).collect()
}

#[test]
fn covered_queries_read_promoted_columns_alone() {
    let state = some_events();
    for (sql, columns) in COVERED {
        let plan = optimized(&state, sql);
        for column in *columns {
            assert!(plan.contains(column), "{sql}\n{plan}");
        }
        for column in scanned(&plan) {
            assert!(!["requestParameters", "userIdentity"].contains(&column.as_str()), "{sql}\n{plan}");
        }
    }
}

#[test]
fn each_scan_answers_with_what_it_has() {
    let state = some_events();
    let plan = optimized(&state, "SELECT eventID FROM mixed WHERE requestParameters.bucketName = 'x'");
    assert_eq!(plan.matches("_requestParameters_bucketName = Utf8View(\"x\")").count(), 2, "{plan}");
    assert_eq!(plan.matches("lake_get").count(), 1, "{plan}");
}

#[test]
fn plans_without_promoted_columns_stay_as_they_are() {
    let state = some_events();
    let plan = optimized(&state, "SELECT requestParameters.key, userIdentity.type FROM promoted");
    assert!(plan.contains("lake_get") && plan.contains("get_field"), "{plan}");
    let plan = optimized(&state, "SELECT requestParameters.a_b FROM promoted");
    assert!(plan.contains("lake_get"), "{plan}");
}
