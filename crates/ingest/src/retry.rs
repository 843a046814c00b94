//! Retrying the files that an import could not take.
//!
//! ```text
//! records of the failed files --Retry::plan--> sources --run_import--> summary --Retry::settle--> records: SUCCEEDED
//! ```

use std::collections::HashSet;

use auditlake_model::{ImportId, ImportState, Result};
use auditlake_store::SourceLocation;

use crate::records::{FailureRecord, FailureStatus, ImportRecords};
use crate::request::ImportSource;
use crate::summary::ImportSummary;

/// The failed files of an import that are to be read again.
#[derive(Debug)]
pub struct Retry {
    /// The failures that can be tried again.
    failures: Vec<FailureRecord>,
    /// Failed files that came from standard input and cannot be read again.
    unreadable: u64,
}

impl Retry {
    /// Finds what there is to retry of an import.
    ///
    /// # Errors
    /// Those of reading the records.
    pub async fn plan(records: &ImportRecords, import: ImportId) -> Result<Self> {
        let mut failures = records.failures(Some(import)).await?;
        failures.retain(|failure| failure.status == FailureStatus::Failed);
        let all = failures.len();
        failures.retain(|failure| place(failure).is_some());
        let unreadable = (all - failures.len()) as u64;
        Ok(Self { failures, unreadable })
    }

    /// Returns the failures that can be tried again.
    pub fn failures(&self) -> &[FailureRecord] {
        &self.failures
    }

    /// Returns the number of failed files that came from standard input and cannot be read again.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Returns the files to read.
    pub fn sources(&self) -> Vec<ImportSource> {
        self.failures.iter().filter_map(place).map(ImportSource::Object).collect()
    }

    /// Marks the files as taken that the retry, which came to `summary`, did not fail at again.
    ///
    /// # Errors
    /// Those of reading and writing the records.
    pub async fn settle(self, records: &ImportRecords, summary: &ImportSummary) -> Result<()> {
        if summary.state == ImportState::Stopped {
            // Which of them were read is not told; a second retry skips them.
            return Ok(());
        }
        let again = records.failures(Some(summary.import_id)).await?;
        let again: HashSet<&str> = again.iter().map(|record| record.failure.location.as_str()).collect();
        let taken = |failure: &FailureRecord| !again.contains(failure.failure.location.as_str());
        let taken: Vec<_> = self.failures.into_iter().filter(taken).collect();
        records.resolve(&taken).await
    }
}

/// Returns where the failed file is, unless it came from standard input.
fn place(failure: &FailureRecord) -> Option<SourceLocation> {
    let location = &failure.failure.location;
    match SourceLocation::parse(location) {
        Ok(place @ SourceLocation::Place(_)) if !location.starts_with("stdin:") => Some(place),
        _ => None,
    }
}
