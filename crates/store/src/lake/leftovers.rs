//! Removing what killed writers left in the folder of a local lake.

use std::time::Duration;

use auditlake_model::{Error, Result};

use super::Lake;
use crate::location::{from_io, remove_leftovers};

impl Lake {
    /// Removes half-written files older than `age` from a local lake and returns how many.
    ///
    /// They are invisible to every reader. On S3 there are none: an upload that was cut short is not
    /// listed, and a lifecycle rule ends it.
    ///
    /// # Errors
    /// What the file system says when a folder cannot be read.
    pub async fn remove_leftovers(&self, age: Duration) -> Result<u64> {
        let Some(folder) = self.inner.place.folder.clone() else { return Ok(0) };
        let before = self.clock().now().saturating_sub(age);
        tokio::task::spawn_blocking(move || remove_leftovers(&folder, before))
            .await
            .map_err(|e| Error::internal("wait for a background task").with_source(e))?
            .map_err(|e| from_io("remove half-written files", e))
    }
}
