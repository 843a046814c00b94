//! `auditlake token list`.

use auditlake_access::{Accounts, Token, UserName};
use auditlake_model::Timestamp;
use clap::Args;
use serde_json::Value;

use crate::args::user_name;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::seconds;
use crate::output::ListFormat;
use crate::records::{Record, write_list};

const COLUMNS: &[&str] = &["id", "user", "label", "state", "createdAt", "expiresAt"];

/// Lists the tokens, oldest first, those that expired in the last 30 days too.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only those of this user
    #[arg(long, value_name = "NAME", value_parser = user_name)]
    user: Option<UserName>,

    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the tokens.
pub(super) async fn run(args: ListArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let roster = accounts.load().await?;
    let user = args.user.as_ref().map(|name| roster.user(name)).transpose()?;
    let wanted = |token: &&Token| user.is_none_or(|user| token.user() == user.name());
    let now = ctx.now();
    let records: Vec<Record> =
        roster.tokens().iter().filter(wanted).map(|token| record(token, now)).collect();
    if records.is_empty() && args.format == ListFormat::Table {
        ctx.output.say("There are no tokens. Next: auditlake token create USER --expires 90d");
        return Ok(Exit::Success);
    }
    write_list(&ctx.output, args.format, COLUMNS, &records)?;
    Ok(Exit::Success)
}

fn record(token: &Token, now: Timestamp) -> Record {
    let record = Record::default()
        .with("id", token.id().as_str())
        .with("user", token.user().as_str())
        .with("label", token.label())
        .with("state", if token.is_expired(now) { "expired" } else { "valid" })
        .with_shown("createdAt", token.created_at().to_string(), seconds(token.created_at()));
    match token.expires_at() {
        Some(at) => record.with_shown("expiresAt", at.to_string(), seconds(at)),
        None => record.with_shown("expiresAt", Value::Null, "never"),
    }
}
