//! `auditlake reference`: tables that people bring.

use std::path::PathBuf;

use auditlake_model::StoreName;
use auditlake_query::saving::TableFile;
use auditlake_store::{Access, ReferenceTable};
use clap::{Args, Subcommand};

use super::saved::{SavedDoor, columns_text};
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::numbers::{counted, thousands};
use crate::output::ListFormat;
use crate::records::{Record, write_list};

const LIST_COLUMNS: &[&str] = &["name", "rows", "columns", "source", "sourceSha256", "createdAt"];

/// Keeps tables in the lake beside its events: indicator lists, names of accounts, allow lists.
///
/// With --connect, a server does it.
#[derive(Debug, Args)]
pub(crate) struct ReferenceArgs {
    #[command(flatten)]
    server: ConnectArgs,

    #[command(subcommand)]
    command: ReferenceCommand,
}

/// What to do with reference tables.
#[derive(Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    Put(PutArgs),
    List(ListArgs),
    Delete(DeleteArgs),
}

/// Keeps the rows of a file as a table, in the place of the one of its name.
///
/// Columns of CSV are text, so that account ids keep their zeros; an empty cell is NULL.
#[derive(Debug, Args)]
pub(crate) struct PutArgs {
    /// Its name, which no event data store and no view has
    name: String,

    /// .csv, .tsv, .ndjson, .json or .parquet, of 64 MiB at most
    file: PathBuf,
}

/// Lists the reference tables.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Deletes a reference table.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Its name; case does not count
    name: String,
}

/// Runs one of them.
pub(crate) async fn run(args: ReferenceArgs, ctx: &Context) -> CommandResult {
    let ReferenceArgs { server, command } = args;
    match command {
        ReferenceCommand::Put(args) => put(args, &server, ctx).await,
        ReferenceCommand::List(args) => list(args, &server, ctx).await,
        ReferenceCommand::Delete(args) => delete(args, &server, ctx).await,
    }
}

async fn put(args: PutArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let name = StoreName::parse(&args.name).usage()?;
    let file = TableFile::read(args.file)?;
    let door = SavedDoor::open(server, Access::Write, ctx).await?;
    let table = door.put_reference(&name, &file, ctx).await?;
    let rows = counted(table.rows, "row");
    ctx.output.say(&format!("kept {rows} as `{name}`. Use it: SELECT * FROM {}", name.to_sql()));
    Ok(Exit::Success)
}

async fn list(args: ListArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let references = SavedDoor::open(server, Access::Read, ctx).await?.references().await?;
    if references.is_empty() {
        ctx.output.say("There are no reference tables yet. Next: auditlake reference put NAME FILE");
    }
    let records: Vec<Record> = references.iter().map(record).collect();
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn delete(args: DeleteArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    SavedDoor::open(server, Access::Write, ctx).await?.delete_reference(&args.name).await?;
    ctx.output.say(&format!("deleted `{}`", args.name));
    Ok(Exit::Success)
}

fn record(table: &ReferenceTable) -> Record {
    Record::default()
        .with("name", table.name.as_str())
        .with_shown("rows", table.rows, thousands(table.rows))
        .with_shown("columns", serde_json::json!(table.columns), columns_text(&table.columns))
        .with("source", table.source.as_str())
        .with("sourceSha256", table.source_sha256.as_str())
        .with("createdAt", table.created_at.to_string())
}
