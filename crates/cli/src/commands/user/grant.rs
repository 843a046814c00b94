//! `auditlake user grant` and `auditlake user ungrant`.

use auditlake_access::{Accounts, UserName};
use auditlake_model::{Grant, Role, Scope};
use clap::Args;

use super::describe;
use super::scope::ScopeArg;
use crate::args::{role, user_name};
use crate::context::Context;
use crate::error::{CommandResult, Exit};

/// Gives a user a right, beside those they have.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// Name of the user
    #[arg(value_parser = user_name)]
    name: UserName,

    /// What it allows: reader, operator or admin
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,

    /// Over this store only (name, id or ARN) [default: the whole lake]
    #[arg(long, value_name = "NAME", value_parser = ScopeArg::parse)]
    store: Option<ScopeArg>,
}

/// Takes rights from a user: those of this role, over this store, or all of them.
#[derive(Debug, Args)]
pub(crate) struct UngrantArgs {
    /// Name of the user
    #[arg(value_parser = user_name)]
    name: UserName,

    /// Only this role [default: any]
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<Role>,

    /// Only what was granted over this store (name, id or ARN), or over the whole lake (*) [default: any]
    #[arg(long, value_name = "NAME", value_parser = ScopeArg::parse)]
    store: Option<ScopeArg>,
}

/// Gives the right.
pub(super) async fn grant(args: GrantArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let scope = match &args.store {
        Some(store) => store.find(ctx).await?,
        None => Scope::All,
    };
    let user = accounts.grant(&args.name, Grant { role: args.role, scope }).await?;
    describe::say("changed", &user, ctx).await?;
    Ok(Exit::Success)
}

/// Takes the rights.
pub(super) async fn ungrant(args: UngrantArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let scope = match &args.store {
        Some(store) => Some(store.find(ctx).await?),
        None => None,
    };
    let user = accounts.ungrant(&args.name, args.role, scope).await?;
    describe::say("changed", &user, ctx).await?;
    Ok(Exit::Success)
}
