//! A place in S3 whose objects appear together.

use std::fmt::{self, Debug, Formatter};
use std::io::{self, Write};

use auditlake_model::{Error, Result};
use auditlake_store::{
    Access, ObjectStoreConfig, RootStore, StoreLocation, from_object_store, open_object_store,
};
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStoreExt as _};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// Bytes of one part of an upload. S3 takes 10,000 of them, so an object may have 160 GB.
const CHUNK_BYTES: usize = 16 << 20;
/// Parts that are sent at once.
const CONCURRENT_CHUNKS: usize = 3;

/// A prefix or a key of a bucket. Uploads that are neither completed nor discarded, as after a kill, cost money
/// until a lifecycle rule of the bucket ends them.
pub(crate) struct Bucket {
    root: RootStore,
    /// Whether files go under the prefix, or the prefix is the file.
    is_folder: bool,
    runtime: Handle,
    uploads: Vec<(Path, Box<dyn MultipartUpload>)>,
}

impl Bucket {
    /// Opens the bucket; with `is_folder` no part of an earlier export may be there.
    ///
    /// # Errors
    /// `AlreadyExists`, or as S3 gives them.
    pub(crate) async fn open_place(
        location: &StoreLocation,
        config: &ObjectStoreConfig,
        is_folder: bool,
    ) -> Result<Self> {
        let root = Box::pin(open_object_store(location, config, Access::Read)).await?;
        if is_folder {
            let listed = root.store.list_with_delimiter(Some(&root.prefix)).await;
            let listed = listed.map_err(|e| {
                from_object_store("list the prefix", e).with_context("prefix", root.uri(&root.prefix))
            })?;
            let is_part = |path: &Path| path.filename().is_some_and(|name| name.starts_with("part-"));
            if let Some(part) = listed.objects.iter().find(|object| is_part(&object.location)) {
                return Err(Error::already_exists("the prefix holds parts of another export")
                    .with_context("object", root.uri(&part.location))
                    .with_hint("Name a new prefix; nothing is mixed with what is there."));
            }
        }
        Ok(Self { root, is_folder, runtime: Handle::current(), uploads: Vec::new() })
    }

    fn path(&self, name: &str) -> Path {
        match self.is_folder {
            true => self.root.prefix.clone().join(name),
            false => self.root.prefix.clone(),
        }
    }

    /// Begins an upload; blocks.
    pub(super) fn open(&mut self, name: &str) -> Result<ObjectWriter> {
        let path = self.path(name);
        let upload = self.runtime.block_on(self.root.store.put_multipart(&path));
        let upload = upload
            .map_err(|e| from_object_store("begin upload", e).with_context("object", self.root.uri(&path)))?;
        Ok(ObjectWriter {
            upload: Some(upload),
            chunk: Vec::new(),
            running: JoinSet::new(),
            runtime: self.runtime.clone(),
        })
    }

    /// Sends what is left of an object, and keeps it invisible until the commit; blocks.
    pub(super) fn stage(&mut self, name: &str, object: ObjectWriter) -> Result<()> {
        let path = self.path(name);
        let upload = object
            .finish()
            .map_err(|e| from_object_store("upload", e).with_context("object", self.root.uri(&path)))?;
        self.uploads.push((path, upload));
        Ok(())
    }

    /// Makes all objects visible, one right after the other.
    pub(super) async fn commit(mut self) -> Result<()> {
        let mut failure = None;
        for (path, upload) in &mut self.uploads {
            if failure.is_some() {
                let _ = upload.abort().await;
            } else if let Err(error) = upload.complete().await {
                let error = from_object_store("complete upload", error);
                failure = Some(error.with_context("object", self.root.uri(path)));
            }
        }
        failure.map_or(Ok(()), Err)
    }

    /// Ends all uploads without their objects.
    pub(super) async fn discard(mut self) {
        for (path, upload) in &mut self.uploads {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%path, %error, "an upload could not be aborted");
            }
        }
    }
}

impl Debug for Bucket {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.root.prefix).finish_non_exhaustive()
    }
}

/// Sends an object in chunks; waits when [`CONCURRENT_CHUNKS`] are on their way. Dropped, it ends the upload.
#[derive(Debug)]
pub(crate) struct ObjectWriter {
    /// Taken when all is sent.
    upload: Option<Box<dyn MultipartUpload>>,
    chunk: Vec<u8>,
    running: JoinSet<object_store::Result<()>>,
    runtime: Handle,
}

impl ObjectWriter {
    fn finish(mut self) -> object_store::Result<Box<dyn MultipartUpload>> {
        if !self.chunk.is_empty() {
            self.send()?;
        }
        self.wait_until(0)?;
        let gone = || object_store::Error::NotImplemented {
            operation: "finish".to_owned(),
            implementer: "ObjectWriter".to_owned(),
        };
        self.upload.take().ok_or_else(gone)
    }

    fn send(&mut self) -> object_store::Result<()> {
        self.wait_until(CONCURRENT_CHUNKS - 1)?;
        let chunk = std::mem::take(&mut self.chunk);
        if let Some(upload) = &mut self.upload {
            self.running.spawn_on(upload.put_part(chunk.into()), &self.runtime);
        }
        Ok(())
    }

    fn wait_until(&mut self, left: usize) -> object_store::Result<()> {
        while self.running.len() > left {
            match self.runtime.block_on(self.running.join_next()) {
                None | Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => return Err(error),
                Some(Err(error)) => return Err(object_store::Error::JoinError { source: error }),
            }
        }
        Ok(())
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.chunk.len() >= CHUNK_BYTES {
            self.send().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            self.running.abort_all();
            if let Err(error) = self.runtime.block_on(upload.abort()) {
                tracing::warn!(%error, "an upload could not be aborted");
            }
        }
    }
}
