//! `auditlake user add`.

use auditlake_access::{Accounts, NewUser, UserName};
use auditlake_model::{Error, Grant, Role, Scope};
use clap::Args;

use super::describe;
use super::password::PasswordArgs;
use super::scope::ScopeArg;
use crate::args::{role, user_name};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt};

/// Adds a user.
///
/// A reader sees and queries stores; an operator also changes them and imports; an admin also manages users, over
/// the whole lake only.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Name: 1 to 64 of a-z A-Z 0-9 . _ - @ +
    #[arg(value_parser = user_name)]
    name: UserName,

    /// What the user may do: reader, operator or admin
    #[arg(long, value_name = "ROLE", default_value = "reader", value_parser = role)]
    role: Role,

    /// Grants the role over this store only (name, id or ARN); give it again for more [default: the whole lake]
    #[arg(long, value_name = "NAME", value_parser = ScopeArg::parse)]
    store: Vec<ScopeArg>,

    #[command(flatten)]
    password: PasswordArgs,
}

/// Adds the user.
pub(super) async fn run(args: AddArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let grants = grants(&args, ctx).await?;
    if accounts.load().await?.user(&args.name).is_ok() {
        // Said before a password is asked for in vain; the change itself checks again.
        return Err(Error::already_exists(format!("there is a user `{}` already", args.name)).into());
    }
    let password = args.password.get(&args.name).await?;
    let has_password = password.is_some();
    let user = accounts.add_user(NewUser { name: args.name, password, grants }).await?;
    describe::say("added", &user, ctx).await?;
    if !has_password {
        ctx.output.say(&format!("Next: auditlake token create {} --expires 90d", user.name()));
    }
    Ok(Exit::Success)
}

async fn grants(args: &AddArgs, ctx: &Context) -> Result<Vec<Grant>, Failure> {
    let role = args.role;
    if args.store.is_empty() {
        return Ok(vec![Grant { role, scope: Scope::All }]);
    }
    let mut grants = Vec::with_capacity(args.store.len());
    for store in &args.store {
        if role == Role::Admin && matches!(store, ScopeArg::Store(_)) {
            return Err(Error::invalid("an admin is admin over the whole lake")
                .with_hint("Leave --store out, or use --role operator."))
            .usage();
        }
        grants.push(Grant { role, scope: store.find(ctx).await? });
    }
    Ok(grants)
}
