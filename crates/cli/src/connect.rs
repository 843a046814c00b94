//! `--connect`: a server in place of a lake, and who asks it.
//!
//! | setting | flag | variable |
//! |---|---|---|
//! | server | `--connect` | `AUDITLAKE_CONNECT`, for commands that only read |
//! | user | `--user` | `AUDITLAKE_USER` |
//! | password | `--password-file`, else asked for | `AUDITLAKE_PASSWORD` |
//! | API token | `--token` | `AUDITLAKE_TOKEN` |
//! | TLS | `--tls-ca --tls-client-cert --tls-client-key` | none |
//!
//! A flag goes before every variable, and `--lake` on the command line before `AUDITLAKE_CONNECT`. A command that
//! writes never goes to a server because of a variable: what it changes must be seen on its command line.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use auditlake_client::{ConnectOptions, Connection, Secret, ServerAddress, connect};
use auditlake_model::{Error, Result};
use clap::Args;

use crate::args::ArgError;
use crate::context::Context;
use crate::error::{Failure, UsageExt};
use crate::password;

const CONNECT: &str = "AUDITLAKE_CONNECT";
const USER: &str = "AUDITLAKE_USER";
const PASSWORD: &str = "AUDITLAKE_PASSWORD";
const TOKEN: &str = "AUDITLAKE_TOKEN";

/// The server to ask, and who asks.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ConnectArgs {
    /// Asks the server at grpc://HOST:PORT or grpc+tls://HOST:PORT in place of a lake [env: AUDITLAKE_CONNECT, for commands that only read]
    #[arg(long, global = true, value_name = "URL", value_parser = address)]
    connect: Option<ServerAddress>,

    /// Logs in as this user; the password comes from AUDITLAKE_PASSWORD, or is asked for [env: AUDITLAKE_USER]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "token", hide_short_help = true)]
    user: Option<String>,

    /// Reads the password from the first line of this file
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "token", hide_short_help = true)]
    password_file: Option<PathBuf>,

    /// Logs in with this API token; others on this machine may see it, so prefer the variable [env: AUDITLAKE_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true)]
    token: Option<String>,

    /// Trusts the authorities in this PEM file, not the system's
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    tls_ca: Option<PathBuf>,

    /// Shows this certificate (PEM) to the server
    #[arg(long, global = true, value_name = "FILE", requires = "tls_client_key", hide_short_help = true)]
    tls_client_cert: Option<PathBuf>,

    /// The key (PEM) of that certificate
    #[arg(long, global = true, value_name = "FILE", requires = "tls_client_cert", hide_short_help = true)]
    tls_client_key: Option<PathBuf>,
}

fn address(text: &str) -> Result<ServerAddress, ArgError> {
    ServerAddress::parse(text).map_err(ArgError::from)
}

/// Whether a command may go to a server that only a variable names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It reads: `AUDITLAKE_CONNECT` counts.
    Read,
    /// It writes: only `--connect` counts.
    #[allow(dead_code, reason = "for the commands that change stores over a server")]
    Write,
}

/// Returns the value of a variable, unless it is unset or empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// What a command logs in with, before the password is known.
#[derive(Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    User(String),
    Token(Secret),
}

impl ConnectArgs {
    /// Connects to the server that is to be asked; none when the command is for a lake.
    ///
    /// # Errors
    /// [`Failure::Usage`] for settings that do not go together; those of [`connect`].
    pub(crate) async fn connection(&self, wanted: Use, ctx: &Context) -> Result<Option<Connection>, Failure> {
        match self.address(wanted, ctx.config.lake_flag, variable).usage()? {
            None => Ok(None),
            Some(address) => self.connect_to(address, ctx).await.map(Some),
        }
    }

    /// Returns the server that is to be asked; none when the command is for a lake.
    ///
    /// # Errors
    /// `Invalid` for a login without a server, and for a variable that holds no address.
    pub(crate) fn server(&self, wanted: Use, ctx: &Context) -> Result<Option<ServerAddress>> {
        self.address(wanted, ctx.config.lake_flag, variable)
    }

    fn address(
        &self,
        wanted: Use,
        lake_flag: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<ServerAddress>> {
        if let Some(address) = &self.connect {
            return match lake_flag {
                false => Ok(Some(address.clone())),
                true => Err(Error::invalid("there are --lake and --connect")
                    .with_hint("A server knows its lake: leave --lake out.")),
            };
        }
        let named = (wanted == Use::Read && !lake_flag).then(|| variable(CONNECT)).flatten();
        match named {
            Some(text) => {
                let address = ServerAddress::parse(&text);
                address.map(Some).map_err(|error| error.with_context("variable", CONNECT))
            }
            None => match self.first_flag() {
                None => Ok(None),
                Some(flag) => Err(Error::invalid(format!("{flag} is for a server, and none is named"))
                    .with_hint("Name it with --connect grpc://HOST:PORT.")),
            },
        }
    }

    fn first_flag(&self) -> Option<&'static str> {
        let flags = [
            (self.user.is_some(), "--user"),
            (self.password_file.is_some(), "--password-file"),
            (self.token.is_some(), "--token"),
            (self.tls_ca.is_some(), "--tls-ca"),
            (self.tls_client_cert.is_some(), "--tls-client-cert"),
            (self.tls_client_key.is_some(), "--tls-client-key"),
        ];
        flags.into_iter().find_map(|(given, flag)| given.then_some(flag))
    }

    /// Connects to a server with the login that the user gave.
    ///
    /// # Errors
    /// As [`ConnectArgs::connection`].
    pub(crate) async fn connect_to(
        &self,
        address: ServerAddress,
        ctx: &Context,
    ) -> Result<Connection, Failure> {
        let mut options = ConnectOptions::new(address);
        options.tls_ca = self.tls_ca.as_deref().map(read).transpose().usage()?;
        options.client_certificate = self.tls_client_cert.as_deref().map(read).transpose().usage()?;
        options.client_key =
            self.tls_client_key.as_deref().map(read_text).transpose().usage()?.map(Secret::new);
        match self.who(variable) {
            Who::Nobody => {}
            Who::Token(token) => options.token = Some(token),
            Who::User(user) => {
                options.password = Some(self.password(&user, &options.address, ctx).await?);
                options.user = Some(user);
            }
        }
        Ok(ctx.or_interrupted(connect(options)).await?)
    }

    fn who(&self, variable: impl Fn(&str) -> Option<String>) -> Who {
        if let Some(token) = &self.token {
            return Who::Token(Secret::new(token));
        }
        if let Some(user) = &self.user {
            return Who::User(user.clone());
        }
        match (variable(TOKEN), variable(USER)) {
            (Some(token), _) => Who::Token(Secret::new(token)),
            (None, Some(user)) => Who::User(user),
            // A password without a user may be an API token; the server tells.
            (None, None) if self.password_file.is_some() || variable(PASSWORD).is_some() => {
                Who::User(String::new())
            }
            (None, None) => Who::Nobody,
        }
    }

    async fn password(&self, user: &str, address: &ServerAddress, ctx: &Context) -> Result<Secret, Failure> {
        if let Some(path) = &self.password_file {
            let text = read_text(path).usage()?;
            return Ok(Secret::new(text.lines().next().unwrap_or_default()));
        }
        if let Ok(password) = std::env::var(PASSWORD)
            && !password.is_empty()
        {
            return Ok(Secret::new(password));
        }
        if !std::io::stdin().is_terminal() {
            let error = Error::invalid(format!("there is no password for the user `{user}`"));
            return Err(Failure::Usage(error.with_hint(format!(
                "Put it into the variable {PASSWORD}, or into a file for --password-file."
            ))));
        }
        ask(format!("Password of {user} at {address}: "), ctx).await
    }
}

/// Asks the person at the terminal.
async fn ask(question: String, ctx: &Context) -> Result<Secret, Failure> {
    let answer = async {
        let answer = tokio::task::spawn_blocking(move || password::ask(&question)).await;
        answer.map_err(|error| Error::internal("read password").with_source(error))?
    };
    Ok(Secret::new(ctx.or_interrupted(answer).await?))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found("read file of the login"),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied("read file of the login"),
            _ => Error::unavailable("read file of the login"),
        };
        ours.with_context("file", path.display()).with_source(error)
    })
}

fn read_text(path: &Path) -> Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| Error::invalid("the file of the login is no text").with_context("file", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "grpc://lake:1";

    fn environment(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> + Copy {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn a_variable_sends_no_command_to_a_server_that_writes() {
        let args = ConnectArgs::default();
        let named = environment(&[(CONNECT, URL)]);
        assert!(args.address(Use::Read, false, named).unwrap().is_some());
        assert!(args.address(Use::Write, false, named).unwrap().is_none());
        assert!(args.address(Use::Read, true, named).unwrap().is_none());
        let args = ConnectArgs { connect: Some(URL.parse().unwrap()), ..ConnectArgs::default() };
        assert!(args.address(Use::Write, false, environment(&[])).unwrap().is_some());
        assert!(args.address(Use::Write, true, environment(&[])).is_err());
    }

    #[test]
    fn a_login_wants_a_server() {
        let args = ConnectArgs { user: Some("ann".to_owned()), ..ConnectArgs::default() };
        let error = args.address(Use::Read, false, environment(&[])).unwrap_err();
        assert_eq!(error.message(), "--user is for a server, and none is named");
        let error = args.address(Use::Read, false, environment(&[(CONNECT, "lake")])).unwrap_err();
        assert!(error.report().contains("variable: AUDITLAKE_CONNECT"), "{error:?}");
    }

    #[test]
    fn flags_go_before_variables() {
        let both = environment(&[(USER, "eve"), (TOKEN, "t")]);
        let nobody = ConnectArgs::default();
        assert_eq!(nobody.who(both), Who::Token(Secret::new("t")));
        assert_eq!(nobody.who(environment(&[(USER, "eve")])), Who::User("eve".to_owned()));
        assert_eq!(nobody.who(environment(&[(PASSWORD, "t")])), Who::User(String::new()));
        assert_eq!(nobody.who(environment(&[])), Who::Nobody);
        let args = ConnectArgs { user: Some("ann".to_owned()), ..ConnectArgs::default() };
        assert_eq!(args.who(both), Who::User("ann".to_owned()));
    }
}
