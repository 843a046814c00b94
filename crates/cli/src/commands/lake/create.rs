//! `auditlake lake create`.

use auditlake_store::{Lake, NewLake};
use clap::Args;

use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};

/// Creates an empty lake, with account and region of your choice in its ARNs.
///
/// `auditlake store create` makes a lake too when there is none, with the defaults below.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Account id in the ARNs of the lake's stores, 12 digits
    #[arg(long, value_name = "ID", default_value = "000000000000")]
    account_id: String,

    /// Region in the ARNs of the lake's stores
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    arn_region: String,
}

/// Creates the lake.
pub(crate) async fn run(args: CreateArgs, ctx: &Context) -> CommandResult {
    let new = NewLake::try_new(&args.account_id, &args.arn_region).usage()?;
    let lake =
        Box::pin(Lake::create(&ctx.config.lake, &ctx.config.object_store, new, ctx.env.clone())).await?;
    ctx.output.say(&format!("created lake {} in {}", lake.id(), lake.location()));
    Ok(Exit::Success)
}
