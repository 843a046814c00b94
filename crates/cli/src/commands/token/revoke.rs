//! `auditlake token revoke`.

use auditlake_access::{Accounts, TokenId};
use clap::Args;

use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};

/// Revokes an API token; sessions that it opened end.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// Id of the token, as `auditlake token list` shows it
    id: String,
}

/// Revokes the token.
pub(super) async fn run(args: RevokeArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    // Not parsed by clap, which would repeat a token that was pasted here by mistake.
    let id = TokenId::parse(&args.id).usage()?;
    let token = accounts.revoke_token(&id).await?;
    ctx.output.say(&format!("revoked token `{}` of user `{}`", token.id(), token.user()));
    Ok(Exit::Success)
}
