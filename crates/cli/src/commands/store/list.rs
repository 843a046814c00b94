//! `auditlake store list`.

use auditlake_model::{ErrorKind, Result};
use auditlake_store::{Access, StoreDescription};
use clap::Args;

use super::describe;
use super::door::Stores;
use crate::connect::{ConnectArgs, Use};
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::output::ListFormat;
use crate::records::{Record, write_list};

/// Lists the event data stores of the lake, those pending deletion too.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the stores.
pub(crate) async fn run(args: ListArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let (stores, place) = match server.connection(Use::Read, ctx).await? {
        Some(connection) => {
            let place = connection.address().to_string();
            (Stores::Server(connection).list().await?, place)
        }
        None => (in_lake(ctx).await?, ctx.config.lake.to_string()),
    };
    if stores.is_empty() {
        ctx.output.say(&format!(
            "There are no event data stores in {place} yet. Next: auditlake store create NAME"
        ));
    }
    let record = |store: &StoreDescription| describe::record(store).only(describe::LIST_COLUMNS);
    let records: Vec<Record> = stores.iter().map(record).collect();
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, describe::LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn in_lake(ctx: &Context) -> Result<Vec<StoreDescription>> {
    match ctx.open_lake(Access::Read).await {
        Ok(lake) => Stores::Lake(lake).list().await,
        // No lake holds no stores; the first one makes it.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
