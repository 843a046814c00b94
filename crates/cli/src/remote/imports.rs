//! Imports, as a server tells of them.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use auditlake_ingest::{
    FailureRecord, FailureStatus, ImportFailure, ImportProgress, ImportRecord, ImportSummary, OtherObjects,
};
use auditlake_model::{Error, ImportState, Result, Timestamp};
use auditlake_proto::v1;
use auditlake_server::control::times;

use super::strange;

const WHAT: &str = "an import";

/// Takes the counts that a server tells over.
pub(crate) fn set_progress(progress: &ImportProgress, seen: &v1::ImportProgress) {
    for (counter, value) in [
        (&progress.files_found, seen.files_found),
        (&progress.bytes_found, seen.bytes_found),
        (&progress.files_read, seen.files_read),
        (&progress.bytes_read, seen.bytes_read),
        (&progress.events_read, seen.events_read),
        (&progress.events_stored, seen.events_stored),
        (&progress.files_failed, seen.files_failed),
    ] {
        counter.store(value, Ordering::Relaxed);
    }
}

/// Returns a failed file.
pub(crate) fn failure(failure: v1::ImportFailure) -> ImportFailure {
    let v1::ImportFailure { location, error_type, message, hint } = failure;
    ImportFailure { location, error_type, message, hint: given(hint) }
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn state(status: v1::ImportStatus) -> Result<ImportState> {
    match status {
        v1::ImportStatus::Initializing => Ok(ImportState::Initializing),
        v1::ImportStatus::InProgress => Ok(ImportState::InProgress),
        v1::ImportStatus::Completed => Ok(ImportState::Completed),
        v1::ImportStatus::Failed => Ok(ImportState::Failed),
        v1::ImportStatus::Stopped => Ok(ImportState::Stopped),
        v1::ImportStatus::Unspecified => Err(strange(WHAT)),
    }
}

/// Returns a state as the wire has it.
pub(crate) fn state_to_wire(state: ImportState) -> v1::ImportStatus {
    match state {
        ImportState::Initializing => v1::ImportStatus::Initializing,
        ImportState::InProgress => v1::ImportStatus::InProgress,
        ImportState::Completed => v1::ImportStatus::Completed,
        ImportState::Failed => v1::ImportStatus::Failed,
        ImportState::Stopped => v1::ImportStatus::Stopped,
    }
}

fn instant(instant: Option<&times::WireInstant>) -> Result<Timestamp> {
    times::maybe_from_wire("started_at", instant)?.ok_or_else(|| strange(WHAT))
}

fn seconds(elapsed: Option<&times::WireDuration>) -> Result<f64> {
    let elapsed = elapsed.map(|elapsed| times::duration_from_wire("elapsed", elapsed)).transpose()?;
    Ok(elapsed.unwrap_or(Duration::ZERO).as_secs_f64())
}

/// Returns what an import came to.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn summary(summary: v1::ImportSummary) -> Result<ImportSummary> {
    let other = |other: v1::OtherFiles| OtherObjects { count: other.count, hint: given(other.hint) };
    let other_objects: BTreeMap<String, OtherObjects> =
        summary.other_files.iter().map(|(kind, files)| (kind.clone(), other(files.clone()))).collect();
    Ok(ImportSummary {
        state: state(summary.status())?,
        import_id: summary.import_id.parse().map_err(odd)?,
        store_id: summary.event_data_store_id.parse().map_err(odd)?,
        started_at: instant(summary.started_at.as_ref())?,
        seconds: seconds(summary.elapsed.as_ref())?,
        store: summary.event_data_store,
        dry_run: summary.dry_run,
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
        other_objects,
        failures: summary.failures.into_iter().map(failure).collect(),
        record_error: given(summary.record_error),
    })
}

fn odd(error: Error) -> Error {
    strange(WHAT).with_source(error)
}

/// Returns an import as its record has it.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn record(import: v1::Import) -> Result<ImportRecord> {
    Ok(ImportRecord {
        state: state(import.status())?,
        import_id: import.import_id.parse().map_err(odd)?,
        started_at: instant(import.started_at.as_ref())?,
        updated_at: instant(import.updated_at.as_ref())?,
        seconds: seconds(import.elapsed.as_ref())?,
        // In the order of `auditlake_ingest::COUNTS`.
        counts: [
            import.files_found,
            import.files_read,
            import.files_skipped,
            import.files_failed,
            import.events_read,
            import.events_stored,
            import.events_filtered,
            import.events_duplicate,
            import.events_conflicting,
            import.events_quarantined,
            import.bytes_read,
            import.bytes_written,
        ],
        store_id: import.event_data_store_id,
        store: import.event_data_store,
        sources: import.sources,
        error: given(import.error_message),
    })
}

/// Returns a failed file as its record has it.
///
/// # Errors
/// `Unsupported` when it is not what this program knows.
pub(crate) fn failure_record(record: v1::ImportFailureRecord) -> Result<FailureRecord> {
    let status = match record.status() {
        v1::ImportFailureStatus::Failed => FailureStatus::Failed,
        v1::ImportFailureStatus::Succeeded => FailureStatus::Succeeded,
        v1::ImportFailureStatus::Unspecified => return Err(strange("a failed file")),
    };
    Ok(FailureRecord {
        import_id: record.import_id.parse().map_err(odd)?,
        store_id: record.event_data_store_id,
        failure: failure(record.failure.unwrap_or_default()),
        status,
        updated_at: instant(record.updated_at.as_ref())?,
    })
}
