//! Digest files of CloudTrail, kept byte for byte with the metadata that holds their signatures.
//!
//! ```text
//! digests/<bucket>/<key>                        the object as it was
//! digests/<bucket>/<key>.auditlake.json         where it came from, and its metadata (the signature)
//! digests/<bucket>/<key>.changed-<sha256>       the same key with other bytes, met later
//! ```
//! Sources get archived and deleted; the proof that log files are whole must outlive them. So a kept file
//! is never overwritten: other bytes under a known key are kept beside it, and are a finding. Files of
//! local imports stand under `_local`; a bucket name cannot begin so.
//!
//! # Source
//! CloudTrail user guide, "CloudTrail digest file structure": the signature of a digest is in the S3
//! object's metadata `signature` and `signature-algorithm`.

use std::collections::BTreeMap;

use auditlake_model::{Error, Result, Timestamp};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};
use serde::{Deserialize, Serialize};

use crate::lake::Lake;
use crate::location::from_object_store;
use crate::part::{hex, sha256};

/// Folder of kept digest files.
pub(crate) const DIGESTS_FOLDER: &str = "digests";
/// Stands for the bucket of files that were read from a local folder.
const LOCAL_FOLDER: &str = "_local";
/// Ending of the file that describes a kept one.
pub(crate) const SIDECAR_SUFFIX: &str = ".auditlake.json";
/// The sidecar format that this program reads and writes.
const FORMAT_VERSION: u32 = 1;

/// A digest file as it was read.
#[derive(Debug, Clone)]
pub struct DigestFile {
    /// Bucket; `None` for a local file.
    pub bucket: Option<String>,
    /// Key in the bucket, or path below the imported folder.
    pub key: Path,
    /// URI that tells people where it was.
    pub uri: String,
    /// The bytes, still compressed.
    pub bytes: Bytes,
    /// ETag of the source object.
    pub e_tag: Option<String>,
    /// Version id of the source object.
    pub version: Option<String>,
    /// When the source object was written.
    pub modified_at: Option<Timestamp>,
    /// User metadata of the source object, without `x-amz-meta-`: `signature`, `signature-algorithm`.
    pub metadata: BTreeMap<String, String>,
}

/// What keeping a digest file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepOutcome {
    /// It was new.
    Kept,
    /// The same bytes are kept already.
    Known,
    /// Other bytes are kept under its key; these are kept beside them.
    Changed,
}

/// Where a kept digest file came from. The stored form is versioned by `format_version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SidecarV1 {
    format_version: u32,
    uri: String,
    size_bytes: u64,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    e_tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified_at: Option<Timestamp>,
    kept_at: Timestamp,
    metadata: BTreeMap<String, String>,
}

impl Lake {
    /// Keeps a digest file.
    ///
    /// The sidecar is written first, so a kept file always has one.
    ///
    /// # Errors
    /// `Invalid` when the key cannot be a path; what the store says otherwise.
    pub async fn keep_digest(&self, digest: &DigestFile) -> Result<KeepOutcome> {
        self.ensure_writable().await?;
        let path = digest_path(digest.bucket.as_deref(), &digest.key);
        match self.kept_bytes(&path).await? {
            None => self.keep_at(&path, digest).await,
            Some(kept) if kept == digest.bytes => {
                self.complete_sidecar(&path, digest).await?;
                Ok(KeepOutcome::Known)
            }
            Some(_) => {
                let hash = hex(&sha256(&digest.bytes));
                tracing::warn!(uri = digest.uri, "digest file differs from the one kept under its key");
                self.keep_at(&suffixed(&path, &format!(".changed-{hash}"))?, digest).await?;
                Ok(KeepOutcome::Changed)
            }
        }
    }

    /// Reads a kept digest file back, with its metadata.
    ///
    /// # Errors
    /// `NotFound` when it is not kept; `Corrupt` when its sidecar is damaged.
    pub async fn read_digest(&self, bucket: Option<&str>, key: &Path) -> Result<DigestFile> {
        let path = digest_path(bucket, key);
        let bytes = self
            .kept_bytes(&path)
            .await?
            .ok_or_else(|| Error::not_found("the digest file is not kept").with_context("key", key))?;
        let sidecar = self
            .read_sidecar(&path)
            .await?
            .ok_or_else(|| Error::corrupt("the digest file has no sidecar").with_context("file", &path))?;
        Ok(DigestFile {
            bucket: bucket.map(str::to_owned),
            key: key.clone(),
            uri: sidecar.uri,
            bytes,
            e_tag: sidecar.e_tag,
            version: sidecar.version,
            modified_at: sidecar.modified_at,
            metadata: sidecar.metadata,
        })
    }

    /// Returns the SHA-256 that the sidecar of a kept file tells.
    pub(crate) async fn kept_sha256(&self, path: &Path) -> Result<String> {
        match self.read_sidecar(path).await? {
            Some(sidecar) => Ok(sidecar.sha256),
            None => Err(Error::corrupt("the digest file has no sidecar").with_context("file", path)),
        }
    }

    async fn keep_at(&self, path: &Path, digest: &DigestFile) -> Result<KeepOutcome> {
        self.complete_sidecar(path, digest).await?;
        match self.object_store().put_opts(path, digest.bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => Ok(KeepOutcome::Kept),
            // Another import was first; a key and its bytes hardly ever differ between two imports.
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(KeepOutcome::Known),
            Err(error) => Err(from_object_store("keep digest file", error)),
        }
    }

    /// Writes the sidecar unless there is one that tells as much.
    ///
    /// A digest that was first met without its signature (in a copied folder) gets it when it is met
    /// again with it.
    async fn complete_sidecar(&self, path: &Path, digest: &DigestFile) -> Result<()> {
        if let Some(known) = self.read_sidecar(path).await?
            && (known.sha256 == hex(&sha256(&digest.bytes)))
            && (digest.metadata.is_empty() || known.metadata == digest.metadata)
        {
            return Ok(());
        }
        let sidecar = SidecarV1 {
            format_version: FORMAT_VERSION,
            uri: digest.uri.clone(),
            size_bytes: digest.bytes.len() as u64,
            sha256: hex(&sha256(&digest.bytes)),
            e_tag: digest.e_tag.clone(),
            version: digest.version.clone(),
            modified_at: digest.modified_at,
            kept_at: self.clock().now(),
            metadata: digest.metadata.clone(),
        };
        let json = serde_json::to_vec_pretty(&sidecar)
            .map_err(|e| Error::internal("write digest sidecar").with_source(e))?;
        let put = self.object_store();
        let path = suffixed(path, SIDECAR_SUFFIX)?;
        let put = put.put(&path, PutPayload::from(json));
        put.await.map(|_| ()).map_err(|e| from_object_store("write digest sidecar", e))
    }

    async fn read_sidecar(&self, path: &Path) -> Result<Option<SidecarV1>> {
        let path = suffixed(path, SIDECAR_SUFFIX)?;
        let Some(json) = self.kept_bytes(&path).await? else { return Ok(None) };
        parse_sidecar(&json).map(Some).map_err(|e| e.with_context("file", &path))
    }

    async fn kept_bytes(&self, path: &Path) -> Result<Option<Bytes>> {
        let store = self.object_store();
        let read = async { store.get(path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(from_object_store("read digest file", error)),
        }
    }
}

fn parse_sidecar(json: &[u8]) -> Result<SidecarV1> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Header {
        format_version: u32,
    }
    let corrupt = |e| Error::corrupt("parse digest sidecar").with_source(e);
    let header: Header = serde_json::from_slice(json).map_err(corrupt)?;
    if header.format_version > FORMAT_VERSION {
        return Err(Error::unsupported("the digest sidecar has a newer format than this program reads")
            .with_hint("Install the version of auditlake that wrote it, or a newer one."));
    }
    serde_json::from_slice(json).map_err(corrupt)
}

fn digest_path(bucket: Option<&str>, key: &Path) -> Path {
    Path::from_iter([DIGESTS_FOLDER, bucket.unwrap_or(LOCAL_FOLDER)]).parts().chain(key.parts()).collect()
}

fn suffixed(path: &Path, suffix: &str) -> Result<Path> {
    Path::parse(format!("{path}{suffix}")).map_err(|e| from_object_store("name digest file", e.into()))
}

#[cfg(test)]
mod tests;
