//! `auditlake store`: event data stores.

mod create;
mod delete;
mod describe;
mod door;
mod ingestion;
mod list;
mod maintain;
mod restore;
mod show;
mod update;

use auditlake_model::Error;
use clap::{Args, Subcommand};

use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::{CommandResult, UsageExt};

/// Creates, lists, changes and deletes event data stores.
///
/// NAME stands for a name (case does not count), an id, or an ARN. With --connect, a server does it.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(flatten)]
    server: ConnectArgs,

    #[command(subcommand)]
    command: StoreCommand,
}

/// What to do with event data stores.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Update(update::UpdateArgs),
    Delete(delete::DeleteArgs),
    Restore(restore::RestoreArgs),
    /// Lets imports write to a store again
    StartIngestion(ingestion::IngestionArgs),
    /// Makes imports refuse a store; it stays queryable
    StopIngestion(ingestion::IngestionArgs),
    Maintain(maintain::MaintainArgs),
}

/// Runs one of them.
pub(crate) async fn run(args: StoreArgs, ctx: &Context) -> CommandResult {
    let StoreArgs { server, command } = args;
    match command {
        StoreCommand::Create(args) => create::run(args, &server, ctx).await,
        StoreCommand::List(args) => list::run(args, &server, ctx).await,
        StoreCommand::Show(args) => show::run(args, &server, ctx).await,
        StoreCommand::Update(args) => update::run(args, &server, ctx).await,
        StoreCommand::Delete(args) => delete::run(args, &server, ctx).await,
        StoreCommand::Restore(args) => restore::run(args, &server, ctx).await,
        StoreCommand::StartIngestion(args) => ingestion::run(args, true, &server, ctx).await,
        StoreCommand::StopIngestion(args) => ingestion::run(args, false, &server, ctx).await,
        StoreCommand::Maintain(args) => {
            refuse_server(&server, ctx).usage()?;
            maintain::run(args, ctx).await
        }
    }
}

/// Refuses a server where the lake itself is needed.
fn refuse_server(server: &ConnectArgs, ctx: &Context) -> Result<(), Error> {
    match server.server(Use::Write, ctx)? {
        None => Ok(()),
        Some(_) => Err(Error::invalid("maintenance needs the lake itself")
            .with_hint("Run it without --connect where the lake is; the server may run meanwhile.")),
    }
}
