#![allow(clippy::unwrap_used, reason = "tests")]

use auditlake_model::{Clock, ErrorKind};
use auditlake_testkit::{ManualClock, SeededIds};
use object_store::memory::InMemory;

use super::*;
use crate::{LakeEnv, NewEventDataStore, NewLake};

async fn lake() -> (Lake, Arc<ManualClock>) {
    let manual = Arc::new(ManualClock::default());
    let clock: Arc<dyn Clock> = Arc::<ManualClock>::clone(&manual);
    let env = LakeEnv { clock, ids: Arc::new(SeededIds::new(1)) };
    let store = Arc::new(InMemory::new());
    (Lake::with_object_store(store, "memory", NewLake::default(), env).await.unwrap(), manual)
}

fn view(name: &str) -> SavedView {
    SavedView {
        name: name.to_owned(),
        sql: "SELECT 1".to_owned(),
        description: None,
        parameters: Vec::new(),
        columns: Vec::new(),
        created_at: Timestamp::from_micros(0),
    }
}

fn table(name: &str, path: &str) -> ReferenceTable {
    ReferenceTable {
        name: name.to_owned(),
        path: path.to_owned(),
        rows: 1,
        source: "iocs.csv".to_owned(),
        source_sha256: String::new(),
        columns: Vec::new(),
        created_at: Timestamp::from_micros(0),
    }
}

#[tokio::test]
async fn views_and_tables_share_their_names_with_stores() {
    let (lake, _) = lake().await;
    lake.create_store(NewEventDataStore::new("trail".parse().unwrap())).await.unwrap();
    assert_eq!(lake.saved().await.unwrap(), Saved::default());
    lake.change_saved(|saved| saved.put_view(view("Logins"), false)).await.unwrap();
    lake.change_saved(|saved| saved.put_reference(table("iocs", "x"))).await.unwrap();
    let kind = |result: Result<Saved>| result.unwrap_err().kind();
    for name in ["logins", "IOCS", "TRAIL"] {
        let made = lake.change_saved(|saved| saved.put_view(view(name), false)).await;
        assert_eq!(kind(made), ErrorKind::AlreadyExists, "{name}");
    }
    for name in ["LOGINS", "Iocs"] {
        let made = lake.create_store(NewEventDataStore::new(name.parse().unwrap())).await;
        assert_eq!(made.unwrap_err().kind(), ErrorKind::AlreadyExists, "{name}");
    }
    lake.change_saved(|saved| saved.put_view(view("logins"), true)).await.unwrap();
    let saved = lake.saved().await.unwrap();
    assert_eq!(saved.views, [view("logins")]);
    assert_eq!(saved.reference("Iocs"), Some(&table("iocs", "x")));
    lake.change_saved(|saved| saved.remove_view("LOGINS")).await.unwrap();
    assert_eq!(kind(lake.change_saved(|saved| saved.remove_view("logins")).await), ErrorKind::NotFound);
}

#[tokio::test]
async fn rows_that_no_table_names_are_kept_for_an_hour() {
    let (lake, clock) = lake().await;
    let now = auditlake_model::SystemClock.now();
    clock.set(now);
    let old = lake.put_reference_rows(Bytes::from_static(b"old")).await.unwrap();
    lake.change_saved(|saved| saved.put_reference(table("iocs", &old))).await.unwrap();
    let new = lake.put_reference_rows(Bytes::from_static(b"new")).await.unwrap();
    lake.change_saved(|saved| saved.put_reference(table("iocs", &new))).await.unwrap();
    assert_eq!(lake.reference_rows(&table("iocs", &old)).await.unwrap(), "old");
    clock.advance(Duration::from_secs(3700));
    lake.change_saved(|saved| saved.put_view(view("v"), false)).await.unwrap();
    let gone = lake.reference_rows(&table("iocs", &old)).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert_eq!(lake.reference_rows(&table("iocs", &new)).await.unwrap(), "new");
}

#[tokio::test]
async fn writers_at_once_lose_nothing() {
    let (lake, _) = lake().await;
    let writes = (0..8).map(|number| {
        let lake = lake.clone();
        async move {
            let name = format!("view-{number}");
            lake.change_saved(|saved| saved.put_view(view(&name), false)).await.unwrap();
        }
    });
    futures::future::join_all(writes).await;
    assert_eq!(lake.saved().await.unwrap().views.len(), 8);
}
