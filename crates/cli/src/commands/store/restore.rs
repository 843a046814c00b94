//! `auditlake store restore`.

use auditlake_model::StoreRef;
use auditlake_store::Access;
use clap::Args;

use super::door::Stores;
use crate::args::store_ref;
use crate::connect::ConnectArgs;
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
pub(crate) async fn run(args: RestoreArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let restored = Stores::open(server, Access::Write, ctx).await?.restore(&args.name).await?;
    ctx.output.say(&format!("restored event data store `{}`", restored.store.name()));
    Ok(Exit::Success)
}
