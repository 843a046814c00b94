//! A folder whose files appear together.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use tempfile::{NamedTempFile, TempPath};

use crate::commands::sql::with_usual_rights;
use crate::output::write_error;

/// A folder that was new or empty, and is left as it was unless it is committed.
#[derive(Debug)]
pub(crate) struct OutFolder {
    path: PathBuf,
    /// Whether it was made here, and goes away when nothing comes of it.
    made: bool,
    /// Files that are whole, with their final places.
    staged: Vec<(TempPath, PathBuf)>,
    committed: bool,
}

impl OutFolder {
    /// Makes the folder, or takes an empty one.
    ///
    /// # Errors
    /// `AlreadyExists` when it holds something; others as the file system gives them.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| write_error(error).with_context("folder", path.display());
        let made = match std::fs::read_dir(path) {
            Ok(mut entries) => match entries.next() {
                None => false,
                Some(_) => {
                    return Err(Error::already_exists("the folder is not empty")
                        .with_context("folder", path.display())
                        .with_hint("Name a new folder; nothing is mixed with what is there."));
                }
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path).map_err(failed)?;
                true
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: path.to_owned(), made, staged: Vec::new(), committed: false })
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a file.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn open(&self, name: &str) -> Result<BufWriter<NamedTempFile>> {
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{name}.");
        let file = with_usual_rights(builder.prefix(&prefix)).tempfile_in(&self.path);
        let file = file.map_err(|e| write_error(e).with_context("folder", self.path.display()))?;
        Ok(BufWriter::with_capacity(1 << 16, file))
    }

    /// Takes a file that is whole.
    ///
    /// # Errors
    /// As the file system gives them.
    pub(crate) fn stage(&mut self, name: &str, file: BufWriter<NamedTempFile>) -> Result<()> {
        let place = self.path.join(name);
        let file = file
            .into_inner()
            .map_err(|e| write_error(e.into_error()).with_context("file", place.display()))?;
        self.staged.push((file.into_temp_path(), place));
        Ok(())
    }

    /// Puts the files in their places, in the order in which they were staged.
    ///
    /// # Errors
    /// As the file system gives them; then none is there.
    pub(crate) fn commit(mut self) -> Result<()> {
        let mut placed: Vec<PathBuf> = Vec::new();
        for (file, place) in std::mem::take(&mut self.staged) {
            if let Err(error) = file.persist_noclobber(&place) {
                for path in &placed {
                    // What cannot be removed is named by the error below as part of the folder.
                    let _ = std::fs::remove_file(path);
                }
                return Err(Error::unavailable("put the result in its place")
                    .with_context("file", place.display())
                    .with_source(error.error));
            }
            placed.push(place);
        }
        self.committed = true;
        Ok(())
    }
}

impl Drop for OutFolder {
    fn drop(&mut self) {
        self.staged.clear();
        if self.made && !self.committed {
            // It stays when somebody else has put something in.
            let _ = std::fs::remove_dir(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn stage(folder: &mut OutFolder, name: &str) {
        let mut file = folder.open(name).unwrap();
        file.write_all(name.as_bytes()).unwrap();
        folder.stage(name, file).unwrap();
    }

    #[test]
    fn all_files_appear_or_none() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new/out");
        let mut folder = OutFolder::create(&path).unwrap();
        stage(&mut folder, "a");
        drop(folder);
        assert!(!path.exists(), "a folder of nothing is no result");

        let mut folder = OutFolder::create(&path).unwrap();
        stage(&mut folder, "a");
        stage(&mut folder, "b");
        folder.commit().unwrap();
        assert_eq!(names(&path), ["a", "b"]);
        assert_eq!(std::fs::read_to_string(path.join("b")).unwrap(), "b");
        let error = OutFolder::create(&path).unwrap_err();
        assert_eq!(error.kind(), auditlake_model::ErrorKind::AlreadyExists);
    }

    #[test]
    fn an_empty_folder_of_the_users_stays() {
        let home = tempfile::tempdir().unwrap();
        let mut folder = OutFolder::create(home.path()).unwrap();
        stage(&mut folder, "a");
        drop(folder);
        assert_eq!(names(home.path()), [""; 0]);
    }
}
