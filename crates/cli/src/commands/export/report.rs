//! What an export came to.

use std::time::Duration;

use auditlake_evidence::{ResultFile, ResultSet};
use auditlake_query::QueryHandle;
use auditlake_store::EventDataStore;
use serde::Serialize;

use super::parts::{PartFacts, PartPlan};
use super::target::{ExportFormat, Target};
use crate::numbers::{counted, human_bytes};
use crate::output::Output;

/// Largest log file that an import takes by default, uncompressed.
const MAX_IMPORT_BYTES: u64 = 512 << 20;

/// The summary of an export.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exported {
    store: String,
    store_id: String,
    /// The version of the store that was read.
    store_version: Option<u64>,
    format: ExportFormat,
    output: String,
    events: u64,
    /// Uncompressed JSON of the events.
    json_bytes: u64,
    /// Bytes of the files.
    size_bytes: u64,
    files: Vec<ExportedFile>,
    seconds: f64,
}

/// One file of an export.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedFile {
    name: String,
    events: u64,
    json_bytes: u64,
    size_bytes: u64,
    sha256: String,
}

impl Exported {
    pub(super) fn new(
        store: &EventDataStore,
        target: &Target,
        plan: &PartPlan,
        parts: Vec<PartFacts>,
        handle: &QueryHandle,
        took: Duration,
    ) -> Self {
        let tables = handle.pinned_tables();
        let own = tables.iter().find(|table| table.id == Some(store.id()));
        let files = parts.into_iter().map(|part| ExportedFile {
            name: part.file.name,
            events: part.events,
            json_bytes: part.json_bytes,
            size_bytes: part.file.size_bytes,
            sha256: part.file.sha256,
        });
        let files: Vec<ExportedFile> = files.collect();
        Self {
            store: store.name().as_str().to_owned(),
            store_id: store.id().to_string(),
            store_version: own.map(|table| table.version),
            format: plan.format,
            output: target.to_string(),
            events: files.iter().map(|file| file.events).sum(),
            json_bytes: files.iter().map(|file| file.json_bytes).sum(),
            size_bytes: files.iter().map(|file| file.size_bytes).sum(),
            files,
            seconds: took.as_secs_f64(),
        }
    }

    /// Says on stderr what was done; beside JSON only what a person has to know.
    pub(super) fn print(&self, json: bool, output: &Output) {
        if !json {
            output.say(&format!(
                "exported {} of `{}` into {} ({}, {} JSON) in {:.1} s: {}",
                counted(self.events, "event"),
                self.store,
                counted(self.files.len() as u64, "file"),
                human_bytes(self.size_bytes),
                human_bytes(self.json_bytes),
                self.seconds,
                self.output
            ));
        }
        let is_large = |file: &ExportedFile| file.json_bytes > MAX_IMPORT_BYTES;
        if self.format != ExportFormat::Parquet && self.files.iter().any(is_large) {
            output.warn(
                "a file is larger than what an import takes at once (512 MiB): export into a folder to get \
                 parts, or import it with --max-decompressed-size",
            );
        }
    }
}

/// Returns the parts as the rows of evidence.
pub(super) fn result_set(plan: &PartPlan, parts: &[PartFacts]) -> ResultSet {
    ResultSet {
        format: plan.format.as_str().to_owned(),
        rows: parts.iter().map(|part| part.events).sum(),
        files: parts.iter().map(|part| ResultFile::new(part.file.clone(), part.events)).collect(),
    }
}
