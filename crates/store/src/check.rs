//! `lake check`: is every file that the lake promises there, and as it was written?
//!
//! ```text
//! Delta log  --promises--> data files (size, SHA-256), ingest checkpoint, quarantine files
//! listing    --has-------> files
//!     promised, not there        missing      damage
//!     other size or SHA-256      changed      damage     (SHA-256 with `deep`, which reads everything)
//!     cannot be read             unreadable   damage
//!     there, not promised        orphan       no damage: a killed writer's leftover, maintenance removes it
//! ```
//! Nothing is written or repaired.

mod digests;
mod hash;
mod table;

use std::time::Duration;

use auditlake_model::{Result, Timestamp};
use object_store::path::Path;

use crate::lake::Lake;

/// Age below which an unknown file may belong to an import that is running.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// It is promised and not there.
    Missing,
    /// Its size or SHA-256 is not what was committed.
    Changed,
    /// It cannot be read, or is no such file.
    Unreadable,
    /// It is there and nothing names it.
    Orphan,
}

impl FindingKind {
    /// Returns the word for people and for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Orphan => "orphan",
        }
    }

    /// Tells whether data is lost or wrong.
    pub fn is_damage(self) -> bool {
        self != Self::Orphan
    }
}

/// Something that is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub kind: FindingKind,
    /// Path below the lake's root.
    pub path: String,
    /// What was expected and what is there.
    pub detail: String,
    /// Size in bytes of what is there; 0 when nothing is.
    pub size_bytes: u64,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Tables looked at: event data stores and system tables.
    pub tables: u64,
    /// Files that are promised.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes read and hashed; 0 without `deep`.
    pub bytes_hashed: u64,
    /// Data files that another engine wrote, so that no SHA-256 is known; counted with `deep`.
    pub files_without_hash: u64,
    /// What is wrong, by path.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Tells whether data is lost or wrong.
    pub fn is_damaged(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.is_damage())
    }

    /// Returns the number of findings of a kind.
    pub fn count(&self, kind: FindingKind) -> usize {
        self.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    fn add(&mut self, kind: FindingKind, path: &Path, size_bytes: u64, detail: impl Into<String>) {
        self.findings.push(Finding { kind, path: path.to_string(), detail: detail.into(), size_bytes });
    }
}

/// Gets word of a check that goes on: path of the table begun, bytes hashed so far.
pub type CheckProgress<'a> = &'a (dyn Fn(&Path, u64) + Send + Sync);

impl Lake {
    /// Checks all files of the lake; with `deep` reads and hashes every data file.
    ///
    /// # Errors
    /// Only when the lake cannot be listed. What cannot be read is a finding.
    pub async fn check(&self, deep: bool, progress: Option<CheckProgress<'_>>) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let orphan_before = self.clock().now().saturating_sub(ORPHAN_AGE);
        for folder in self.table_folders().await? {
            if let Some(progress) = progress {
                progress(&folder, report.bytes_hashed);
            }
            self.check_table(&folder, deep, orphan_before, &mut report).await?;
        }
        self.check_digests(deep, &mut report).await?;
        report.findings.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
        Ok(report)
    }
}

/// Tells whether a file is old enough to be called an orphan.
fn is_old(modified_at: chrono::DateTime<chrono::Utc>, before: Timestamp) -> bool {
    modified_at.timestamp_micros() < before.as_micros()
}

#[cfg(test)]
mod tests;
