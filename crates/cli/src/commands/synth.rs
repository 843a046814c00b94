//! `auditlake synth`.

use std::path::{Path, PathBuf};

use auditlake_model::{Error, Result};
use auditlake_synth::{SynthConfig, SynthTruth, generate};
use chrono::NaiveDate;
use clap::Args;

use crate::context::Context;
use crate::error::{CommandResult, Exit, UsageExt};
use crate::numbers::{counted, human_bytes};
use crate::progress::CountBar;
use crate::records::write_json;

/// Writes synthetic CloudTrail logs: realistic, seeded, any amount.
///
/// The folder gets the layout of a trail's bucket, and `TRUTH.json` with the counts that a correct import
/// shows. Equal arguments write equal bytes.
#[derive(Debug, Args)]
pub(crate) struct SynthArgs {
    /// Folder to write to; it must not hold a corpus
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Number of events
    #[arg(long, value_name = "N", default_value_t = SynthConfig::default().events)]
    events: u64,

    /// Seed of all chance
    #[arg(long, value_name = "S", default_value_t = SynthConfig::default().seed)]
    seed: u64,

    /// First day, UTC
    #[arg(long, value_name = "DATE", default_value_t = SynthConfig::default().start)]
    start: NaiveDate,

    /// Number of days
    #[arg(long, value_name = "N", default_value_t = SynthConfig::default().days)]
    days: u32,

    /// Number of accounts
    #[arg(long, value_name = "N", default_value_t = SynthConfig::default().accounts)]
    accounts: u32,

    /// Typical number of events in a log file
    #[arg(long, value_name = "N", default_value_t = SynthConfig::default().events_per_file)]
    events_per_file: u32,

    /// Share of events that are delivered twice, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = SynthConfig::default().duplicate_share)]
    duplicate_share: f64,

    /// Share of events that carry what attackers put into logs, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = SynthConfig::default().hostile_share)]
    hostile_share: f64,

    /// Leaves out the story of the leaked access key
    #[arg(long)]
    no_incident: bool,

    /// Prints the counts as JSON
    #[arg(long)]
    json: bool,
}

impl SynthArgs {
    fn config(&self) -> SynthConfig {
        SynthConfig {
            events: self.events,
            seed: self.seed,
            start: self.start,
            days: self.days,
            accounts: self.accounts,
            events_per_file: self.events_per_file,
            duplicate_share: self.duplicate_share,
            hostile_share: self.hostile_share,
            incident: !self.no_incident,
        }
    }
}

/// Writes the logs.
pub(crate) async fn run(args: SynthArgs, ctx: &Context) -> CommandResult {
    let config = args.config();
    config.check().usage()?;
    let truth = write_corpus(config, &args.out, ctx, !args.json).await?;
    ctx.output.say(&format!(
        "wrote {} in {} ({} gzip, {} JSON) to {}",
        counted(truth.events, "event"),
        counted(truth.files, "file"),
        human_bytes(truth.gzip_bytes),
        human_bytes(truth.raw_bytes),
        args.out.display()
    ));
    if args.json {
        write_json(&ctx.output, &truth.to_json())?;
    }
    Ok(Exit::Success)
}

/// Writes a corpus on a thread of its own, with a progress bar if one is wanted.
///
/// # Errors
/// Those of [`generate`].
pub(crate) async fn write_corpus(
    config: SynthConfig,
    out: &Path,
    ctx: &Context,
    bar: bool,
) -> Result<SynthTruth> {
    let bar = bar.then(|| CountBar::start(&ctx.output, "writing logs", "events", config.events));
    let out = out.to_owned();
    let work = tokio::task::spawn_blocking(move || {
        let mut progress = |events: u64| {
            if let Some(bar) = &bar {
                bar.set(events);
            }
        };
        generate(&config, &out, &mut progress)
    });
    work.await.map_err(|e| Error::internal("write synthetic logs").with_source(e))?
}
