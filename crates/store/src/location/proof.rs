//! Proves that a store really has put-if-absent, on which every commit of a lake rests.
//!
//! Some S3-compatible servers ignore `If-None-Match: *` and accept both of two racing commits; some
//! file systems have no hard links. Either would lose events silently, so it is tried before the
//! first write of a process.

use auditlake_model::{Error, Result};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode};
use uuid::Uuid;

use super::from_object_store;

/// Folder of the probe objects. Delta and Auditlake list other folders only.
const PROBE_FOLDER: &str = "_probe";

/// Puts one object twice under `prefix` and removes it again.
///
/// # Errors
/// `Unsupported` when the second put is accepted or the store cannot do conditional puts;
/// otherwise what the store says (`PermissionDenied`, `Unavailable`, ...).
pub async fn prove_put_if_absent(store: &dyn ObjectStore, prefix: &Path) -> Result<()> {
    // Random and not from the injected ids: two test processes with one seed must not meet here.
    #[allow(clippy::disallowed_methods, reason = "the name leaves no trace in the lake")]
    let name = Uuid::new_v4().to_string();
    let probe = prefix.parts().chain(Path::from_iter([PROBE_FOLDER, &name]).parts()).collect();
    let put = || store.put_opts(&probe, Bytes::from_static(b"probe").into(), PutMode::Create.into());
    if let Err(error) = put().await {
        return Err(cannot_create(error));
    }
    let second = put().await;
    let removed = store.delete(&probe).await;
    match second {
        Err(StoreError::AlreadyExists { .. } | StoreError::Precondition { .. }) => {}
        Ok(_) => return Err(accepts_both()),
        Err(error) => return Err(cannot_create(error)),
    }
    removed.map_err(|e| from_object_store("remove probe object", e))
}

fn accepts_both() -> Error {
    Error::unsupported("the object store accepts a second put of the same object")
        .with_detail("Its put-if-absent (`If-None-Match: *`) does not work, so two writers would overwrite each other.")
        .with_hint("Use AWS S3, a recent MinIO, or a local folder for the lake.")
}

fn cannot_create(error: StoreError) -> Error {
    match error {
        StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => {
            accepts_both().with_source(error)
        }
        error => from_object_store("write probe object", error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use auditlake_model::ErrorKind;
    use futures::TryStreamExt as _;
    use object_store::memory::InMemory;

    use super::*;
    use crate::location::tests::Overwriting;

    #[tokio::test]
    async fn a_store_with_put_if_absent_passes_and_keeps_nothing() {
        let store = InMemory::new();
        prove_put_if_absent(&store, &Path::from("lake")).await.unwrap();
        let left: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert!(left.is_empty());
    }

    #[tokio::test]
    async fn a_store_that_accepts_both_puts_is_refused() {
        let store = Overwriting(InMemory::new());
        let error = prove_put_if_absent(&store, &Path::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.message(), "the object store accepts a second put of the same object");
        let left: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert!(left.is_empty());
    }
}
