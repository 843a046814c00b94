//! A local folder whose writes are on the disk before they count.
//!
//! object_store's [`LocalFileSystem`] leaves written bytes to the operating system. After a power cut a
//! commit could then stand in the log with no content, and the store would not open any more. So here
//!
//! ```text
//! put:  write <name>#<random> -> fsync file -> link (create) or rename (overwrite) -> fsync folder
//! multipart:  as object_store does -> fsync file -> fsync folder     (data files: not yet committed)
//! ```
//! Names ending in `#<digits>` are invisible to object_store's listing, so a killed writer leaves
//! nothing half-written to be seen.

use std::fmt::{self, Display, Formatter};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path as FsPath, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};

/// Store name in error texts.
const NAME: &str = "LocalFileSystem";

/// Who may see what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    /// Whoever the process's umask lets.
    AsUsual,
    /// The owner alone: files 0600, folders 0700. Multipart uploads are as usual; secrets are small.
    OwnerOnly,
}

impl Visibility {
    /// Returns how folders are made.
    pub(super) fn folders(self) -> DirBuilder {
        #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are Unix's"))]
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        if self == Self::OwnerOnly {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        builder
    }

    /// Returns how new files are opened for writing.
    fn new_files(self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self == Self::OwnerOnly {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options
    }
}

/// [`LocalFileSystem`] with flushed writes.
#[derive(Debug, Clone)]
pub(super) struct SyncedFileSystem {
    files: LocalFileSystem,
    visibility: Visibility,
}

impl SyncedFileSystem {
    pub(super) fn new(files: LocalFileSystem, visibility: Visibility) -> Self {
        Self { files, visibility }
    }
}

impl Display for SyncedFileSystem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Synced{}", self.files)
    }
}

#[async_trait]
impl ObjectStore for SyncedFileSystem {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let create = match opts.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            // Not our business: object_store says why it cannot.
            PutMode::Update(_) => return self.files.put_opts(location, payload, opts).await,
        };
        if !opts.attributes.is_empty() {
            return self.files.put_opts(location, payload, opts).await;
        }
        let path = self.files.path_to_filesystem(location)?;
        let visibility = self.visibility;
        blocking(move || {
            put_file(&path, &payload, create, visibility).map_err(|e| io_error(&path, e))?;
            Ok(PutResult { e_tag: None, version: None })
        })
        .await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.files.path_to_filesystem(location)?;
        let inner = self.files.put_multipart_opts(location, opts).await?;
        Ok(Box::new(SyncedUpload { inner, path }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.files.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.files.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.files.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.files.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.files.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.files.copy_opts(from, to, options).await?;
        self.sync(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.files.rename_opts(from, to, options).await?;
        self.sync(to).await
    }
}

impl SyncedFileSystem {
    async fn sync(&self, location: &Path) -> Result<()> {
        let path = self.files.path_to_filesystem(location)?;
        blocking(move || sync_file(&path).map_err(|e| io_error(&path, e))).await
    }
}

/// A multipart upload that is on the disk when it is complete.
#[derive(Debug)]
struct SyncedUpload {
    inner: Box<dyn MultipartUpload>,
    path: PathBuf,
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        let path = self.path.clone();
        blocking(move || sync_file(&path).map_err(|e| io_error(&path, e))).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

/// Writes `payload` to `path`, whole or not at all.
fn put_file(path: &FsPath, payload: &PutPayload, create: bool, visibility: Visibility) -> io::Result<()> {
    let (staged_path, mut staged) = stage(path, visibility)?;
    let outcome = (|| {
        payload.iter().try_for_each(|chunk| staged.write_all(chunk))?;
        staged.sync_all()?;
        match create {
            true => fs::hard_link(&staged_path, path),
            false => fs::rename(&staged_path, path),
        }
    })();
    drop(staged);
    if create || outcome.is_err() {
        // A leftover is invisible and harmless; the outcome matters more than this.
        let _ = fs::remove_file(&staged_path);
    }
    outcome?;
    sync_folder(path)
}

/// Makes the staging file `<name>#<digits>` beside `path`, and the folders above it.
fn stage(path: &FsPath, visibility: Visibility) -> io::Result<(PathBuf, File)> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        // Process id and counter keep writers apart; create_new decides when they do not.
        let number = (u64::from(std::process::id()) << 24) + NEXT.fetch_add(1, Ordering::Relaxed) % (1 << 24);
        let mut staged = path.as_os_str().to_owned();
        staged.push(format!("#{number}"));
        let staged = PathBuf::from(staged);
        match visibility.new_files().open(&staged) {
            Ok(file) => return Ok((staged, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_folders(path, visibility)?,
            Err(error) => return Err(error),
        }
    }
}

/// Makes the folders above `path`, each on the disk before the next.
fn make_folders(path: &FsPath, visibility: Visibility) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let missing: Vec<&FsPath> = folder.ancestors().take_while(|f| !f.exists()).collect();
    for folder in missing.into_iter().rev() {
        match visibility.folders().create(folder) {
            Ok(()) => sync_folder(folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn sync_file(path: &FsPath) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    sync_folder(path)
}

/// Flushes the folder that holds `path`, which is where its name is kept.
fn sync_folder(path: &FsPath) -> io::Result<()> {
    // Windows opens no folder as a file, and keeps names by itself.
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn io_error(path: &FsPath, error: io::Error) -> Error {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        _ => Error::Generic { store: NAME, source: Box::new(error) },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use futures::TryStreamExt as _;
    use object_store::ObjectStoreExt as _;

    use super::*;

    fn store() -> (tempfile::TempDir, SyncedFileSystem) {
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        (folder, SyncedFileSystem::new(files, Visibility::AsUsual))
    }

    fn names(folder: &FsPath) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn put_makes_folders_and_leaves_no_staging_file() {
        let (folder, store) = store();
        let path = Path::from("a/b/c.json");
        store.put(&path, "one".into()).await.unwrap();
        store.put(&path, "two".into()).await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "two");
        assert_eq!(names(&folder.path().join("a/b")), ["c.json"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_private_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let files = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        let store = SyncedFileSystem::new(files, Visibility::OwnerOnly);
        store.put(&Path::from("a/b/c.json"), "one".into()).await.unwrap();
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a"), mode("a/b"), mode("a/b/c.json")), (0o700, 0o700, 0o600));
    }

    #[tokio::test]
    async fn a_second_create_fails_and_keeps_the_first() {
        let (folder, store) = store();
        let path = Path::from("a/0.json");
        store.put_opts(&path, "first".into(), PutMode::Create.into()).await.unwrap();
        let error = store.put_opts(&path, "second".into(), PutMode::Create.into()).await.unwrap_err();
        assert!(matches!(error, Error::AlreadyExists { .. }));
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "first");
        assert_eq!(names(&folder.path().join("a")), ["0.json"]);
    }

    #[tokio::test]
    async fn of_many_racing_creates_one_wins() {
        let (_folder, store) = store();
        let path = Path::from("log/1.json");
        let puts = (0..16).map(|n| {
            let (store, path) = (store.clone(), path.clone());
            tokio::spawn(
                async move { store.put_opts(&path, n.to_string().into(), PutMode::Create.into()).await },
            )
        });
        let results = futures::future::join_all(puts).await;
        assert_eq!(results.into_iter().filter(|r| r.as_ref().unwrap().is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn multipart_is_whole_after_complete_and_absent_before() {
        let (_folder, store) = store();
        let path = Path::from("x/part.parquet");
        let mut upload = store.put_multipart_opts(&path, PutMultipartOptions::default()).await.unwrap();
        upload.put_part("ab".into()).await.unwrap();
        upload.put_part("cd".into()).await.unwrap();
        let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
        assert!(listed.is_empty());
        upload.complete().await.unwrap();
        assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "abcd");
    }
}
