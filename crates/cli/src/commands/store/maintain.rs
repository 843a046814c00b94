//! `auditlake store maintain`.

use auditlake_model::{Error, ErrorKind, StoreRef};
use auditlake_store::{Access, EventDataStore, Lake, MaintainOptions, MaintainOutcome, TidyOutcome};
use clap::Args;

use crate::args::store_ref;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::counted;
use crate::output::{ListFormat, Tone};
use crate::records::{Record, write_list};

const COLUMNS: &[&str] =
    &["name", "id", "purged", "expiredFiles", "expiredEvents", "filesMerged", "filesWritten", "filesDeleted"];

/// Compacts small files, removes expired events, and purges stores seven days after their deletion.
///
/// Queries and imports may run meanwhile. Run it once a day, from cron for one.
#[derive(Debug, Args)]
pub(crate) struct MaintainArgs {
    /// Names, ids or ARNs [default: all stores]
    #[arg(value_name = "NAME", value_parser = store_ref)]
    names: Vec<StoreRef>,

    /// How to write what was done
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Maintains the stores, one after the other.
pub(crate) async fn run(args: MaintainArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Write).await?;
    let stores = stores(&lake, &args.names).await?;
    let mut records = Vec::new();
    let mut failed: Vec<Error> = Vec::new();
    for store in &stores {
        match Box::pin(lake.maintain(store.id(), &MaintainOptions::default())).await {
            Ok(outcome) => records.push(record(store, &outcome)),
            // Purged by somebody else since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound && args.names.is_empty() => {}
            Err(error) => failed.push(error.with_context("event data store", store.name())),
        }
    }
    let tidied = match args.names.is_empty() {
        true => lake.tidy(&MaintainOptions::default()).await.unwrap_or_else(|error| {
            failed.push(error.with_context("lake", &ctx.config.lake));
            TidyOutcome::default()
        }),
        false => TidyOutcome::default(),
    };
    if stores.is_empty() {
        ctx.output.say("The lake has no event data stores.");
    }
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, COLUMNS, &records)?;
    }
    let removed = tidied.half_written_files + tidied.system_files;
    if removed > 0 {
        ctx.output
            .say(&format!("removed {} that nothing needs outside the stores", counted(removed, "file")));
    }
    for error in &failed {
        ctx.output.line(&format!("{} {}", ctx.output.paint(Tone::Error, "error:"), error.report()));
    }
    Ok(match (failed.is_empty(), records.is_empty()) {
        (true, _) => Exit::Success,
        (false, false) => Exit::Partial,
        (false, true) => Exit::Failed,
    })
}

async fn stores(lake: &Lake, names: &[StoreRef]) -> Result<Vec<EventDataStore>, Error> {
    if names.is_empty() {
        return lake.list_stores().await;
    }
    let mut stores: Vec<EventDataStore> = Vec::with_capacity(names.len());
    for name in names {
        let store = lake.find_store(name).await?;
        if !stores.iter().any(|known| known.id() == store.id()) {
            stores.push(store);
        }
    }
    Ok(stores)
}

fn record(store: &EventDataStore, outcome: &MaintainOutcome) -> Record {
    Record::default()
        .with("name", store.name().as_str())
        .with("id", store.id().to_string())
        .with("purged", outcome.purged)
        .with("expiredFiles", outcome.expired_files)
        .with("expiredEvents", outcome.expired_events)
        .with("filesMerged", outcome.files_merged)
        .with("filesWritten", outcome.files_written)
        .with("filesDeleted", outcome.files_deleted)
}
