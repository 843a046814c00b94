//! `auditlake store delete`.

use auditlake_model::{PENDING_DELETION_DAYS, StoreRef};
use auditlake_store::Access;
use clap::Args;

use super::door::Stores;
use crate::args::store_ref;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::seconds;

/// Deletes an event data store; for seven days it can be restored.
///
/// Termination protection has to be off: `auditlake store update NAME --no-termination-protection`.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Name, id or ARN
    #[arg(value_parser = store_ref)]
    name: StoreRef,
}

/// Deletes the store.
pub(crate) async fn run(args: DeleteArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let deleted = Stores::open(server, Access::Write, ctx).await?.delete(&args.name).await?;
    let name = deleted.store.name();
    let until = deleted.store.settings().purge_at().map(seconds).unwrap_or_default();
    ctx.output.say(&format!(
        "event data store `{name}` is pending deletion: no query sees it, and `auditlake store restore {name}` \
         brings it back until {until} ({PENDING_DELETION_DAYS} days)"
    ));
    Ok(Exit::Success)
}
