//! `auditlake user`: who may use a server over the lake.

mod add;
mod describe;
mod grant;
mod list;
mod passwd;
mod password;
mod remove;
mod scope;

use auditlake_access::Accounts;
use auditlake_model::Result;
use auditlake_store::Access;
use clap::{Args, Subcommand};

use crate::args::AuthArgs;
use crate::config::Values;
use crate::context::Context;
use crate::error::CommandResult;

/// Adds, lists and removes the users of a server (`auditlake serve`), and grants them rights.
///
/// A server sees a change within seconds. Whoever can read the lake's files needs no user.
#[derive(Debug, Args)]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,

    #[command(flatten)]
    auth: AuthArgs,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    Add(add::AddArgs),
    List(list::ListArgs),
    Passwd(passwd::PasswdArgs),
    Remove(remove::RemoveArgs),
    Grant(grant::GrantArgs),
    Ungrant(grant::UngrantArgs),
}

impl UserArgs {
    /// Adds the settings that the command's own flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        self.auth.add_values(values);
    }
}

/// Runs one of them.
pub(crate) async fn run(args: UserArgs, ctx: &Context) -> CommandResult {
    let accounts = open(ctx).await?;
    match args.command {
        UserCommand::Add(args) => add::run(args, &accounts, ctx).await,
        UserCommand::List(args) => list::run(args, &accounts, ctx).await,
        UserCommand::Passwd(args) => passwd::run(args, &accounts, ctx).await,
        UserCommand::Remove(args) => remove::run(args, &accounts, ctx).await,
        UserCommand::Grant(args) => grant::grant(args, &accounts, ctx).await,
        UserCommand::Ungrant(args) => grant::ungrant(args, &accounts, ctx).await,
    }
}

/// Names the place of the users. If that is in the lake, there must be a lake: a place that was mistyped would hold
/// users of nothing.
///
/// # Errors
/// Those of [`Context::open_lake`].
pub(super) async fn open(ctx: &Context) -> Result<Accounts> {
    if ctx.config.auth_root.is_none() {
        ctx.open_lake(Access::Read).await?;
    }
    Ok(ctx.accounts())
}
