//! `auditlake user passwd`.

use auditlake_access::{Accounts, UserName};
use clap::Args;

use super::password::PasswordArgs;
use crate::args::user_name;
use crate::context::Context;
use crate::error::{CommandResult, Exit};

/// Sets a new password, or none; what the old one opened ends.
///
/// Tokens stay as they are: `auditlake token revoke` ends them.
#[derive(Debug, Args)]
pub(crate) struct PasswdArgs {
    /// Name of the user
    #[arg(value_parser = user_name)]
    name: UserName,

    #[command(flatten)]
    password: PasswordArgs,
}

/// Sets the password.
pub(super) async fn run(args: PasswdArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    // A user who is not there is told of before a password is asked for in vain.
    accounts.load().await?.user(&args.name)?;
    let password = args.password.get(&args.name).await?;
    let user = accounts.set_password(&args.name, password).await?;
    let done = if user.has_password() { "has a new password" } else { "has no password any more" };
    ctx.output.say(&format!("user `{}` {done}; sessions that the old one opened end", user.name()));
    Ok(Exit::Success)
}
