//! `auditlake reference`: tables that people bring.

use std::path::PathBuf;

use auditlake_model::{ErrorKind, Result, StoreName};
use auditlake_query::TableRows;
use auditlake_store::{Access, ReferenceTable, Saved, SavedColumn, hex, sha256};
use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::numbers::{counted, thousands};
use crate::output::ListFormat;
use crate::records::{Record, write_list};

const LIST_COLUMNS: &[&str] = &["name", "rows", "columns", "source", "sourceSha256", "createdAt"];

/// Keeps tables in the lake beside its events: indicator lists, names of accounts, allow lists.
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
pub(crate) async fn run(command: ReferenceCommand, ctx: &Context) -> CommandResult {
    match command {
        ReferenceCommand::Put(args) => put(args, ctx).await,
        ReferenceCommand::List(args) => list(args, ctx).await,
        ReferenceCommand::Delete(args) => delete(args, ctx).await,
    }
}

async fn put(args: PutArgs, ctx: &Context) -> CommandResult {
    let name = StoreName::parse(&args.name).usage()?;
    let (rows, bytes) = TableRows::read(&args.file)?;
    let lake = ctx.open_lake(Access::Write).await?;
    let table = ReferenceTable {
        name: name.as_str().to_owned(),
        path: lake.put_reference_rows(rows.to_parquet()?).await?,
        rows: rows.rows(),
        source: args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        source_sha256: hex(&sha256(&bytes)),
        columns: rows.columns(),
        created_at: ctx.now(),
    };
    lake.change_saved(|saved| saved.put_reference(table.clone())).await?;
    let rows = counted(table.rows, "row");
    ctx.output.say(&format!("kept {rows} as `{name}`. Use it: SELECT * FROM {}", name.to_sql()));
    Ok(Exit::Success)
}

async fn list(args: ListArgs, ctx: &Context) -> CommandResult {
    let saved = saved(ctx).await?;
    if saved.references.is_empty() {
        ctx.output.say("There are no reference tables yet. Next: auditlake reference put NAME FILE");
    }
    let records: Vec<Record> = saved.references.iter().map(record).collect();
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn delete(args: DeleteArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Write).await?;
    lake.change_saved(|saved| saved.remove_reference(&args.name)).await?;
    ctx.output.say(&format!("deleted `{}`", args.name));
    Ok(Exit::Success)
}

/// Reads what is saved; where there is no lake, nothing is.
pub(crate) async fn saved(ctx: &Context) -> Result<Saved> {
    match ctx.open_lake(Access::Read).await {
        Ok(lake) => lake.saved().await,
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Saved::default()),
        Err(error) => Err(error),
    }
}

/// Writes columns as people read them: `name varchar, n bigint`.
pub(super) fn columns_text(columns: &[SavedColumn]) -> String {
    let column = |column: &SavedColumn| format!("{} {}", column.name, column.type_name);
    columns.iter().map(column).collect::<Vec<_>>().join(", ")
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
