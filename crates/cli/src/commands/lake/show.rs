//! `auditlake lake show`.

use auditlake_store::Access;
use clap::Args;

use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::seconds;
use crate::output::ListFormat;
use crate::records::{Record, write_one};

/// Shows where the lake is and what it is called.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Shows the lake.
pub(crate) async fn run(args: ShowArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Read).await?;
    let manifest = lake.manifest();
    let record = Record::default()
        .with("location", lake.location())
        .with("id", lake.id().to_string())
        .with("accountId", manifest.account_id.as_str())
        .with("region", manifest.region.as_str())
        .with_shown("createdAt", manifest.created_at.to_string(), seconds(manifest.created_at))
        .with("eventDataStores", lake.list_stores().await?.len());
    write_one(&ctx.output, args.format, &record)?;
    Ok(Exit::Success)
}
