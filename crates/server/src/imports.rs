//! Imports that the server runs by itself, each `[[import]]` at its interval.
//!
//! ```text
//! start --> run --> wait for the rest of the interval --> run ...
//!            `-- failed: wait 5 s, 10 s, 20 s ... instead
//! ```
//! They are ordinary imports of the server: one at a time for a store, recorded in `system.imports`, in threads
//! that give way to queries. However one ends, the server goes on.

use std::sync::Arc;
use std::time::Duration;

use auditlake_ingest::{ImportSource, ImportSummary, Narrowing};
use auditlake_model::{Error, ErrorKind, ImportState, Result};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::ScheduledImport;
use crate::control::imports::NewImport;
use crate::state::ServerState;

/// Pause after the first failure; it doubles with each one that follows.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause after failures of an import whose interval is shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Pause when somebody else imports into the store.
const BUSY_PAUSE: Duration = Duration::from_secs(5);

/// Starts a task for each import; they end when the server is to stop.
pub(crate) fn start(state: &Arc<ServerState>) -> Vec<JoinHandle<()>> {
    let task = |import: &ScheduledImport| tokio::spawn(repeat(Arc::clone(state), import.clone()));
    state.config.imports.iter().map(task).collect()
}

/// What one run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// All files were read that could be.
    Done,
    /// Nothing was done, for a reason that may pass.
    Failed,
    /// Another import writes to the store.
    Busy,
}

async fn repeat(state: Arc<ServerState>, import: ScheduledImport) {
    let mut failures = 0;
    while !state.stop.is_cancelled() {
        let began_at = Instant::now();
        let run = run(&state, &import).await;
        failures = match run {
            Run::Failed => failures + 1,
            Run::Done => 0,
            Run::Busy => failures,
        };
        let next_at = began_at + pause(run, failures, import.interval);
        tokio::select! {
            biased;
            () = state.stop.cancelled() => return,
            () = tokio::time::sleep_until(next_at) => {}
        }
    }
}

/// Returns the time from the start of a run to the start of the next.
fn pause(run: Run, failures: u32, interval: Duration) -> Duration {
    match run {
        Run::Done => interval,
        Run::Busy => BUSY_PAUSE.min(interval),
        Run::Failed => {
            let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
            FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE.max(interval))
        }
    }
}

/// Runs the import once, and tells the log and the metrics.
async fn run(state: &ServerState, import: &ScheduledImport) -> Run {
    let began_at = Instant::now();
    match import_once(state, import).await {
        Ok(Some(summary)) => {
            let elapsed = began_at.elapsed();
            state.metrics.imported(&summary.store, summary.state, summary.events_stored, elapsed);
            if summary.state == ImportState::Completed {
                state.metrics.import_succeeded(&summary.store, state.lake.clock().now());
            }
            if summary.files_failed > 0 {
                let failed = summary.files_failed;
                tracing::warn!(source = %import.source, store = summary.store, failed, "files not imported");
            }
            Run::Done
        }
        // The server stops.
        Ok(None) => Run::Done,
        Err(error) if error.code() == Some("AccountHasOngoingImportException") => {
            tracing::debug!(source = %import.source, store = %import.store, "another import runs");
            Run::Busy
        }
        Err(error) => {
            let kind = error.kind();
            // An empty place may be one whose first file is yet to come.
            if kind != ErrorKind::Cancelled {
                state.metrics.imported(&import.store.to_string(), ImportState::Failed, 0, began_at.elapsed());
                tracing::warn!(
                    source = %import.source,
                    store = %import.store,
                    error = %error.report(),
                    "scheduled import failed"
                );
            }
            Run::Failed
        }
    }
}

/// Imports, and waits for the end; `None` when the server stops meanwhile.
async fn import_once(state: &ServerState, import: &ScheduledImport) -> Result<Option<ImportSummary>> {
    let store = state.lake.find_store(&import.store).await?;
    let running = state.control.imports().start(NewImport {
        store: store.id(),
        store_name: store.name().to_string(),
        sources: vec![ImportSource::Location(import.source.clone())],
        narrowing: Narrowing::default(),
        dry_run: false,
        record_as: import.source.to_string(),
        retry: None,
    })?;
    let ended = tokio::select! {
        biased;
        ended = running.ended() => ended,
        () = state.stop.cancelled() => {
            // Whoever owns the imports waits for its end.
            running.stop();
            return Ok(None);
        }
    };
    match ended.as_ref() {
        Ok(summary) => Ok(Some(summary.clone())),
        Err(error) => Err(Error::new(error.kind(), error.report())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_failures_and_end_at_the_interval() {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3_600));
        let after = |failures, interval| pause(Run::Failed, failures, interval).as_secs();
        assert_eq!(pause(Run::Done, 0, minute), minute);
        assert_eq!(pause(Run::Busy, 0, minute), BUSY_PAUSE);
        assert_eq!([after(1, minute), after(2, minute), after(3, minute)], [5, 10, 20]);
        assert_eq!([after(20, minute), after(40, minute)], [300, 300]);
        assert_eq!([after(9, hour), after(11, hour), after(99, hour)], [1_280, 3_600, 3_600]);
    }
}
