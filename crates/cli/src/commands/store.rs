//! `auditlake store`: event data stores.

mod create;
mod delete;
mod describe;
mod ingestion;
mod list;
mod maintain;
mod restore;
mod show;
mod update;

use clap::Subcommand;

use crate::context::Context;
use crate::error::CommandResult;

/// Creates, lists, changes and deletes event data stores.
///
/// NAME stands for a name (case does not count), an id, or an ARN.
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
pub(crate) async fn run(command: StoreCommand, ctx: &Context) -> CommandResult {
    match command {
        StoreCommand::Create(args) => create::run(args, ctx).await,
        StoreCommand::List(args) => list::run(args, ctx).await,
        StoreCommand::Show(args) => show::run(args, ctx).await,
        StoreCommand::Update(args) => update::run(args, ctx).await,
        StoreCommand::Delete(args) => delete::run(args, ctx).await,
        StoreCommand::Restore(args) => restore::run(args, ctx).await,
        StoreCommand::StartIngestion(args) => ingestion::run(args, true, ctx).await,
        StoreCommand::StopIngestion(args) => ingestion::run(args, false, ctx).await,
        StoreCommand::Maintain(args) => maintain::run(args, ctx).await,
    }
}
