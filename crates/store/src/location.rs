//! Where bytes live: a local folder or an S3 prefix, and how to open it.
//!
//! ```text
//! text --parse--> StoreLocation | SourceLocation --open_object_store--> RootStore
//!                                                     |  S3: region, AWS credential chain
//!                                                     |  local: synced writes
//! object store error --from_object_store--> one clear line with the fix
//! ```
//! Nothing here knows what a lake is. Environment variables are read by the AWS credential chain only;
//! everything else comes in through [`ObjectStoreConfig`].

mod credentials;
mod errors;
mod leftovers;
mod proof;
mod s3;
mod synced;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::sync::Arc;

use auditlake_model::{Error, Result};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

pub use errors::from_object_store;
pub(crate) use errors::{from_io, is_missing_bucket};
pub(crate) use leftovers::remove_leftovers;
pub use proof::prove_put_if_absent;
use synced::{SyncedFileSystem, Visibility};

/// The home of a lake: a local folder or an S3 prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A folder of this machine.
    Local(PathBuf),
    /// A prefix of an S3 bucket; empty for the whole bucket.
    S3 {
        /// Bucket name.
        bucket: String,
        /// Key prefix without slashes at its ends.
        prefix: Path,
    },
}

impl StoreLocation {
    /// Parses a path, a `file://` URL or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// `Invalid` for an empty text, an unknown scheme, or a bucket name or prefix that S3 has not.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(
                Error::invalid("the location is empty").with_hint("Give a folder or `s3://bucket/prefix`.")
            );
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::Local(PathBuf::from(text)));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "s3" => parse_s3(text, rest),
            "file" => parse_file_url(text).map(Self::Local),
            other => Err(Error::invalid(format!("`{other}://` is no kind of location"))
                .with_context("location", text)
                .with_hint(
                    "Use a folder or `s3://bucket/prefix`; other S3-compatible servers by --endpoint-url.",
                )),
        }
    }
}

impl Display for StoreLocation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, prefix } if prefix.as_ref().is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// What an import reads: standard input, or a place whose files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// Standard input, written `-`.
    Stdin,
    /// A file or a folder, or an S3 key or prefix. Which of the two it is shows when it is listed.
    Place(StoreLocation),
}

impl SourceLocation {
    /// Parses `-`, or whatever [`StoreLocation::parse`] takes.
    ///
    /// # Errors
    /// `Invalid`, as [`StoreLocation::parse`].
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim() == "-" {
            return Ok(Self::Stdin);
        }
        StoreLocation::parse(text).map(Self::Place)
    }
}

impl Display for SourceLocation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("-"),
            Self::Place(place) => place.fmt(f),
        }
    }
}

/// How to reach an object store. The defaults suit AWS and local folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectStoreConfig {
    /// URL of an S3-compatible server; `None` for AWS itself.
    pub endpoint: Option<String>,
    /// Region of the bucket; `None` asks the AWS profile, then S3 itself.
    pub region: Option<String>,
    /// Allows an `http://` endpoint.
    pub allow_http: bool,
    /// Sends unsigned requests and looks for no credentials (public buckets).
    pub skip_signature: bool,
    /// Pays for the requests to a requester-pays bucket.
    pub request_payer: bool,
    /// KMS key that S3 encrypts written objects with (SSE-KMS).
    pub sse_kms_key_id: Option<String>,
    /// Profile of `~/.aws/config`; `None` for the chain's own choice.
    pub profile: Option<String>,
    /// Flushes local files to the disk before they count as written, so that a lake outlives a power
    /// cut. Without it a lake outlives killed processes only.
    pub sync_writes: bool,
}

impl Default for ObjectStoreConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: None,
            allow_http: false,
            skip_signature: false,
            request_payer: false,
            sse_kms_key_id: None,
            profile: None,
            sync_writes: true,
        }
    }
}

/// What a place is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read. A missing local folder is an error.
    Read,
    /// To write. A missing local folder is made, and put-if-absent is proven before anything else.
    Write,
}

/// An opened object store.
///
/// - Paths count from `url`: a local folder, or the root of a bucket.
/// - `prefix` is the path that the location named; empty for a local folder.
#[derive(Debug, Clone)]
pub struct RootStore {
    /// The store.
    pub store: Arc<dyn ObjectStore>,
    /// What the empty path stands for: `file:///folder/` or `s3://bucket/`.
    pub url: Url,
    /// Path of the opened place.
    pub prefix: Path,
}

impl RootStore {
    /// Returns how people name the object at `path`: `s3://bucket/key`, or the path of a file.
    ///
    /// Nothing is percent-encoded, so that a key can be pasted into the AWS CLI.
    pub fn uri(&self, path: &Path) -> String {
        match self.url.to_file_path() {
            Ok(folder) if self.url.scheme() == "file" => folder.join(path.as_ref()).display().to_string(),
            _ => format!("{}/{path}", self.url.as_str().trim_end_matches('/')),
        }
    }
}

/// Opens the object store that holds `location`.
///
/// A local file opens its folder, with the file's name as `prefix`.
///
/// # Errors
/// `NotFound` when a local path does not exist (with [`Access::Read`]); `PermissionDenied` when no
/// AWS credentials are found; `Unavailable` when the bucket's region cannot be asked for; with
/// [`Access::Write`] also those of [`prove_put_if_absent`].
pub async fn open_object_store(
    location: &StoreLocation,
    config: &ObjectStoreConfig,
    access: Access,
) -> Result<RootStore> {
    open(location, config, access, Visibility::AsUsual).await
}

/// Opens the object store that holds `location`, for secrets: the local files and folders that are made there are
/// for their owner's eyes only. Who may see an S3 prefix is for the bucket's policy to say.
///
/// # Errors
/// As [`open_object_store`].
pub async fn open_private_object_store(
    location: &StoreLocation,
    config: &ObjectStoreConfig,
    access: Access,
) -> Result<RootStore> {
    open(location, config, access, Visibility::OwnerOnly).await
}

async fn open(
    location: &StoreLocation,
    config: &ObjectStoreConfig,
    access: Access,
    visibility: Visibility,
) -> Result<RootStore> {
    let root = match location {
        StoreLocation::Local(path) => open_local(path, config, access, visibility)?,
        StoreLocation::S3 { bucket, prefix } => RootStore {
            store: Arc::new(s3::open(bucket, config).await?),
            url: bucket_url(bucket)?,
            prefix: prefix.clone(),
        },
    };
    if access == Access::Write {
        prove_put_if_absent(root.store.as_ref(), &root.prefix).await?;
    }
    Ok(root)
}

fn open_local(
    path: &std::path::Path,
    config: &ObjectStoreConfig,
    access: Access,
    visibility: Visibility,
) -> Result<RootStore> {
    if access == Access::Write {
        let made = visibility.folders().recursive(true).create(path);
        made.map_err(|e| local_error("create folder", path, e))?;
    }
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::not_found("there is no such file or folder")
            .with_context("path", path.display())
            .with_hint("Check the path; a relative one counts from the working folder."),
        _ => local_error("open", path, error),
    })?;
    let path = std::fs::canonicalize(path).map_err(|e| local_error("open", path, e))?;
    let (folder, prefix) = match (metadata.is_dir(), path.parent(), path.file_name()) {
        (false, Some(folder), Some(name)) => {
            let name = name.to_str().ok_or_else(|| {
                Error::invalid("the file name is not UTF-8").with_context("file", path.display())
            })?;
            (folder.to_path_buf(), Path::parse(name).map_err(|e| from_object_store("open file", e.into()))?)
        }
        _ => (path, Path::default()),
    };
    let url = Url::from_directory_path(&folder).map_err(|()| {
        Error::invalid("the path is no absolute path").with_context("path", folder.display())
    })?;
    // Purged stores and probes leave no empty folders behind.
    let files = LocalFileSystem::new_with_prefix(&folder)
        .map_err(|e| from_object_store("open folder", e))?
        .with_automatic_cleanup(true);
    // object_store itself makes files that anybody may read.
    let store: Arc<dyn ObjectStore> = match config.sync_writes || visibility == Visibility::OwnerOnly {
        true => Arc::new(SyncedFileSystem::new(files, visibility)),
        false => Arc::new(files),
    };
    Ok(RootStore { store, url, prefix })
}

fn local_error(attempt: &'static str, path: &std::path::Path, error: std::io::Error) -> Error {
    from_io(attempt, error).with_context("path", path.display())
}

fn bucket_url(bucket: &str) -> Result<Url> {
    Url::parse(&format!("s3://{bucket}/"))
        .map_err(|e| Error::invalid("parse bucket name").with_context("bucket", bucket).with_source(e))
}

fn parse_s3(text: &str, rest: &str) -> Result<StoreLocation> {
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if !bucket_name_is_valid(bucket) {
        return Err(Error::invalid(format!("`{bucket}` is no bucket name"))
            .with_context("location", text)
            .with_hint("Use `s3://bucket/prefix`; a bucket has 3 to 63 of a-z, 0-9, `.`, `-` and `_`."));
    }
    let prefix = Path::parse(prefix).map_err(|e| {
        Error::invalid("the S3 prefix is not usable").with_context("location", text).with_source(e)
    })?;
    Ok(StoreLocation::S3 { bucket: bucket.to_owned(), prefix })
}

/// Old buckets may hold `_` and upper case; those are let through, since S3 itself will judge.
fn bucket_name_is_valid(bucket: &str) -> bool {
    (3..=255).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn parse_file_url(text: &str) -> Result<PathBuf> {
    let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
    path.ok_or_else(|| {
        Error::invalid("the URL names no local file")
            .with_context("location", text)
            .with_hint("Write `file:///absolute/path`, or the path alone.")
    })
}

#[cfg(test)]
mod tests;
