//! `auditlake import failures`.

use auditlake_ingest::{FailureRecord, ImportFailure};
use auditlake_model::ImportId;
use clap::Args;

use super::door::Records;
use crate::args::import_id;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::seconds;
use crate::output::ListFormat;
use crate::records::{Record, write_list};

const COLUMNS: &[&str] = &["location", "status", "errorType", "message", "hint", "importId", "updatedAt"];
/// What of it fits on a terminal.
const TABLE_COLUMNS: &[&str] = &["importId", "status", "message"];

/// Lists the files that imports could not take, and why.
#[derive(Debug, Args)]
pub(crate) struct FailuresArgs {
    /// Only those of this import
    #[arg(value_name = "IMPORT", value_parser = import_id)]
    id: Option<ImportId>,

    /// Lists those too that a retry has taken
    #[arg(long)]
    all: bool,

    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Lists the failures.
pub(super) async fn run(args: FailuresArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let failures = Records::open(server, ctx).await?.failures(args.id, args.all).await?;
    let records: Vec<_> = failures.iter().map(record).collect();
    if records.is_empty() && args.format == ListFormat::Table {
        ctx.output.say("No failures.");
        return Ok(Exit::Success);
    }
    let columns = if args.format == ListFormat::Table { TABLE_COLUMNS } else { COLUMNS };
    write_list(&ctx.output, args.format, columns, &records)?;
    Ok(Exit::Success)
}

/// Returns the message, with the location in front unless it names it.
fn message(failure: &FailureRecord) -> String {
    let ImportFailure { location, message, .. } = &failure.failure;
    if message.contains(location) { message.clone() } else { format!("{location}: {message}") }
}

fn record(failure: &FailureRecord) -> Record {
    Record::default()
        .with("location", failure.failure.location.as_str())
        .with("status", failure.status.as_str())
        .with("errorType", failure.failure.error_type.as_str())
        .with_shown("message", failure.failure.message.as_str(), message(failure))
        .with("hint", failure.failure.hint.clone())
        .with("importId", failure.import_id.to_string())
        .with_shown("updatedAt", failure.updated_at.to_string(), seconds(failure.updated_at))
}
