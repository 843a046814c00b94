//! `auditlake view`: saved queries.

use std::path::PathBuf;

use auditlake_model::{Error, Result, StoreName};
use auditlake_query::QueryRequest;
use auditlake_query::reference::saved_columns;
use auditlake_store::{Access, SavedView};
use clap::{Args, Subcommand};

use super::reference::{columns_text, saved};
use super::sql::{CLIENT, read_file};
use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure, UsageExt};
use crate::output::ListFormat;
use crate::records::{Record, write_list, write_one};
use crate::session;

const LIST_COLUMNS: &[&str] = &["name", "parameters", "columns", "createdAt", "description"];

/// Saves queries in the lake, to be used after FROM like tables.
///
/// A view may have parameters (`:name`), which a statement that reads it is given. It shows nobody more than the event
/// data stores that they may read.
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
pub(crate) async fn run(command: ViewCommand, ctx: &Context) -> CommandResult {
    match command {
        ViewCommand::Create(args) => create(args, ctx).await,
        ViewCommand::List(args) => list(args, ctx).await,
        ViewCommand::Show(args) => show(args, ctx).await,
        ViewCommand::Delete(args) => delete(args, ctx).await,
    }
}

async fn create(args: CreateArgs, ctx: &Context) -> CommandResult {
    let name = StoreName::parse(&args.name).usage()?;
    let sql = match (&args.command, &args.file) {
        (Some(sql), _) => sql.clone(),
        (None, Some(file)) => read_file(file)?,
        (None, None) => return Err(Error::invalid("there is no query to save")).usage(),
    };
    let sql = sql.trim().trim_end_matches(';').trim_end().to_owned();
    let lake = ctx.open_lake(Access::Write).await?;
    let service = session::start(&lake, &ctx.config)?;
    let request = QueryRequest::new(sql.clone(), session::principal(), CLIENT);
    let prepared =
        service.prepare(request).await.map_err(|error| Failure::Sql { error, sql: sql.clone() })?;
    let parameters: Vec<String> = prepared.parameters().iter().map(|slot| slot.name.clone()).collect();
    check_parameters(&parameters)?;
    let view = SavedView {
        name: name.as_str().to_owned(),
        description: args.description,
        parameters,
        columns: saved_columns(prepared.schema()),
        created_at: ctx.now(),
        sql,
    };
    session::close(service, ctx).await;
    lake.change_saved(|saved| saved.put_view(view.clone(), args.replace)).await?;
    ctx.output.say(&format!("saved `{name}`. Use it: SELECT * FROM {}", name.to_sql()));
    Ok(Exit::Success)
}

/// By position, nobody could tell which parameter of a statement belongs to which view in it.
fn check_parameters(parameters: &[String]) -> Result<()> {
    match parameters.iter().any(|name| name.starts_with('$')) {
        false => Ok(()),
        true => Err(Error::invalid("a saved query takes its parameters by name")
            .with_hint("Write `:name` instead of `?` or `$1`.")),
    }
}

async fn list(args: ListArgs, ctx: &Context) -> CommandResult {
    let saved = saved(ctx).await?;
    if saved.views.is_empty() {
        ctx.output.say("There are no saved queries yet. Next: auditlake view create NAME -c SQL");
    }
    let records: Vec<Record> = saved.views.iter().map(|view| record(view).only(LIST_COLUMNS)).collect();
    if !records.is_empty() || args.format != ListFormat::Table {
        write_list(&ctx.output, args.format, LIST_COLUMNS, &records)?;
    }
    Ok(Exit::Success)
}

async fn show(args: ShowArgs, ctx: &Context) -> CommandResult {
    let saved = saved(ctx).await?;
    let view = saved.view(&args.name).ok_or_else(|| {
        Error::not_found(format!("no view `{}`", args.name))
            .with_hint("Run `auditlake view list` to see the names.")
    })?;
    write_one(&ctx.output, args.format, &record(view))?;
    Ok(Exit::Success)
}

async fn delete(args: DeleteArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Write).await?;
    lake.change_saved(|saved| saved.remove_view(&args.name)).await?;
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
