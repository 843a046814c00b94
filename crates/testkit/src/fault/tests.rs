//! What the log holds, which call a fault strikes, and what is left in storage.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use auditlake_model::Error;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Error as StoreError, GetOptions, MultipartUpload as _, ObjectStore, ObjectStoreExt as _, PutMode,
    PutPayload, UpdateVersion,
};

use super::*;
use crate::path_class::PathClass;

const PART: &str = "stores/1/eventDate=2026-01-31/part-1.parquet";
const KEYS: &str = "stores/1/_index/part-1.keys";
const COMMIT: &str = "stores/1/_delta_log/00000000000000000001.json";

fn memory() -> FaultStore {
    FaultStore::new(Arc::new(InMemory::new()))
}

async fn put(store: &dyn ObjectStore, path: &str, bytes: &'static str) -> object_store::Result<()> {
    store.put(&Path::from(path), bytes.into()).await.map(drop)
}

async fn put_if_absent(store: &dyn ObjectStore, path: &str) -> object_store::Result<()> {
    store.put_opts(&Path::from(path), "commit".into(), PutMode::Create.into()).await.map(drop)
}

/// Writes data file, key file and commit, as an append does.
async fn append(store: &dyn ObjectStore) -> object_store::Result<()> {
    put(store, PART, "rows").await?;
    put(store, KEYS, "keys").await?;
    put_if_absent(store, COMMIT).await
}

/// Returns the objects that are stored beneath, and their bytes as text.
async fn stored(store: &FaultStore) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for meta in store.inner().list(None).try_collect::<Vec<_>>().await.unwrap() {
        let bytes = store.inner().get(&meta.location).await.unwrap().bytes().await.unwrap();
        found.push((meta.location.to_string(), String::from_utf8(bytes.to_vec()).unwrap()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_call_is_logged_with_kind_path_and_size() {
    let store = memory();
    let path = Path::from(PART);
    let put = store.put(&path, "0123456789".into()).await.unwrap();
    let update = PutMode::Update(UpdateVersion { e_tag: put.e_tag, version: put.version });
    store.put_opts(&path, "0123456789".into(), update.into()).await.unwrap();
    put_if_absent(&store, COMMIT).await.unwrap();
    store.get(&path).await.unwrap();
    store.get_range(&path, 2..5).await.unwrap();
    store.get_ranges(&path, &[0..2, 8..9]).await.unwrap();
    store.head(&path).await.unwrap();
    store.list(Some(&Path::from("stores"))).try_collect::<Vec<_>>().await.unwrap();
    store.list_with_offset(None, &path).try_collect::<Vec<_>>().await.unwrap();
    store.list_with_delimiter(None).await.unwrap();
    store.copy(&path, &Path::from("b")).await.unwrap();
    store.copy_if_not_exists(&path, &Path::from("c")).await.unwrap();
    store.rename(&Path::from("c"), &Path::from("d")).await.unwrap();
    store.rename_if_not_exists(&Path::from("d"), &Path::from("e")).await.unwrap();
    store.delete(&Path::from("e")).await.unwrap();

    let seen: Vec<_> = store.calls().into_iter().map(|c| (c.kind, c.path.to_string(), c.bytes)).collect();
    let expected = [
        (CallKind::Put, PART, 10),
        (CallKind::PutIfMatch, PART, 10),
        (CallKind::PutIfAbsent, COMMIT, 6),
        (CallKind::Get, PART, 10),
        (CallKind::Get, PART, 3),
        (CallKind::GetRanges, PART, 3),
        (CallKind::Head, PART, 0),
        (CallKind::List, "stores", 0),
        (CallKind::List, "", 0),
        (CallKind::ListWithDelimiter, "", 0),
        (CallKind::Copy, "b", 0),
        (CallKind::CopyIfAbsent, "c", 0),
        (CallKind::Rename, "d", 0),
        (CallKind::RenameIfAbsent, "e", 0),
        (CallKind::Delete, "e", 0),
    ];
    assert_eq!(seen, expected.map(|(kind, path, bytes)| (kind, path.to_owned(), bytes)));
    let calls = store.calls();
    assert!(calls.iter().all(|call| call.outcome == Outcome::Succeeded));
    assert_eq!(calls.iter().map(|c| c.number).collect::<Vec<_>>(), (1..=15).collect::<Vec<_>>());
    assert_eq!(calls[10].from, Some(path));
    assert!(calls[2].is(CallKind::PutIfAbsent, PathClass::DeltaCommit));

    assert_eq!((store.count(CallKind::Get), store.count(CallKind::List)), (2, 2));
    assert_eq!(store.count_where(|call| call.class == PathClass::DataFile), 6);
    let numbers: Vec<_> = store.mutations().into_iter().map(|call| call.mutation).collect();
    assert_eq!(numbers, (1..=8).map(Some).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_storages_own_errors_pass_through_and_are_logged() {
    let store = memory();
    let error = store.get(&Path::from("none")).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }) && !is_injected(&error));
    assert!(matches!(&store.calls()[0].outcome, Outcome::Failed(text) if text.contains("none")));
    put_if_absent(&store, COMMIT).await.unwrap();
    let error = put_if_absent(&store, COMMIT).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }) && !is_injected(&error));
}

#[tokio::test]
async fn a_crash_at_every_mutation_leaves_what_was_done_until_then() {
    let steps = memory();
    append(&steps).await.unwrap();
    assert_eq!(steps.mutations().len(), 3);
    for mutation in 1..=3 {
        for when in When::ATOMIC {
            let store = memory();
            store.crash_at(mutation, when);
            let error = append(store.as_dyn().as_ref()).await.unwrap_err();
            assert!(is_crash(&error) && is_injected(&error) && store.is_crashed());
            let left = if when == When::After { mutation } else { mutation - 1 };
            assert_eq!(stored(&store).await.len(), left, "mutation {mutation}, {when:?}");
            let calls = store.calls();
            assert_eq!(calls.len(), mutation, "nothing follows a crash");
            assert_eq!(calls[mutation - 1].outcome, Outcome::Faulted(when));
        }
    }
}

#[tokio::test]
async fn after_a_crash_every_call_fails_until_disarmed() {
    let store = memory();
    let path = Path::from(PART);
    let mut upload = store.put_multipart(&Path::from("big")).await.unwrap();
    store.crash_at(2, When::After);
    assert!(is_crash(&put(&store, PART, "rows").await.unwrap_err()));

    let deleting = stream::iter([Ok(path.clone()), Ok(Path::from(KEYS))]).boxed();
    let errors = [
        store.get(&path).await.map(drop).unwrap_err(),
        store.head(&path).await.map(drop).unwrap_err(),
        store.get_ranges(&path, std::slice::from_ref(&(0..1))).await.map(drop).unwrap_err(),
        store.list(None).try_collect::<Vec<_>>().await.map(drop).unwrap_err(),
        store.list_with_delimiter(None).await.map(drop).unwrap_err(),
        put_if_absent(&store, COMMIT).await.unwrap_err(),
        store.delete_stream(deleting).try_collect::<Vec<_>>().await.map(drop).unwrap_err(),
        store.copy(&path, &Path::from("b")).await.unwrap_err(),
        store.rename(&path, &Path::from("b")).await.unwrap_err(),
        store.put_multipart(&path).await.map(drop).unwrap_err(),
        upload.put_part("part".into()).await.unwrap_err(),
        upload.complete().await.map(drop).unwrap_err(),
        upload.abort().await.unwrap_err(),
    ];
    assert!(errors.iter().all(|error| is_crash(error)));
    assert_eq!((store.refused(), store.calls().len()), (13, 2));
    assert_eq!(stored(&store).await, [(PART.to_owned(), "rows".to_owned())]);

    store.disarm();
    append(&store).await.unwrap();
    assert_eq!((store.is_crashed(), store.mutations().len()), (false, 5), "the log goes on");
}

#[tokio::test]
async fn reset_starts_from_nothing_but_the_storage() {
    let store = memory();
    append(&store).await.unwrap();
    store.fail_always(|_| true, When::Before, Failure::Timeout);
    store.crash_at(4, When::Before);
    store.reset();
    assert!(store.calls().is_empty());
    store.crash_at(2, When::Before);
    put(&store, "a", "a").await.unwrap();
    assert!(is_crash(&put(&store, "b", "b").await.unwrap_err()));
    assert_eq!(stored(&store).await.len(), 4);
}

#[tokio::test]
async fn a_torn_put_leaves_the_first_half() {
    let store = memory();
    store.fail_at(1, When::Torn, Failure::DiskFull);
    let payload: PutPayload = ["01", "23456", "789"].map(Bytes::from).into_iter().collect();
    let error = store.put(&Path::from(KEYS), payload).await.unwrap_err();
    assert!(is_injected(&error) && !is_crash(&error));
    assert_eq!(stored(&store).await, [(KEYS.to_owned(), "01234".to_owned())]);
    assert_eq!(store.calls()[0].outcome, Outcome::Faulted(When::Torn));

    store.fail_at(2, When::Torn, Failure::Timeout);
    store.delete(&Path::from(KEYS)).await.unwrap_err();
    assert_eq!(store.calls()[1].outcome, Outcome::Faulted(When::Before), "only a put can be torn");
    assert_eq!(stored(&store).await.len(), 1);
}

#[tokio::test]
async fn a_lost_answer_hides_that_the_commit_is_ours() {
    let store = memory();
    store.fail_once(|c| c.is(CallKind::PutIfAbsent, PathClass::DeltaCommit), When::After, Failure::Timeout);
    let error = append(&store).await.unwrap_err();
    assert!(error.to_string().contains("timed out") && is_injected(&error));
    assert!(store.head(&Path::from(COMMIT)).await.is_ok());
    let again = put_if_absent(&store, COMMIT).await.unwrap_err();
    assert!(matches!(again, StoreError::AlreadyExists { .. }) && !is_injected(&again));
}

#[tokio::test]
async fn a_lost_answer_hides_that_another_writer_was_first() {
    let store = memory();
    put(store.inner().as_ref(), COMMIT, "theirs").await.unwrap();
    store.fail_at(1, When::After, Failure::Timeout);
    let error = put_if_absent(&store, COMMIT).await.unwrap_err();
    assert!(matches!(error, StoreError::Generic { .. }));
    assert_eq!(stored(&store).await, [(COMMIT.to_owned(), "theirs".to_owned())]);
}

#[tokio::test]
async fn faults_strike_as_often_as_told_and_the_oldest_rule_first() {
    let store = memory();
    let path = Path::from(KEYS);
    put(&store, KEYS, "keys").await.unwrap();
    store.fail_times(2, |c| c.class == PathClass::KeyFile, When::Before, Failure::PermissionDenied);
    store.fail_times(0, |_| true, When::Before, Failure::NotFound);
    store.fail_once(|c| c.kind == CallKind::Get, When::Before, Failure::Throttled);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(match store.get(&path).await {
            Ok(_) => "found",
            Err(StoreError::PermissionDenied { .. }) => "denied",
            Err(StoreError::Generic { .. }) => "throttled",
            Err(_) => "other",
        });
    }
    assert_eq!(seen, ["denied", "denied", "throttled", "found"]);
    store.fail_always(|c| c.kind == CallKind::List, When::After, Failure::Timeout);
    for _ in 0..3 {
        assert!(store.list(None).next().await.unwrap().is_err());
    }
}

#[tokio::test]
async fn a_bulk_delete_can_crash_between_two_paths() {
    let store = memory();
    for path in ["a", "b", "c"] {
        put(&store, path, "x").await.unwrap();
    }
    store.crash_at(5, When::Before);
    let paths = stream::iter(["a", "b", "c"].map(|path| Ok(Path::from(path)))).boxed();
    let deleted: Vec<_> = store.delete_stream(paths).collect().await;
    assert_eq!(deleted.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(stored(&store).await.len(), 2);
}

#[tokio::test]
async fn each_step_of_a_multipart_upload_can_fail() {
    for step in 1..=4 {
        for when in When::ATOMIC {
            let store = memory();
            store.fail_at(step, when, Failure::Timeout);
            let written = upload(&store).await;
            assert!(is_injected(&written.unwrap_err()));
            let kinds: Vec<_> = store.mutations().into_iter().map(|call| call.kind).collect();
            let all = [
                CallKind::MultipartStart,
                CallKind::MultipartPart,
                CallKind::MultipartPart,
                CallKind::MultipartComplete,
            ];
            assert_eq!(kinds, all[..step]);
            assert_eq!(stored(&store).await.len(), usize::from((step, when) == (4, When::After)));
        }
    }
    let store = memory();
    upload(&store).await.unwrap();
    assert_eq!(stored(&store).await, [(PART.to_owned(), "onetwo!".to_owned())]);
    assert_eq!(store.mutations().iter().map(|call| call.bytes).collect::<Vec<_>>(), [0, 3, 4, 0]);
}

async fn upload(store: &FaultStore) -> object_store::Result<()> {
    let mut upload = store.put_multipart(&Path::from(PART)).await?;
    upload.put_part("one".into()).await?;
    upload.put_part("two!".into()).await?;
    upload.complete().await.map(drop)
}

#[tokio::test]
async fn a_call_that_is_dropped_or_outlives_a_reset_does_no_harm() {
    let store = memory();
    let mut upload = store.put_multipart(&Path::from("big")).await.unwrap();
    drop(upload.put_part("lost".into()));
    assert_eq!(store.calls()[1].outcome, Outcome::Pending);

    store.crash_at(3, When::After);
    let late = upload.put_part("late".into());
    store.reset();
    assert!(is_crash(&late.await.unwrap_err()));
    assert!(store.calls().is_empty() && !store.is_crashed());
    put(&store, "a", "a").await.unwrap();
}

#[tokio::test]
async fn callers_under_way_at_a_crash_hear_of_it_though_their_effect_stays() {
    let store = memory();
    let mut upload = store.put_multipart(&Path::from("big")).await.unwrap();
    let part = upload.put_part("part".into());
    store.crash_at(3, When::Before);
    put(&store, "a", "a").await.unwrap_err();
    assert!(is_crash(&part.await.unwrap_err()));
    assert_eq!(store.calls()[1].outcome, Outcome::Succeeded);
}

#[test]
fn each_failure_has_the_form_that_storage_gives_it() {
    let path = Path::from(KEYS);
    let check = |failure: Failure, fits: fn(&StoreError) -> bool| {
        let error = failure.error(&path);
        assert!(fits(&error), "{failure:?} gives {error:?}");
        assert!(is_injected(&error) && !is_crash(&error), "{error:?}");
    };
    check(Failure::Timeout, |e| e.to_string().contains("operation timed out"));
    check(Failure::Throttled, |e| e.to_string().contains("status code: 503"));
    check(
        Failure::PermissionDenied,
        |e| matches!(e, StoreError::PermissionDenied { path, .. } if path == KEYS),
    );
    check(Failure::Unauthenticated, |e| matches!(e, StoreError::Unauthenticated { .. }));
    check(Failure::NotFound, |e| matches!(e, StoreError::NotFound { .. }));
    check(Failure::AlreadyExists, |e| matches!(e, StoreError::AlreadyExists { .. }));
    check(Failure::Precondition, |e| matches!(e, StoreError::Precondition { .. }));
    check(Failure::Generic("odd".to_owned()), |e| e.to_string().ends_with("odd"));
    check(Failure::DiskFull, |e| {
        let cause = e.source().and_then(|source| source.downcast_ref::<io::Error>());
        cause.is_some_and(|cause| cause.kind() == io::ErrorKind::StorageFull)
    });
}

#[test]
fn a_crash_is_known_however_it_is_wrapped() {
    let wrapped: [Box<dyn StdError>; 4] = [
        Box::new(Error::internal("write part").with_source(error::crash_error())),
        Box::new(io::Error::other(error::crash_error())),
        Box::new(StoreError::Generic {
            store: "x",
            source: Box::new(io::Error::other(error::crash_error())),
        }),
        Box::new(io::Error::other(error::crash_error().to_string())),
    ];
    for error in wrapped {
        assert!(is_crash(error.as_ref()) && is_injected(error.as_ref()), "{error:?}");
    }
    let real = Error::internal("write part").with_source(io::Error::other("disk gone"));
    assert!(!is_crash(&real) && !is_injected(&real));
}

#[tokio::test]
async fn files_on_disk_are_read_and_written_through_it() {
    let home = tempfile::tempdir().unwrap();
    let disk = object_store::local::LocalFileSystem::new_with_prefix(home.path()).unwrap();
    let store = FaultStore::new(Arc::new(disk));
    append(&store).await.unwrap();
    let path = Path::from(PART);
    let found = store.get_opts(&path, GetOptions::new().with_range(Some(1..3))).await.unwrap();
    assert_eq!(found.bytes().await.unwrap(), "ow");
    assert_eq!(store.calls().last().unwrap().bytes, 2);
    store.rename(&path, &Path::from("moved")).await.unwrap();
    assert_eq!(store.count(CallKind::Rename), 1, "one call, since the disk can do it in one");
    assert!(store.to_string().starts_with("FaultStore(LocalFileSystem("));
}
