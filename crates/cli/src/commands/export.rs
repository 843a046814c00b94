//! `auditlake export`: gives events back as CloudTrail wrote them.
//!
//! ```text
//! arguments --statement--> SELECT eventJson .. --query service--> batches --channel--> thread: parts --> outlet
//!                                                                    |                         |
//!                                                                    '---- provenance ---------'  (--evidence)
//! ```
//!
//! Memory does not grow with the events: four batches wait in the query, two in the channel, the rest is files.

mod parts;
mod report;
mod statement;
mod target;
mod work;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use auditlake_model::{Error, Result, StoreRef, TimeBound, TimeRange};
use auditlake_query::{QueryRequest, QueryService};
use auditlake_store::{Access, EventDataStore, Lake};
use clap::Args;

use self::parts::PartPlan;
use self::report::Exported;
use self::statement::Selection;
use self::target::{ExportFormat, Target};
use self::work::{Files, Job};
use super::sql::{ParameterArgs, Sink};
use crate::args::{ArgError, store_ref, time_bound};
use crate::config::Config;
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt};
use crate::evidence::{Asked, seal};
use crate::numbers::ByteSize;
use crate::outlet::{Bucket, OutFolder, Outlet};
use crate::records::write_json;
use crate::session;

/// Uncompressed JSON of one part: well below what an import takes as one file.
const DEFAULT_PART_BYTES: u64 = 128 << 20;
/// An export may take longer than any query; Ctrl-C ends it.
const TIME_LIMIT: Duration = Duration::from_hours(24 * 365);

/// Gives events back as CloudTrail JSON, or as Parquet.
///
/// Writes one file, or parts of bounded size into a folder or an S3 prefix. All of them appear when all are done.
/// What was written as JSON can be imported again: each event equals the one that was delivered. Events come in
/// no particular order.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Event data store: name, id or ARN
    #[arg(value_name = "STORE", value_parser = store_ref)]
    store: StoreRef,

    /// Takes the events for which this SQL condition is true
    #[arg(
        long = "where",
        value_name = "SQL-CONDITION",
        help_heading = "Narrowing",
        allow_hyphen_values = true
    )]
    condition: Option<String>,

    /// Takes events from this time on: RFC 3339, a date (UTC), or before now as in 24h, 7d
    #[arg(long, value_name = "TIME", value_parser = time_bound, help_heading = "Narrowing")]
    since: Option<TimeBound>,

    /// Takes events before this time
    #[arg(long, value_name = "TIME", value_parser = time_bound, help_heading = "Narrowing")]
    until: Option<TimeBound>,

    #[command(flatten)]
    parameters: ParameterArgs,

    /// How to write the events [default: by the ending of --output, else cloudtrail-json]
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    format: Option<ExportFormat>,

    /// A file, a folder or s3://bucket/prefix for parts, or - for stdout. A name with a dot in it is a file (.json .ndjson .parquet, each JSON also with .gz), others are folders, new or empty
    #[arg(
        short,
        long,
        value_name = "FILE|DIR|s3://",
        required_unless_present = "evidence",
        help_heading = "Output"
    )]
    output: Option<String>,

    /// Writes the parts into this folder, new or empty, with query.sql, manifest.json and the source object, hash and position of each event
    #[arg(long, value_name = "DIR", conflicts_with = "output", help_heading = "Output")]
    evidence: Option<PathBuf>,

    /// Most uncompressed JSON of one part [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = byte_size, help_heading = "Output")]
    part_size: Option<ByteSize>,

    /// Leaves the parts uncompressed
    #[arg(long, help_heading = "Output")]
    no_gzip: bool,

    /// Prints the summary as JSON to stdout, and shows no progress
    #[arg(long)]
    json: bool,
}

fn byte_size(text: &str) -> Result<ByteSize, ArgError> {
    text.parse().map_err(ArgError::from)
}

impl ExportArgs {
    fn target(&self) -> Result<Target> {
        match (&self.evidence, &self.output) {
            (Some(folder), _) => Ok(Target::Folder(folder.clone())),
            (None, Some(text)) => Target::parse(text),
            (None, None) => Err(Error::invalid("there is no place to export to")),
        }
    }

    fn plan(&self, target: &Target) -> Result<PartPlan> {
        let (by_ending, gzip_by_ending) = target.ending();
        let format = self.format.or(by_ending).unwrap_or_default();
        let has_parts = target.has_parts();
        if !has_parts && (self.part_size.is_some() || self.no_gzip) {
            return Err(Error::invalid("--part-size and --no-gzip are for folders and prefixes")
                .with_hint("One file has one part; name a folder, or end the name in .gz or not."));
        }
        if format == ExportFormat::Parquet && gzip_by_ending {
            return Err(Error::invalid("Parquet is compressed inside, not with gzip")
                .with_hint("Let the name end in .parquet."));
        }
        if self.json && matches!(target, Target::Stdout) {
            return Err(Error::invalid("the summary and the events cannot both go to stdout")
                .with_hint("Name a file or a folder with --output, or leave --json out."));
        }
        let part_bytes = self.part_size.map_or(DEFAULT_PART_BYTES, |size| size.0);
        if part_bytes == 0 {
            return Err(Error::invalid("a part of 0 bytes holds no event"));
        }
        Ok(PartPlan {
            format,
            gzip: if has_parts { format != ExportFormat::Parquet && !self.no_gzip } else { gzip_by_ending },
            part_bytes: has_parts.then_some(part_bytes),
            single: target.single_name(),
        })
    }

    fn selection(&self, ctx: &Context) -> Result<Selection> {
        let at = |bound: Option<TimeBound>| bound.map(|bound| bound.resolve(ctx.now()));
        let range = TimeRange::try_new(at(self.since), at(self.until))?;
        Selection::try_new(self.condition.as_deref(), range)
    }
}

/// Exports, and tells what came of it.
pub(crate) async fn run(args: ExportArgs, ctx: &Context) -> CommandResult {
    let target = args.target().usage()?;
    let plan = args.plan(&target).usage()?;
    let selection = args.selection(ctx).usage()?;
    let lake = ctx.or_interrupted(ctx.open_lake(Access::Read)).await?;
    let store = ctx.or_interrupted(lake.find_active_store(&args.store)).await?;
    let sql = selection.sql(&store, plan.format);
    let mut requests = args.parameters.requests(&[sql], &[]).usage()?;
    let request = requests.pop().ok_or_else(|| Error::internal("an export has a statement"))?;
    let service = session::start(&lake, &config(ctx))?;
    let export = Export { lake: &lake, store, target, plan, json: args.json };
    let result = match &args.evidence {
        None => Box::pin(export.run(&service, request, ctx)).await,
        Some(_) => Box::pin(export.run_for_evidence(&service, request.with_provenance(), ctx)).await,
    };
    session::close(service, ctx).await;
    let exported = result?;
    exported.print(args.json, &ctx.output);
    if args.json {
        write_json(&ctx.output, &exported)?;
    }
    Ok(Exit::Success)
}

/// The limits of queries are there for results that somebody looks at.
fn config(ctx: &Context) -> Config {
    let mut config = ctx.config.clone();
    config.query.max_result_rows = u64::MAX;
    config.query.max_result_bytes = u64::MAX;
    config.query.time_limit = TIME_LIMIT;
    config
}

/// An export that is to run.
struct Export<'a> {
    lake: &'a Lake,
    store: EventDataStore,
    target: Target,
    plan: PartPlan,
    json: bool,
}

impl Export<'_> {
    async fn run(
        self,
        service: &QueryService,
        request: QueryRequest,
        ctx: &Context,
    ) -> Result<Exported, Failure> {
        let began = Instant::now();
        let outlet = ctx.or_interrupted(self.outlet(ctx)).await?;
        let job = Job { plan: self.plan.clone(), outlet, lake: self.lake, json: self.json };
        let (files, handle) = job.run(service, request, ctx).await?;
        let Files { outlet, parts, .. } = files;
        outlet.commit().await?;
        Ok(Exported::new(&self.store, &self.target, &self.plan, parts, &handle, began.elapsed()))
    }

    async fn run_for_evidence(
        self,
        service: &QueryService,
        request: QueryRequest,
        ctx: &Context,
    ) -> Result<Exported, Failure> {
        let began = Instant::now();
        let outlet = ctx.or_interrupted(self.outlet(ctx)).await?;
        let parameters = request.parameters.clone();
        let job = Job { plan: self.plan.clone(), outlet, lake: self.lake, json: self.json };
        let (files, handle) = job.run(service, request, ctx).await?;
        let Files { outlet, parts, provenance } = files;
        let (Outlet::Folder(folder), Some(provenance)) = (outlet, provenance) else {
            return Err(Error::internal("evidence of an export has a folder and provenance").into());
        };
        let asked = Asked { status: handle.status(), tables: handle.pinned_tables(), parameters };
        seal(folder, self.lake, asked, report::result_set(&self.plan, &parts), provenance)?;
        Ok(Exported::new(&self.store, &self.target, &self.plan, parts, &handle, began.elapsed()))
    }

    async fn outlet(&self, ctx: &Context) -> Result<Outlet> {
        let single =
            |path: Option<&Path>| Sink::open(path, &ctx.output).map(|sink| Outlet::Single(Some(sink)));
        match &self.target {
            Target::Stdout => single(None),
            Target::File(path) => single(Some(path)),
            Target::Folder(path) => OutFolder::create(path).map(Outlet::Folder),
            Target::Bucket { location, has_parts } => {
                let config = &ctx.config.object_store;
                Bucket::open_place(location, config, *has_parts).await.map(Outlet::Bucket)
            }
        }
    }
}
