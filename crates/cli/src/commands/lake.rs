//! `auditlake lake`: the whole lake.

mod check;
mod create;
mod show;

use clap::Subcommand;

use crate::context::Context;
use crate::error::CommandResult;

/// Creates, shows and checks the lake.
#[derive(Debug, Subcommand)]
pub(crate) enum LakeCommand {
    Create(create::CreateArgs),
    Show(show::ShowArgs),
    Check(check::CheckArgs),
}

/// Runs one of them.
pub(crate) async fn run(command: LakeCommand, ctx: &Context) -> CommandResult {
    match command {
        LakeCommand::Create(args) => create::run(args, ctx).await,
        LakeCommand::Show(args) => show::run(args, ctx).await,
        LakeCommand::Check(args) => check::run(args, ctx).await,
    }
}
