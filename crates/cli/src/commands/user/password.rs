//! Where a new password comes from.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use auditlake_access::{Secret, UserName};
use auditlake_model::{Error, Result};
use clap::Args;

use crate::error::{Failure, UsageExt};
use crate::password::ask;

/// The longest line that is read as a password, in bytes.
const MAX_LINE_BYTES: u64 = 8 << 10;

/// Where the password comes from; asked for twice on a terminal without either.
#[derive(Debug, Clone, Args)]
pub(super) struct PasswordArgs {
    /// Reads the password from the first line of standard input
    #[arg(long, conflicts_with = "no_password")]
    password_stdin: bool,

    /// Sets no password: the user logs in by tokens only
    #[arg(long)]
    no_password: bool,
}

impl PasswordArgs {
    /// Gets the password; `None` for no password.
    ///
    /// # Errors
    /// Usage, when there is no terminal to ask on or the two answers differ; `Cancelled` on Ctrl-C.
    pub(super) async fn get(&self, user: &UserName) -> Result<Option<Secret>, Failure> {
        if self.no_password {
            return Ok(None);
        }
        let (stdin, user) = (self.password_stdin, user.clone());
        let got =
            tokio::task::spawn_blocking(move || if stdin { from_stdin() } else { ask_twice(&user) }).await;
        let got = got.map_err(|e| Error::internal("ask for a password").with_source(e))?;
        got.map(Some)
    }
}

fn from_stdin() -> Result<Secret, Failure> {
    let mut line = String::new();
    let mut stdin = std::io::stdin().lock().take(MAX_LINE_BYTES);
    stdin
        .read_line(&mut line)
        .map_err(|e| Error::invalid("read the password from standard input").with_source(e))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    match line.strip_suffix('\r').unwrap_or(line) {
        "" => Err(Error::invalid("standard input holds no password")).usage(),
        password => Ok(Secret::new(password)),
    }
}

fn ask_twice(user: &UserName) -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::invalid("there is no terminal to ask for a password on")
            .with_hint("Give it on standard input with --password-stdin, or use --no-password and tokens."))
        .usage();
    }
    let password = ask(&format!("Password of {user}: "))?;
    match ask("Once more: ")? == password {
        true => Ok(Secret::new(password)),
        false => Err(Error::invalid("the two passwords differ").into()),
    }
}
