//! `auditlake store list`.

use auditlake_model::ErrorKind;
use auditlake_store::Access;
use clap::Args;

use super::describe;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::write_list;

/// Lists the event data stores of the lake, those pending deletion too.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the stores.
pub(crate) async fn run(args: ListArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Read).await?;
    let mut records = Vec::new();
    for store in lake.list_stores().await? {
        match lake.describe(store.id()).await {
            Ok(description) => records.push(describe::record(&description).only(describe::LIST_COLUMNS)),
            // Purged since it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    if records.is_empty() && args.format == ListFormat::Table {
        ctx.output.say("The lake has no event data stores yet. Next: auditlake store create NAME");
        return Ok(Exit::Success);
    }
    write_list(&ctx.output, args.format, describe::LIST_COLUMNS, &records)?;
    Ok(Exit::Success)
}
