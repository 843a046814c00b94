//! Imports on the wire.

use std::time::Duration;

use auditlake_ingest::{
    FailureRecord, FailureStatus, ImportFailure, ImportProgress, ImportRecord, ImportSummary, OtherObjects,
};
use auditlake_model::{Error, ImportState, Result};
use auditlake_proto::v1;

use super::running::RunningImport;
use crate::control::times::{duration_to_wire, to_wire};

pub(super) fn started(import: &RunningImport) -> v1::ImportStarted {
    v1::ImportStarted {
        import_id: import.id().to_string(),
        event_data_store_id: import.store().to_string(),
        event_data_store: import.store_name().to_owned(),
        unreadable_files: import.unreadable(),
    }
}

pub(super) fn progress(progress: &ImportProgress) -> v1::ImportProgress {
    v1::ImportProgress {
        files_found: ImportProgress::get(&progress.files_found),
        bytes_found: ImportProgress::get(&progress.bytes_found),
        files_read: ImportProgress::get(&progress.files_read),
        bytes_read: ImportProgress::get(&progress.bytes_read),
        events_read: ImportProgress::get(&progress.events_read),
        events_stored: ImportProgress::get(&progress.events_stored),
        files_failed: ImportProgress::get(&progress.files_failed),
    }
}

pub(super) fn failure(failure: &ImportFailure) -> v1::ImportFailure {
    v1::ImportFailure {
        location: failure.location.clone(),
        error_type: failure.error_type.clone(),
        message: failure.message.clone(),
        hint: failure.hint.clone().unwrap_or_default(),
    }
}

pub(super) fn failure_record(record: &FailureRecord) -> v1::ImportFailureRecord {
    let status = match record.status {
        FailureStatus::Failed => v1::ImportFailureStatus::Failed,
        FailureStatus::Succeeded => v1::ImportFailureStatus::Succeeded,
    };
    v1::ImportFailureRecord {
        import_id: record.import_id.to_string(),
        event_data_store_id: record.store_id.clone(),
        failure: Some(failure(&record.failure)),
        status: status.into(),
        updated_at: Some(to_wire(record.updated_at)),
    }
}

fn status(state: ImportState) -> v1::ImportStatus {
    match state {
        ImportState::Initializing => v1::ImportStatus::Initializing,
        ImportState::InProgress => v1::ImportStatus::InProgress,
        ImportState::Completed => v1::ImportStatus::Completed,
        ImportState::Failed => v1::ImportStatus::Failed,
        ImportState::Stopped => v1::ImportStatus::Stopped,
    }
}

/// Reads the state of a filter; `None` for any.
///
/// # Errors
///
/// `Invalid` (`InvalidParameterException`).
pub(super) fn parse_status(status: i32) -> Result<Option<ImportState>> {
    match v1::ImportStatus::try_from(status) {
        Ok(v1::ImportStatus::Unspecified) => Ok(None),
        Ok(v1::ImportStatus::Initializing) => Ok(Some(ImportState::Initializing)),
        Ok(v1::ImportStatus::InProgress) => Ok(Some(ImportState::InProgress)),
        Ok(v1::ImportStatus::Completed) => Ok(Some(ImportState::Completed)),
        Ok(v1::ImportStatus::Failed) => Ok(Some(ImportState::Failed)),
        Ok(v1::ImportStatus::Stopped) => Ok(Some(ImportState::Stopped)),
        Err(_) => Err(Error::invalid(format!("{status} is no state of an import"))
            .with_code("InvalidParameterException")),
    }
}

/// Returns an import as its record has it.
pub(super) fn import(record: &ImportRecord) -> v1::Import {
    // In the order of the records; see `auditlake_ingest::COUNTS`.
    let [
        files_found,
        files_read,
        files_skipped,
        files_failed,
        events_read,
        events_stored,
        events_filtered,
        events_duplicate,
        events_conflicting,
        events_quarantined,
        bytes_read,
        bytes_written,
    ] = record.counts;
    v1::Import {
        import_id: record.import_id.to_string(),
        event_data_store_id: record.store_id.clone(),
        event_data_store: record.store.clone(),
        sources: record.sources.clone(),
        status: status(record.state).into(),
        started_at: Some(to_wire(record.started_at)),
        updated_at: Some(to_wire(record.updated_at)),
        elapsed: Some(seconds(record.seconds)),
        files_found,
        files_read,
        files_skipped,
        files_failed,
        events_read,
        events_stored,
        events_filtered,
        events_duplicate,
        events_conflicting,
        events_quarantined,
        bytes_read,
        bytes_written,
        error_message: record.error.clone().unwrap_or_default(),
        running_here: false,
    }
}

/// Returns an import that runs here, with the counts of this moment.
pub(super) fn running(record: &ImportRecord, running: &RunningImport) -> v1::Import {
    with_progress(import(record), running)
}

/// Returns an import that runs here and has no record.
pub(super) fn unrecorded(running: &RunningImport) -> v1::Import {
    let import = v1::Import {
        import_id: running.id().to_string(),
        event_data_store_id: running.store().to_string(),
        event_data_store: running.store_name().to_owned(),
        sources: running.sources().to_owned(),
        status: v1::ImportStatus::Initializing.into(),
        started_at: Some(to_wire(running.started_at())),
        updated_at: Some(to_wire(running.started_at())),
        ..v1::Import::default()
    };
    with_progress(import, running)
}

fn with_progress(import: v1::Import, running: &RunningImport) -> v1::Import {
    let seen = progress(running.progress());
    v1::Import {
        elapsed: Some(duration_to_wire(running.elapsed())),
        files_found: seen.files_found,
        files_read: seen.files_read.saturating_sub(seen.files_failed),
        files_failed: seen.files_failed,
        events_read: seen.events_read,
        events_stored: seen.events_stored,
        bytes_read: seen.bytes_read,
        running_here: true,
        ..import
    }
}

/// Returns what an import came to.
pub(super) fn summary(summary: &ImportSummary) -> v1::ImportSummary {
    let other = |other: &OtherObjects| v1::OtherFiles {
        count: other.count,
        hint: other.hint.clone().unwrap_or_default(),
    };
    v1::ImportSummary {
        import_id: summary.import_id.to_string(),
        event_data_store_id: summary.store_id.to_string(),
        event_data_store: summary.store.clone(),
        status: status(summary.state).into(),
        dry_run: summary.dry_run,
        started_at: Some(to_wire(summary.started_at)),
        elapsed: Some(seconds(summary.seconds)),
        files_found: summary.files_found,
        files_read: summary.files_read,
        files_skipped: summary.files_skipped,
        files_failed: summary.files_failed,
        events_read: summary.events_read,
        events_stored: summary.events_stored,
        events_filtered: summary.events_filtered,
        filtered_by_selector: summary.filtered_by_selector,
        filtered_by_retention: summary.filtered_by_retention,
        filtered_by_time_range: summary.filtered_by_time_range,
        filtered_by_category: summary.filtered_by_category,
        events_duplicate: summary.events_duplicate,
        events_conflicting: summary.events_conflicting,
        events_quarantined: summary.events_quarantined,
        bytes_read: summary.bytes_read,
        bytes_uncompressed: summary.bytes_uncompressed,
        bytes_written: summary.bytes_written,
        data_files_written: summary.data_files_written,
        commits: summary.commits,
        digests_kept: summary.digests_kept,
        other_files: summary
            .other_objects
            .iter()
            .map(|(kind, objects)| (kind.clone(), other(objects)))
            .collect(),
        failures: summary.failures.iter().map(failure).collect(),
        record_error: summary.record_error.clone().unwrap_or_default(),
    }
}

/// A number of seconds that is none counts as no time.
fn seconds(seconds: f64) -> prost_types::Duration {
    duration_to_wire(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}
