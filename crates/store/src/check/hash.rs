//! Hashing stored objects without holding them.

use auditlake_model::Result;
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use ring::digest::{Context, SHA256};

use crate::location::from_object_store;
use crate::part::hex;

/// Returns the SHA-256 of an object in lower-case hex, and its size in bytes.
pub(super) async fn hash_object(store: &dyn ObjectStore, path: &Path) -> Result<(String, u64)> {
    let attempt = |e| from_object_store("read file", e);
    let mut chunks = store.get(path).await.map_err(attempt)?.into_stream();
    let mut hash = Context::new(&SHA256);
    let mut size_bytes = 0;
    while let Some(chunk) = chunks.try_next().await.map_err(attempt)? {
        hash.update(&chunk);
        size_bytes += chunk.len() as u64;
    }
    Ok((hex(hash.finish().as_ref()), size_bytes))
}
