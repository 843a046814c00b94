//! The imports that run in this server: at most one for each store, each owned here until it ends.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::{Duration, Instant};

use auditlake_ingest::{
    ImportFailure, ImportLimits, ImportProgress, ImportRecords, ImportRequest, ImportSource, ImportSummary,
    Narrowing, Pace, Retry, run_import,
};
use auditlake_model::{Error, EventDataStoreId, ImportId, Result, Timestamp};
use auditlake_store::{Lake, ObjectStoreConfig};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::control::ControlParts;

/// Failures that are kept for those who watch; all are in the records.
const MAX_TOLD_FAILURES: usize = 1_000;

/// An import that is to run.
#[derive(Debug)]
pub struct NewImport {
    /// The store to import into.
    pub store: EventDataStoreId,
    /// Its name.
    pub store_name: String,
    /// Where to read.
    pub sources: Vec<ImportSource>,
    /// What to take.
    pub narrowing: Narrowing,
    /// Only tells what would be read.
    pub dry_run: bool,
    /// The sources as `system.imports` shows them.
    pub record_as: String,
    /// The failures of an earlier import that it reads again, if it is a retry.
    pub retry: Option<Retry>,
}

/// How an import ended. The error is shared by all who watch.
pub type Ended = Arc<Result<ImportSummary>>;

/// An import that runs, or has just ended.
pub struct RunningImport {
    id: ImportId,
    store: EventDataStoreId,
    store_name: String,
    sources: String,
    unreadable: u64,
    started_at: Timestamp,
    began: Instant,
    progress: Arc<ImportProgress>,
    failures: Mutex<Vec<ImportFailure>>,
    stop: CancellationToken,
    ended: watch::Receiver<Option<Ended>>,
}

impl RunningImport {
    /// Returns the id.
    pub fn id(&self) -> ImportId {
        self.id
    }

    /// Returns the store.
    pub fn store(&self) -> EventDataStoreId {
        self.store
    }

    /// Returns the name of the store, as it was at the start.
    pub fn store_name(&self) -> &str {
        &self.store_name
    }

    /// Returns the sources, as the records show them.
    pub fn sources(&self) -> &str {
        &self.sources
    }

    /// Returns the number of failed files that the retry cannot read.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Returns when it started.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Returns how long it runs.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns its counters.
    pub fn progress(&self) -> &ImportProgress {
        &self.progress
    }

    /// Returns the failures so far from number `from` on; at most [`MAX_TOLD_FAILURES`] in all.
    pub fn failures(&self, from: usize) -> Vec<ImportFailure> {
        self.failures.lock().get(from..).unwrap_or_default().to_vec()
    }

    /// Asks it to stop; a commit that has begun is finished.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits for its end.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.ended.clone();
        let found = ended.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone());
        // The task ended without a word: it panicked.
        found.unwrap_or_else(|| Arc::new(Err(Error::internal("import ended unexpectedly"))))
    }

    fn note(&self, failure: &ImportFailure) {
        let mut failures = self.failures.lock();
        if failures.len() < MAX_TOLD_FAILURES {
            failures.push(failure.clone());
        }
    }
}

impl Debug for RunningImport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningImport")
            .field("id", &self.id)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Returns an error that says what `error` says, for one more who asks.
pub(super) fn copy(error: &Error) -> Error {
    let mut copy = Error::new(error.kind(), error.report());
    if let Some(hint) = error.hint() {
        copy = copy.with_hint(hint);
    }
    copy
}

/// How long imports hold back after the last query.
const QUIET: Duration = Duration::from_secs(1);

/// Makes the pace of the server's imports: they hold back while queries run, and for a moment after.
fn pace_of(parts: &ControlParts) -> Arc<Pace> {
    let queries = Arc::downgrade(&parts.queries);
    Arc::new(Pace::new(move || queries.upgrade().is_some_and(|queries| queries.had_work_within(QUIET))))
}

/// The imports of this server. Clones share them.
#[derive(Clone)]
pub struct RunningImports {
    inner: Arc<Inner>,
}

struct Inner {
    lake: Lake,
    source_config: ObjectStoreConfig,
    limits: ImportLimits,
    background: Handle,
    pace: Arc<Pace>,
    running: Mutex<HashMap<EventDataStoreId, Arc<RunningImport>>>,
    tasks: Mutex<JoinSet<()>>,
    closed: CancellationToken,
}

impl RunningImports {
    /// Creates the list.
    pub fn new(parts: &ControlParts) -> Self {
        let inner = Inner {
            lake: parts.lake.clone(),
            source_config: ObjectStoreConfig { sse_kms_key_id: None, ..parts.source_config.clone() },
            limits: parts.import_limits,
            background: parts.background.clone(),
            pace: pace_of(parts),
            running: Mutex::default(),
            tasks: Mutex::default(),
            closed: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts an import. It runs to its end whoever watches it.
    ///
    /// # Errors
    ///
    /// `Conflict` (`AccountHasOngoingImportException`) while another one writes to the store; `Unavailable` when the
    /// server is stopping.
    pub fn start(&self, new: NewImport) -> Result<Arc<RunningImport>> {
        let Inner { lake, background, pace, running, tasks, closed, .. } = self.inner.as_ref();
        if closed.is_cancelled() {
            return Err(Error::unavailable("the server is stopping"));
        }
        let (outcome, ended) = watch::channel(None);
        let id = ImportId::generate(lake.ids().as_ref());
        let import = Arc::new(RunningImport {
            id,
            store: new.store,
            store_name: new.store_name.clone(),
            sources: new.record_as.clone(),
            unreadable: new.retry.as_ref().map_or(0, Retry::unreadable),
            started_at: lake.clock().now(),
            began: Instant::now(),
            progress: Arc::new(ImportProgress::of(id).paced_by(Arc::clone(pace))),
            failures: Mutex::default(),
            stop: closed.child_token(),
            ended,
        });
        {
            let mut running = running.lock();
            if let Some(other) = running.get(&new.store) {
                return Err(ongoing(other));
            }
            running.insert(new.store, Arc::clone(&import));
        }
        let place = Place { inner: Arc::clone(&self.inner), import: Arc::clone(&import) };
        let mut tasks = tasks.lock();
        // Those that ended need no room.
        while tasks.try_join_next().is_some() {}
        let work = async move {
            let done = Box::pin(run(&place, new)).await;
            // Out of the list first: whoever sees the end may start the next import.
            drop(place);
            outcome.send_replace(Some(Arc::new(done)));
        };
        tasks.spawn_on(work, background);
        Ok(import)
    }

    /// Returns the import of this id, while it runs.
    pub fn get(&self, id: ImportId) -> Option<Arc<RunningImport>> {
        self.inner.running.lock().values().find(|import| import.id == id).cloned()
    }

    /// Returns the number of imports that run.
    pub fn count(&self) -> usize {
        self.inner.running.lock().len()
    }

    /// Refuses what cannot be done to a store while an import writes to it.
    ///
    /// # Errors
    ///
    /// `Conflict` (`EventDataStoreHasOngoingImportException`).
    pub fn refuse_ongoing(&self, store: EventDataStoreId) -> Result<()> {
        match self.inner.running.lock().get(&store) {
            None => Ok(()),
            Some(import) => Err(ongoing(import).with_code("EventDataStoreHasOngoingImportException")),
        }
    }

    /// Stops all imports and returns when they have ended; no other starts any more.
    pub async fn close(&self) {
        self.inner.closed.cancel();
        let mut tasks = std::mem::take(&mut *self.inner.tasks.lock());
        while tasks.join_next().await.is_some() {}
    }
}

impl Debug for RunningImports {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningImports").field("running", &self.count()).finish_non_exhaustive()
    }
}

/// The place of an import in the list; dropped when it ended, however.
struct Place {
    inner: Arc<Inner>,
    import: Arc<RunningImport>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.running.lock().remove(&self.import.store);
    }
}

async fn run(place: &Place, new: NewImport) -> Result<ImportSummary> {
    let Inner { lake, source_config, limits, .. } = place.inner.as_ref();
    let import = &place.import;
    let request = ImportRequest {
        store: new.store,
        sources: new.sources,
        source_config: source_config.clone(),
        narrowing: new.narrowing,
        dry_run: new.dry_run,
        record_as: Some(new.record_as),
        limits: *limits,
    };
    let mut on_failure = |failure: &ImportFailure| import.note(failure);
    let progress = Arc::clone(&import.progress);
    let done = Box::pin(run_import(lake, request, progress, import.stop.clone(), &mut on_failure)).await;
    let summary = done.inspect_err(|error| {
        tracing::warn!(import_id = %import.id, error = %error.report(), "import failed");
    })?;
    if let Some(retry) = new.retry {
        retry.settle(&ImportRecords::open(lake)?, &summary).await?;
    }
    let (events, state) = (summary.events_stored, summary.state);
    tracing::info!(import_id = %import.id, eds_id = %import.store, %state, events, "import ended");
    Ok(summary)
}

fn ongoing(other: &RunningImport) -> Error {
    Error::conflict(format!("an import into `{}` is running", other.store_name))
        .with_code("AccountHasOngoingImportException")
        .with_context("import", other.id)
        .with_hint("Wait for its end, or stop it.")
}
