//! The widgets of `sql-examples/dashboards/`, each run over a store made for all of them.
//!
//! ```text
//! dashboards/events.json --fill in--> two stores: trail, insights
//!                                         |
//! sql-examples/dashboards/<dashboard>/<widget>.sql --query--> rows in the day of the events, none in the next
//! ```

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::environment::Environment;
use crate::examples::{Example, files, root};

/// Dashboards that CloudTrail Lake manages, and how many widgets each has.
const DASHBOARDS: [(&str, usize); 15] = [
    ("security-monitoring", 10),
    ("iam-activity", 9),
    ("user-activity", 8),
    ("enriched-events", 8),
    ("error-analysis", 7),
    ("ec2-activity", 8),
    ("organizations-activity", 9),
    ("resource-changes", 8),
    ("data-events-overview", 6),
    ("lambda-data", 6),
    ("dynamodb-data", 8),
    ("s3-data", 4),
    ("insights", 6),
    ("management", 6),
    ("overview", 6),
];

/// How a widget may be drawn, and the columns that it then has to name.
const VIEWS: [(&str, &[&str]); 4] = [
    ("Table", &[]),
    ("LineChart", &["x", "y"]),
    ("BarChart", &["label", "value"]),
    ("PieChart", &["label", "value"]),
];

/// The day of the events, and the one after it, in which nothing happened.
const WINDOWS: [(&str, &str); 2] = [("2026-01-15", "2026-01-16"), ("2026-01-16", "2026-01-17")];

fn widgets_of(dashboard: &str) -> Vec<Example> {
    let files: Vec<PathBuf> = files(&format!("sql-examples/dashboards/{dashboard}"), "sql");
    files.iter().map(|file| Example::read(file)).collect()
}

/// Copies the members of `from` into `to`.
fn lay_over(to: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        to[name] = value.clone();
    }
}

/// Returns an event of the compact form as CloudTrail writes it.
fn event(number: usize, compact: &Value, identities: &Value) -> Value {
    let text = |member: &str| compact[member].as_str().unwrap_or_else(|| panic!("no `{member}`: {compact}"));
    let identity = &identities[text("by")];
    assert!(identity.is_object(), "no such identity: {compact}");
    let is_data = compact["eventCategory"] == "Data";
    let mut event = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": text("at"),
        "eventSource": format!("{}.amazonaws.com", text("service")),
        "eventName": text("name"),
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.23",
        "userAgent": "aws-cli/2.22.0 md/awscrt#0.23.4",
        "requestParameters": null,
        "responseElements": null,
        "requestID": format!("00000000-0000-4000-a000-{number:012}"),
        "eventID": format!("00000000-0000-4000-8000-{number:012}"),
        "eventType": "AwsApiCall",
        "managementEvent": !is_data,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    });
    let mut members = compact.clone();
    members
        .as_object_mut()
        .unwrap()
        .retain(|name, _| !["at", "by", "service", "name"].contains(&name.as_str()));
    lay_over(&mut event, &members);
    event
}

fn insight(number: usize, compact: &Value) -> Value {
    let mut event = json!({
        "eventVersion": "1.08",
        "awsRegion": "us-east-1",
        "eventID": format!("00000000-0000-4000-9000-{number:012}"),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333",
        "eventCategory": "Insight",
    });
    lay_over(&mut event, compact);
    event
}

/// Returns a lake with a store `trail` and a store `insights`.
fn lake() -> Environment {
    let file = root().join("tests/e2e/dashboards/events.json");
    let data: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let compact = |member: &str| data[member].as_array().unwrap().iter().enumerate();
    let events: Vec<Value> =
        compact("events").map(|(number, one)| event(number, one, &data["identities"])).collect();
    let insights: Vec<Value> = compact("insights").map(|(number, one)| insight(number, one)).collect();

    let env = Environment::new();
    env.ok(&["store", "create", "trail"]);
    env.ok(&["store", "create", "insights", "--category", "insight"]);
    for (store, records) in [("trail", events), ("insights", insights)] {
        let file = env.folder().join(format!("{store}.json"));
        std::fs::write(&file, json!({ "Records": records }).to_string()).unwrap();
        env.ok(&["import", file.to_str().unwrap(), "--store", store]);
        assert_eq!(env.number(&format!("SELECT count(*) FROM {store}")), records.len() as u64);
    }
    env
}

/// Runs a widget over a window, as a dashboard does.
fn rows(env: &Environment, widget: &Path, sql: &str, (start, end): (&str, &str)) -> Vec<Value> {
    let (start, end) = (format!("StartTime:timestamp={start}"), format!("EndTime:timestamp={end}"));
    let mut arguments = vec!["sql", "--format", "json", "-f", widget.to_str().unwrap()];
    arguments.extend(["--param", &start, "--param", &end]);
    if sql.contains("'$Period$'") {
        arguments.extend(["--param", "Period=hour"]);
    }
    serde_json::from_str(&env.ok(&arguments)).unwrap()
}

#[test]
fn every_widget_shows_rows_of_its_window_and_no_others() {
    let env = lake();
    for (dashboard, _) in DASHBOARDS {
        for widget in widgets_of(dashboard) {
            let name = format!("{dashboard}/{}", widget.name);
            let [busy, quiet] = WINDOWS.map(|window| rows(&env, &widget.file, &widget.sql, window));
            assert!(quiet.is_empty(), "{name}: rows outside of the window: {quiet:#?}");
            let first = busy.first().unwrap_or_else(|| panic!("{name}: no rows"));
            let shown: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
            let mut columns = widget.columns();
            columns.sort_unstable();
            assert_eq!(shown.len(), columns.len(), "{name}: {shown:?}");
            assert!(columns.iter().all(|column| shown.contains(column)), "{name}: {shown:?}");
        }
    }
}

#[test]
fn heads_of_widgets_have_the_documented_form() {
    let readme = std::fs::read_to_string(root().join("sql-examples/README.md")).unwrap();
    let mut total = 0;
    for (dashboard, count) in DASHBOARDS {
        let row = readme.lines().find(|line| line.contains(&format!("(dashboards/{dashboard})")));
        let row = row.unwrap_or_else(|| panic!("{dashboard} is missing in sql-examples/README.md"));
        let widgets = widgets_of(dashboard);
        assert_eq!(widgets.len(), count, "{dashboard}");
        total += widgets.len();
        for widget in widgets {
            let name = format!("{dashboard}/{}", widget.name);
            assert!(row.contains(&widget.name), "{name} is missing in sql-examples/README.md");
            let keys: Vec<&str> = widget.head.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(keys, ["title", "purpose", "store", "view", "columns"], "{name}");
            let store = if dashboard == "insights" { "insights" } else { "trail" };
            assert_eq!(widget.values("store").next(), Some(store), "{name}");
            assert!(widget.sql.contains(&format!("FROM {store}\n")) && widget.sql.ends_with(";\n"), "{name}");
            check_view(&name, &widget);
            let trend = widget.values("view").any(|view| view.starts_with("LineChart"));
            for (parameter, wanted) in [("StartTime", true), ("EndTime", true), ("Period", trend)] {
                assert_eq!(widget.sql.contains(&format!("'${parameter}$'")), wanted, "{name}: {parameter}");
            }
        }
    }
    assert_eq!(total, 109);
    let folders = std::fs::read_dir(root().join("sql-examples/dashboards")).unwrap();
    assert_eq!(folders.count(), DASHBOARDS.len());
}

/// Checks `view: BarChart label=eventName value=calls`: each column that is named is one of the result.
fn check_view(name: &str, widget: &Example) {
    let view = widget.values("view").next().unwrap();
    let mut words = view.split(' ');
    let kind = words.next().unwrap();
    let (_, needed) =
        VIEWS.iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("{name}: no view {kind}"));
    let columns = widget.columns();
    let mut roles = Vec::new();
    for word in words {
        let (role, column) = word.split_once('=').unwrap_or_else(|| panic!("{name}: {word}"));
        assert!(columns.contains(&column), "{name}: no column {column}");
        roles.push(role);
    }
    // Only lines may stand for the values of a third column.
    roles.retain(|role| !(kind == "LineChart" && *role == "series"));
    assert_eq!(&roles, needed, "{name}: {view}");
}
