//! `auditlake store restore`.

use auditlake_model::StoreRef;
use auditlake_store::Access;
use clap::Args;

use crate::args::store_ref;
use crate::context::Context;
use crate::error::{CommandResult, Exit};

/// Takes the deletion of an event data store back.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// Name, id or ARN
    #[arg(value_parser = store_ref)]
    name: StoreRef,
}

/// Restores the store.
pub(crate) async fn run(args: RestoreArgs, ctx: &Context) -> CommandResult {
    let (lake, store) = ctx.open_store(&args.name, Access::Write).await?;
    let restored = lake.restore_store(store.id()).await?;
    ctx.output.say(&format!("restored event data store `{}`", restored.name()));
    Ok(Exit::Success)
}
