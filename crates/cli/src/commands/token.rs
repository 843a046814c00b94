//! `auditlake token`: API tokens of users.

mod create;
mod list;
mod revoke;

use clap::{Args, Subcommand};

use super::user;
use crate::args::AuthArgs;
use crate::config::Values;
use crate::context::Context;
use crate::error::CommandResult;

/// Creates, lists and revokes API tokens, which stand for their user at a server.
///
/// A token is sent as bearer token, or as the password beside any user name.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,

    #[command(flatten)]
    auth: AuthArgs,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Revoke(revoke::RevokeArgs),
}

impl TokenArgs {
    /// Adds the settings that the command's own flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        self.auth.add_values(values);
    }
}

/// Runs one of them.
pub(crate) async fn run(args: TokenArgs, ctx: &Context) -> CommandResult {
    let accounts = user::open(ctx).await?;
    match args.command {
        TokenCommand::Create(args) => create::run(args, &accounts, ctx).await,
        TokenCommand::List(args) => list::run(args, &accounts, ctx).await,
        TokenCommand::Revoke(args) => revoke::run(args, &accounts, ctx).await,
    }
}
