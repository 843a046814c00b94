//! `auditlake store list`.

use auditlake_model::{ErrorKind, Result};
use auditlake_store::{Access, Lake};
use clap::Args;

use super::describe;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::{Record, write_list};

/// Lists the event data stores of the lake, those pending deletion too.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the stores.
pub(crate) async fn run(args: ListArgs, ctx: &Context) -> CommandResult {
    let records = match ctx.open_lake(Access::Read).await {
        Ok(lake) => records(&lake).await?,
        // No lake holds no stores; the first one makes it.
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if records.is_empty() {
        let lake = &ctx.config.lake;
        ctx.output
            .say(&format!("There are no event data stores in {lake} yet. Next: auditlake store create NAME"));
    }
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, describe::LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn records(lake: &Lake) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for store in lake.list_stores().await? {
        match lake.describe(store.id()).await {
            Ok(description) => records.push(describe::record(&description).only(describe::LIST_COLUMNS)),
            // Purged since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(records)
}
