//! What `--output` names, and what the ending of its name says.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use auditlake_model::Result;
use auditlake_store::StoreLocation;
use clap::ValueEnum;
use serde::Serialize;

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExportFormat {
    /// Log files as CloudTrail delivers them: `{"Records":[...]}`.
    #[default]
    CloudtrailJson,
    /// One event a line.
    #[value(alias = "jsonl")]
    Ndjson,
    /// The store's columns, and the event as JSON in `eventJson`.
    Parquet,
}

impl ExportFormat {
    /// Returns the name, as the command line takes it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::CloudtrailJson => "cloudtrail-json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// Returns the ending of its files.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::CloudtrailJson => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "json" => Some(Self::CloudtrailJson),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A place for events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// One file of this machine.
    File(PathBuf),
    /// A folder of this machine, for parts.
    Folder(PathBuf),
    /// One object, or a prefix for parts.
    Bucket {
        /// Bucket, with key or prefix.
        location: StoreLocation,
        /// Whether it is a prefix.
        has_parts: bool,
    },
}

impl Target {
    /// Reads the value of `--output`.
    ///
    /// # Errors
    /// `Invalid`, as [`StoreLocation::parse`].
    pub(super) fn parse(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        let ends_as_folder = text.ends_with('/');
        match StoreLocation::parse(text)? {
            StoreLocation::Local(path) => {
                let exists =
                    |test: fn(&std::fs::Metadata) -> bool| std::fs::metadata(&path).is_ok_and(|m| test(&m));
                // A device or a pipe has no dot in its name, and is no folder.
                let is_file = exists(|metadata| !metadata.is_dir())
                    || (!ends_as_folder && !exists(std::fs::Metadata::is_dir) && path.extension().is_some());
                Ok(if is_file { Self::File(path) } else { Self::Folder(path) })
            }
            StoreLocation::S3 { bucket, prefix } => {
                let has_dot = prefix.filename().is_some_and(|name| name.contains('.'));
                let location = StoreLocation::S3 { bucket, prefix };
                Ok(Self::Bucket { has_parts: ends_as_folder || !has_dot, location })
            }
        }
    }

    /// Tells whether events go into parts of bounded size.
    pub(super) fn has_parts(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::Bucket { has_parts: true, .. })
    }

    /// Returns the name of the one file; `None` where there are parts.
    pub(super) fn single_name(&self) -> Option<String> {
        match self {
            Self::Stdout => Some("stdout".to_owned()),
            Self::File(path) => Some(path.display().to_string()),
            Self::Bucket { location, has_parts: false } => Some(location.to_string()),
            Self::Folder(_) | Self::Bucket { .. } => None,
        }
    }

    /// Returns what the ending of the name says: the format, and whether to compress.
    pub(super) fn ending(&self) -> (Option<ExportFormat>, bool) {
        let Some(name) = self.single_name() else { return (None, false) };
        let name = name.to_ascii_lowercase();
        let (name, gzip) = match name.strip_suffix(".gz") {
            Some(inner) => (inner, true),
            None => (name.as_str(), false),
        };
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        (ending.and_then(ExportFormat::of_ending), gzip)
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("-"),
            Self::File(path) | Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Bucket { location, .. } => location.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_in_the_name_makes_a_file_and_its_ending_a_format() {
        let json = Some(ExportFormat::CloudtrailJson);
        for (text, has_parts, ending) in [
            ("/no/such/out.json.gz", false, (json, true)),
            ("/no/such/out.JSONL", false, (Some(ExportFormat::Ndjson), false)),
            ("/no/such/out.txt.gz", false, (None, true)),
            ("/no/such/out.parquet", false, (Some(ExportFormat::Parquet), false)),
            ("/no/such/out", true, (None, false)),
            ("/no/such/out.d/", true, (None, false)),
            ("/dev/null", false, (None, false)),
            ("-", false, (None, false)),
            ("s3://bucket/a/out.ndjson.gz", false, (Some(ExportFormat::Ndjson), true)),
            ("s3://bucket/a/out.d/", true, (None, false)),
            ("s3://bucket/a/out", true, (None, false)),
            ("s3://bucket", true, (None, false)),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.has_parts(), target.ending()), (has_parts, ending), "{text}");
        }
        assert!(Target::parse("ftp://x").is_err());
        let home = tempfile::tempdir().unwrap();
        let dotted = home.path().join("a.b");
        std::fs::create_dir(&dotted).unwrap();
        assert!(Target::parse(dotted.to_str().unwrap()).unwrap().has_parts(), "a folder that is there");
    }
}
