//! A lake: one folder or S3 prefix that holds event data stores and the engine's own records.
//!
//! ```text
//! <root>/lake.json               manifest: format version, lake id, account and region of ARNs
//!        stores/<uuid>/          an event data store: a Delta table
//!        system/<name>/          the engine's own records: Delta tables too
//!        digests/ ...            kept digest files
//! ```
//! All paths of this crate count from the lake's root, whatever holds it: the object store that
//! [`Lake::object_store`] gives is rooted there. Every name below the root is of our own making, so odd
//! characters in the path to a lake cannot disturb the Delta log.
//!
//! Two processes that create a lake or a store at once end with one: see `manifest` and `create`.

mod create;
mod describe;
mod leftovers;
mod list;
mod manifest;
mod update;

use std::fmt::{self, Debug, Formatter};
use std::path::PathBuf;
use std::sync::Arc;

use auditlake_model::{
    Clock, Error, ErrorKind, EventDataStoreArn, EventDataStoreId, IdGenerator, LakeId, Result,
};
use deltalake_core::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use tokio::sync::OnceCell;
use url::Url;

use crate::location::{
    Access, ObjectStoreConfig, RootStore, StoreLocation, open_object_store, prove_put_if_absent,
};

pub use create::NewEventDataStore;
pub use describe::StoreDescription;
pub use list::EventDataStore;
pub(crate) use list::parse_settings;
pub use manifest::{LakeManifest, NewLake};
pub use update::StoreUpdate;

/// Base of the URLs that Delta tables get, whatever holds the lake.
///
/// The Delta kernel wants a real path behind `file://`, and counts on sorted listings behind other
/// schemes, which a local folder does not give, unless the host looks like an S3 directory bucket.
const DELTA_URL: &str = "auditlake://lake--x-s3/";
/// Folder of the event data stores.
const STORES_FOLDER: &str = "stores";
/// Folder of the engine's own tables.
const SYSTEM_FOLDER: &str = "system";

/// An opened lake. Clones share one.
#[derive(Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    url: Url,
    /// [`DELTA_URL`], parsed.
    delta_url: Url,
    manifest: LakeManifest,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    /// Set once put-if-absent is proven in this process.
    proven: OnceCell<()>,
}

/// Where a lake is.
struct Place {
    /// What people call it.
    location: String,
    /// The folder, if it is local.
    folder: Option<PathBuf>,
    /// Rooted at the lake.
    store: Arc<dyn ObjectStore>,
}

impl Place {
    fn new(root: &RootStore, location: &StoreLocation) -> Self {
        let store: Arc<dyn ObjectStore> = match root.prefix.as_ref().is_empty() {
            true => Arc::clone(&root.store),
            false => Arc::new(PrefixStore::new(Arc::clone(&root.store), root.prefix.clone())),
        };
        let folder = match location {
            StoreLocation::Local(_) => root.url.to_file_path().ok(),
            StoreLocation::S3 { .. } => None,
        };
        Self { location: location.to_string(), folder, store }
    }
}

impl Debug for Lake {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lake").field("location", &self.inner.place.location).field("id", &self.id()).finish()
    }
}

/// Time and ids, as everything in a lake sees them.
#[derive(Debug, Clone)]
pub struct LakeEnv {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

impl Lake {
    /// Opens the lake at `location`.
    ///
    /// With [`Access::Write`] the store's put-if-absent is proven at once, with [`Access::Read`] before
    /// the first write (the engine records queries of a lake that is only read).
    ///
    /// # Errors
    /// `NotFound` when there is no lake; `Unsupported` when its format is newer than this program, or
    /// its store has no put-if-absent; `Corrupt` when `lake.json` is damaged.
    pub async fn open(
        location: &StoreLocation,
        config: &ObjectStoreConfig,
        access: Access,
        env: LakeEnv,
    ) -> Result<Self> {
        let root = open_object_store(location, config, Access::Read)
            .await
            .map_err(|error| no_lake(error, location))?;
        let place = Place::new(&root, location);
        let manifest = manifest::read(place.store.as_ref()).await.map_err(|error| at(location, error))?;
        let manifest = manifest.ok_or_else(|| no_lake_at(location))?;
        let lake = Self::assemble(place, manifest, env, OnceCell::new())?;
        if access == Access::Write {
            lake.ensure_writable().await.map_err(|error| at(location, error))?;
        }
        Ok(lake)
    }

    /// Creates a lake at `location`, making the local folder.
    ///
    /// # Errors
    /// `AlreadyExists` when there is a lake; `Unsupported` when the store has no put-if-absent.
    pub async fn create(
        location: &StoreLocation,
        config: &ObjectStoreConfig,
        new: NewLake,
        env: LakeEnv,
    ) -> Result<Self> {
        let root = open_object_store(location, config, Access::Write).await;
        let place = Place::new(&root.map_err(|error| at(location, error))?, location);
        let manifest = manifest::create(place.store.as_ref(), new, &env).await;
        let manifest = manifest.map_err(|error| at(location, error))?;
        Self::assemble(place, manifest, env, OnceCell::new_with(Some(())))
    }

    /// Opens the lake at `location` for writing, or creates it when there is none.
    ///
    /// Of two processes that do so at once, one creates and both open the same lake.
    ///
    /// # Errors
    /// As [`Lake::open`], except `NotFound`.
    pub async fn open_or_create(
        location: &StoreLocation,
        config: &ObjectStoreConfig,
        new: NewLake,
        env: LakeEnv,
    ) -> Result<Self> {
        let root = open_object_store(location, config, Access::Write).await;
        let place = Place::new(&root.map_err(|error| at(location, error))?, location);
        let manifest = manifest::read_or_create(place.store.as_ref(), new, &env).await;
        let manifest = manifest.map_err(|error| at(location, error))?;
        Self::assemble(place, manifest, env, OnceCell::new_with(Some(())))
    }

    /// Opens, or creates, a lake in `store`, which is rooted at the lake.
    ///
    /// For tests and for stores that this crate cannot open itself; put-if-absent is taken for granted.
    ///
    /// # Errors
    /// As [`Lake::open_or_create`].
    pub async fn with_object_store(
        store: Arc<dyn ObjectStore>,
        location: impl Into<String>,
        new: NewLake,
        env: LakeEnv,
    ) -> Result<Self> {
        let manifest = manifest::read_or_create(store.as_ref(), new, &env).await?;
        let place = Place { location: location.into(), folder: None, store };
        Self::assemble(place, manifest, env, OnceCell::new_with(Some(())))
    }

    fn assemble(place: Place, manifest: LakeManifest, env: LakeEnv, proven: OnceCell<()>) -> Result<Self> {
        let parse = |text: &str| {
            Url::parse(text).map_err(|e| Error::internal("name the lake's object store").with_source(e))
        };
        let url = parse(&format!("auditlake://{}/", manifest.lake_id))?;
        let delta_url = parse(DELTA_URL)?;
        let LakeEnv { clock, ids } = env;
        Ok(Self { inner: Arc::new(Inner { place, url, delta_url, manifest, clock, ids, proven }) })
    }

    /// Returns the id of the lake.
    pub fn id(&self) -> LakeId {
        self.inner.manifest.lake_id
    }

    /// Returns what `lake.json` says.
    pub fn manifest(&self) -> &LakeManifest {
        &self.inner.manifest
    }

    /// Returns the place as the user gave it.
    pub fn location(&self) -> &str {
        &self.inner.place.location
    }

    /// Returns the object store, rooted at the lake.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner.place.store)
    }

    /// Returns the URL under which a query engine registers [`Lake::object_store`].
    ///
    /// It is `auditlake://<lake id>/`, the same on every machine wherever the lake is mounted.
    pub fn url(&self) -> &Url {
        &self.inner.url
    }

    /// Returns object store and URL together.
    pub fn root(&self) -> RootStore {
        RootStore { store: self.object_store(), url: self.url().clone(), prefix: Path::default() }
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// Returns the id generator.
    pub fn ids(&self) -> &Arc<dyn IdGenerator> {
        &self.inner.ids
    }

    /// Returns the ARN of a store of this lake.
    pub fn arn(&self, id: EventDataStoreId) -> EventDataStoreArn {
        let LakeManifest { region, account_id, .. } = self.manifest();
        EventDataStoreArn::new(region.clone(), account_id.clone(), id)
    }

    /// Returns the folder of a store.
    pub fn store_path(&self, id: EventDataStoreId) -> Path {
        Path::from_iter([STORES_FOLDER, &id.to_string()])
    }

    /// Returns the log store of a store's Delta table.
    pub fn log_store(&self, id: EventDataStoreId) -> LogStoreRef {
        self.log_store_at(&self.store_path(id))
    }

    /// Returns the folder of a table of the engine's own records.
    pub(crate) fn system_path(name: &str) -> Path {
        Path::from_iter([SYSTEM_FOLDER, name])
    }

    /// Returns the log store of the Delta table at `folder`.
    ///
    /// The table's URL only has to lead the Delta kernel to the right path of our rooted store; see
    /// [`DELTA_URL`].
    pub(crate) fn log_store_at(&self, folder: &Path) -> LogStoreRef {
        let mut url = self.inner.delta_url.clone();
        url.set_path(&format!("/{folder}/"));
        let table_root = Arc::new(PrefixStore::new(self.object_store(), folder.clone()));
        default_logstore(table_root, self.object_store(), &url, &StorageConfig::default())
    }

    /// Proves put-if-absent unless that was done in this process; call it before a write.
    ///
    /// # Errors
    /// As [`prove_put_if_absent`].
    pub async fn ensure_writable(&self) -> Result<()> {
        let prove = || async { prove_put_if_absent(self.inner.place.store.as_ref(), &Path::default()).await };
        self.inner.proven.get_or_try_init(prove).await?;
        Ok(())
    }
}

/// Names the lake that an error is about.
fn at(location: &StoreLocation, error: Error) -> Error {
    error.with_context("lake", location)
}

fn no_lake_at(location: &StoreLocation) -> Error {
    Error::not_found("there is no lake here")
        .with_context("lake", location)
        .with_hint("Create one with `auditlake store create NAME`, or give the right place with --lake.")
}

/// A missing folder is a missing lake.
fn no_lake(error: Error, location: &StoreLocation) -> Error {
    match error.kind() {
        ErrorKind::NotFound => no_lake_at(location),
        _ => at(location, error),
    }
}

#[cfg(test)]
mod tests;
