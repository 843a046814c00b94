//! `auditlake store show`.

use auditlake_model::StoreRef;
use auditlake_store::Access;
use clap::Args;

use super::describe;
use super::door::Stores;
use crate::args::store_ref;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::write_one;

/// Shows an event data store: settings, state, size.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Name, id or ARN
    #[arg(value_parser = store_ref)]
    name: StoreRef,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Shows the store.
pub(crate) async fn run(args: ShowArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let description = Stores::open(server, Access::Read, ctx).await?.describe(&args.name).await?;
    write_one(&ctx.output, args.format, &describe::record(&description))?;
    Ok(Exit::Success)
}
