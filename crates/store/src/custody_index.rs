//! Finds the custody of the source object that an event names.
//!
//! An event knows the address of its source object, its position in it and the import that stored it. An address
//! may have had other content at another time; the import tells which was read.

use std::collections::HashMap;

use auditlake_model::{EventDataStoreId, Result};
use xxhash_rust::xxh3::Xxh3;

use crate::checkpoint::{IngestCheckpoint, read_objects};
use crate::custody::IngestedObject;
use crate::lake::Lake;
use crate::table::LogTable;

/// What identifies the content of a source object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custody {
    /// SHA-256 of its uncompressed bytes.
    pub sha256: [u8; 32],
    /// S3 version id, when the bucket is versioned and the listing told.
    pub version_id: Option<Box<str>>,
    /// ETag; `None` where storage has none that follows the content.
    pub etag: Option<Box<str>>,
}

/// The custody of every source object of one event data store, in memory: some 150 bytes for each.
#[derive(Debug, Default)]
pub struct CustodyIndex {
    /// By hash of import and address; `None` where an import took two contents of one address.
    objects: HashMap<u128, Option<Custody>>,
}

impl CustodyIndex {
    /// Reads the ingest checkpoint of a store at its latest version.
    ///
    /// It knows the objects of every earlier version too, so load it after a query is pinned.
    ///
    /// # Errors
    /// `NotFound` when the store does not exist, `Corrupt` when its log or checkpoint is damaged.
    pub async fn load(lake: &Lake, id: EventDataStoreId) -> Result<Self> {
        let folder = lake.store_path(id);
        let table = LogTable::load(lake.log_store(id)).await?;
        let store = lake.object_store();
        let mut checkpoint = IngestCheckpoint::default();
        checkpoint.advance(&store, &folder, table.ingest_pointer().await?).await?;
        let mut index = Self::default();
        for object in read_objects(&store, &folder, &checkpoint).await? {
            index.add(object);
        }
        Ok(index)
    }

    /// Returns the custody of the object at `uri` as the import `import_id` read it; `None` when it is not known.
    pub fn get(&self, import_id: &str, uri: &str) -> Option<&Custody> {
        self.objects.get(&key(import_id, uri))?.as_ref()
    }

    fn add(&mut self, object: IngestedObject) {
        let IngestedObject { source, sha256, import_id, .. } = object;
        let key = key(&import_id.to_string(), &source.uri);
        let custody = Custody {
            sha256,
            version_id: source.version_id.map(Into::into),
            etag: source.etag.map(Into::into),
        };
        let known = self.objects.entry(key).or_insert_with(|| Some(custody.clone()));
        if known.as_ref().is_some_and(|known| known.sha256 != custody.sha256) {
            *known = None;
        }
    }
}

fn key(import_id: &str, uri: &str) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(import_id.as_bytes());
    hash.update(b"\0");
    hash.update(uri.as_bytes());
    hash.digest128()
}
