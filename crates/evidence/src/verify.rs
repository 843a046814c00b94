//! Checks files against the manifest that names them.

use std::fmt::{self, Display, Formatter};

use crate::digest::FileFacts;
use crate::manifest::{Manifest, Provenance};
use crate::{MANIFEST_FILE, QUERY_FILE};

/// One thing that does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// The manifest names a file that is not there.
    Missing {
        /// Its name.
        name: String,
    },
    /// A file has other bytes than the manifest says.
    Altered {
        /// What the manifest says.
        expected: FileFacts,
        /// What is there.
        found: FileFacts,
    },
    /// A file is there that the manifest does not name.
    Unlisted {
        /// Its name.
        name: String,
    },
    /// The manifest contradicts itself.
    Inconsistent {
        /// What does not fit together.
        what: String,
    },
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "`{name}` is missing"),
            Self::Altered { expected, found } => write!(
                f,
                "`{}` is altered: {} bytes with SHA-256 {} instead of {} bytes with {}",
                expected.name, found.size_bytes, found.sha256, expected.size_bytes, expected.sha256
            ),
            Self::Unlisted { name } => write!(f, "`{name}` is not named by the manifest"),
            Self::Inconsistent { what } => write!(f, "the manifest contradicts itself: {what}"),
        }
    }
}

/// Returns everything in which `files` differ from what `manifest` says; nothing when all is as it was written.
///
/// `files` are the files that are found beside the manifest; the manifest itself among them is passed over.
/// That the manifest is the one that was written, only a signature over its bytes can tell.
pub fn verify(manifest: &Manifest, files: &[FileFacts]) -> Vec<Mismatch> {
    let mut mismatches = contradictions(manifest);
    let listed = manifest.files();
    for expected in &listed {
        match files.iter().find(|file| file.name == expected.name) {
            None => mismatches.push(Mismatch::Missing { name: expected.name.clone() }),
            Some(found) if found != expected => {
                mismatches.push(Mismatch::Altered { expected: expected.clone(), found: found.clone() });
            }
            Some(_) => {}
        }
    }
    let is_strange =
        |file: &&FileFacts| file.name != MANIFEST_FILE && !listed.iter().any(|known| known.name == file.name);
    let strangers = files.iter().filter(is_strange);
    mismatches.extend(strangers.map(|file| Mismatch::Unlisted { name: file.name.clone() }));
    mismatches
}

fn contradictions(manifest: &Manifest) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let mut add = |what: String| found.push(Mismatch::Inconsistent { what });
    let result = &manifest.result;
    let rows_of_files: u64 = result.files.iter().map(|file| file.rows).sum();
    if rows_of_files != result.rows {
        add(format!("{} rows of the result, {rows_of_files} in its files", result.rows));
    }
    if let Provenance::PerRow { rows, .. } = &manifest.provenance
        && *rows != result.rows
    {
        add(format!("{} rows of the result, {rows} with provenance", result.rows));
    }
    if FileFacts::of(QUERY_FILE, manifest.query.sql.as_bytes()) != manifest.query.file {
        add(format!("the statement is not that of `{QUERY_FILE}`"));
    }
    let files = manifest.files();
    for (index, file) in files.iter().enumerate() {
        if files[..index].iter().any(|other| other.name == file.name) {
            add(format!("`{}` is named twice", file.name));
        }
        if file.name.contains(['/', '\\']) || file.name == MANIFEST_FILE {
            add(format!("`{}` cannot be a file of the result", file.name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::sample;

    #[test]
    fn files_as_they_were_written_match() {
        let manifest = sample();
        let mut files = manifest.files();
        assert_eq!(verify(&manifest, &files), []);
        files.push(FileFacts::of(MANIFEST_FILE, b"whatever"));
        assert_eq!(verify(&manifest, &files), []);
    }

    #[test]
    fn every_difference_is_told() {
        let manifest = sample();
        let mut files = manifest.files();
        let expected = files[1].clone();
        files[1] = FileFacts::of("result.csv", b"eventID\na\nc\n");
        let provenance = files.pop().unwrap();
        files.push(FileFacts::of("more.csv", b""));
        let found = verify(&manifest, &files);
        assert_eq!(
            found,
            [
                Mismatch::Altered { expected, found: files[1].clone() },
                Mismatch::Missing { name: provenance.name },
                Mismatch::Unlisted { name: "more.csv".into() },
            ]
        );
        assert!(found[0].to_string().starts_with("`result.csv` is altered: 12 bytes with SHA-256 "));
    }

    #[test]
    fn a_manifest_must_agree_with_itself() {
        let mut manifest = sample();
        manifest.result.rows = 3;
        manifest.query.sql.push(';');
        let texts: Vec<String> =
            verify(&manifest, &manifest.files()).iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "the manifest contradicts itself: 3 rows of the result, 2 in its files",
                "the manifest contradicts itself: 3 rows of the result, 2 with provenance",
                "the manifest contradicts itself: the statement is not that of `query.sql`",
            ]
        );
    }
}
