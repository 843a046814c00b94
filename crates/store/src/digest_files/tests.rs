//! Digest files stay as they were, whatever comes later.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use auditlake_model::ErrorKind;
use auditlake_testkit::{ManualClock, SeededIds};
use futures::TryStreamExt as _;
use object_store::memory::InMemory;

use super::*;
use crate::lake::{LakeEnv, NewLake};

async fn lake() -> Lake {
    let env = LakeEnv { clock: Arc::new(ManualClock::default()), ids: Arc::new(SeededIds::new(1)) };
    Lake::with_object_store(Arc::new(InMemory::new()), "memory", NewLake::default(), env).await.unwrap()
}

fn digest(bytes: &'static [u8], signature: Option<&str>) -> DigestFile {
    let key = "AWSLogs/123456789012/CloudTrail-Digest/eu-west-1/2026/01/02/x_CloudTrail-Digest.json.gz";
    DigestFile {
        bucket: Some("trail-bucket".to_owned()),
        key: Path::from(key),
        uri: format!("s3://trail-bucket/{key}"),
        bytes: Bytes::from_static(bytes),
        e_tag: Some("\"abc\"".to_owned()),
        version: None,
        modified_at: Some(Timestamp::from_secs(1_767_312_000)),
        metadata: signature.map(|text| ("signature".to_owned(), text.to_owned())).into_iter().collect(),
    }
}

async fn paths(lake: &Lake) -> Vec<String> {
    let found: Vec<_> =
        lake.object_store().list(Some(&Path::from(DIGESTS_FOLDER))).try_collect().await.unwrap();
    let mut names: Vec<_> =
        found.iter().map(|meta| meta.location.filename().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_kept_digest_reads_back_with_its_signature() {
    let lake = lake().await;
    let digest = digest(b"gzip", Some("a1b2"));
    assert_eq!(lake.keep_digest(&digest).await.unwrap(), KeepOutcome::Kept);
    assert_eq!(lake.keep_digest(&digest).await.unwrap(), KeepOutcome::Known);
    let kept = lake.read_digest(Some("trail-bucket"), &digest.key).await.unwrap();
    assert_eq!(
        (kept.bytes, kept.metadata, kept.modified_at),
        (digest.bytes, digest.metadata, digest.modified_at)
    );
    assert_eq!(paths(&lake).await.len(), 2);
    let error = lake.read_digest(None, &digest.key).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_signature_that_is_met_later_is_added_and_never_lost() {
    let lake = lake().await;
    lake.keep_digest(&digest(b"gzip", None)).await.unwrap();
    lake.keep_digest(&digest(b"gzip", Some("a1b2"))).await.unwrap();
    lake.keep_digest(&digest(b"gzip", None)).await.unwrap();
    let kept = lake.read_digest(Some("trail-bucket"), &digest(b"", None).key).await.unwrap();
    assert_eq!(kept.metadata["signature"], "a1b2");
}

#[tokio::test]
async fn other_bytes_under_a_known_key_are_kept_beside_it() {
    let lake = lake().await;
    lake.keep_digest(&digest(b"first", Some("a1b2"))).await.unwrap();
    for _ in 0..2 {
        let outcome = lake.keep_digest(&digest(b"second", Some("c3d4"))).await.unwrap();
        assert_eq!(outcome, KeepOutcome::Changed);
    }
    let kept = lake.read_digest(Some("trail-bucket"), &digest(b"", None).key).await.unwrap();
    assert_eq!((kept.bytes.as_ref(), kept.metadata["signature"].as_str()), (b"first".as_slice(), "a1b2"));
    assert_eq!(paths(&lake).await.iter().filter(|name| name.contains(".changed-")).count(), 2);
}

/// Samples of all formats ever written must be read for ever.
#[test]
fn the_v1_sample_is_read() {
    let sample = include_bytes!("../../testdata/formats/v1/digest.auditlake.json");
    let sidecar = parse_sidecar(sample).unwrap();
    assert_eq!(sidecar.metadata["signature-algorithm"], "SHA256withRSA");
    assert_eq!(serde_json::to_string_pretty(&sidecar).unwrap().as_bytes(), sample.trim_ascii_end());
    let newer = parse_sidecar(br#"{"formatVersion": 2}"#).unwrap_err();
    assert_eq!(newer.kind(), ErrorKind::Unsupported);
}
