//! `auditlake store update`.

use auditlake_model::{Error, PromotedPath, Result, Retention, StoreName, StoreRef};
use auditlake_store::{Access, StoreUpdate};
use clap::Args;

use super::describe;
use super::door::Stores;
use crate::args::{promoted_path, retention_days, selectors, store_name, store_ref};
use crate::connect::ConnectArgs;
use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::output::ListFormat;
use crate::records::write_one;

/// Changes the settings of an event data store; stored events stay as they are.
#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// Name, id or ARN
    #[arg(value_parser = store_ref)]
    name: StoreRef,

    /// Gives the store another name
    #[arg(long, value_name = "NAME", value_parser = store_name)]
    rename: Option<StoreName>,

    /// Shows events for this many days after their eventTime, 7 to 3653; a shorter time hides events at once
    #[arg(long, value_name = "N", value_parser = retention_days, conflicts_with = "keep_forever")]
    retention_days: Option<Retention>,

    /// Shows events for ever
    #[arg(long)]
    keep_forever: bool,

    /// Events to take from now on, in the JSON form of the AWS API, inline or as file://PATH
    #[arg(long, value_name = "JSON", conflicts_with = "all_events")]
    advanced_event_selectors: Option<String>,

    /// Takes every event of its categories from now on
    #[arg(long)]
    all_events: bool,

    /// Makes the store refuse to be deleted
    #[arg(long, conflicts_with = "no_termination_protection")]
    termination_protection: bool,

    /// Allows the store to be deleted
    #[arg(long)]
    no_termination_protection: bool,

    /// Stores this member as a plain column too, from now on
    #[arg(long, value_name = "PATH", value_parser = promoted_path)]
    promote: Vec<PromotedPath>,

    /// Prints the changed store in this form
    #[arg(long, value_enum)]
    format: Option<ListFormat>,
}

impl UpdateArgs {
    fn update(&self) -> Result<StoreUpdate> {
        let new_selectors = self.advanced_event_selectors.as_deref().map(selectors).transpose()?;
        let update = StoreUpdate {
            name: self.rename.clone(),
            selectors: new_selectors.map(Some).or(self.all_events.then_some(None)),
            retention: self.retention_days.or(self.keep_forever.then_some(Retention::Forever)),
            termination_protection: match (self.termination_protection, self.no_termination_protection) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                (false, false) => None,
            },
            promote: self.promote.clone(),
        };
        let is_empty = update.name.is_none()
            && update.selectors.is_none()
            && update.retention.is_none()
            && update.termination_protection.is_none()
            && update.promote.is_empty();
        match is_empty {
            false => Ok(update),
            true => Err(Error::invalid("there is nothing to change")
                .with_hint("Say what to change; `auditlake store update --help` lists what can be.")),
        }
    }
}

/// Changes the store.
pub(crate) async fn run(args: UpdateArgs, server: &ConnectArgs, ctx: &Context) -> CommandResult {
    let update = args.update().usage()?;
    let stores = Stores::open(server, Access::Write, ctx).await?;
    let (description, changed) = stores.update(&args.name, update).await?;
    let name = description.store.name();
    match changed {
        false => ctx.output.say(&format!("event data store `{name}` was so already")),
        true => ctx.output.say(&format!("changed event data store `{name}`")),
    }
    if let Some(format) = args.format {
        write_one(&ctx.output, format, &describe::record(&description))?;
    }
    Ok(Exit::Success)
}
