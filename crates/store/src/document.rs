//! A small document with a version number: a folder with one file for each version, the highest of which counts.
//!
//! ```text
//! <folder>/0000000006.json     an older version, on its way out
//!          0000000007.json     the document
//! ```
//! A version is put only when its name is free, which decides between two writers. Writers remove older files, but
//! never the highest, so the highest number only ever grows.

use std::sync::Arc;

use auditlake_model::{Error, Result};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode};

use crate::location::from_object_store;

/// Digits of a version in its file's name.
const DIGITS: usize = 10;
/// The largest document that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// How often a document is looked for again that vanished between listing and reading.
const LOOKS: usize = 8;

/// One file of a document, as it was listed. Two equal ones have the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Which version it is.
    pub version: u64,
    meta: ObjectMeta,
}

/// What errors call the reading and writing of a document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentWords {
    /// As in "list users".
    pub list: &'static str,
    /// As in "read users".
    pub read: &'static str,
    /// As in "write users".
    pub write: &'static str,
}

/// The folder of a document.
#[derive(Debug, Clone)]
pub struct Document {
    store: Arc<dyn ObjectStore>,
    words: DocumentWords,
}

impl Document {
    /// Names the document whose files lie at the root of `store`.
    pub fn new(store: Arc<dyn ObjectStore>, words: DocumentWords) -> Self {
        Self { store, words }
    }

    /// Finds the document; `None` when there is none.
    ///
    /// # Errors
    /// As the storage gives them; so for all methods.
    pub async fn newest(&self) -> Result<Option<Stamp>> {
        Ok(self.files().await?.into_iter().max_by_key(|stamp| stamp.version))
    }

    /// Reads the document; `None` when there is none.
    ///
    /// # Errors
    /// `Corrupt` when it is larger than a document can be.
    pub async fn read_newest(&self) -> Result<Option<(Stamp, Bytes)>> {
        for _ in 0..LOOKS {
            let Some(stamp) = self.newest().await? else { return Ok(None) };
            if let Some(bytes) = self.read(&stamp).await? {
                return Ok(Some((stamp, bytes)));
            }
        }
        Err(Error::unavailable(self.words.read).with_detail("It changed each time it was about to be read."))
    }

    /// Reads one file; `None` when it was removed, since there is a newer one.
    async fn read(&self, stamp: &Stamp) -> Result<Option<Bytes>> {
        if stamp.meta.size > MAX_BYTES {
            return Err(Error::corrupt(self.words.read)
                .with_detail("It takes more than 64 MiB.")
                .with_context("path", &stamp.meta.location));
        }
        let read = async { self.store.get(&stamp.meta.location).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(from_object_store(self.words.read, error)),
        }
    }

    /// Puts a version unless there is one; tells whether it did.
    ///
    /// # Errors
    /// As the storage gives them.
    pub async fn put(&self, version: u64, bytes: Vec<u8>) -> Result<bool> {
        match self.store.put_opts(&Self::path_of(version), bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(false),
            Err(error) => Err(from_object_store(self.words.write, error)),
        }
    }

    /// Removes the files of the versions before `version`.
    ///
    /// # Errors
    /// As the storage gives them.
    pub async fn remove_before(&self, version: u64) -> Result<()> {
        for stamp in self.files().await?.into_iter().filter(|stamp| stamp.version < version) {
            match self.store.delete(&stamp.meta.location).await {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(from_object_store(self.words.write, error)),
            }
        }
        Ok(())
    }

    /// Returns the path of the file of a version.
    pub fn path_of(version: u64) -> Path {
        Path::from(format!("{version:0DIGITS$}.json"))
    }

    async fn files(&self) -> Result<Vec<Stamp>> {
        let listed = self.store.list_with_delimiter(None).await;
        let listed = listed.map_err(|error| from_object_store(self.words.list, error))?;
        let stamp = |meta: ObjectMeta| version_of(&meta.location).map(|version| Stamp { version, meta });
        Ok(listed.objects.into_iter().filter_map(stamp).collect())
    }
}

fn version_of(path: &Path) -> Option<u64> {
    let digits = path.filename()?.strip_suffix(".json")?;
    let is_version = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    is_version.then(|| digits.parse().ok()).flatten()
}
