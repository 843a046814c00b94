//! Loads key files and keeps the recent ones, so that the commits of one import read each once.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use auditlake_events::event_keys;
use auditlake_model::Result;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::keys::{KeyFile, key_file_path};
use crate::location::from_object_store;
use crate::read::read_data_file;
use crate::snapshot::DataFile;

/// Keys kept in memory before the cache starts over: 4 million take 64 MB.
const MAX_CACHED_KEYS: usize = 4_000_000;

/// Key files of one store, by the relative path of their data file.
#[derive(Debug)]
pub(crate) struct KeyCache {
    store: Arc<dyn ObjectStore>,
    folder: Path,
    files: HashMap<String, Arc<KeyFile>>,
    cached_keys: usize,
}

impl KeyCache {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, folder: Path) -> Self {
        Self { store, folder, files: HashMap::new(), cached_keys: 0 }
    }

    /// Returns the key files of `files`, in their order.
    pub(crate) async fn load(&mut self, files: &[DataFile], schema: &SchemaRef) -> Result<Vec<Arc<KeyFile>>> {
        let mut loaded = Vec::with_capacity(files.len());
        for file in files {
            let keys = match self.files.get(&file.relative_path) {
                Some(keys) => Arc::clone(keys),
                None => {
                    let keys = Arc::new(self.fetch(file, schema).await?);
                    self.insert(&file.relative_path, Arc::clone(&keys));
                    keys
                }
            };
            loaded.push(keys);
        }
        Ok(loaded)
    }

    pub(crate) fn insert(&mut self, data_file: &str, keys: Arc<KeyFile>) {
        if self.cached_keys + keys.len() > MAX_CACHED_KEYS {
            self.files.clear();
            self.cached_keys = 0;
        }
        self.cached_keys += keys.len();
        self.files.insert(data_file.to_owned(), keys);
    }

    async fn fetch(&self, file: &DataFile, schema: &SchemaRef) -> Result<KeyFile> {
        let relative = key_file_path(&file.relative_path);
        let path: Path = self.folder.parts().chain(relative.parts()).collect();
        let read = async { self.store.get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => match KeyFile::decode(&bytes) {
                Ok(keys) => return Ok(keys),
                Err(error) => tracing::warn!(%path, %error, "key file is damaged, reading the data file"),
            },
            // Another engine may have written or compacted the data file.
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(from_object_store("read key file", error)),
        }
        keys_of_data_file(&self.store, file, schema).await
    }
}

/// Makes the keys of a data file again from its events.
pub(crate) async fn keys_of_data_file(
    store: &Arc<dyn ObjectStore>,
    file: &DataFile,
    schema: &SchemaRef,
) -> Result<KeyFile> {
    let mut keys = Vec::new();
    for batch in read_data_file(store, file, schema).await? {
        keys.extend(event_keys(&batch)?);
    }
    Ok(KeyFile::new(keys))
}
