//! Damage is found, and what is no damage is not called so.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::Int64Array;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Clock, StoreName, SystemClock};
use auditlake_testkit::{ManualClock, SeededIds};
use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::*;
use crate::digest_files::DigestFile;
use crate::lake::{LakeEnv, NewEventDataStore, NewLake};

/// A lake with a system table of two files, an empty store and a digest file.
async fn lake() -> (Lake, Arc<ManualClock>) {
    // InMemory stamps objects by the system clock.
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let env = LakeEnv { clock: shared, ids: Arc::new(SeededIds::new(1)) };
    let lake =
        Lake::with_object_store(Arc::new(InMemory::new()), "memory", NewLake::default(), env).await.unwrap();
    let schema = Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)]));
    let table = lake.system_table("queries", Arc::clone(&schema)).unwrap();
    for id in 0..2 {
        let column = Arc::new(Int64Array::from(vec![id]));
        table.append(&RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap()).await.unwrap();
    }
    lake.create_store(NewEventDataStore::new(StoreName::parse("trail").unwrap())).await.unwrap();
    lake.keep_digest(&DigestFile {
        bucket: Some("bucket".to_owned()),
        key: Path::from("a/d.json.gz"),
        uri: "s3://bucket/a/d.json.gz".to_owned(),
        bytes: Bytes::from_static(b"digest"),
        e_tag: None,
        version: None,
        modified_at: None,
        metadata: BTreeMap::new(),
    })
    .await
    .unwrap();
    (lake, clock)
}

async fn data_files(lake: &Lake) -> Vec<Path> {
    let found: Vec<_> = lake.object_store().list(Some(&Path::from("system"))).try_collect().await.unwrap();
    found.into_iter().map(|m| m.location).filter(|p| p.as_ref().ends_with(".parquet")).collect()
}

fn kinds(report: &CheckReport) -> Vec<FindingKind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

#[tokio::test]
async fn a_whole_lake_has_no_findings() {
    let (lake, clock) = lake().await;
    clock.advance(ORPHAN_AGE * 2);
    let report = lake.check(true, None).await.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.tables, report.files), (2, 3));
    assert_eq!(report.bytes, report.bytes_hashed);
    assert_eq!(lake.check(false, None).await.unwrap().bytes_hashed, 0);
}

#[tokio::test]
async fn a_missing_file_is_damage() {
    let (lake, _) = lake().await;
    lake.object_store().delete(&data_files(&lake).await[0]).await.unwrap();
    let report = lake.check(false, None).await.unwrap();
    assert_eq!(kinds(&report), [FindingKind::Missing]);
    assert!(report.is_damaged());
}

#[tokio::test]
async fn another_size_is_found_at_once_and_another_byte_by_a_deep_check() {
    let (lake, _) = lake().await;
    let files = data_files(&lake).await;
    let store = lake.object_store();
    store.put(&files[0], "short".into()).await.unwrap();
    let mut bytes = store.get(&files[1]).await.unwrap().bytes().await.unwrap().to_vec();
    bytes[10] ^= 1;
    store.put(&files[1], bytes.into()).await.unwrap();
    let shallow = lake.check(false, None).await.unwrap();
    assert_eq!(shallow.findings.len(), 1);
    assert_eq!(
        (shallow.findings[0].kind, &shallow.findings[0].path),
        (FindingKind::Changed, &files[0].to_string())
    );
    let deep = lake.check(true, None).await.unwrap();
    assert_eq!(kinds(&deep), [FindingKind::Changed, FindingKind::Changed]);
}

#[tokio::test]
async fn a_strange_file_is_an_orphan_once_it_is_old() {
    let (lake, clock) = lake().await;
    lake.object_store().put(&Path::from("system/queries/part-x.parquet"), "x".into()).await.unwrap();
    assert_eq!(lake.check(false, None).await.unwrap().findings, []);
    clock.advance(ORPHAN_AGE * 2);
    let report = lake.check(false, None).await.unwrap();
    assert_eq!(kinds(&report), [FindingKind::Orphan]);
    assert!(!report.is_damaged());
}

#[tokio::test]
async fn a_hole_in_a_log_is_damage() {
    let (lake, _) = lake().await;
    let commit = Path::from("system/queries/_delta_log/00000000000000000001.json");
    lake.object_store().delete(&commit).await.unwrap();
    let report = lake.check(false, None).await.unwrap();
    assert_eq!(kinds(&report), [FindingKind::Unreadable]);
}

#[tokio::test]
async fn damage_to_kept_digests_is_found() {
    let (lake, _) = lake().await;
    let store = lake.object_store();
    store.put(&Path::from("digests/bucket/a/d.json.gz"), "forged".into()).await.unwrap();
    assert_eq!(kinds(&lake.check(true, None).await.unwrap()), [FindingKind::Changed]);
    store.delete(&Path::from("digests/bucket/a/d.json.gz.auditlake.json")).await.unwrap();
    assert_eq!(kinds(&lake.check(true, None).await.unwrap()), [FindingKind::Missing]);
}
