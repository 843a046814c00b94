//! Changes that take effect, races, and what lies on the disk.

use auditlake_model::ErrorKind;
use auditlake_testkit::{FaultStore, ManualClock, When};
use futures::executor::block_on;
use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;

use super::*;
use crate::roster::tests::{name, store};

fn accounts(store: &Arc<InMemory>) -> Accounts {
    let store: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(store);
    Accounts::with_object_store(store, Arc::new(ManualClock::default()))
}

fn new_user(text: &str) -> NewUser {
    NewUser { name: name(text), password: None, grants: vec![] }
}

async fn files(store: &InMemory) -> Vec<String> {
    let listed = store.list_with_delimiter(None).await.unwrap();
    listed.objects.into_iter().map(|meta| meta.location.to_string()).collect()
}

#[tokio::test]
async fn changes_follow_each_other_and_one_file_is_left() {
    let memory = Arc::new(InMemory::new());
    let accounts = accounts(&memory);
    assert!(accounts.load().await.unwrap().users().is_empty());
    let grant = Grant { role: Role::Reader, scope: store(1) };
    accounts.add_user(NewUser { grants: vec![grant, grant], ..new_user("ann") }).await.unwrap();
    let error = accounts.add_user(new_user("ANN")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    accounts.grant(&name("ann"), Grant { role: Role::Operator, scope: Scope::All }).await.unwrap();
    let expires_at = Some(ManualClock::START.saturating_add_days(90));
    let new = NewToken { user: name("Ann"), label: Some("grafana".to_owned()), expires_at };
    let issued = accounts.create_token(new).await.unwrap();
    let roster = accounts.load().await.unwrap();
    assert_eq!(roster.user(&name("ann")).unwrap().grants().len(), 2);
    assert_eq!(roster.tokens(), [issued.token]);
    assert_eq!(files(&memory).await, ["0000000003.json"]);
    let text = memory.get(&Path::from("0000000003.json")).await.unwrap().bytes().await.unwrap();
    assert!(!String::from_utf8(text.to_vec()).unwrap().contains(issued.secret.expose()));
    accounts.remove_user(&name("ann")).await.unwrap();
    assert_eq!(accounts.remove_user(&name("ann")).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_racing_writers_is_lost() {
    let memory = Arc::new(InMemory::new());
    let tasks = (0..12).map(|writer| {
        let accounts = accounts(&memory);
        tokio::spawn(async move {
            for number in 0..3 {
                accounts.add_user(new_user(&format!("user-{writer}-{number}"))).await.unwrap();
                tokio::task::yield_now().await;
            }
        })
    });
    futures::future::try_join_all(tasks).await.unwrap();
    assert_eq!(accounts(&memory).load().await.unwrap().users().len(), 36);
    assert_eq!(files(&memory).await, ["0000000036.json"]);
}

/// A writer so slow that others wrote two versions and removed the one it would follow. Its own number is free
/// again, yet what it puts there would count for nobody.
#[tokio::test]
async fn a_writer_that_fell_behind_begins_anew() {
    let memory = Arc::new(InMemory::new());
    let slow = accounts(&memory);
    slow.add_user(new_user("first")).await.unwrap();
    let mut rounds = 0;
    let changed = slow.change(|roster| {
        rounds += 1;
        if rounds == 1 {
            let quick = accounts(&memory);
            for text in ["second", "third", "fourth"] {
                block_on(quick.change(|roster| roster.add_user(user(text)))).unwrap();
            }
        }
        roster.add_user(user("late"))
    });
    changed.await.unwrap();
    assert_eq!(rounds, 2);
    assert_eq!(slow.load().await.unwrap().users().len(), 5);
    assert_eq!(files(&memory).await, ["0000000005.json"]);
}

#[tokio::test]
async fn a_change_that_dies_took_effect_as_a_whole_or_not_at_all() {
    for when in [When::Before, When::After] {
        for mutation in 1..=4 {
            let memory = Arc::new(InMemory::new());
            accounts(&memory).add_user(new_user("ann")).await.unwrap();
            let faulty = FaultStore::new(Arc::<InMemory>::clone(&memory));
            faulty.crash_at(mutation, when);
            let dying = Accounts::with_object_store(faulty.as_dyn(), Arc::new(ManualClock::default()));
            let told = dying.add_user(new_user("bob")).await.is_ok();
            let accounts = accounts(&memory);
            let has_bob = accounts.load().await.unwrap().user(&name("bob")).is_ok();
            assert!(has_bob || !told, "{mutation} {when:?}");
            accounts.add_user(new_user("eve")).await.unwrap();
            assert_eq!(accounts.load().await.unwrap().users().len(), 2 + usize::from(has_bob));
            assert_eq!(files(&memory).await.len(), 1);
        }
    }
}

fn user(text: &str) -> User {
    User {
        name: name(text),
        password: None,
        generation: String::new(),
        grants: vec![],
        created_at: Timestamp::EPOCH,
    }
}

#[tokio::test]
async fn damage_is_told_with_its_place_and_stays_until_it_is_mended() {
    let memory = Arc::new(InMemory::new());
    let accounts = accounts(&memory);
    accounts.add_user(new_user("ann")).await.unwrap();
    memory.put(&Path::from("0000000002.json"), "{\"formatVersion\":1,".into()).await.unwrap();
    for error in [accounts.load().await.unwrap_err(), accounts.add_user(new_user("bob")).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.report().contains("/0000000002.json"), "{error:?}");
        assert!(error.hint().unwrap().contains("nobody is let in"));
    }
    memory.delete(&Path::from("0000000002.json")).await.unwrap();
    assert_eq!(accounts.load().await.unwrap().users().len(), 1);
}

#[tokio::test]
async fn wishes_against_the_rules_are_refused() {
    let memory = Arc::new(InMemory::new());
    let accounts = accounts(&memory);
    let short = NewUser { password: Some(Secret::new("short")), ..new_user("ann") };
    assert_eq!(accounts.add_user(short).await.unwrap_err().kind(), ErrorKind::Invalid);
    let admin = Grant { role: Role::Admin, scope: store(1) };
    let admin = NewUser { grants: vec![admin], ..new_user("ann") };
    assert_eq!(accounts.add_user(admin).await.unwrap_err().kind(), ErrorKind::Invalid);
    let expired = NewToken { user: name("ann"), label: None, expires_at: Some(ManualClock::START) };
    assert_eq!(accounts.create_token(expired).await.unwrap_err().kind(), ErrorKind::Invalid);
    let label = NewToken { user: name("ann"), label: Some("a\nb".to_owned()), expires_at: None };
    assert_eq!(accounts.create_token(label).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(files(&memory).await.is_empty());
}

#[test]
fn the_default_root_is_below_the_lake() {
    let root = |text| Accounts::default_root(&StoreLocation::parse(text).unwrap()).to_string();
    assert_eq!(root("/data/lake"), "/data/lake/auth");
    assert_eq!(root("s3://bucket/prefix"), "s3://bucket/prefix/auth");
    assert_eq!(root("s3://bucket"), "s3://bucket/auth");
}

#[cfg(unix)]
#[tokio::test]
async fn local_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake/auth");
    let at = |root: &std::path::Path| {
        let clock = Arc::new(ManualClock::default());
        Accounts::new(StoreLocation::Local(root.to_path_buf()), ObjectStoreConfig::default(), clock)
    };
    let (reader, writer) = (at(&root), at(&root));
    assert!(reader.load().await.unwrap().users().is_empty());
    assert!(!root.exists(), "reading makes nothing");
    writer.add_user(new_user("ann")).await.unwrap();
    writer.add_user(new_user("bob")).await.unwrap();
    assert_eq!(reader.load().await.unwrap().users().len(), 2, "a reader sees a root that was made later");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("0000000002.json")), 0o600);
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 1, "no probe and no older version is left");
    let file = at(&root.join("0000000002.json")).load().await.unwrap_err();
    assert_eq!(file.kind(), ErrorKind::Invalid);
}
