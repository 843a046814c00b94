//! `auditlake view`: saved queries.

use std::path::PathBuf;

use auditlake_model::{Error, StoreName};
use auditlake_store::{Access, SavedView};
use clap::{Args, Subcommand};

use super::saved::{SavedDoor, ViewToSave, columns_text};
use super::sql::read_file;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::output::ListFormat;
use crate::records::{Record, write_list, write_one};

const LIST_COLUMNS: &[&str] = &["name", "parameters", "columns", "createdAt", "description"];

/// Saves queries in the lake, to be used after FROM like tables.
///
/// A view may have parameters (`:name`), which a statement that reads it is given. It shows nobody more than the event
/// data stores that they may read. With --connect, a server does it.
#[derive(Debug, Args)]
pub(crate) struct ViewArgs {
    #[command(flatten)]
    server: ConnectArgs,

    #[command(subcommand)]
    command: ViewCommand,
}

/// What to do with saved queries.
#[derive(Debug, Subcommand)]
pub(crate) enum ViewCommand {
    Create(CreateArgs),
    List(ListArgs),
    Show(ShowArgs),
    Delete(DeleteArgs),
}

/// Saves a query under a name.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Its name, which no event data store and no reference table has
    name: String,

    /// The query: one SELECT
    #[arg(
        short,
        long = "command",
        value_name = "SQL",
        allow_hyphen_values = true,
        required_unless_present = "file",
        conflicts_with = "file"
    )]
    command: Option<String>,

    /// A file with the query
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// Puts it in the place of the view of that name
    #[arg(long)]
    replace: bool,
}

/// Lists the saved queries.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Shows a saved query with its text.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its name; case does not count
    name: String,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Deletes a saved query.
#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// Its name; case does not count
    name: String,
}

/// Runs one of them.
pub(crate) async fn run(args: ViewArgs, ctx: &Context) -> CommandResult {
    let ViewArgs { server, command } = args;
    match command {
        ViewCommand::Create(args) => create(args, &server, ctx).await,
        ViewCommand::List(args) => list(args, &server, ctx).await,
        ViewCommand::Show(args) => show(args, &server, ctx).await,
        ViewCommand::Delete(args) => delete(args, &server, ctx).await,
    }
}

async fn create(args: CreateArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let name = StoreName::parse(&args.name).usage()?;
    let sql = match (args.command, &args.file) {
        (Some(sql), _) => sql,
        (None, Some(file)) => read_file(file)?,
        (None, None) => return Err(Error::invalid("there is no query to save")).usage(),
    };
    let door = SavedDoor::open(server, Access::Write, ctx).await?;
    let new = ViewToSave { name: name.clone(), sql, description: args.description, replace: args.replace };
    let view = door.create_view(new, ctx).await?;
    let values: String = view.parameters.iter().map(|name| format!(", with a value for :{name}")).collect();
    ctx.output.say(&format!("saved `{name}`. Use it: SELECT * FROM {}{values}", name.to_sql()));
    Ok(Exit::Success)
}

async fn list(args: ListArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let views = SavedDoor::open(server, Access::Read, ctx).await?.views().await?;
    if views.is_empty() {
        ctx.output.say("There are no saved queries yet. Next: auditlake view create NAME -c SQL");
    }
    let records: Vec<Record> = views.iter().map(|view| record(view).only(LIST_COLUMNS)).collect();
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn show(args: ShowArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let view = SavedDoor::open(server, Access::Read, ctx).await?.view(&args.name).await?;
    write_one(&ctx.output, args.format, &record(&view))?;
    Ok(Exit::Success)
}

async fn delete(args: DeleteArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    SavedDoor::open(server, Access::Write, ctx).await?.delete_view(&args.name).await?;
    ctx.output.say(&format!("deleted `{}`", args.name));
    Ok(Exit::Success)
}

fn record(view: &SavedView) -> Record {
    let columns = columns_text(&view.columns);
    Record::default()
        .with("name", view.name.as_str())
        .with_shown("parameters", view.parameters.clone(), view.parameters.join(", "))
        .with_shown("columns", serde_json::json!(view.columns), columns)
        .with("createdAt", view.created_at.to_string())
        .with("description", view.description.clone())
        .with("sql", view.sql.as_str())
}
