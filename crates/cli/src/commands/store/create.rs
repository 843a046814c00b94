//! `auditlake store create`.

use auditlake_model::{CategoryClass, PromotedPath, Retention, StoreName};
use auditlake_store::NewEventDataStore;
use clap::Args;

use super::describe;
use super::door::Stores;
use crate::args::{category, promoted_path, retention_days, selectors, store_name};
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::output::ListFormat;
use crate::records::write_one;

/// Creates an event data store, and the lake if there is none.
///
/// Without options it takes every management, data and network activity event, and keeps it for ever.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Name, unique in the lake: 3 to 128 of a-z A-Z 0-9 . _ -
    #[arg(value_parser = store_name)]
    name: StoreName,

    /// Shows events for this many days after their eventTime, 7 to 3653 [default: for ever]
    #[arg(long, value_name = "N", value_parser = retention_days)]
    retention_days: Option<Retention>,

    /// Events to take, in the JSON form of the AWS API, inline or as file://PATH [default: all]
    #[arg(long, value_name = "JSON")]
    advanced_event_selectors: Option<String>,

    /// Events that it can hold: activity (management, data, network activity) or insight
    #[arg(long, value_name = "CLASS", default_value = "activity", value_parser = category)]
    category: CategoryClass,

    /// Allows the store to be deleted
    #[arg(long)]
    no_termination_protection: bool,

    /// Makes imports refuse the store until `store start-ingestion`
    #[arg(long)]
    no_start_ingestion: bool,

    /// Stores this member as a plain column too, for fast filters; beside the usual ones
    #[arg(long, value_name = "PATH", value_parser = promoted_path)]
    promote: Vec<PromotedPath>,

    /// Prints the new store in this form
    #[arg(long, value_enum)]
    format: Option<ListFormat>,
}

impl CreateArgs {
    fn new_store(&self) -> auditlake_model::Result<NewEventDataStore> {
        let mut new = NewEventDataStore::new(self.name.clone());
        new.category_class = self.category;
        if self.category == CategoryClass::Insight {
            // The usual paths are of activity events.
            new.promoted.clear();
        }
        new.selectors = self.advanced_event_selectors.as_deref().map(selectors).transpose()?;
        new.retention = self.retention_days.unwrap_or_default();
        new.termination_protection = !self.no_termination_protection;
        new.ingestion = !self.no_start_ingestion;
        for path in &self.promote {
            if !new.promoted.contains(path) {
                new.promoted.push(path.clone());
            }
        }
        Ok(new)
    }
}

/// Creates the store.
pub(crate) async fn run(args: CreateArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let new = args.new_store().usage()?;
    let made = Stores::open_or_create(server, ctx).await?.create(new).await?;
    let name = made.store.name();
    ctx.output.say(&format!("created event data store `{name}` ({})", made.arn));
    match args.format {
        Some(format) => write_one(&ctx.output, format, &describe::record(&made))?,
        None => ctx.output.say(&format!("Next: auditlake import FOLDER-OR-S3-URL --store {name}")),
    }
    Ok(Exit::Success)
}
