use std::time::Duration;

use auditlake_proto::v1;
use auditlake_proto::v1::import_event::Event;
use tonic::{Code, Request, Status, Streaming};

use crate::control::testing::{OWNER, TestServer, reason};

fn start(source: &str) -> v1::StartImportRequest {
    v1::StartImportRequest {
        event_data_store: "trail".to_owned(),
        sources: vec![source.to_owned()],
        progress_interval: Some(prost_types::Duration { seconds: 0, nanos: 100_000_000 }),
        ..Default::default()
    }
}

async fn events(mut stream: Streaming<v1::StartImportResponse>) -> Result<Vec<Event>, Status> {
    let mut events = Vec::new();
    while let Some(message) = stream.message().await? {
        events.push(message.event.unwrap().event.unwrap());
    }
    Ok(events)
}

async fn run(server: &TestServer, source: &str) -> Result<Vec<Event>, Status> {
    events(server.imports(OWNER).start_import(start(source)).await?.into_inner()).await
}

fn summary(events: &[Event]) -> &v1::ImportSummary {
    match events.last().unwrap() {
        Event::Completed(summary) => summary,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_import_tells_its_start_its_progress_and_its_end() {
    let server = TestServer::start().await;
    server.create_store("trail").await;
    let source = server.corpus("logs", 500, 50);
    let told = run(&server, &source).await.unwrap();
    let Event::Started(started) = &told[0] else { panic!("{:?}", told[0]) };
    let done = summary(&told);
    assert_eq!((done.status(), &done.import_id), (v1::ImportStatus::Completed, &started.import_id));
    assert_eq!(done.files_found, done.files_read);
    assert!(done.events_stored >= 400 && done.files_read > 1, "{done:?}");
    let again = run(&server, &source).await.unwrap();
    assert_eq!((summary(&again).files_read, summary(&again).files_skipped), (0, done.files_read));

    let mut imports = server.imports(OWNER);
    let request = v1::GetImportRequest { import_id: done.import_id.clone() };
    let import = imports.get_import(request).await.unwrap().into_inner().import.unwrap();
    assert_eq!((import.status(), import.events_stored), (v1::ImportStatus::Completed, done.events_stored));
    assert_eq!((import.sources.as_str(), import.running_here), (source.as_str(), false));
    let request = v1::StopImportRequest { import_id: done.import_id.clone() };
    let ended = imports.stop_import(request).await.unwrap_err();
    assert_eq!(
        (ended.code(), reason(&ended).as_str()),
        (Code::FailedPrecondition, "InvalidImportStatusException")
    );

    let (mut seen, mut next_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListImportsRequest {
            event_data_store: "trail".to_owned(),
            status: v1::ImportStatus::Completed.into(),
            max_results: 1,
            next_token,
        };
        let page = imports.list_imports(request).await.unwrap().into_inner();
        seen.extend(page.imports.into_iter().map(|import| import.import_id));
        next_token = page.next_token;
        if next_token.is_empty() {
            break;
        }
    }
    seen.sort();
    let mut expected = [done.import_id.clone(), summary(&again).import_id.clone()];
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_failed_file_is_listed_and_retried() {
    let server = TestServer::start().await;
    server.create_store("trail").await;
    let good = server.corpus("good", 20, 50);
    let folder = server.allowed().join("logs");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("a.json");
    std::fs::write(&file, "{\"Records\": [").unwrap();
    let told = run(&server, folder.to_str().unwrap()).await.unwrap();
    assert_eq!(summary(&told).status(), v1::ImportStatus::Failed);
    assert!(
        told.iter()
            .any(|event| matches!(event, Event::Failure(failure) if failure.location.ends_with("a.json")))
    );

    let mut imports = server.imports(OWNER);
    let import_id = summary(&told).import_id.clone();
    let list = v1::ListImportFailuresRequest { import_id: import_id.clone(), ..Default::default() };
    let failures = imports.list_import_failures(list.clone()).await.unwrap().into_inner().failures;
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].status(), v1::ImportFailureStatus::Failed);

    std::fs::write(&file, "{\"Records\": []}").unwrap();
    let retry = v1::RetryImportRequest { import_id: import_id.clone(), progress_interval: None };
    let mut stream = imports.retry_import(retry.clone()).await.unwrap().into_inner();
    let mut last = None;
    while let Some(message) = stream.message().await.unwrap() {
        last = message.event.unwrap().event;
    }
    let Some(Event::Completed(done)) = last else { panic!("{last:?}") };
    assert_eq!((done.status(), done.files_read), (v1::ImportStatus::Completed, 1));
    assert!(imports.list_import_failures(list.clone()).await.unwrap().into_inner().failures.is_empty());
    let all = v1::ListImportFailuresRequest { include_succeeded: true, ..list };
    let failures = imports.list_import_failures(all).await.unwrap().into_inner().failures;
    assert_eq!(failures[0].status(), v1::ImportFailureStatus::Succeeded);

    let mut stream = imports.retry_import(retry).await.unwrap().into_inner();
    let only = stream.message().await.unwrap().unwrap().event.unwrap().event;
    assert!(matches!(only, Some(Event::NothingToRetry(_))), "{only:?}");
    assert!(stream.message().await.unwrap().is_none());
    run(&server, &good).await.unwrap();
}

#[tokio::test]
async fn an_import_goes_on_without_its_caller_until_it_is_stopped() {
    let server = TestServer::start().await;
    let trail = server.create_store("trail").await;
    let source = server.corpus("logs", 20_000, 10);
    let mut imports = server.imports(OWNER);
    let mut request = Request::new(start(&source));
    request.set_timeout(Duration::from_millis(300));
    let mut stream = imports.start_import(request).await.unwrap().into_inner();
    let Some(Event::Started(started)) = stream.message().await.unwrap().unwrap().event.unwrap().event else {
        panic!("no start")
    };
    let late = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            other => break other.unwrap_err(),
        }
    };
    assert!(matches!(late.code(), Code::DeadlineExceeded | Code::Cancelled), "{late:?}");
    drop(stream);

    let other = imports.start_import(start(&source)).await.unwrap_err();
    assert_eq!(other.code(), Code::FailedPrecondition);
    assert_eq!(reason(&other), "AccountHasOngoingImportException");
    let get = v1::GetImportRequest { import_id: started.import_id.clone() };
    let import = imports.get_import(get.clone()).await.unwrap().into_inner().import.unwrap();
    assert!(import.running_here);
    server
        .lake
        .update_store(
            trail,
            auditlake_store::StoreUpdate { termination_protection: Some(false), ..Default::default() },
        )
        .await
        .unwrap();
    let delete = v1::DeleteEventDataStoreRequest { event_data_store: "trail".to_owned() };
    let refused = server.stores(OWNER).delete_event_data_store(delete).await.unwrap_err();
    assert_eq!(reason(&refused), "EventDataStoreHasOngoingImportException");

    let stop = v1::StopImportRequest { import_id: started.import_id.clone() };
    let mut reader = server.imports(&format!("ann reader={trail}"));
    assert_eq!(reader.stop_import(stop.clone()).await.unwrap_err().code(), Code::PermissionDenied);
    let stopped = imports.stop_import(stop).await.unwrap().into_inner().summary.unwrap();
    assert_eq!(stopped.status(), v1::ImportStatus::Stopped);
    assert!(stopped.files_read < stopped.files_found, "{stopped:?}");
    let import = imports.get_import(get).await.unwrap().into_inner().import.unwrap();
    assert_eq!((import.status(), import.running_here), (v1::ImportStatus::Stopped, false));
    server.control.close().await;
    let refused = imports.start_import(start(&source)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
}

#[tokio::test]
async fn what_may_not_be_read_or_written_is_refused() {
    let server = TestServer::start().await;
    let trail = server.create_store("trail").await;
    let mut imports = server.imports(OWNER);
    for source in ["s3://bucket/AWSLogs", "/etc", server.folder().to_str().unwrap()] {
        let refused = imports.start_import(start(source)).await.unwrap_err();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "AccessDeniedException")
        );
        assert!(refused.message().contains("allowed-sources"), "{refused:?}");
    }
    for source in ["-", "", "logs", "/srv/../etc"] {
        let refused = imports.start_import(start(source)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{source}");
    }
    let nothing = v1::StartImportRequest { sources: vec![], ..start("") };
    assert_eq!(imports.start_import(nothing).await.unwrap_err().code(), Code::InvalidArgument);
    let backwards = v1::StartImportRequest {
        start_event_time: Some(prost_types::Timestamp { seconds: 2, nanos: 0 }),
        end_event_time: Some(prost_types::Timestamp { seconds: 1, nanos: 0 }),
        ..start(server.allowed().to_str().unwrap())
    };
    let refused = imports.start_import(backwards).await.unwrap_err();
    assert_eq!(reason(&refused), "InvalidDateRangeException");
    let source = server.corpus("logs", 10, 10);
    let refused =
        server.imports(&format!("ann reader={trail}")).start_import(start(&source)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = server.imports("nobody").start_import(start(&source)).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::NotFound, "EventDataStoreNotFoundException")
    );
    server.lake.stop_ingestion(trail).await.unwrap();
    let refused = run(&server, &source).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    let mut hidden = server.imports("nobody");
    let list = hidden.list_imports(v1::ListImportsRequest::default()).await.unwrap().into_inner();
    assert!(list.imports.is_empty());
    for import_id in ["x", "9f1c2d3e-0000-4000-8000-0123456789ab"] {
        let request = v1::GetImportRequest { import_id: import_id.to_owned() };
        let refused = imports.get_import(request).await.unwrap_err();
        assert!(matches!(refused.code(), Code::InvalidArgument | Code::NotFound), "{refused:?}");
    }
}
