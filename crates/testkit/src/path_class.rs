//! What a file of an event data store is for, told from its path.

use object_store::path::Path;

/// The purpose of an object of a lake.
///
/// | class | path, from its store's folder |
/// |---|---|
/// | [`DataFile`](Self::DataFile) | `eventDate=*/part-*.parquet` |
/// | [`KeyFile`](Self::KeyFile) | `_index/*.keys` |
/// | [`CheckpointFile`](Self::CheckpointFile) | `_ingest/*.parquet` |
/// | [`DeltaCommit`](Self::DeltaCommit) | `_delta_log/<digits>.json` |
/// | [`DeltaCheckpoint`](Self::DeltaCheckpoint) | `_delta_log/*.checkpoint.*`, `_delta_log/_last_checkpoint`, `_delta_log/_sidecars/*` |
/// | [`Other`](Self::Other) | all else: `lake.json`, files of system tables, temporary files |
///
/// Folders in front do not matter, so a path may be seen from the bucket, from the lake or from its store.
///
/// # Examples
/// ```
/// use auditlake_testkit::PathClass;
///
/// let path = "stores/2f0c8a53-7d0e-4a58-9a3f-1f6a0e3f4d55/_delta_log/00000000000000000007.json";
/// assert_eq!(PathClass::of(&path.into()), PathClass::DeltaCommit);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PathClass {
    /// Event rows.
    DataFile,
    /// The event keys of one data file.
    KeyFile,
    /// An ingest checkpoint file: the source objects of one commit, or its quarantined bytes.
    CheckpointFile,
    /// One commit of a Delta log.
    DeltaCommit,
    /// A checkpoint of a Delta log, or the pointer to it.
    DeltaCheckpoint,
    /// Anything else.
    Other,
}

impl PathClass {
    /// Returns the class of the object at `path`.
    pub fn of(path: &Path) -> Self {
        let mut parts = path.as_ref().rsplit('/');
        let name = parts.next().unwrap_or_default();
        let folder = parts.next().unwrap_or_default();
        match folder {
            "_delta_log" => Self::of_log_file(name),
            "_sidecars" if parts.next() == Some("_delta_log") => Self::DeltaCheckpoint,
            "_index" if name.ends_with(".keys") => Self::KeyFile,
            "_ingest" if name.ends_with(".parquet") => Self::CheckpointFile,
            _ if folder.starts_with("eventDate=")
                && name.starts_with("part-")
                && name.ends_with(".parquet") =>
            {
                Self::DataFile
            }
            _ => Self::Other,
        }
    }

    fn of_log_file(name: &str) -> Self {
        if name == "_last_checkpoint" || name.contains(".checkpoint.") {
            return Self::DeltaCheckpoint;
        }
        match name.strip_suffix(".json") {
            Some(version) if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) => {
                Self::DeltaCommit
            }
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_lake_has_its_class() {
        let cases = [
            ("eventDate=2026-01-31/part-00000000-0000-4000-8000-000000000000.parquet", PathClass::DataFile),
            ("eventDate=__HIVE_DEFAULT_PARTITION__/part-1.parquet", PathClass::DataFile),
            ("_index/part-1.keys", PathClass::KeyFile),
            ("_ingest/00000000000000000003.parquet", PathClass::CheckpointFile),
            ("_ingest/00000000000000000003.quarantine.parquet", PathClass::CheckpointFile),
            ("_delta_log/00000000000000000000.json", PathClass::DeltaCommit),
            ("_delta_log/00000000000000000010.checkpoint.parquet", PathClass::DeltaCheckpoint),
            ("_delta_log/00000000000000000010.checkpoint.80a0.json", PathClass::DeltaCheckpoint),
            ("_delta_log/_last_checkpoint", PathClass::DeltaCheckpoint),
            ("_delta_log/_sidecars/1.parquet", PathClass::DeltaCheckpoint),
            ("_delta_log/_commit_80a0.json.tmp", PathClass::Other),
            ("_delta_log/.json", PathClass::Other),
            ("_index/part-1.parquet", PathClass::Other),
            ("eventDate=2026-01-31/notes.txt", PathClass::Other),
            ("part-1.parquet", PathClass::Other),
            ("lake.json", PathClass::Other),
            ("", PathClass::Other),
        ];
        for (path, class) in cases {
            for root in ["", "stores/9f1c2d3e-0000-4000-8000-0123456789ab/", "a/b/stores/x/"] {
                assert_eq!(PathClass::of(&Path::from(format!("{root}{path}"))), class, "{root}{path}");
            }
        }
    }
}
