//! `auditlake import retry`.

use auditlake_client::{Connection, ImportEvents};
use auditlake_ingest::{ImportRecords, Narrowing, Retry};
use auditlake_model::{EventDataStoreId, ImportId};
use auditlake_proto::v1;
use auditlake_store::Access;
use clap::Args;

use super::run::{self, Import, LimitArgs, import};
use super::{door, served};
use crate::args::import_id;
use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::numbers::counted;

/// Imports the files again that an import could not take.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// Id of the import
    #[arg(value_name = "IMPORT", value_parser = import_id)]
    id: ImportId,

    /// Prints the summary as JSON to stdout, and shows no progress
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// Retries the failed files of an import.
pub(super) async fn run(args: RetryArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    if let Some(connection) = server.connection(Use::Write, ctx).await? {
        args.limits.refuse_beside_server().usage()?;
        return retry_served(&args, &connection, ctx).await;
    }
    let lake = ctx.or_interrupted(run::lake_for_import(ctx).open_lake(Access::Write)).await?;
    let earlier = door::find(&lake, args.id).await?;
    let records = ImportRecords::open(&lake)?;
    let retry = Retry::plan(&records, args.id).await?;
    warn_of_unreadable(retry.unreadable(), ctx);
    if retry.failures().is_empty() {
        return Ok(nothing_to_retry(args.id, retry.unreadable(), ctx));
    }
    let what = Import {
        store: EventDataStoreId::parse(&earlier.store_id)?,
        sources: retry.sources(),
        names: vec![format!("retry of import {}", args.id)],
        narrowing: Narrowing::default(),
        dry_run: false,
        json: args.json,
    };
    let summary = import(&lake, what, ctx).await?;
    retry.settle(&records, &summary).await?;
    run::tell(&summary, args.json, ctx)
}

/// Retries the failed files of an import in a server.
async fn retry_served(args: &RetryArgs, connection: &Connection, ctx: &Context) -> CommandResult {
    let request = v1::RetryImportRequest { import_id: args.id.to_string(), progress_interval: None };
    let events = ctx.or_interrupted(ImportEvents::retry(connection, &request)).await?;
    match served::watch(events, connection, args.json, ctx).await? {
        served::Outcome::Done(summary) => run::tell(&summary, args.json, ctx),
        served::Outcome::Nothing(unreadable) => {
            warn_of_unreadable(unreadable, ctx);
            Ok(nothing_to_retry(args.id, unreadable, ctx))
        }
    }
}

/// Tells of failed files that cannot be read again.
pub(super) fn warn_of_unreadable(unreadable: u64, ctx: &Context) {
    if unreadable > 0 {
        let files = counted(unreadable, "file");
        ctx.output.warn(&format!("{files} came from standard input and cannot be read again"));
    }
}

/// Tells that there is nothing to retry, and returns how that ends the program.
fn nothing_to_retry(id: ImportId, unreadable: u64, ctx: &Context) -> Exit {
    ctx.output.say(&format!("import {id} has no failed files that can be read again"));
    if unreadable > 0 { Exit::Failed } else { Exit::Success }
}
