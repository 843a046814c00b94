//! Where the document lies: a folder or prefix of its own, opened when it is needed.

use std::sync::Arc;

use auditlake_model::{Error, ErrorKind, Result};
use auditlake_store::document::{Document, DocumentWords};
use auditlake_store::{Access, ObjectStoreConfig, RootStore, StoreLocation, open_private_object_store};
use bytes::Bytes;
use object_store::ObjectStore;
use object_store::prefix::PrefixStore;
use tokio::sync::OnceCell;

pub(crate) use auditlake_store::document::Stamp;

/// What errors call the document.
const WORDS: DocumentWords = DocumentWords { list: "list users", read: "read users", write: "write users" };

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
        Document::new(store, WORDS).newest().await.map_err(|error| self.placed(error))
    }

    /// Reads the document; `None` when there is none.
    pub(super) async fn read_newest(&self) -> Result<Option<(Stamp, Bytes)>> {
        let Some(store) = self.for_reading().await? else { return Ok(None) };
        Document::new(store, WORDS).read_newest().await.map_err(|error| self.placed(error))
    }

    /// Puts a version unless there is one; tells whether it did.
    pub(super) async fn put(&self, version: u64, bytes: Vec<u8>) -> Result<bool> {
        let document = Document::new(self.for_writing().await?, WORDS);
        document.put(version, bytes).await.map_err(|error| self.placed(error))
    }

    /// Removes the files of the versions before `version`.
    pub(super) async fn remove_before(&self, version: u64) -> Result<()> {
        let document = Document::new(self.for_writing().await?, WORDS);
        document.remove_before(version).await.map_err(|error| self.placed(error))
    }

    /// Returns how people name the file of a version.
    pub(super) fn uri(&self, version: u64) -> String {
        format!("{}/{}", self.name().trim_end_matches('/'), Document::path_of(version))
    }

    fn placed(&self, error: Error) -> Error {
        error.with_context("root", self.name())
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
