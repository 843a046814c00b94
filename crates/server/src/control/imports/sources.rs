//! Where imports of the server may read: nothing else of its machine and of its credentials is for its callers.

use std::path::{Component, Path, PathBuf};

use auditlake_model::{Error, Result};
use auditlake_store::{SourceLocation, StoreLocation};

/// The places of the setting `import.allowed-sources`: folders of the server's machine and `s3://BUCKET/PREFIX`.
///
/// - Without any place nothing is allowed.
/// - A local source is compared by its real path, so that no `..` and no symbolic link leads out of a folder, and
///   the real path is what is read.
/// - A prefix counts by whole folders: `s3://b/AWSLogs` does not allow `s3://b/AWSLogs-private`.
#[derive(Debug, Clone, Default)]
pub struct AllowedSources {
    places: Vec<StoreLocation>,
}

impl AllowedSources {
    /// Parses the places.
    ///
    /// # Errors
    ///
    /// `Invalid` when one is neither an absolute path without `..` nor `s3://BUCKET/PREFIX`.
    pub fn parse<T: AsRef<str>>(places: &[T]) -> Result<Self> {
        let places = places.iter().map(|text| {
            let place = StoreLocation::parse(text.as_ref())?;
            if let StoreLocation::Local(path) = &place {
                refuse_crooked(path)?;
            }
            Ok(place)
        });
        Ok(Self { places: places.collect::<Result<_>>()? })
    }

    /// Checks sources as [`AllowedSources::check`] does, where looking at disks holds nobody up.
    ///
    /// # Errors
    ///
    /// That of the first one which is refused.
    pub(super) async fn check_all(&self, texts: Vec<String>) -> Result<Vec<SourceLocation>> {
        let allowed = self.clone();
        let check = move || texts.iter().map(|text| allowed.check(text)).collect();
        let checked = tokio::task::spawn_blocking(check).await;
        checked.map_err(|e| Error::internal("check sources of import").with_source(e))?
    }

    /// Checks a source, and returns it as it is to be read.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` (`AccessDeniedException`) when it is in none of the places; `NotFound` when it is, and
    /// there is nothing; `Invalid` for standard input, relative paths and what is no location.
    pub fn check(&self, text: &str) -> Result<SourceLocation> {
        let place = match SourceLocation::parse(text)? {
            SourceLocation::Place(place) => place,
            SourceLocation::Stdin => {
                return Err(Error::invalid("the server has no standard input to import from"));
            }
        };
        let real = match &place {
            StoreLocation::S3 { .. } => place,
            StoreLocation::Local(path) => StoreLocation::Local(self.real_path(path)?),
        };
        match self.places.iter().any(|allowed| holds(allowed, &real)) {
            true => Ok(SourceLocation::Place(real)),
            false => Err(denied(text)),
        }
    }

    /// Returns the path without symbolic links.
    fn real_path(&self, path: &Path) -> Result<PathBuf> {
        refuse_crooked(path)?;
        match std::fs::canonicalize(path) {
            Ok(real) => Ok(real),
            // What is outside is refused whether it is there or not.
            Err(_) if !self.is_below(path) => Err(denied(&path.display().to_string())),
            Err(error) => Err(Error::not_found("there is no such file or folder on the server")
                .with_context("path", path.display())
                .with_source(error)),
        }
    }

    /// Tells whether a path is in one of the folders, by its text alone.
    fn is_below(&self, path: &Path) -> bool {
        self.places.iter().any(|place| match place {
            StoreLocation::Local(folder) => path.starts_with(folder),
            StoreLocation::S3 { .. } => false,
        })
    }
}

/// Tells whether `place`, a real path if it is local, is in `allowed`.
fn holds(allowed: &StoreLocation, place: &StoreLocation) -> bool {
    match (allowed, place) {
        (StoreLocation::Local(folder), StoreLocation::Local(path)) => {
            // A folder that is not there holds nothing.
            std::fs::canonicalize(folder).is_ok_and(|folder| path.starts_with(folder))
        }
        (
            StoreLocation::S3 { bucket, prefix },
            StoreLocation::S3 { bucket: other_bucket, prefix: other_prefix },
        ) => bucket == other_bucket && other_prefix.prefix_matches(prefix),
        _ => false,
    }
}

/// Refuses paths that depend on where the server was started, or step back.
fn refuse_crooked(path: &Path) -> Result<()> {
    let steps_back = path.components().any(|part| part == Component::ParentDir);
    match path.is_absolute() && !steps_back {
        true => Ok(()),
        false => Err(Error::invalid(format!("`{}` is no absolute path without `..`", path.display()))
            .with_code("InvalidImportSourceException")
            .with_hint("Name files and folders of the server by absolute paths, or use s3://BUCKET/PREFIX.")),
    }
}

fn denied(text: &str) -> Error {
    Error::permission_denied(format!("the server does not import from `{text}`"))
        .with_code("AccessDeniedException")
        .with_hint("Who runs the server can allow it: list the folder or s3://BUCKET/PREFIX in its setting import.allowed-sources.")
}

#[cfg(test)]
mod tests {
    use auditlake_model::ErrorKind;

    use super::*;

    fn kind(allowed: &AllowedSources, text: &str) -> Option<ErrorKind> {
        allowed.check(text).err().map(|error| error.kind())
    }

    #[test]
    fn a_prefix_allows_what_is_below_it() {
        let allowed = AllowedSources::parse(&["s3://logs/AWSLogs", "s3://open"]).unwrap();
        for text in ["s3://logs/AWSLogs", "s3://logs/AWSLogs/1/CloudTrail", "s3://open/x", "s3://open"] {
            assert_eq!(kind(&allowed, text), None, "{text}");
        }
        for text in ["s3://logs", "s3://logs/AWSLogs-private", "s3://logs/AWS", "s3://other/AWSLogs", "/tmp"]
        {
            assert_eq!(kind(&allowed, text), Some(ErrorKind::PermissionDenied), "{text}");
        }
        for text in ["s3://logs/AWSLogs/../secret", "s3://open/./x", "-", "", "logs", "http://x/y"] {
            assert!(kind(&allowed, text).is_some(), "{text}");
        }
        assert_eq!(kind(&AllowedSources::default(), "s3://logs"), Some(ErrorKind::PermissionDenied));
    }

    #[test]
    fn a_folder_allows_real_paths_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let (logs, secret) = (root.join("logs"), root.join("secret"));
        std::fs::create_dir_all(logs.join("day")).unwrap();
        std::fs::create_dir_all(&secret).unwrap();
        std::fs::create_dir_all(root.join("logs2")).unwrap();
        std::os::unix::fs::symlink(&secret, logs.join("link")).unwrap();
        std::os::unix::fs::symlink(&logs, root.join("way-in")).unwrap();
        let allowed = AllowedSources::parse(&[logs.to_str().unwrap()]).unwrap();
        let check = |path: PathBuf| allowed.check(path.to_str().unwrap());
        let day = SourceLocation::Place(StoreLocation::Local(logs.join("day")));
        assert_eq!(check(logs.join("day")).unwrap(), day);
        assert_eq!(check(root.join("way-in/day")).unwrap(), day);
        assert_eq!(kind(&allowed, &format!("file://{}/day", logs.display())), None);
        for outside in [secret.clone(), root.join("logs2"), logs.join("link"), root.join("nothing")] {
            assert_eq!(check(outside).unwrap_err().kind(), ErrorKind::PermissionDenied);
        }
        assert_eq!(check(logs.join("nothing")).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(check(logs.join("../secret")).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(kind(&allowed, "logs/day"), Some(ErrorKind::Invalid));
    }

    #[test]
    fn a_setting_is_an_absolute_place() {
        for wrong in ["logs", "/srv/../etc", "", "ftp://x"] {
            assert!(AllowedSources::parse(&[wrong]).is_err(), "{wrong}");
        }
    }
}
