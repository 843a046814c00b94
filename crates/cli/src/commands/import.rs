//! `auditlake import`: runs imports, and looks at those that ran.

mod door;
mod failures;
mod list;
mod report;
mod retry;
mod run;
mod served;
mod show;

use clap::{Args, Subcommand};

use crate::config::Values;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, UsageExt};

pub(crate) use run::{Import, import};

/// Imports CloudTrail logs into an event data store; or lists, shows and retries imports.
///
/// Reads files, folders, S3 prefixes and standard input: gzip or plain, in every form that CloudTrail, its APIs
/// and CloudTrail Lake write. Run it again to import what is new: every event is stored once.
///
/// With --connect, a server reads: S3 prefixes that its owner allows.
///
/// A folder that is called like a subcommand is written ./list.
#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    run: run::RunArgs,

    #[command(flatten)]
    limits: run::LimitArgs,

    #[command(flatten)]
    server: ConnectArgs,

    #[command(subcommand)]
    command: Option<ImportCommand>,
}

/// What to do with imports that ran.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Failures(failures::FailuresArgs),
    Retry(retry::RetryArgs),
}

impl ImportArgs {
    /// Tells whether the arguments ask for a subcommand and not for an import.
    #[cfg(test)]
    pub(crate) fn asks_for_subcommand(&self) -> bool {
        self.command.is_some()
    }

    /// Adds the settings that the command's own flags make.
    pub(crate) fn add_values(&self, values: &mut Values) {
        self.limits.add_values(values);
        if let Some(ImportCommand::Retry(args)) = &self.command {
            args.limits.add_values(values);
        }
    }
}

/// Runs an import or one of the subcommands.
pub(crate) async fn run(args: ImportArgs, ctx: &Context) -> CommandResult {
    let server = &args.server;
    match args.command {
        None => run::run(args.run, &args.limits, server, ctx).await,
        Some(command) => {
            args.run.refuse_beside_subcommand().usage()?;
            match command {
                ImportCommand::List(args) => ctx.until_interrupted(list::run(args, server, ctx)).await,
                ImportCommand::Show(args) => ctx.until_interrupted(show::run(args, server, ctx)).await,
                ImportCommand::Failures(args) => {
                    ctx.until_interrupted(failures::run(args, server, ctx)).await
                }
                ImportCommand::Retry(args) => retry::run(args, server, ctx).await,
            }
        }
    }
}
