//! Keeps the record of a running import.

use auditlake_model::{Error, Result};
use auditlake_store::Lake;
use parking_lot::Mutex;

use crate::failure::ImportFailure;
use crate::records::ImportRecords;
use crate::summary::ImportSummary;

/// Writes one import to `system.imports` and its failed objects to `system.import_failures`; or nothing, for
/// an import that wants no record.
#[derive(Debug)]
pub(crate) struct Recorder {
    records: Option<(ImportRecords, String)>,
    /// Failures that are not written yet.
    failures: Mutex<Vec<ImportFailure>>,
}

impl Recorder {
    /// Opens the records, which show the import as `sources`.
    pub(crate) fn open(lake: &Lake, sources: Option<String>) -> Result<Self> {
        let open = |sources| Ok::<_, Error>((ImportRecords::open(lake)?, sources));
        Ok(Self { records: sources.map(open).transpose()?, failures: Mutex::default() })
    }

    /// Writes that the import began.
    pub(crate) async fn begin(&self, summary: &ImportSummary) -> Result<()> {
        match &self.records {
            Some((records, sources)) => records.add(summary, sources, None).await,
            None => Ok(()),
        }
    }

    /// Takes a failure, to be written by the next [`flush`](Self::flush).
    pub(crate) fn note(&self, failure: &ImportFailure) {
        if self.records.is_some() {
            self.failures.lock().push(failure.clone());
        }
    }

    /// Writes the failures noted so far, so that a million of them need no memory.
    pub(crate) async fn flush(&self, summary: &ImportSummary) -> Result<()> {
        let failures = std::mem::take(&mut *self.failures.lock());
        match &self.records {
            Some((records, _)) if !failures.is_empty() => records.add_failed(summary, failures).await,
            _ => Ok(()),
        }
    }

    /// Writes how the import ended.
    pub(crate) async fn end(&self, summary: &ImportSummary, error: Option<&Error>) -> Result<()> {
        self.flush(summary).await?;
        match &self.records {
            Some((records, sources)) => records.add(summary, sources, error).await,
            None => Ok(()),
        }
    }
}
