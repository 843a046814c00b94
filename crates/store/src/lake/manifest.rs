//! `lake.json`: what makes a folder a lake.
//!
//! The stored form is [`LakeManifestV1`], a promise to all later versions; samples of it are kept under
//! `testdata/formats/`. A newer format is refused: reading it by old rules could lose events. Creation
//! is a put-if-absent, so two processes end with one lake.

use auditlake_model::{Error, LakeId, Result, Timestamp};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode};
use serde::{Deserialize, Serialize};

use super::LakeEnv;
use crate::location::{from_object_store, is_missing_bucket};

/// Name of the manifest below the lake's root.
const MANIFEST: &str = "lake.json";
/// The format that this program reads and writes.
const FORMAT_VERSION: u32 = 1;
/// The oldest version of Auditlake that reads [`FORMAT_VERSION`].
const MIN_AUDITLAKE_VERSION: &str = "0.1.0";
/// Account that stands in ARNs when the user has none.
const DEFAULT_ACCOUNT_ID: &str = "000000000000";
/// Region that stands in ARNs when the user has none.
const DEFAULT_REGION: &str = "us-east-1";

/// What a lake says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeManifest {
    /// Id of the lake.
    pub lake_id: LakeId,
    /// Account of the lake's ARNs, 12 digits.
    pub account_id: String,
    /// Region of the lake's ARNs.
    pub region: String,
    /// When the lake was created.
    pub created_at: Timestamp,
}

/// Account and region of a lake that is to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLake {
    account_id: String,
    region: String,
}

impl NewLake {
    /// Checks account and region, which ARNs of this lake will hold for ever.
    ///
    /// # Errors
    /// `Invalid` unless the account is 12 digits and the region looks like `eu-west-1`.
    pub fn try_new(account_id: &str, region: &str) -> Result<Self> {
        if account_id.len() != 12 || !account_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Error::invalid(format!("account id `{account_id}` is not 12 digits")));
        }
        let is_region = region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if region.is_empty() || !is_region {
            return Err(Error::invalid(format!("`{region}` is no region"))
                .with_hint("A region is written like `eu-west-1`."));
        }
        Ok(Self { account_id: account_id.to_owned(), region: region.to_owned() })
    }
}

impl Default for NewLake {
    fn default() -> Self {
        Self { account_id: DEFAULT_ACCOUNT_ID.to_owned(), region: DEFAULT_REGION.to_owned() }
    }
}

/// Version 1 of the stored form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LakeManifestV1 {
    format_version: u32,
    /// Oldest version of Auditlake that reads this format; read before anything else is.
    min_auditlake_version: String,
    lake_id: LakeId,
    account_id: String,
    region: String,
    created_at: Timestamp,
}

/// The part that every format version keeps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormatHeader {
    format_version: u32,
    min_auditlake_version: Option<String>,
}

impl LakeManifest {
    /// Reads the stored form.
    ///
    /// # Errors
    /// `Unsupported` when the format is newer than this program; `Corrupt` when the text is no manifest.
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self> {
        let header: FormatHeader = serde_json::from_slice(bytes).map_err(corrupt)?;
        if header.format_version > FORMAT_VERSION {
            return Err(newer_format(&header));
        }
        let v1: LakeManifestV1 = serde_json::from_slice(bytes).map_err(corrupt)?;
        let LakeManifestV1 { lake_id, account_id, region, created_at, .. } = v1;
        Ok(Self { lake_id, account_id, region, created_at })
    }

    /// Returns the stored form.
    pub(super) fn to_json(&self) -> Result<Bytes> {
        let v1 = LakeManifestV1 {
            format_version: FORMAT_VERSION,
            min_auditlake_version: MIN_AUDITLAKE_VERSION.to_owned(),
            lake_id: self.lake_id,
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            created_at: self.created_at,
        };
        let mut json = serde_json::to_vec_pretty(&v1)
            .map_err(|e| Error::internal("write lake manifest").with_source(e))?;
        json.push(b'\n');
        Ok(json.into())
    }
}

/// Reads the manifest; `None` when there is no lake.
pub(super) async fn read(store: &dyn ObjectStore) -> Result<Option<LakeManifest>> {
    let read = async { store.get(&Path::from(MANIFEST)).await?.bytes().await };
    match read.await {
        Ok(bytes) => LakeManifest::from_json(&bytes).map(Some),
        Err(error @ StoreError::NotFound { .. }) if !is_missing_bucket(&error) => Ok(None),
        Err(error) => Err(from_object_store("read lake manifest", error)),
    }
}

/// Creates the manifest.
///
/// # Errors
/// `AlreadyExists` when there is one.
pub(super) async fn create(store: &dyn ObjectStore, new: NewLake, env: &LakeEnv) -> Result<LakeManifest> {
    try_create(store, new, env).await?.ok_or_else(|| Error::already_exists("there is a lake here already"))
}

/// Reads the manifest, or creates it.
pub(super) async fn read_or_create(
    store: &dyn ObjectStore,
    new: NewLake,
    env: &LakeEnv,
) -> Result<LakeManifest> {
    if let Some(manifest) = read(store).await? {
        return Ok(manifest);
    }
    if let Some(manifest) = try_create(store, new, env).await? {
        return Ok(manifest);
    }
    // Somebody else created it in between.
    read(store).await?.ok_or_else(|| {
        Error::unavailable("read lake manifest").with_detail("it was there a moment ago and is gone")
    })
}

/// Puts a manifest if there is none; `None` when there is one.
async fn try_create(store: &dyn ObjectStore, new: NewLake, env: &LakeEnv) -> Result<Option<LakeManifest>> {
    let NewLake { account_id, region } = new;
    let manifest = LakeManifest {
        lake_id: LakeId::generate(env.ids.as_ref()),
        account_id,
        region,
        created_at: env.clock.now(),
    };
    let json = manifest.to_json()?;
    match store.put_opts(&Path::from(MANIFEST), json.into(), PutMode::Create.into()).await {
        Ok(_) => Ok(Some(manifest)),
        Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(None),
        Err(error) => Err(from_object_store("write lake manifest", error)),
    }
}

fn corrupt(source: serde_json::Error) -> Error {
    Error::corrupt("parse lake manifest").with_context("file", MANIFEST).with_source(source)
}

fn newer_format(header: &FormatHeader) -> Error {
    let install = match &header.min_auditlake_version {
        Some(version) => format!("Install auditlake {version} or newer."),
        None => "Install the newest auditlake.".to_owned(),
    };
    Error::unsupported(format!(
        "the lake has format {}, newer than this program reads",
        header.format_version
    ))
    .with_detail(format!(
        "This is auditlake {}, which reads format {FORMAT_VERSION}.",
        env!("CARGO_PKG_VERSION")
    ))
    .with_hint(install)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;

    use auditlake_model::ErrorKind;
    use auditlake_testkit::{ManualClock, SeededIds};
    use object_store::memory::InMemory;

    use super::*;

    fn env(seed: u64) -> LakeEnv {
        LakeEnv { clock: Arc::new(ManualClock::default()), ids: Arc::new(SeededIds::new(seed)) }
    }

    /// Samples of all formats ever written must be read for ever.
    #[test]
    fn the_v1_sample_reads_and_writes_back_byte_for_byte() {
        let sample = include_bytes!("../../testdata/formats/v1/lake.json");
        let manifest = LakeManifest::from_json(sample).unwrap();
        assert_eq!(manifest.lake_id.to_string(), "2f0c8a53-7d0e-4a58-9a3f-1f6a0e3f4d55");
        assert_eq!((manifest.account_id.as_str(), manifest.region.as_str()), ("123456789012", "eu-west-1"));
        assert_eq!(manifest.to_json().unwrap(), sample.as_slice());
    }

    #[test]
    fn a_newer_format_is_refused_with_the_version_to_install() {
        let json = br#"{"formatVersion": 2, "minAuditlakeVersion": "0.7.0", "shape": "unknown"}"#;
        let error = LakeManifest::from_json(json).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "the lake has format 2, newer than this program reads");
        assert_eq!(error.hint(), Some("Install auditlake 0.7.0 or newer."));
    }

    #[test]
    fn a_damaged_manifest_is_corrupt() {
        for json in ["", "[]", "{\"formatVersion\":1}"] {
            assert_eq!(LakeManifest::from_json(json.as_bytes()).unwrap_err().kind(), ErrorKind::Corrupt);
        }
    }

    #[test]
    fn account_and_region_are_checked() {
        NewLake::try_new("123456789012", "us-gov-west-1").unwrap();
        assert!(NewLake::try_new("1234", "us-east-1").is_err());
        assert!(NewLake::try_new("123456789012", "US East").is_err());
    }

    #[tokio::test]
    async fn racing_creators_end_with_one_lake() {
        let store: Arc<InMemory> = Arc::default();
        let tasks = (0..8).map(|seed| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                read_or_create(store.as_ref(), NewLake::default(), &env(seed)).await.unwrap().lake_id
            })
        });
        let ids = futures::future::try_join_all(tasks).await.unwrap();
        assert!(ids.iter().all(|id| *id == ids[0]));
        let error = create(store.as_ref(), NewLake::default(), &env(9)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
}
