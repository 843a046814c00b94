//! `auditlake store start-ingestion` and `stop-ingestion`.

use auditlake_model::StoreRef;
use auditlake_store::Access;
use clap::Args;

use super::door::Stores;
use crate::args::store_ref;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};

/// The store whose ingestion starts or stops.
#[derive(Debug, Args)]
pub(crate) struct IngestionArgs {
    /// Name, id or ARN
    #[arg(value_parser = store_ref)]
    name: StoreRef,
}

/// Starts or stops the ingestion of the store.
pub(crate) async fn run(
    args: IngestionArgs,
    start: bool,
    server: &ConnectArgs,
    ctx: &Context,
) -> CommandResult {
    let stores = Stores::open(server, Access::Write, ctx).await?;
    let changed = stores.set_ingestion(&args.name, start).await?;
    let says = if start { "takes imports again" } else { "takes no imports; it stays queryable" };
    ctx.output.say(&format!("event data store `{}` {says}", changed.store.name()));
    Ok(Exit::Success)
}
