//! An opened source: where objects are listed and fetched.

use std::sync::Arc;

use auditlake_model::{Error, Result};
use auditlake_store::{
    Access, ObjectStoreConfig, RootStore, SourceLocation, SourceObject, StoreLocation, from_object_store,
    open_object_store,
};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Attributes, ObjectMeta, ObjectStoreExt};

/// A place that was opened for reading.
#[derive(Debug)]
pub(crate) struct OpenSource {
    pub(crate) root: RootStore,
    /// Bucket; `None` for local files.
    pub(crate) bucket: Option<String>,
}

/// An object as it was fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// What was really read: an object may change between listing and reading.
    pub(crate) object: SourceObject,
    pub(crate) attributes: Attributes,
    pub(crate) bytes: Bytes,
}

impl OpenSource {
    /// # Errors
    /// `NotFound` when a local path does not exist; those of opening an object store.
    pub(crate) async fn open(location: &SourceLocation, config: &ObjectStoreConfig) -> Result<Arc<Self>> {
        let SourceLocation::Place(place) = location else {
            return Err(Error::internal("open source").with_detail("standard input has no place"));
        };
        let root = open_object_store(place, config, Access::Read).await?;
        let bucket = match place {
            StoreLocation::S3 { bucket, .. } => Some(bucket.clone()),
            StoreLocation::Local(_) => None,
        };
        Ok(Arc::new(Self { root, bucket }))
    }

    /// Looks up the one object that the source is.
    ///
    /// # Errors
    /// `NotFound` when it is gone; those of the object store.
    pub(crate) async fn head(&self) -> Result<ObjectMeta> {
        let path = &self.root.prefix;
        self.root.store.head(path).await.map_err(|e| from_object_store("find object", e))
    }

    /// Returns the key that tells what an object is.
    ///
    /// A local source may be opened anywhere inside a copy of a bucket, so its folders count from the root
    /// of the disk.
    pub(crate) fn grammar_key(&self, path: &Path) -> String {
        if self.bucket.is_some() { path.to_string() } else { self.root.uri(path) }
    }

    /// Describes a listed object.
    pub(crate) fn describe(&self, meta: &ObjectMeta) -> SourceObject {
        let is_remote = self.bucket.is_some();
        SourceObject {
            uri: self.root.uri(&meta.location),
            bucket: self.bucket.clone(),
            key: meta.location.to_string(),
            version_id: None,
            // The ETag of local storage holds the inode and does not survive a copy.
            etag: meta.e_tag.clone().filter(|_| is_remote),
            size_bytes: meta.size,
            modified_at_ms: meta.last_modified.timestamp_millis(),
        }
    }

    /// Reads an object whole.
    ///
    /// # Errors
    /// `ResourcesExhausted` when it is larger than `max_bytes`; those of the object store.
    pub(crate) async fn fetch(&self, path: &Path, max_bytes: u64) -> Result<Fetched> {
        let failed = |e| from_object_store("read object", e);
        let answer = self.root.store.get(path).await.map_err(failed)?;
        let object = self.describe(&answer.meta);
        if object.size_bytes > max_bytes {
            return Err(Error::resources_exhausted("read object larger than the limit")
                .with_context("size_bytes", object.size_bytes)
                .with_context("limit_bytes", max_bytes)
                .with_hint("Raise --max-decompressed-size if the file is sound."));
        }
        let attributes = answer.attributes.clone();
        let bytes = answer.bytes().await.map_err(failed)?;
        Ok(Fetched { object, attributes, bytes })
    }
}
