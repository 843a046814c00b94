//! An import that is killed before and after each of its storage calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use auditlake_testkit::{CallKind, FaultStore, PathClass, When, is_crash};
use object_store::memory::InMemory;

use crate::lake::{assert_each_once, contents, corpus, create_store, import, open_lake, trail};

const EVENTS: u64 = 220;
/// Kills that are tried at the same time.
const CONCURRENT_KILLS: usize = 4;

/// When a kill fell, told from the call that it hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Upload,
    BetweenUploadAndCommit,
    AfterCommit,
    InCheckpoint,
}

fn moment(kind: CallKind, class: PathClass, when: When) -> Option<Moment> {
    match (class, when) {
        _ if !kind.is_put() => None,
        (PathClass::DataFile | PathClass::KeyFile, _) => Some(Moment::Upload),
        (PathClass::CheckpointFile, When::After) | (PathClass::DeltaCommit, When::Before) => {
            Some(Moment::BetweenUploadAndCommit)
        }
        (PathClass::CheckpointFile, _) => Some(Moment::Upload),
        (PathClass::DeltaCommit, _) => Some(Moment::AfterCommit),
        (PathClass::DeltaCheckpoint, _) => Some(Moment::InCheckpoint),
        (PathClass::Other, _) => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_killed_at_any_storage_call_ends_like_a_clean_one() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), EVENTS, 11);
    let logs = folder.path().join("AWSLogs");

    let clean = FaultStore::new(Arc::new(InMemory::new()));
    let lake = open_lake(clean.as_dyn(), 1).await.unwrap();
    let store = create_store(&lake).await;
    clean.reset();
    let summary = import(&lake, store, &logs).await.unwrap();
    assert!(summary.commits >= 10, "{} commits", summary.commits);
    let steps = clean.mutations();
    let expected = contents(&lake, store).await;
    assert_each_once(&expected, distinct);

    let mut moments: BTreeMap<Moment, u32> = BTreeMap::new();
    let mut kills = tokio::task::JoinSet::new();
    for (index, step) in steps.iter().enumerate() {
        for when in When::ATOMIC {
            if let Some(moment) = moment(step.kind, step.class, when) {
                *moments.entry(moment).or_default() += 1;
            }
            if kills.len() >= CONCURRENT_KILLS {
                kills.join_next().await.unwrap().unwrap();
            }
            let (logs, expected) = (logs.clone(), expected.event_ids.clone());
            kills.spawn(async move { kill_and_rerun(index + 1, when, &logs, &expected).await });
        }
    }
    kills.join_all().await;
    println!("kills by moment over {} storage calls: {moments:?}", steps.len());
    for moment in [Moment::Upload, Moment::BetweenUploadAndCommit, Moment::AfterCommit, Moment::InCheckpoint]
    {
        assert!(moments.contains_key(&moment), "no kill fell in {moment:?}");
    }
}

/// Kills an import at its `call`th storage call, runs it again in a new process, and compares.
async fn kill_and_rerun(call: usize, when: When, logs: &Path, expected: &[String]) {
    let faulty = FaultStore::new(Arc::new(InMemory::new()));
    let lake = open_lake(faulty.as_dyn(), 1).await.unwrap();
    let store = create_store(&lake).await;
    faulty.reset();
    faulty.crash_at(call, when);
    let killed = import(&lake, store, logs).await;
    assert!(faulty.is_crashed(), "kill {call} {when:?} was not reached");
    if let Err(error) = &killed {
        assert!(is_crash(error), "kill {call} {when:?}: {}", error.report());
    }
    // A new process on the same storage.
    let lake = open_lake(faulty.inner(), 2).await.unwrap();
    import(&lake, trail(&lake).await, logs).await.unwrap();
    let found = contents(&lake, store).await;
    assert_eq!(found.event_ids, expected, "kill {call} {when:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_not_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), 300, 12);
    let faulty = FaultStore::new(Arc::new(InMemory::new()));
    let lake = open_lake(faulty.as_dyn(), 1).await.unwrap();
    let store = create_store(&lake).await;
    // S3 retries a put that got a 5xx and then reports that the object exists: our own commit.
    faulty.fail_once(
        |call| call.class == PathClass::DeltaCommit && call.is_mutation(),
        When::After,
        auditlake_testkit::Failure::AlreadyExists,
    );
    import(&lake, store, &folder.path().join("AWSLogs")).await.unwrap();
    assert_each_once(&contents(&lake, store).await, distinct);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), 300, 13);
    let logs = folder.path().join("AWSLogs");
    let lake = open_lake(Arc::new(InMemory::new()), 1).await.unwrap();
    let store = create_store(&lake).await;
    let first = import(&lake, store, &logs).await.unwrap();
    assert_eq!(first.events_stored, distinct);
    let second = import(&lake, store, &logs).await.unwrap();
    assert_eq!((second.events_read, second.events_stored, second.commits), (0, 0, 0));
    assert_eq!(second.files_skipped, first.files_read);
}
