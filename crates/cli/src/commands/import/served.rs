//! Imports that a server runs: asked for here, watched from here, stopped by Ctrl-C here.

use std::sync::Arc;

use auditlake_client::{Connection, ImportEvents};
use auditlake_ingest::{ImportFailure, ImportProgress, ImportSummary};
use auditlake_model::{Error, ErrorKind, Result};
use auditlake_proto::v1;
use auditlake_proto::v1::import_event::Event;
use auditlake_proto::v1::imports_client::ImportsClient;
use auditlake_store::{SourceLocation, StoreLocation};

use super::run::FailurePrinter;
use crate::context::Context;
use crate::progress::ImportWatch;
use crate::remote::imports as wire;

/// How an import of a server came out.
pub(super) enum Outcome {
    /// It ran, and came to this.
    Done(Box<ImportSummary>),
    /// There was nothing to retry: so many files came from standard input.
    Nothing(u64),
}

/// Returns sources as a server reads them.
///
/// # Errors
/// `Invalid` for files, folders and standard input of this machine, which a server does not see.
pub(super) fn sources(sources: &[SourceLocation]) -> Result<Vec<String>> {
    let remote = |source: &SourceLocation| match source {
        SourceLocation::Place(place @ StoreLocation::S3 { .. }) => Ok(place.to_string()),
        local => Err(Error::invalid(format!("the server does not see `{local}` of this machine"))
            .with_code("InvalidImportSourceException")
            .with_hint(
                "Name s3://BUCKET/PREFIX, or run the import without --connect where lake and files are.",
            )),
    };
    sources.iter().map(remote).collect()
}

/// Watches an import to its end, with its progress; Ctrl-C stops it in the server.
///
/// # Errors
/// Why the import is impossible; `Unavailable` when the server is lost, while the import goes on there.
pub(super) async fn watch(
    events: ImportEvents,
    connection: &Connection,
    json: bool,
    ctx: &Context,
) -> Result<Outcome> {
    let mut watched = Watched { events, connection, id: None, failures: FailurePrinter::new(&ctx.output) };
    let progress = Arc::new(ImportProgress::default());
    let bar = (!json).then(|| ImportWatch::start(&ctx.output, &progress));
    let outcome = watched.finish(&progress, ctx).await;
    drop(bar);
    outcome.map_err(|error| watched.explain(error))
}

struct Watched<'a> {
    events: ImportEvents,
    connection: &'a Connection,
    /// Known once it runs.
    id: Option<String>,
    failures: FailurePrinter,
}

impl Watched<'_> {
    async fn finish(&mut self, progress: &ImportProgress, ctx: &Context) -> Result<Outcome> {
        let mut stopping = false;
        loop {
            let event = tokio::select! {
                biased;
                event = self.events.next() => event?,
                () = ctx.interrupt.cancelled(), if !stopping && self.id.is_some() => {
                    stopping = true;
                    self.stop().await?;
                    continue;
                }
            };
            match event {
                Some(Event::Started(started)) => {
                    super::retry::warn_of_unreadable(started.unreadable_files, ctx);
                    self.id = Some(started.import_id);
                }
                Some(Event::Progress(seen)) => wire::set_progress(progress, &seen),
                Some(Event::Failure(failure)) => self.fail(failure),
                Some(Event::Completed(summary)) => {
                    return wire::summary(summary).map(|s| Outcome::Done(Box::new(s)));
                }
                Some(Event::NothingToRetry(nothing)) => {
                    return Ok(Outcome::Nothing(nothing.unreadable_files));
                }
                None => return Err(Error::internal("the report of an import has no end")),
            }
        }
    }

    fn fail(&mut self, failure: v1::ImportFailure) {
        let failure: ImportFailure = wire::failure(failure);
        self.failures.print(&failure);
    }

    /// Asks the server to stop the import, and waits until it has; the end is told by the events.
    async fn stop(&self) -> Result<()> {
        let import_id = &self.id.clone().unwrap_or_default();
        let call = |service| async move {
            let request = v1::StopImportRequest { import_id: import_id.clone() };
            ImportsClient::new(service).stop_import(request).await
        };
        match self.connection.call(call).await {
            // It came to its end meanwhile.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Tells of an import that is only out of sight.
    fn explain(&self, error: Error) -> Error {
        match (&self.id, error.kind()) {
            (Some(id), ErrorKind::Unavailable) => error.with_hint(format!(
                "The import goes on in the server: see `auditlake import show {id} --connect`."
            )),
            _ => error,
        }
    }
}
