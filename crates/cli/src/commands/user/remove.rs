//! `auditlake user remove`.

use auditlake_access::{Accounts, UserName};
use clap::Args;

use crate::args::user_name;
use crate::context::Context;
use crate::error::{CommandResult, Exit};

/// Removes a user with their grants and tokens; their sessions end.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Name of the user
    #[arg(value_parser = user_name)]
    name: UserName,
}

/// Removes the user.
pub(super) async fn run(args: RemoveArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let user = accounts.remove_user(&args.name).await?;
    ctx.output.say(&format!("removed user `{}` with their tokens", user.name()));
    Ok(Exit::Success)
}
