use auditlake_proto::v1;
use tonic::Code;

use crate::control::testing::{OWNER, TestServer, reason};

fn create(name: &str) -> v1::CreateEventDataStoreRequest {
    v1::CreateEventDataStoreRequest { name: name.to_owned(), ..Default::default() }
}

fn get(name: &str) -> v1::GetEventDataStoreRequest {
    v1::GetEventDataStoreRequest { event_data_store: name.to_owned() }
}

#[tokio::test]
async fn a_store_lives_from_creation_to_restoration() {
    let server = TestServer::start().await;
    let mut stores = server.stores(OWNER);
    let made = stores.create_event_data_store(create("Trail")).await.unwrap().into_inner();
    let made = made.event_data_store.unwrap();
    assert_eq!(
        (made.status(), made.category_class()),
        (v1::EventDataStoreStatus::Enabled, v1::CategoryClass::Activity)
    );
    assert!(made.termination_protection_enabled && made.arn.ends_with(&made.id));
    let again = stores.create_event_data_store(create("trail")).await.unwrap_err();
    assert_eq!(
        (again.code(), reason(&again).as_str()),
        (Code::AlreadyExists, "EventDataStoreAlreadyExistsException")
    );

    let by = |name: &str| v1::DeleteEventDataStoreRequest { event_data_store: name.to_owned() };
    let refused = stores.delete_event_data_store(by("trail")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(reason(&refused), "EventDataStoreTerminationProtectedException");

    let update = v1::UpdateEventDataStoreRequest {
        event_data_store: made.arn.clone(),
        name: Some("other".to_owned()),
        retention_days: Some(30),
        termination_protection_enabled: Some(false),
        ..Default::default()
    };
    let changed = stores.update_event_data_store(update.clone()).await.unwrap().into_inner();
    assert!(changed.changed);
    let changed = changed.event_data_store.unwrap();
    assert_eq!((changed.name.as_str(), changed.retention_days), ("other", 30));
    assert!(!stores.update_event_data_store(update).await.unwrap().into_inner().changed);

    let stop = v1::StopEventDataStoreIngestionRequest { event_data_store: "other".to_owned() };
    let stopped = stores.stop_event_data_store_ingestion(stop.clone()).await.unwrap().into_inner();
    assert_eq!(stopped.event_data_store.unwrap().status(), v1::EventDataStoreStatus::StoppedIngestion);
    let twice = stores.stop_event_data_store_ingestion(stop).await.unwrap_err();
    assert_eq!(reason(&twice), "InvalidEventDataStoreStatusException");
    let start = v1::StartEventDataStoreIngestionRequest { event_data_store: "OTHER".to_owned() };
    stores.start_event_data_store_ingestion(start).await.unwrap();

    let deleted = stores.delete_event_data_store(by(&made.id)).await.unwrap().into_inner();
    let deleted = deleted.event_data_store.unwrap();
    assert_eq!(deleted.status(), v1::EventDataStoreStatus::PendingDeletion);
    assert!(deleted.purge_at.is_some());
    let restore = v1::RestoreEventDataStoreRequest { event_data_store: "other".to_owned() };
    stores.restore_event_data_store(restore).await.unwrap();
    let found = stores.get_event_data_store(get("other")).await.unwrap().into_inner();
    assert_eq!(found.event_data_store.unwrap().status(), v1::EventDataStoreStatus::Enabled);
}

#[tokio::test]
async fn what_is_not_granted_is_not_there() {
    let server = TestServer::start().await;
    let (trail, _secret) = (server.create_store("trail").await, server.create_store("secret").await);
    let mut ann = server.stores(&format!("ann reader={trail}"));
    let list =
        ann.list_event_data_stores(v1::ListEventDataStoresRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.event_data_stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), ["trail"]);
    ann.get_event_data_store(get("trail")).await.unwrap();

    let hidden = ann.get_event_data_store(get("secret")).await.unwrap_err();
    let absent = ann.get_event_data_store(get("secret1")).await.unwrap_err();
    assert_eq!((hidden.code(), absent.code()), (Code::NotFound, Code::NotFound));
    assert_eq!(hidden.message().replace("`secret`", "`secret1`"), absent.message());
    assert_eq!(reason(&hidden), reason(&absent));

    let update = v1::UpdateEventDataStoreRequest {
        event_data_store: "trail".to_owned(),
        retention_days: Some(30),
        ..Default::default()
    };
    let refused = ann.update_event_data_store(update.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::PermissionDenied, "AccessDeniedException")
    );
    let refused = ann.create_event_data_store(create("mine")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    server.stores(&format!("bob operator={trail}")).update_event_data_store(update).await.unwrap();
    let nobody =
        server.stores("nobody").list_event_data_stores(v1::ListEventDataStoresRequest::default()).await;
    assert!(nobody.unwrap().into_inner().event_data_stores.is_empty());
}

#[tokio::test]
async fn the_list_comes_by_page() {
    let server = TestServer::start().await;
    for name in ["ccc", "Aaa", "bbb", "ddd"] {
        server.create_store(name).await;
    }
    let mut stores = server.stores(OWNER);
    let (mut names, mut pages, mut next_token) = (Vec::new(), 0, String::new());
    loop {
        let request = v1::ListEventDataStoresRequest { max_results: 3, next_token };
        let page = stores.list_event_data_stores(request).await.unwrap().into_inner();
        names.extend(page.event_data_stores.into_iter().map(|store| store.name));
        pages += 1;
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    assert_eq!((names.join(" ").as_str(), pages), ("Aaa bbb ccc ddd", 2));
    for (max_results, next_token, expected) in
        [(1_001, "", "InvalidMaxResultsException"), (1, "x", "InvalidNextTokenException")]
    {
        let request = v1::ListEventDataStoresRequest { max_results, next_token: next_token.to_owned() };
        let refused = stores.list_event_data_stores(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, expected));
    }
}

#[tokio::test]
async fn wrong_requests_get_a_clear_answer() {
    let server = TestServer::start().await;
    let mut stores = server.stores(OWNER);
    for request in [
        create(""),
        create("ab"),
        create(&"x".repeat(5_000)),
        create("sel\u{0}ect"),
        v1::CreateEventDataStoreRequest { category_class: 99, ..create("trail") },
        v1::CreateEventDataStoreRequest { retention_days: u32::MAX, ..create("trail") },
        v1::CreateEventDataStoreRequest { promoted_paths: vec!["nonsense".to_owned()], ..create("trail") },
    ] {
        let refused = stores.create_event_data_store(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{request:?}");
        assert!(refused.message().len() < 1_500);
    }
    for name in ["", "arn:aws:nonsense", "\u{202e}x", &"y".repeat(100_000)] {
        let refused = stores.get_event_data_store(get(name)).await.unwrap_err();
        assert!(matches!(refused.code(), Code::InvalidArgument | Code::NotFound), "{refused:?}");
    }
    let huge = stores.get_event_data_store(get(&"z".repeat(5 << 20))).await.unwrap_err();
    assert_eq!(huge.code(), Code::OutOfRange);
}

#[tokio::test]
async fn nobody_is_answered_nothing() {
    let server = TestServer::start().await;
    let refused = server.stores("").list_event_data_stores(v1::ListEventDataStoresRequest::default()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    let refused = server.about("").get_version(v1::GetVersionRequest {}).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
}
