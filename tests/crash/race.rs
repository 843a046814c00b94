//! Several importers on one store, and maintenance between them.

use std::sync::Arc;
use std::time::Duration;

use auditlake_store::MaintainOptions;
use object_store::memory::InMemory;

use crate::lake::{assert_each_once, contents, corpus, create_store, import, open_lake};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn importers_of_the_same_files_store_each_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), 400, 21);
    let logs = folder.path().join("AWSLogs");
    let storage = Arc::new(InMemory::new());
    let lake = open_lake(Arc::clone(&storage) as _, 1).await.unwrap();
    let store = create_store(&lake).await;
    let mut importers = tokio::task::JoinSet::new();
    for seed in 2..6 {
        let (storage, logs) = (Arc::clone(&storage), logs.clone());
        importers.spawn(async move {
            let lake = open_lake(storage as _, seed).await.unwrap();
            import(&lake, store, &logs).await.unwrap().events_stored
        });
    }
    let stored: u64 = importers.join_all().await.into_iter().sum();
    assert_eq!(stored, distinct, "what the importers claim adds up");
    assert_each_once(&contents(&lake, store).await, distinct);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_keeps_every_row_and_later_imports_still_find_duplicates() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), 300, 22);
    let logs = folder.path().join("AWSLogs");
    let lake = open_lake(Arc::new(InMemory::new()), 1).await.unwrap();
    let store = create_store(&lake).await;
    import(&lake, store, &logs).await.unwrap();
    let before = contents(&lake, store).await;
    let outcome = lake.maintain(store, &MaintainOptions::default()).await.unwrap();
    assert!(outcome.files_merged > outcome.files_written && outcome.files_written > 0, "{outcome:?}");
    assert_eq!(contents(&lake, store).await, before);
    // The same events in files of other names: only the key files of the merged parts can tell.
    let moved = tempfile::tempdir().unwrap();
    let copy = moved.path().join("AWSLogs");
    copy_folder(&logs, &copy);
    let again = import(&lake, store, &copy).await.unwrap();
    assert_eq!((again.events_stored, again.events_duplicate), (0, again.events_read));
    assert_each_once(&contents(&lake, store).await, distinct);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sweeping_at_once_leaves_a_store_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let distinct = corpus(folder.path(), 300, 23);
    let lake = open_lake(Arc::new(InMemory::new()), 1).await.unwrap();
    let store = create_store(&lake).await;
    import(&lake, store, &folder.path().join("AWSLogs")).await.unwrap();
    let at_once = MaintainOptions {
        keep_removed: Duration::ZERO,
        orphan_age: Duration::ZERO,
        ..MaintainOptions::default()
    };
    lake.maintain(store, &at_once).await.unwrap();
    lake.maintain(store, &at_once).await.unwrap();
    assert_each_once(&contents(&lake, store).await, distinct);
    let again = import(&lake, store, &folder.path().join("AWSLogs")).await.unwrap();
    assert_eq!(again.files_skipped, again.files_found);
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}
