//! Saved queries, reference tables and attached ones.

use auditlake_store::{ReferenceTable, SavedView};

use super::*;
use crate::{Attachment, TableRows};

fn view(name: &str, sql: &str) -> SavedView {
    SavedView {
        name: name.to_owned(),
        sql: sql.to_owned(),
        description: None,
        parameters: Vec::new(),
        columns: Vec::new(),
        created_at: Timestamp::from_micros(0),
    }
}

impl World {
    async fn save(&self, name: &str, sql: &str) {
        self.lake.change_saved(|saved| saved.put_view(view(name, sql), true)).await.unwrap();
    }

    async fn fault(&self, request: QueryRequest) -> Error {
        self.service.start(request).unwrap().collect().await.unwrap_err()
    }
}

fn owner(sql: &str) -> QueryRequest {
    QueryRequest::new(sql, Principal::owner("alice"), "test")
}

fn table(text: &str) -> TableRows {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    TableRows::read(&path).unwrap()
}

async fn filled() -> World {
    let world = world().await;
    let id = world.create("trail").await;
    let events = [
        ("e1", "2026-01-01T10:00:00Z", "GetObject"),
        ("e2", "2026-01-02T10:00:00Z", "PutObject"),
        ("e3", "2026-01-03T10:00:00Z", "GetObject"),
    ];
    world.import(id, "one.json", &log(&events)).await;
    world
}

#[tokio::test]
async fn a_view_stands_for_its_query_wherever_a_table_may() {
    let world = filled().await;
    world.save("gets", "SELECT t.eventID AS Id, eventTime FROM Trail t WHERE eventName = 'GetObject'").await;
    assert_eq!(world.text("SELECT id FROM gets ORDER BY 1").await, "e1\ne3");
    assert_eq!(
        world.text("SELECT GETS.ID FROM auditlake.lake.Gets WHERE eventTime > '2026-01-02'").await,
        "e3"
    );
    let join = "SELECT count(*) FROM gets a JOIN gets b ON a.id < b.id WHERE EXISTS (SELECT 1 FROM gets)";
    assert_eq!(world.text(join).await, "1");
    // Names of the statement around it mean nothing inside.
    let cte = "WITH trail AS (SELECT 'x' AS eventID) SELECT (SELECT count(*) FROM gets), eventID FROM trail";
    assert_eq!(world.text(cte).await, "2,x");
    world.save("latest", "WITH gets AS (SELECT * FROM lake.gets) SELECT max(id) AS id FROM gets").await;
    assert_eq!(world.text("SELECT * FROM latest").await, "e3");
    assert_eq!(world.text("SHOW TABLES LIKE 'g%'").await, "gets");
    world.save("gets", "SELECT 'new' AS id").await;
    assert_eq!(world.text("SELECT * FROM latest").await, "new");
}

#[tokio::test]
async fn a_view_takes_parameters_by_name() {
    let world = filled().await;
    world.save("named", "SELECT eventID FROM trail WHERE eventName = :name").await;
    let sql = "SELECT count(*) AS n FROM named WHERE eventID <> :not";
    let prepared = world.service.prepare(owner(sql)).await.unwrap();
    let names: Vec<&str> = prepared.parameters().iter().map(|slot| slot.name.as_str()).collect();
    assert_eq!(names, ["not", "name"]);
    let mut parameters = crate::Parameters::default();
    for assignment in ["not=e1", "name=GetObject"] {
        parameters.assign(assignment).unwrap();
    }
    let mut handle = world.service.start(owner(sql).with_parameters(parameters)).unwrap();
    let rows = handle.collect().await.unwrap();
    assert_eq!(rows[0].column(0).as_primitive::<Int64Type>().value(0), 1);
    let error = world.fault(owner("SELECT * FROM named")).await;
    assert!(error.message().contains("`:name` has no value"), "{error:?}");
}

#[tokio::test]
async fn views_in_a_circle_and_broken_ones_are_told() {
    let world = filled().await;
    world.save("a", "SELECT * FROM b").await;
    world.save("b", "SELECT * FROM a").await;
    let error = world.fault(owner("SELECT * FROM a")).await;
    assert!(error.message().contains("in a circle"), "{error:?}");
    assert_eq!(error.detail(), Some("a -> b -> a"));
    world.save("c", "SELECT nothing FROM trail").await;
    assert!(world.fault(owner("SELECT * FROM c")).await.message().contains("nothing"));
}

#[tokio::test]
async fn a_view_shows_nobody_more_than_the_stores_they_may_read() {
    let world = filled().await;
    let id = world.create("other").await;
    world.save("all_events", "SELECT eventID FROM trail").await;
    let grant = auditlake_model::Grant {
        role: auditlake_model::Role::Reader,
        scope: auditlake_model::Scope::Store(id),
    };
    let reader = Principal::new("ann", vec![grant]);
    let error = world.fault(QueryRequest::new("SELECT * FROM all_events", reader, "test")).await;
    assert!(error.kind() == ErrorKind::NotFound && error.report().contains("trail"), "{error:?}");
    let nobody = Principal::new("eve", Vec::new());
    let error = world.fault(QueryRequest::new("SELECT * FROM all_events", nobody, "test")).await;
    assert!(error.kind() == ErrorKind::NotFound && error.report().contains("all_events"), "{error:?}");
}

#[tokio::test]
async fn tables_that_people_bring_join_with_events() {
    let world = filled().await;
    let rows = table("name,why\nGetObject,reads\nOther,\n");
    let path = world.lake.put_reference_rows(rows.to_parquet().unwrap()).await.unwrap();
    let kept = ReferenceTable {
        name: "Watch".to_owned(),
        path,
        rows: rows.rows(),
        source: "t.csv".to_owned(),
        source_sha256: String::new(),
        columns: rows.columns(),
        created_at: Timestamp::from_micros(0),
    };
    world.lake.change_saved(|saved| saved.put_reference(kept.clone())).await.unwrap();
    let join = "SELECT why, count(*) FROM trail JOIN watch ON name = eventName GROUP BY why";
    assert_eq!(world.text(join).await, "reads,2");
    assert_eq!(world.text("SELECT count(*), count(why) FROM Watch").await, "2,1");
    let attach = |name: &str| Attachment::new(name.parse().unwrap(), table("id\ne2\n"));
    let sql = "SELECT eventName FROM trail WHERE eventID IN (SELECT id FROM iocs)";
    let attached = vec![attach("iocs")];
    let mut handle = world.service.start(QueryRequest { attached, ..owner(sql) }).unwrap();
    assert_eq!(handle.collect().await.unwrap()[0].column(0).as_string_view().value(0), "PutObject");
    assert_eq!(world.fault(owner(sql)).await.kind(), ErrorKind::NotFound);
    let error = world.fault(QueryRequest { attached: vec![attach("WATCH")], ..owner(sql) }).await;
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}
