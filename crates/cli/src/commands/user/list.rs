//! `auditlake user list`.

use auditlake_access::Accounts;
use clap::Args;

use super::describe::{COLUMNS, StoreNames, record};
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::{Record, write_list};

/// Lists the users with what they may do.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the users.
pub(super) async fn run(args: ListArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let roster = accounts.load().await?;
    let stores = StoreNames::of(roster.users(), ctx).await?;
    let now = ctx.now();
    let describe = |user: &auditlake_access::User| {
        let own =
            roster.tokens().iter().filter(|token| token.user() == user.name() && !token.is_expired(now));
        record(user, own.count(), &stores)
    };
    let records: Vec<Record> = roster.users().iter().map(describe).collect();
    if records.is_empty() && args.format == ListFormat::Table {
        ctx.output.say("There are no users yet. Next: auditlake user add NAME");
        return Ok(Exit::Success);
    }
    write_list(&ctx.output, args.format, COLUMNS, &records)?;
    Ok(Exit::Success)
}
