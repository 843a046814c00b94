//! Where the document lies: a folder or prefix with one file for each version, the highest of which counts.
//!
//! ```text
//! <root>/0000000006.json     an older version, on its way out
//!        0000000007.json     the document
//! ```
//! A version is put only when its name is free. Writers remove older files, but never the highest, so the highest
//! number only ever grows.

use std::sync::Arc;

use auditlake_model::{Error, ErrorKind, Result};
use auditlake_store::{
    Access, ObjectStoreConfig, RootStore, StoreLocation, from_object_store, open_private_object_store,
};
use bytes::Bytes;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{Error as StoreError, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode};
use tokio::sync::OnceCell;

/// Digits of a version in its file's name.
const DIGITS: usize = 10;
/// The largest document that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;
/// How often a document is looked for again that vanished between listing and reading.
const LOOKS: usize = 8;

/// One file, as it was listed. Two equal ones have the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Which version it is.
    pub(super) version: u64,
    meta: ObjectMeta,
}

/// The folder or prefix.
#[derive(Debug)]
pub(super) struct Root {
    place: Place,
    reading: OnceCell<Arc<dyn ObjectStore>>,
    writing: OnceCell<Arc<dyn ObjectStore>>,
}

#[derive(Debug)]
enum Place {
    Location(StoreLocation, ObjectStoreConfig),
    Opened(Arc<dyn ObjectStore>),
}

impl Root {
    pub(super) fn at(location: StoreLocation, config: ObjectStoreConfig) -> Self {
        Self::new(Place::Location(location, config))
    }

    pub(super) fn opened(store: Arc<dyn ObjectStore>) -> Self {
        Self::new(Place::Opened(store))
    }

    fn new(place: Place) -> Self {
        Self { place, reading: OnceCell::new(), writing: OnceCell::new() }
    }

    /// Returns what people call the place.
    pub(super) fn name(&self) -> String {
        match &self.place {
            Place::Location(location, _) => location.to_string(),
            Place::Opened(store) => store.to_string(),
        }
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(&self.place, Place::Location(StoreLocation::S3 { .. }, _))
    }

    /// Finds the document; `None` when there is none, or not even a folder.
    pub(super) async fn newest(&self) -> Result<Option<Stamp>> {
        let Some(store) = self.for_reading().await? else { return Ok(None) };
        let listed = store.list_with_delimiter(None).await;
        let listed = listed.map_err(|e| self.error("list users", e))?;
        let stamps = listed
            .objects
            .into_iter()
            .filter_map(|meta| version_of(&meta.location).map(|version| Stamp { version, meta }));
        Ok(stamps.max_by_key(|stamp| stamp.version))
    }

    /// Reads the document; `None` when there is none.
    pub(super) async fn read_newest(&self) -> Result<Option<(Stamp, Bytes)>> {
        for _ in 0..LOOKS {
            let Some(stamp) = self.newest().await? else { return Ok(None) };
            if let Some(bytes) = self.read(&stamp).await? {
                return Ok(Some((stamp, bytes)));
            }
        }
        Err(Error::unavailable("read users")
            .with_detail("They changed each time they were about to be read."))
    }

    /// Reads one file; `None` when it was removed, since there is a newer one.
    async fn read(&self, stamp: &Stamp) -> Result<Option<Bytes>> {
        let Some(store) = self.for_reading().await? else { return Ok(None) };
        if stamp.meta.size > MAX_BYTES {
            return Err(Error::corrupt("the users take more than 64 MiB")
                .with_context("path", self.uri(stamp.version)));
        }
        let read = async { store.get(&path_of(stamp.version)).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error("read users", error)),
        }
    }

    /// Puts a version unless there is one; tells whether it did.
    pub(super) async fn put(&self, version: u64, bytes: Vec<u8>) -> Result<bool> {
        let store = self.for_writing().await?;
        match store.put_opts(&path_of(version), bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.error("write users", error)),
        }
    }

    /// Removes the files of the versions before `version`.
    pub(super) async fn remove_before(&self, version: u64) -> Result<()> {
        let store = self.for_writing().await?;
        let listed = store.list_with_delimiter(None).await.map_err(|e| self.error("list users", e))?;
        for meta in listed.objects {
            if version_of(&meta.location).is_none_or(|found| found >= version) {
                continue;
            }
            match store.delete(&meta.location).await {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.error("remove older users", error)),
            }
        }
        Ok(())
    }

    /// Returns how people name the file of a version.
    pub(super) fn uri(&self, version: u64) -> String {
        format!("{}/{}", self.name().trim_end_matches('/'), path_of(version))
    }

    fn error(&self, attempt: &'static str, error: StoreError) -> Error {
        from_object_store(attempt, error).with_context("root", self.name())
    }

    /// Opens the place if it is there. A folder that is missing is looked for again next time, since the first user
    /// makes it.
    async fn for_reading(&self) -> Result<Option<Arc<dyn ObjectStore>>> {
        if let Some(store) = self.reading.get() {
            return Ok(Some(Arc::clone(store)));
        }
        match self.open(Access::Read).await {
            Ok(store) => Ok(Some(Arc::clone(self.reading.get_or_init(|| async { store }).await))),
            Err(error) if error.kind() == ErrorKind::NotFound && !self.is_remote() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the place if need be, and proves that it has put-if-absent.
    async fn for_writing(&self) -> Result<Arc<dyn ObjectStore>> {
        self.writing.get_or_try_init(|| self.open(Access::Write)).await.map(Arc::clone)
    }

    async fn open(&self, access: Access) -> Result<Arc<dyn ObjectStore>> {
        let (location, config) = match &self.place {
            Place::Opened(store) => return Ok(Arc::clone(store)),
            Place::Location(location, config) => (location, config),
        };
        let opened = Box::pin(open_private_object_store(location, config, access)).await;
        let RootStore { store, prefix, .. } = opened.map_err(|error| error.with_context("root", location))?;
        match (location, prefix.as_ref().is_empty()) {
            (_, true) => Ok(store),
            (StoreLocation::Local(_), false) => {
                Err(Error::invalid("the auth root is a file, not a folder").with_context("root", location))
            }
            (StoreLocation::S3 { .. }, false) => Ok(Arc::new(PrefixStore::new(store, prefix))),
        }
    }
}

fn path_of(version: u64) -> Path {
    Path::from(format!("{version:0DIGITS$}.json"))
}

fn version_of(path: &Path) -> Option<u64> {
    let digits = path.filename()?.strip_suffix(".json")?;
    let is_version = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    is_version.then(|| digits.parse().ok()).flatten()
}
