//! `auditlake import list`.

use auditlake_model::{ImportState, StoreRef};
use clap::Args;

use super::door::Records;
use super::show;
use crate::args::{import_state, store_ref};
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::write_list;

const COLUMNS: &[&str] = &[
    "importId",
    "store",
    "state",
    "startedAt",
    "seconds",
    "filesRead",
    "filesFailed",
    "eventsStored",
    "sources",
];

/// Lists imports, newest first.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only imports into this store
    #[arg(long, value_name = "NAME", value_parser = store_ref)]
    store: Option<StoreRef>,

    /// Only imports in this state
    #[arg(long, value_name = "STATE", value_parser = import_state)]
    state: Option<ImportState>,

    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,

    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the imports.
pub(super) async fn run(args: ListArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let records = Records::open(server, ctx).await?;
    let imports = records.list(args.store.as_ref(), args.state, args.limit).await?;
    let records: Vec<_> = imports.iter().map(|record| show::record(record).only(COLUMNS)).collect();
    if records.is_empty() && args.format == ListFormat::Table {
        ctx.output.say("No imports. Next: auditlake import FOLDER-OR-S3-URL --store NAME");
        return Ok(Exit::Success);
    }
    write_list(&ctx.output, args.format, COLUMNS, &records)?;
    Ok(Exit::Success)
}
