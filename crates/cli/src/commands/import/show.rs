//! `auditlake import show`.

use auditlake_ingest::{COUNTS, ImportRecord, ImportRecords};
use auditlake_model::{Error, ImportId, Result};
use auditlake_store::{Access, Lake};
use clap::Args;

use crate::args::import_id;
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
pub(super) async fn run(args: ShowArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Read).await?;
    let found = find(&lake, args.id).await?;
    write_one(&ctx.output, args.format, &record(&found))?;
    Ok(Exit::Success)
}

/// Finds the record of an import.
///
/// # Errors
/// `NotFound` (`ImportNotFoundException`).
pub(super) async fn find(lake: &Lake, id: ImportId) -> Result<ImportRecord> {
    let imports = ImportRecords::open(lake)?.imports().await?;
    imports.into_iter().find(|record| record.import_id == id).ok_or_else(|| {
        Error::not_found(format!("there is no import `{id}`"))
            .with_code("ImportNotFoundException")
            .with_hint("List the imports with `auditlake import list`.")
    })
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
