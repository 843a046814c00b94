//! Removes a store for good, seven days after its deletion.

use auditlake_model::Result;
use futures::TryStreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::lake::Lake;
use crate::location::from_object_store;

/// Deletes everything in the store's folder.
///
/// Data goes first and the log last, newest commit last of all: as long as anything is left, the log
/// still says that the store is pending deletion, and the next run goes on.
pub(super) async fn purge(lake: &Lake, folder: &Path) -> Result<()> {
    let store = lake.object_store();
    let listed = store.list(Some(folder)).map_ok(|meta| meta.location).try_collect::<Vec<_>>().await;
    let mut paths = listed.map_err(|e| from_object_store("list a purged store", e))?;
    let log = folder.clone().join("_delta_log");
    paths.sort_by_key(|path| (path.prefix_matches(&log), path.to_string()));
    for path in paths {
        match store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(from_object_store("purge a deleted store", error)),
        }
    }
    tracing::info!(%folder, "purged event data store");
    Ok(())
}
