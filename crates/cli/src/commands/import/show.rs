//! `auditlake import show`.

use auditlake_ingest::{COUNTS, ImportRecord};
use auditlake_model::ImportId;
use clap::Args;

use super::door::Records;
use crate::args::import_id;
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit};
use crate::numbers::{human_bytes, seconds, thousands};
use crate::output::ListFormat;
use crate::records::{Record, write_one};

/// Shows one import.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Id of the import
    #[arg(value_name = "IMPORT", value_parser = import_id)]
    id: ImportId,

    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Shows the import.
pub(super) async fn run(args: ShowArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let found = Records::open(server, ctx).await?.find(args.id).await?;
    write_one(&ctx.output, args.format, &record(&found))?;
    Ok(Exit::Success)
}

/// Describes an import with all its properties.
pub(super) fn record(import: &ImportRecord) -> Record {
    let mut record = Record::default()
        .with("importId", import.import_id.to_string())
        .with("store", import.store.as_str())
        .with("storeId", import.store_id.as_str())
        .with("state", import.state.as_str())
        .with("sources", import.sources.as_str())
        .with_shown("startedAt", import.started_at.to_string(), seconds(import.started_at))
        .with_shown("updatedAt", import.updated_at.to_string(), seconds(import.updated_at))
        .with_shown("seconds", import.seconds, format!("{:.1}", import.seconds));
    for ((_, name), count) in COUNTS.into_iter().zip(import.counts) {
        let shown = if name.starts_with("bytes") { human_bytes(count) } else { thousands(count) };
        record = record.with_shown(name, count, shown);
    }
    record.with("error", import.error.clone())
}
