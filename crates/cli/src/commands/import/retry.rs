//! `auditlake import retry`.

use std::collections::HashSet;

use auditlake_ingest::{FailureRecord, FailureStatus, ImportRecords, ImportSource, ImportSummary, Narrowing};
use auditlake_model::{EventDataStoreId, ImportId, ImportState, Result};
use auditlake_store::{Access, SourceLocation};
use clap::Args;

use super::run::{self, Import, LimitArgs, import};
use super::{report, show};
use crate::args::import_id;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::counted;
use crate::records::write_json;

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
pub(super) async fn run(args: RetryArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.or_interrupted(run::lake_for_import(ctx).open_lake(Access::Write)).await?;
    let earlier = show::find(&lake, args.id).await?;
    let records = ImportRecords::open(&lake)?;
    let mut failed = records.failures(Some(args.id)).await?;
    failed.retain(|failure| failure.status == FailureStatus::Failed);
    let (sources, kept) = sources(&failed);
    let left = failed.len() - kept.len();
    if left > 0 {
        let files = counted(left as u64, "file");
        ctx.output.warn(&format!("{files} came from standard input and cannot be read again"));
    }
    if sources.is_empty() {
        ctx.output.say(&format!("import {} has no failed files that can be read again", args.id));
        return Ok(if left > 0 { Exit::Failed } else { Exit::Success });
    }
    let what = Import {
        store: EventDataStoreId::parse(&earlier.store_id)?,
        sources,
        names: vec![format!("retry of import {}", args.id)],
        narrowing: Narrowing::default(),
        dry_run: false,
        json: args.json,
    };
    let summary = import(&lake, what, ctx).await?;
    let again = records.failures(Some(summary.import_id)).await?;
    records.resolve(&taken(kept, &again, &summary)).await?;
    report::print(&summary, args.json, &ctx.output);
    if args.json {
        write_json(&ctx.output, &summary)?;
    }
    run::exit_of(&summary)
}

/// Returns the sources to read again, and the failures that they stand for.
fn sources(failed: &[FailureRecord]) -> (Vec<ImportSource>, Vec<FailureRecord>) {
    let location = |failure: &FailureRecord| -> Result<SourceLocation> {
        SourceLocation::parse(&failure.failure.location)
    };
    let is_place = |failure: &&FailureRecord| {
        matches!(location(failure), Ok(SourceLocation::Place(_)))
            && !failure.failure.location.starts_with("stdin:")
    };
    let kept: Vec<FailureRecord> = failed.iter().filter(is_place).cloned().collect();
    let sources =
        kept.iter().filter_map(|failure| location(failure).ok()).map(ImportSource::Object).collect();
    (sources, kept)
}

/// Returns the failures that the retry has taken: those that it did not meet `again`.
fn taken(
    failures: Vec<FailureRecord>,
    again: &[FailureRecord],
    summary: &ImportSummary,
) -> Vec<FailureRecord> {
    if summary.state == ImportState::Stopped {
        // Which of them were read is not told; a second retry skips them.
        return Vec::new();
    }
    let again: HashSet<&str> = again.iter().map(|record| record.failure.location.as_str()).collect();
    failures.into_iter().filter(|failure| !again.contains(failure.failure.location.as_str())).collect()
}
