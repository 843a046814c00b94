//! Staging files that killed writers left in a local folder.
//!
//! Writers name them `<name>#<digits>`, which object_store's listing hides, so nobody reads them and
//! nobody finds them to remove. Here they are looked for by name on the file system itself.

use std::fs;
use std::io;
use std::path::Path as FsPath;
use std::time::{SystemTime, UNIX_EPOCH};

use auditlake_model::Timestamp;

/// Removes the staging files below `folder` that were last written before `before`; returns how many.
///
/// Blocks. Symbolic links are not followed. A file that somebody else removes meanwhile is passed over.
pub(crate) fn remove_leftovers(folder: &FsPath, before: Timestamp) -> io::Result<u64> {
    let mut removed = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if is_staging_name(&entry.file_name().to_string_lossy())
                && metadata.modified().is_ok_and(|at| timestamp(at) < before)
                && fs::remove_file(entry.path()).is_ok()
            {
                removed += 1;
            }
        }
    }
    Ok(removed)
}

fn is_staging_name(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, digits)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn timestamp(at: SystemTime) -> Timestamp {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => Timestamp::EPOCH.saturating_add(since),
        Err(before) => Timestamp::EPOCH.saturating_sub(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn old_staging_files_go_and_all_else_stays() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("stores/x")).unwrap();
        for name in ["stores/x/part.parquet#17", "stores/x/part.parquet", "lake.json#3", "a#b", "a#"] {
            fs::write(home.path().join(name), "x").unwrap();
        }
        assert_eq!(remove_leftovers(home.path(), Timestamp::EPOCH).unwrap(), 0);
        assert_eq!(remove_leftovers(home.path(), Timestamp::MAX).unwrap(), 2);
        for name in ["stores/x/part.parquet", "a#b", "a#"] {
            assert!(home.path().join(name).exists(), "{name}");
        }
        assert_eq!(remove_leftovers(&home.path().join("none"), Timestamp::MAX).unwrap(), 0);
    }
}
