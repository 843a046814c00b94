//! The queries of this server and their results: those that run, those that are kept, and the removal of old ones.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Error, ErrorKind, QueryId, Result};
use auditlake_query::{QueryRequest, QueryService, QueryStatus};
use auditlake_store::Lake;
use futures::{StreamExt as _, TryStreamExt as _};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::document::KeptQuery;
use super::run::{Live, run};
use super::storage::ResultStorage;

/// Time between two removals of expired results.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3_600);
/// States that are read at once.
const CONCURRENT_READS: usize = 16;
/// States of ended queries that are held, so that a list does not read each of them again.
const CACHED_QUERIES: usize = 10_000;

/// Runs queries, keeps their results, and removes them when they expire. Clones share one.
#[derive(Clone)]
pub struct KeptQueries {
    inner: Arc<Inner>,
}

struct Inner {
    storage: ResultStorage,
    service: Arc<QueryService>,
    live: Mutex<HashMap<QueryId, Arc<Live>>>,
    /// Queries that ended: they do not change any more.
    ended: Mutex<HashMap<QueryId, Arc<KeptQuery>>>,
    tasks: Mutex<JoinSet<()>>,
    closed: CancellationToken,
}

impl KeptQueries {
    /// Starts the removal of expired results. To be called inside of a Tokio runtime.
    pub fn start(lake: Lake, service: Arc<QueryService>) -> Self {
        let storage = ResultStorage::new(lake);
        let closed = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(sweep_for_ever(storage.clone(), closed.clone()));
        let inner = Inner {
            storage,
            service,
            live: Mutex::default(),
            ended: Mutex::default(),
            tasks: Mutex::new(tasks),
            closed,
        };
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn storage(&self) -> &ResultStorage {
        &self.inner.storage
    }

    /// Starts a query and keeps its result.
    ///
    /// # Errors
    ///
    /// `ResourcesExhausted` (`MaxConcurrentQueriesException`), and those of writing to the lake.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its end, the query is cancelled.
    pub(super) async fn run(&self, request: QueryRequest) -> Result<QueryId> {
        let Inner { storage, service, live, tasks, closed, .. } = self.inner.as_ref();
        if closed.is_cancelled() {
            return Err(Error::unavailable("the server is stopping"));
        }
        storage.lake().ensure_writable().await?;
        // From here on the handle cancels the query if it is dropped.
        let handle = service.start(request)?;
        let id = handle.id();
        let query = KeptQuery::of(handle.status(), true);
        let query = KeptQuery { rows: 0, ..query };
        storage.put_status(&query).await?;
        let run_of = Arc::new(Live::new(query));
        live.lock().insert(id, Arc::clone(&run_of));
        let place = Place { inner: Arc::clone(&self.inner), live: Arc::clone(&run_of), id };
        let work = run(handle, run_of, storage.clone(), closed.clone());
        let mut tasks = tasks.lock();
        // Those that ended need no room.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _place = place;
            Box::pin(work).await;
        });
        Ok(id)
    }

    /// Waits for the end of a query of this service that runs here, for at most `wait`.
    pub(super) async fn ended(&self, id: QueryId, wait: Duration) {
        let live = self.inner.live.lock().get(&id).cloned();
        if let Some(live) = live {
            let mut query = live.query.subscribe();
            drop(live);
            let ended = query.wait_for(|query| query.state.is_terminal());
            // Either way the caller looks anew.
            let _ = tokio::time::timeout(wait, ended).await;
        }
    }

    /// Returns a query: one that runs here, through whatever door it came, or one whose result is kept.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    pub(super) async fn get(&self, id: QueryId) -> Result<Option<Arc<KeptQuery>>> {
        let status = self.active().remove(&id);
        if let Some(query) = self.live(id) {
            return Ok(Some(with_status(query, status.as_ref())));
        }
        if let Some(status) = status {
            return Ok(Some(Arc::new(KeptQuery::of(status, false))));
        }
        self.stored(id).await
    }

    /// Returns all queries: those that run here, and those whose results are kept.
    ///
    /// # Errors
    ///
    /// Those of the storage. A state that is damaged is left out.
    pub(super) async fn all(&self) -> Result<Vec<Arc<KeptQuery>>> {
        let ids = self.storage().ids().await?;
        let stored = ids.into_iter().map(|id| self.listed(id));
        let stored: Vec<Option<Arc<KeptQuery>>> =
            futures::stream::iter(stored).buffer_unordered(CONCURRENT_READS).try_collect().await?;
        let mut queries: HashMap<QueryId, Arc<KeptQuery>> =
            stored.into_iter().flatten().map(|query| (query.id, query)).collect();
        let mut active = self.active();
        let live: Vec<QueryId> = self.inner.live.lock().keys().copied().collect();
        for id in live {
            if let Some(query) = self.live(id) {
                queries.insert(id, with_status(query, active.remove(&id).as_ref()));
            }
        }
        for (id, status) in active {
            queries.entry(id).or_insert_with(|| Arc::new(KeptQuery::of(status, false)));
        }
        Ok(queries.into_values().collect())
    }

    /// Stops the queries of this service and the removal of results, and returns when all have ended.
    pub async fn close(&self) {
        self.inner.closed.cancel();
        let mut tasks = std::mem::take(&mut *self.inner.tasks.lock());
        while tasks.join_next().await.is_some() {}
    }

    /// Returns what the service works on, whatever door it came through.
    fn active(&self) -> HashMap<QueryId, QueryStatus> {
        self.inner.service.active().into_iter().map(|status| (status.id, status)).collect()
    }

    fn live(&self, id: QueryId) -> Option<Arc<KeptQuery>> {
        let live = self.inner.live.lock().get(&id).cloned()?;
        let query = Arc::clone(&live.query.borrow());
        // One that has just ended stays here for a moment.
        let now = self.storage().lake().clock().now();
        Some(query).filter(|query| !query.state.is_terminal() || !query.is_expired(now))
    }

    async fn listed(&self, id: QueryId) -> Result<Option<Arc<KeptQuery>>> {
        match self.stored(id).await {
            Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Unsupported) => {
                tracing::warn!(query_id = %id, error = %error.report(), "result left out of the list");
                Ok(None)
            }
            other => other,
        }
    }

    async fn stored(&self, id: QueryId) -> Result<Option<Arc<KeptQuery>>> {
        let held = self.inner.ended.lock().get(&id).cloned();
        if let Some(query) = held {
            let now = self.storage().lake().clock().now();
            return Ok(Some(query).filter(|query| !query.is_expired(now)));
        }
        let Some(query) = self.storage().status(id).await?.map(Arc::new) else { return Ok(None) };
        if query.state.is_terminal() && !query.abandoned {
            self.inner.hold(&query);
        }
        Ok(Some(query))
    }
}

impl Debug for KeptQueries {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptQueries").field("live", &self.inner.live.lock().len()).finish_non_exhaustive()
    }
}

impl Inner {
    fn hold(&self, query: &Arc<KeptQuery>) {
        let mut ended = self.ended.lock();
        if ended.len() >= CACHED_QUERIES {
            ended.clear();
        }
        ended.insert(query.id, Arc::clone(query));
    }
}

/// The place of a query among those that run; dropped when it ended, however.
struct Place {
    inner: Arc<Inner>,
    live: Arc<Live>,
    id: QueryId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let query = Arc::clone(&self.live.query.borrow());
        if query.state.is_terminal() {
            self.inner.hold(&query);
        }
        self.inner.live.lock().remove(&self.id);
    }
}

fn with_status(query: Arc<KeptQuery>, status: Option<&QueryStatus>) -> Arc<KeptQuery> {
    match status {
        Some(status) if !query.state.is_terminal() => Arc::new(KeptQuery::clone(&query).with_status(status)),
        _ => query,
    }
}

/// Removes expired results now and then until the server stops.
async fn sweep_for_ever(storage: ResultStorage, closed: CancellationToken) {
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            swept = sweep(&storage) => match swept {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "removed expired results"),
                Err(error) => tracing::warn!(error = %error.report(), "expired results not removed"),
            }
        }
        tokio::select! {
            () = closed.cancelled() => return,
            () = tokio::time::sleep(SWEEP_INTERVAL) => {}
        }
    }
}

/// Removes expired results; returns how many.
///
/// # Errors
///
/// Those of the storage.
pub(super) async fn sweep(storage: &ResultStorage) -> Result<u64> {
    let mut removed = 0;
    for id in storage.ids().await? {
        removed += u64::from(storage.remove_expired(id).await?);
    }
    Ok(removed)
}
