//! `auditlake token create`.

use std::time::Duration;

use auditlake_access::{Accounts, NewToken, UserName};
use auditlake_model::Error;
use clap::Args;

use crate::args::{ArgError, user_name};
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::seconds;
use crate::records::write_text;

/// The longest life of a token that has an end, in days.
const MAX_DAYS: u64 = 3653;

/// Creates an API token and prints it, this once: only a hash of it is kept.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Name of the user whom it stands for
    #[arg(value_parser = user_name)]
    user: UserName,

    /// How long it lasts, for example 90d or 12h, or never for no end
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = lifetime)]
    expires: Lifetime,

    /// What it is for, to know it by in the list
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
}

/// How long a token lasts; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lifetime(Option<Duration>);

fn lifetime(text: &str) -> Result<Lifetime, ArgError> {
    if text.eq_ignore_ascii_case("never") {
        return Ok(Lifetime(None));
    }
    let parsed = humantime::parse_duration(text).ok();
    let usable = parsed.filter(|time| !time.is_zero() && *time <= Duration::from_secs(MAX_DAYS * 86_400));
    usable.map(|time| Lifetime(Some(time))).ok_or_else(|| {
        let error = Error::invalid(format!("`{text}` is no life of a token"));
        error.with_hint(format!("Write for example 12h, 90d (at most {MAX_DAYS}d), or never.")).into()
    })
}

/// Creates the token.
pub(super) async fn run(args: CreateArgs, accounts: &Accounts, ctx: &Context) -> CommandResult {
    let CreateArgs { user, expires: Lifetime(lifetime), label } = args;
    let expires_at = lifetime.map(|time| ctx.now().saturating_add(time));
    let issued = accounts.create_token(NewToken { user, label, expires_at }).await?;
    let token = &issued.token;
    let until =
        token.expires_at().map_or_else(|| "for ever".to_owned(), |at| format!("until {}", seconds(at)));
    ctx.output.say(&format!(
        "created token `{}` of user `{}`, good {until}; it is shown only now",
        token.id(),
        token.user()
    ));
    write_text(&ctx.output, &format!("{}\n", issued.secret.expose()))?;
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_times_or_never() {
        assert_eq!(lifetime("90d").unwrap(), Lifetime(Some(Duration::from_hours(90 * 24))));
        assert_eq!(lifetime("Never").unwrap(), Lifetime(None));
        for text in ["", "0s", "90", "-1d", "11years", "soon"] {
            assert!(lifetime(text).unwrap_err().to_string().contains("no life of a token"), "{text}");
        }
    }
}
