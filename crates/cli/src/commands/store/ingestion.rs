//! `auditlake store start-ingestion` and `stop-ingestion`.

use auditlake_model::StoreRef;
use auditlake_store::Access;
use clap::Args;

use crate::args::store_ref;
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
pub(crate) async fn run(args: IngestionArgs, start: bool, ctx: &Context) -> CommandResult {
    let (lake, store) = ctx.open_store(&args.name, Access::Write).await?;
    let changed = match start {
        true => lake.start_ingestion(store.id()).await?,
        false => lake.stop_ingestion(store.id()).await?,
    };
    let says = if start { "takes imports again" } else { "takes no imports; it stays queryable" };
    ctx.output.say(&format!("event data store `{}` {says}", changed.name()));
    Ok(Exit::Success)
}
