//! Imports over gRPC: the server reads, the caller watches.
//!
//! ```text
//! StartImport --allowed source?--> RunningImports (one for each store) --run_import--> system.imports
//!      ^                                   |
//!      `---- progress, failures, end ------'      the caller may go; the import goes on
//! ```

mod convert;
mod running;
mod sources;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use auditlake_ingest::{
    FailureRecord, FailureStatus, ImportRecord, ImportRecords, ImportSource, Narrowing, Retry,
};
use auditlake_model::access::{Action, Principal, Resource};
use auditlake_model::{Error, EventDataStoreId, ImportId, ImportState, Result, StoreRef, TimeRange};
use auditlake_proto::v1;
use auditlake_proto::v1::imports_server::Imports;
use auditlake_store::Lake;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use tonic::{Request, Response, Status};

pub use self::running::{Ended, NewImport, RunningImport, RunningImports};
pub use self::sources::AllowedSources;

use super::call::{answer, deadline};
use super::find::find_store;
use super::{paging, times};

/// Name of the list of imports in tokens.
const IMPORTS: &str = "imports";
/// Name of the list of failures in tokens.
const FAILURES: &str = "import failures";
/// Most sources of one import.
const MAX_SOURCES: usize = 100;
/// Most accounts, and most regions, of one import.
const MAX_FOLDERS: usize = 1_000;
/// Most files that one retry reads.
const MAX_RETRIED_FILES: usize = 100_000;
/// Time between two progress events.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);
/// What may be asked for instead.
const PROGRESS_INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(60);

/// Runs imports, and looks at those that ran.
#[derive(Debug)]
pub(super) struct ImportsService {
    lake: Lake,
    running: RunningImports,
    allowed: AllowedSources,
}

impl ImportsService {
    pub(super) fn new(lake: Lake, running: RunningImports, allowed: AllowedSources) -> Self {
        Self { lake, running, allowed }
    }

    async fn start(
        &self,
        principal: &Principal,
        request: &v1::StartImportRequest,
    ) -> Result<Arc<RunningImport>> {
        let store = find_store(&self.lake, principal, &request.event_data_store, Action::Import).await?;
        let new = NewImport {
            store: store.id(),
            store_name: store.name().to_string(),
            sources: self.sources(&request.sources).await?,
            narrowing: narrowing(request)?,
            dry_run: request.dry_run,
            record_as: request.sources.join(" "),
            retry: None,
        };
        let running = self.running.start(new)?;
        let import_id = running.id();
        tracing::info!(%import_id, eds_id = %store.id(), principal = principal.name(), "import started");
        Ok(running)
    }

    async fn sources(&self, sources: &[String]) -> Result<Vec<ImportSource>> {
        if sources.is_empty() || sources.len() > MAX_SOURCES {
            return Err(Error::invalid(format!(
                "an import has 1 to {MAX_SOURCES} sources, not {}",
                sources.len()
            ))
            .with_code("InvalidParameterException"));
        }
        let allowed = self.allowed.check_all(sources.to_vec()).await?;
        Ok(allowed.into_iter().map(ImportSource::Location).collect())
    }

    /// Plans and starts a retry; `Err` of the inner result is the number of files that cannot be read again, when
    /// there is nothing else.
    async fn retry(&self, principal: &Principal, id: &str) -> Result<Result<Arc<RunningImport>, u64>> {
        let record = self.find(principal, ImportId::parse(id)?).await?;
        let store = EventDataStoreId::parse(&record.store_id)?;
        principal.authorise(Action::Import, Resource::Store(store))?;
        let records = ImportRecords::open(&self.lake)?;
        let retry = Retry::plan(&records, record.import_id).await?;
        if retry.failures().is_empty() {
            return Ok(Err(retry.unreadable()));
        }
        let files = retry.failures().len();
        if files > MAX_RETRIED_FILES {
            return Err(Error::resources_exhausted(format!(
                "{files} failed files are more than {MAX_RETRIED_FILES}"
            ))
            .with_hint("Import their source again: what was imported is skipped."));
        }
        let locations = retry.failures().iter().map(|failure| failure.failure.location.clone());
        let sources = self.allowed.check_all(locations.collect()).await?;
        let new = NewImport {
            store,
            store_name: record.store,
            sources: sources.into_iter().map(ImportSource::Object).collect(),
            narrowing: Narrowing::default(),
            dry_run: false,
            record_as: format!("retry of import {}", record.import_id),
            retry: Some(retry),
        };
        self.running.start(new).map(Ok)
    }

    async fn stop(&self, principal: &Principal, id: &str) -> Result<v1::ImportSummary> {
        let id = ImportId::parse(id)?;
        let Some(running) = self.running.get(id) else {
            let record = self.find(principal, id).await?;
            return Err(not_running(&record));
        };
        self.see(principal, running.store(), id)?;
        principal.authorise(Action::Import, Resource::Store(running.store()))?;
        tracing::info!(import_id = %id, principal = principal.name(), "import is to stop");
        running.stop();
        match running.ended().await.as_ref() {
            Ok(summary) => Ok(convert::summary(summary)),
            Err(error) => Err(running::copy(error)),
        }
    }

    async fn get(&self, principal: &Principal, id: &str) -> Result<v1::Import> {
        let id = ImportId::parse(id)?;
        let running = self.running.get(id);
        match (self.find(principal, id).await, running) {
            (Ok(record), Some(running)) => Ok(convert::running(&record, &running)),
            (Ok(record), None) => Ok(convert::import(&record)),
            // It is so new that it has no record yet, or a dry run, which gets none.
            (Err(_), Some(running)) => {
                self.see(principal, running.store(), id)?;
                Ok(convert::unrecorded(&running))
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn list(
        &self,
        principal: &Principal,
        request: &v1::ListImportsRequest,
    ) -> Result<v1::ListImportsResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after = paging::position(IMPORTS, &request.next_token)?.map(parse_place).transpose()?;
        let status = convert::parse_status(request.status)?;
        let store = self.store_filter(principal, &request.event_data_store).await?;
        let mut imports = ImportRecords::open(&self.lake)?.imports().await?;
        imports.retain(|record| {
            may_see(principal, &record.store_id)
                && status.is_none_or(|status| status == record.state)
                && store.is_none_or(|store| EventDataStoreId::parse(&record.store_id).ok() == Some(store))
        });
        let page = paging::cut(IMPORTS, imports, after.as_ref(), size, place, |(started, id)| {
            format!("{} {id}", started.0.as_micros())
        });
        let on_wire = |record: &ImportRecord| match self.running.get(record.import_id) {
            Some(running) => convert::running(record, &running),
            None => convert::import(record),
        };
        let imports = page.items.iter().map(on_wire).collect();
        Ok(v1::ListImportsResponse { imports, next_token: page.next_token })
    }

    async fn list_failures(
        &self,
        principal: &Principal,
        request: &v1::ListImportFailuresRequest,
    ) -> Result<v1::ListImportFailuresResponse> {
        let size = paging::page_size(request.max_results, paging::DEFAULT_RESULTS, paging::MAX_RESULTS)?;
        let after = paging::position(FAILURES, &request.next_token)?;
        let import = match request.import_id.as_str() {
            "" => None,
            id => Some(self.find(principal, ImportId::parse(id)?).await?.import_id),
        };
        let mut failures = ImportRecords::open(&self.lake)?.failures(import).await?;
        failures.retain(|failure| {
            may_see(principal, &failure.store_id)
                && (request.include_succeeded || failure.status == FailureStatus::Failed)
        });
        let key = |failure: &FailureRecord| format!("{} {}", failure.import_id, failure.failure.location);
        let page = paging::cut(FAILURES, failures, after.as_ref(), size, key, String::clone);
        let failures = page.items.iter().map(convert::failure_record).collect();
        Ok(v1::ListImportFailuresResponse { failures, next_token: page.next_token })
    }

    /// Returns the id of the store that a list is limited to.
    async fn store_filter(&self, principal: &Principal, text: &str) -> Result<Option<EventDataStoreId>> {
        if text.is_empty() {
            return Ok(None);
        }
        // The records of a store outlive it.
        if let StoreRef::Id(id) = StoreRef::parse(text)?
            && principal.may(Action::Read, Resource::Store(id))
        {
            return Ok(Some(id));
        }
        find_store(&self.lake, principal, text, Action::Read).await.map(|store| Some(store.id()))
    }

    /// Finds the record of an import into a store that the caller may read.
    async fn find(&self, principal: &Principal, id: ImportId) -> Result<ImportRecord> {
        let imports = ImportRecords::open(&self.lake)?.imports().await?;
        let found = imports.into_iter().find(|record| record.import_id == id);
        found.filter(|record| may_see(principal, &record.store_id)).ok_or_else(|| absent(id))
    }

    fn see(&self, principal: &Principal, store: EventDataStoreId, id: ImportId) -> Result<()> {
        match principal.may(Action::Read, Resource::Store(store)) {
            true => Ok(()),
            false => Err(absent(id)),
        }
    }
}

/// Tells whether the caller may see imports into the store of this id.
fn may_see(principal: &Principal, store_id: &str) -> bool {
    match EventDataStoreId::parse(store_id) {
        Ok(id) => principal.may(Action::Read, Resource::Store(id)),
        Err(_) => principal.may(Action::Read, Resource::Lake),
    }
}

fn absent(id: ImportId) -> Error {
    Error::not_found(format!("there is no import `{id}`"))
        .with_code("ImportNotFoundException")
        .with_hint("List the imports with `auditlake import list`.")
}

fn not_running(record: &ImportRecord) -> Error {
    let id = record.import_id;
    let error = match record.state {
        ImportState::Initializing | ImportState::InProgress => {
            Error::conflict(format!("import `{id}` does not run in this server"))
                .with_hint("Stop it where it was started.")
        }
        state => Error::conflict(format!("import `{id}` has ended as {state}")),
    };
    error.with_code("InvalidImportStatusException")
}

/// The place of an import in the list: newest first.
type Place = (std::cmp::Reverse<auditlake_model::Timestamp>, ImportId);

fn place(record: &ImportRecord) -> Place {
    (std::cmp::Reverse(record.started_at), record.import_id)
}

fn parse_place(text: String) -> Result<Place> {
    let parts = text.split_once(' ').and_then(|(micros, id)| {
        let started = auditlake_model::Timestamp::from_micros(micros.parse().ok()?);
        Some((std::cmp::Reverse(started), ImportId::parse(id).ok()?))
    });
    parts.ok_or_else(paging::foreign_token)
}

fn narrowing(request: &v1::StartImportRequest) -> Result<Narrowing> {
    let start = times::maybe_from_wire("start_event_time", request.start_event_time.as_ref())?;
    let end = times::maybe_from_wire("end_event_time", request.end_event_time.as_ref())?;
    let wrong = |what: String| Err(Error::invalid(what).with_code("InvalidParameterException"));
    if request.accounts.len() > MAX_FOLDERS || request.regions.len() > MAX_FOLDERS {
        return wrong(format!("an import is limited to at most {MAX_FOLDERS} accounts and regions"));
    }
    let is_account = |text: &&String| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(account) = request.accounts.iter().find(|account| !is_account(account)) {
        return wrong(format!("`{account}` is no account id of 12 digits"));
    }
    Ok(Narrowing {
        range: TimeRange::try_new(start, end)?,
        accounts: request.accounts.clone(),
        regions: request.regions.clone(),
    })
}

/// Returns the time between two progress events that was asked for.
fn interval(asked: Option<&prost_types::Duration>) -> Result<Duration> {
    let Some(asked) = asked else { return Ok(PROGRESS_INTERVAL) };
    let asked = times::duration_from_wire("progress_interval", asked)?;
    match PROGRESS_INTERVALS.contains(&asked) {
        true => Ok(asked),
        false => Err(Error::invalid("`progress_interval` is not between 100 ms and 60 s")
            .with_code("InvalidParameterException")),
    }
}

/// Returns the events of a retry, which may be a single one.
fn retry_events(
    retry: Result<Arc<RunningImport>, u64>,
    interval: Duration,
    deadline: Option<Duration>,
    request_id: Arc<str>,
) -> BoxStream<'static, Result<v1::ImportEvent, Status>> {
    match retry {
        Ok(running) => stream::events(running, interval, deadline, request_id).boxed(),
        Err(unreadable_files) => {
            let nothing = v1::NothingToRetry { unreadable_files };
            let event = Some(v1::import_event::Event::NothingToRetry(nothing));
            futures::stream::once(std::future::ready(Ok(v1::ImportEvent { event }))).boxed()
        }
    }
}

#[tonic::async_trait]
impl Imports for ImportsService {
    type StartImportStream = BoxStream<'static, Result<v1::StartImportResponse, Status>>;

    async fn start_import(
        &self,
        request: Request<v1::StartImportRequest>,
    ) -> Result<Response<Self::StartImportStream>, Status> {
        let deadline = deadline(request.metadata());
        answer(request, |caller, request| async move {
            let interval = interval(request.progress_interval.as_ref())?;
            let running = self.start(&caller.principal, &request).await?;
            let events = stream::events(running, interval, deadline, caller.request_id);
            let wrap =
                |event: Result<_, _>| event.map(|event| v1::StartImportResponse { event: Some(event) });
            Ok(events.map(wrap).boxed())
        })
        .await
    }

    type RetryImportStream = BoxStream<'static, Result<v1::RetryImportResponse, Status>>;

    async fn retry_import(
        &self,
        request: Request<v1::RetryImportRequest>,
    ) -> Result<Response<Self::RetryImportStream>, Status> {
        let deadline = deadline(request.metadata());
        answer(request, |caller, request| async move {
            let interval = interval(request.progress_interval.as_ref())?;
            let retry = self.retry(&caller.principal, &request.import_id).await?;
            let events = retry_events(retry, interval, deadline, caller.request_id);
            let wrap =
                |event: Result<_, _>| event.map(|event| v1::RetryImportResponse { event: Some(event) });
            Ok(events.map(wrap).boxed())
        })
        .await
    }

    async fn stop_import(
        &self,
        request: Request<v1::StopImportRequest>,
    ) -> Result<Response<v1::StopImportResponse>, Status> {
        answer(request, |caller, request| async move {
            let summary = self.stop(&caller.principal, &request.import_id).await?;
            Ok(v1::StopImportResponse { summary: Some(summary) })
        })
        .await
    }

    async fn get_import(
        &self,
        request: Request<v1::GetImportRequest>,
    ) -> Result<Response<v1::GetImportResponse>, Status> {
        answer(request, |caller, request| async move {
            let import = self.get(&caller.principal, &request.import_id).await?;
            Ok(v1::GetImportResponse { import: Some(import) })
        })
        .await
    }

    async fn list_imports(
        &self,
        request: Request<v1::ListImportsRequest>,
    ) -> Result<Response<v1::ListImportsResponse>, Status> {
        answer(request, |caller, request| async move { self.list(&caller.principal, &request).await }).await
    }

    async fn list_import_failures(
        &self,
        request: Request<v1::ListImportFailuresRequest>,
    ) -> Result<Response<v1::ListImportFailuresResponse>, Status> {
        answer(
            request,
            |caller, request| async move { self.list_failures(&caller.principal, &request).await },
        )
        .await
    }
}

#[cfg(test)]
mod tests;
