//! Runs an import and tells what it came to.

use std::io::Read as _;
use std::sync::Arc;

use auditlake_client::ImportEvents;
use auditlake_ingest::{
    ImportFailure, ImportProgress, ImportRequest, ImportSource, ImportSummary, Narrowing, run_import,
};
use auditlake_model::{Error, EventDataStoreId, ImportState, Result, StoreRef, TimeBound, TimeRange};
use auditlake_proto::v1;
use auditlake_server::control::times;
use auditlake_store::{Access, Lake, ObjectStoreConfig, SourceLocation};
use bytes::Bytes;
use clap::Args;

use super::{report, served};
use crate::args::{account_id, source_location, store_ref, time_bound};
use crate::config::{Key, Values};
use crate::connect::{ConnectArgs, Use};
use crate::context::{Context, interrupted};
use crate::error::{CommandResult, Exit, Failure, UsageExt};
use crate::output::Output;
use crate::progress::ImportWatch;
use crate::records::write_json;

/// Failures that are printed one by one; the others are counted, and all are in `import failures`.
const MAX_PRINTED_FAILURES: u64 = 100;
/// Largest standard input; its bytes are held in memory.
const MAX_STDIN_BYTES: u64 = 2 << 30;
/// Name of standard input in messages and custody records.
const STDIN: &str = "stdin";

/// What to import.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Files, folders, s3://bucket/prefix, or - for standard input
    #[arg(value_name = "SRC", required = true, value_parser = source_location)]
    sources: Vec<SourceLocation>,

    /// Event data store to import into: name, id or ARN
    #[arg(long, value_name = "NAME", required = true, value_parser = store_ref)]
    store: Option<StoreRef>,

    /// Takes events from this time on: RFC 3339, a date (UTC), or before now as in 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = time_bound, help_heading = "Narrowing")]
    since: Option<TimeBound>,

    /// Takes events before this time
    #[arg(long, value_name = "TIME", value_parser = time_bound, help_heading = "Narrowing")]
    until: Option<TimeBound>,

    /// Reads the folders of this account only; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Narrowing", value_parser = account_id)]
    account: Vec<String>,

    /// Reads the folders of this region only; repeatable
    #[arg(long, value_name = "REGION", value_delimiter = ',', help_heading = "Narrowing")]
    region: Vec<String>,

    /// Tells what would be read, and reads nothing
    #[arg(long)]
    dry_run: bool,

    /// Prints the summary as JSON to stdout, and shows no progress
    #[arg(long)]
    json: bool,
}

/// Bounds of an import.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Largest uncompressed size of a log file [default: 512MiB]
    #[arg(long, value_name = "SIZE")]
    max_decompressed_size: Option<String>,

    /// Decoded bytes that are gathered for one commit; about twice as much is held [default: 80MiB]
    #[arg(long, value_name = "SIZE", hide_short_help = true)]
    buffer_size: Option<String>,

    /// Log files that are gathered for one commit [default: 50000]
    #[arg(long, value_name = "N", hide_short_help = true)]
    commit_files: Option<String>,

    /// Log files that are fetched at once [default: 16]
    #[arg(long, value_name = "N", hide_short_help = true)]
    fetches: Option<String>,

    /// Threads that decode [default: the processors]
    #[arg(long, value_name = "N", hide_short_help = true)]
    threads: Option<String>,
}

impl LimitArgs {
    /// Refuses bounds that a server does not take from its callers.
    ///
    /// # Errors
    /// `Invalid`.
    pub(super) fn refuse_beside_server(&self) -> Result<()> {
        let flags = [
            (&self.max_decompressed_size, "--max-decompressed-size"),
            (&self.buffer_size, "--buffer-size"),
            (&self.commit_files, "--commit-files"),
            (&self.fetches, "--fetches"),
            (&self.threads, "--threads"),
        ];
        match flags.into_iter().find(|(given, _)| given.is_some()) {
            None => Ok(()),
            Some((_, flag)) => Err(Error::invalid(format!("{flag} is not for a server"))
                .with_hint("The settings of the server bound its imports.")),
        }
    }

    pub(super) fn add_values(&self, values: &mut Values) {
        values.set_given(Key::ImportMaxDecompressedSize, self.max_decompressed_size.as_ref());
        values.set_given(Key::ImportBufferSize, self.buffer_size.as_ref());
        values.set_given(Key::ImportCommitObjects, self.commit_files.as_ref());
        values.set_given(Key::ImportFetches, self.fetches.as_ref());
        values.set_given(Key::ImportThreads, self.threads.as_ref());
    }
}

impl RunArgs {
    /// Refuses arguments of an import that stand before a subcommand.
    ///
    /// # Errors
    /// `Invalid`.
    pub(super) fn refuse_beside_subcommand(&self) -> Result<()> {
        let is_alone = self.sources.is_empty()
            && self.store.is_none()
            && self.since.is_none()
            && self.until.is_none()
            && self.account.is_empty()
            && self.region.is_empty()
            && !self.dry_run
            && !self.json;
        match is_alone {
            true => Ok(()),
            false => Err(Error::invalid("an import and a subcommand cannot be asked for together")
                .with_hint("A folder that is called like a subcommand is written ./list, ./show and so on.")),
        }
    }

    fn narrowing(&self, ctx: &Context) -> Result<Narrowing> {
        let at = |bound: Option<TimeBound>| bound.map(|bound| bound.resolve(ctx.now()));
        Ok(Narrowing {
            range: TimeRange::try_new(at(self.since), at(self.until))?,
            accounts: self.account.clone(),
            regions: self.region.clone(),
        })
    }
}

/// Imports, and tells what came of it.
pub(super) async fn run(
    args: RunArgs,
    limits: &LimitArgs,
    server: &ConnectArgs,
    ctx: &Context,
) -> CommandResult {
    let narrowing = args.narrowing(ctx).usage()?;
    let store = args.store.as_ref().ok_or_else(|| Error::internal("no store to import into"))?;
    if server.server(Use::Write, ctx).usage()?.is_some() {
        limits.refuse_beside_server().usage()?;
        let request = request(&args, store, &narrowing).usage()?;
        return run_served(&request, args.json, server, ctx).await;
    }
    let names: Vec<String> = args.sources.iter().map(ToString::to_string).collect();
    let (lake, store) = ctx.or_interrupted(lake_for_import(ctx).open_store(store, Access::Write)).await?;
    let what = Import {
        store: store.id(),
        sources: sources(args.sources, ctx).await?,
        names,
        narrowing,
        dry_run: args.dry_run,
        json: args.json,
    };
    let summary = import(&lake, what, ctx).await?;
    tell(&summary, args.json, ctx)
}

/// Returns what a server is asked for.
fn request(args: &RunArgs, store: &StoreRef, narrowing: &Narrowing) -> Result<v1::StartImportRequest> {
    Ok(v1::StartImportRequest {
        event_data_store: store.to_string(),
        sources: served::sources(&args.sources)?,
        start_event_time: narrowing.range.start.map(times::to_wire),
        end_event_time: narrowing.range.end.map(times::to_wire),
        accounts: narrowing.accounts.clone(),
        regions: narrowing.regions.clone(),
        dry_run: args.dry_run,
        progress_interval: None,
    })
}

/// Has a server import.
async fn run_served(
    request: &v1::StartImportRequest,
    json: bool,
    server: &ConnectArgs,
    ctx: &Context,
) -> CommandResult {
    let Some(connection) = server.connection(Use::Write, ctx).await? else {
        return Err(Error::internal("no server to import with").into());
    };
    let events = ctx.or_interrupted(ImportEvents::start(&connection, request)).await?;
    match served::watch(events, &connection, json, ctx).await? {
        served::Outcome::Done(summary) => tell(&summary, json, ctx),
        served::Outcome::Nothing(_) => Ok(Exit::Success),
    }
}

/// Tells what an import came to, and returns how that ends the program.
pub(super) fn tell(summary: &ImportSummary, json: bool, ctx: &Context) -> CommandResult {
    report::print(summary, json, &ctx.output);
    if json {
        write_json(&ctx.output, summary)?;
    }
    exit_of(summary)
}

/// Returns the context that opens the lake: `--no-sign-request` is for the sources, since nobody writes to a
/// lake without a signature.
pub(super) fn lake_for_import(ctx: &Context) -> Context {
    let mut ctx = ctx.clone();
    ctx.config.object_store.skip_signature = false;
    ctx
}

/// Returns how an import ends the program.
fn exit_of(summary: &ImportSummary) -> CommandResult {
    match summary.state {
        ImportState::Stopped => Err(interrupted().into()),
        _ if summary.is_partial() => Ok(Exit::Partial),
        _ => Ok(Exit::Success),
    }
}

/// Turns locations into sources, reading standard input if it is among them.
async fn sources(locations: Vec<SourceLocation>, ctx: &Context) -> Result<Vec<ImportSource>, Failure> {
    let mut sources = Vec::with_capacity(locations.len());
    let mut has_stdin = false;
    for location in locations {
        if location != SourceLocation::Stdin {
            sources.push(ImportSource::Location(location));
        } else if std::mem::replace(&mut has_stdin, true) {
            return Err(Failure::Usage(Error::invalid("standard input can be read only once")));
        } else {
            let bytes = ctx.or_interrupted(read_stdin()).await?;
            sources.push(ImportSource::Bytes { name: STDIN.to_owned(), bytes });
        }
    }
    Ok(sources)
}

async fn read_stdin() -> Result<Bytes> {
    let read = || {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(MAX_STDIN_BYTES + 1).read_to_end(&mut bytes).map(|_| bytes)
    };
    let bytes = tokio::task::spawn_blocking(read).await;
    let bytes = bytes.map_err(|e| Error::internal("read standard input").with_source(e))?;
    let bytes = bytes.map_err(|e| Error::unavailable("read standard input").with_source(e))?;
    if bytes.len() as u64 > MAX_STDIN_BYTES {
        return Err(Error::resources_exhausted("standard input is larger than 2 GiB")
            .with_hint("Write it to files and import their folder."));
    }
    Ok(bytes.into())
}

/// An import that is to run.
pub(crate) struct Import {
    /// The store to import into.
    pub(crate) store: EventDataStoreId,
    /// Where to read.
    pub(crate) sources: Vec<ImportSource>,
    /// Sources as the user gave them, for the record.
    pub(crate) names: Vec<String>,
    /// What to take.
    pub(crate) narrowing: Narrowing,
    /// Only tells what would be read.
    pub(crate) dry_run: bool,
    /// Whether a program reads the summary; then there is no progress.
    pub(crate) json: bool,
}

/// Runs an import with its progress, prints its failures, and records it.
///
/// # Errors
/// Those of [`run_import`].
pub(crate) async fn import(lake: &Lake, what: Import, ctx: &Context) -> Result<ImportSummary> {
    let progress = Arc::new(ImportProgress::default());
    let request = ImportRequest {
        store: what.store,
        sources: what.sources,
        source_config: ObjectStoreConfig { sse_kms_key_id: None, ..ctx.config.object_store.clone() },
        narrowing: what.narrowing,
        dry_run: what.dry_run,
        record_as: Some(what.names.join(" ")),
        limits: ctx.config.import,
    };
    let watch = (!what.json).then(|| ImportWatch::start(&ctx.output, &progress));
    let mut printer = FailurePrinter::new(&ctx.output);
    let mut on_failure = |failure: &ImportFailure| printer.print(failure);
    let done = Box::pin(run_import(lake, request, progress, ctx.interrupt.clone(), &mut on_failure)).await;
    drop(watch);
    let summary = done?;
    if let Some(error) = &summary.record_error {
        ctx.output.warn(&format!("the import is done, but not recorded in system.imports: {error}"));
    }
    Ok(summary)
}

/// Prints failures as they come, a line each, up to a number.
pub(super) struct FailurePrinter {
    output: Output,
    printed: u64,
}

impl FailurePrinter {
    /// Creates a printer that has printed nothing.
    pub(super) fn new(output: &Output) -> Self {
        Self { output: output.clone(), printed: 0 }
    }

    /// Prints one more.
    pub(super) fn print(&mut self, failure: &ImportFailure) {
        self.printed += 1;
        match self.printed {
            ..=MAX_PRINTED_FAILURES => self.output.warn(&report::failure_line(failure)),
            n if n == MAX_PRINTED_FAILURES + 1 => {
                self.output.warn("more files failed; they are only counted here")
            }
            _ => {}
        }
    }
}
