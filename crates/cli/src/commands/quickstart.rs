//! `auditlake quickstart`.

use std::path::{Path, PathBuf};

use auditlake_ingest::{ImportSource, Narrowing};
use auditlake_model::{Error, ErrorKind, Result, StoreName, StoreRef};
use auditlake_query::{QueryRequest, QueryService};
use auditlake_store::{EventDataStore, Lake, NewEventDataStore, SourceLocation, StoreLocation};
use auditlake_synth::SynthConfig;
use clap::Args;

use crate::commands::{import, shell, sql, synth};
use crate::config::PROGRAM_FOLDER;
use crate::context::{Context, interrupted};
use crate::error::{CommandResult, Exit, Failure, UsageExt};
use crate::numbers::{counted, thousands};
use crate::output::Tone;
use crate::session;

/// Name of the store that is made.
const STORE: &str = "quickstart";
/// What a whole corpus holds.
const CORPUS: [&str; 2] = ["AWSLogs", "TRUTH.json"];

/// Three questions that tell the story in the logs, from wide to narrow.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "Which calls are refused, and to how many callers?",
        "SELECT eventName, errorCode, count(*) AS calls, count(DISTINCT userIdentity.arn) AS callers\n\
         FROM quickstart\n\
         WHERE errorCode LIKE '%Denied%' OR errorCode LIKE '%Unauthorized%'\n\
         GROUP BY eventName, errorCode\n\
         ORDER BY calls DESC, eventName\n\
         LIMIT 5",
    ),
    (
        "Who made credentials, or laid hands on the audit trail?",
        "SELECT eventTime, eventName, userIdentity.userName, sourceIPAddress, errorCode\n\
         FROM quickstart\n\
         WHERE eventName IN ('CreateUser', 'AttachUserPolicy', 'CreateAccessKey', 'DeleteTrail', 'StopLogging')\n\
         ORDER BY eventTime",
    ),
    (
        "What else came from 203.0.113.66?",
        "SELECT min(eventTime) AS since, eventName, element_at(requestParameters, 'bucketName') AS bucket,\n       \
         count(*) AS calls, count(errorCode) AS refused\n\
         FROM quickstart\n\
         WHERE sourceIPAddress = '203.0.113.66'\n\
         GROUP BY eventName, element_at(requestParameters, 'bucketName')\n\
         ORDER BY since",
    ),
];

/// What the next statement shows, and what to type at the prompt for it.
const SUGGESTIONS: [(&str, &str); 3] = [
    (
        "what root did",
        "SELECT eventTime, eventName, sourceIPAddress FROM quickstart WHERE userIdentity.type = 'Root';",
    ),
    (
        "calls by hour, then \\chart",
        "SELECT date_trunc('hour', eventTime) AS hour, count(*) AS n FROM quickstart GROUP BY 1 ORDER BY 1;",
    ),
    ("what there is to ask for", "\\d quickstart"),
];

/// Sets up a lake with a few days of synthetic logs, and asks three questions.
///
/// Makes the event data store `quickstart` in your lake; run it again as often as you like.
#[derive(Debug, Args)]
pub(crate) struct QuickstartArgs {
    /// Folder for the logs [default: auditlake/quickstart in your cache folder]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Number of events
    #[arg(long, value_name = "N", default_value_t = SynthConfig::default().events)]
    events: u64,
}

/// Walks through the steps.
pub(crate) async fn run(args: QuickstartArgs, ctx: &Context) -> CommandResult {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => default_dir().usage()?,
    };
    heading(ctx, "1/4", &format!("Logs of a made-up company, in {}", dir.display()));
    write_logs(&dir, args.events, ctx).await?;
    heading(ctx, "2/4", &format!("Event data store `{STORE}` in the lake {}", ctx.config.lake));
    let (lake, store) = ctx.or_interrupted(open_store(ctx)).await?;
    heading(ctx, "3/4", "Import");
    import_logs(&lake, &store, &dir, ctx).await?;
    heading(ctx, "4/4", "Three questions");
    let service = session::start(&lake, &ctx.config)?;
    let asked = ask(&service, ctx).await;
    session::close(service, ctx).await;
    asked?;
    let terminal = shell::terminal(&ctx.output);
    if terminal.stdin && terminal.stdout {
        let start = shell::Start { greeting: suggestions(), ..shell::Start::default() };
        let exit = shell::open(lake, start, ctx).await?;
        say_next(ctx);
        return Ok(exit);
    }
    say_next(ctx);
    Ok(Exit::Success)
}

fn heading(ctx: &Context, step: &str, text: &str) {
    ctx.output.say(&ctx.output.paint(Tone::Heading, &format!("[{step}] {text}")));
}

fn default_dir() -> Result<PathBuf> {
    let cache = dirs::cache_dir().ok_or_else(|| {
        Error::invalid("there is no place for the logs: this user has no home folder")
            .with_hint("Name one with --dir.")
    })?;
    Ok(cache.join(PROGRAM_FOLDER).join(STORE))
}

/// Writes the corpus beside its place and moves it there whole, so that a run that was killed leaves no half one.
async fn write_logs(dir: &Path, events: u64, ctx: &Context) -> Result<(), Failure> {
    let [logs, truth] = CORPUS.map(|name| dir.join(name));
    if logs.exists() && truth.exists() {
        ctx.output.say("      are there already");
        return Ok(());
    }
    if logs.exists() {
        let error = Error::already_exists("the folder holds logs that are not from here")
            .with_context("path", logs.display())
            .with_hint("Name an empty or new folder with --dir.");
        return Err(error.into());
    }
    let failed =
        |error: std::io::Error| crate::output::write_error(error).with_context("folder", dir.display());
    std::fs::create_dir_all(dir).map_err(failed)?;
    let place = tempfile::Builder::new().prefix(".quickstart-").tempdir_in(dir).map_err(failed)?;
    let config = SynthConfig { events, ..SynthConfig::default() };
    config.check().usage()?;
    let written = ctx.or_interrupted(synth::write_corpus(config, place.path(), ctx, true)).await?;
    std::fs::rename(place.path().join(CORPUS[1]), &truth).map_err(failed)?;
    std::fs::rename(place.path().join(CORPUS[0]), &logs).map_err(failed)?;
    ctx.output.say(&format!(
        "      {} in {}",
        counted(written.events, "event"),
        counted(written.files, "file")
    ));
    Ok(())
}

async fn open_store(ctx: &Context) -> Result<(Lake, EventDataStore)> {
    let lake = ctx.open_or_create_lake().await?;
    let name = StoreName::parse(STORE)?;
    match lake.find_active_store(&StoreRef::Name(name.clone())).await {
        Ok(store) => {
            ctx.output.say("      is there already");
            Ok((lake, store))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Nothing here is worth protecting.
            let new = NewEventDataStore { termination_protection: false, ..NewEventDataStore::new(name) };
            let store = lake.create_store(new).await?;
            Ok((lake, store))
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            // Deleted by a user who tidied up, and who starts anew.
            let deleted = lake.find_store(&StoreRef::Name(name)).await?;
            let store = lake.restore_store(deleted.id()).await?;
            ctx.output.say("      was pending deletion; it is restored");
            Ok((lake, store))
        }
        Err(error) => Err(error),
    }
}

async fn import_logs(lake: &Lake, store: &EventDataStore, dir: &Path, ctx: &Context) -> Result<(), Failure> {
    let logs = dir.join(CORPUS[0]);
    let what = import::Import {
        store: store.id(),
        names: vec![logs.display().to_string()],
        sources: vec![ImportSource::Location(SourceLocation::Place(StoreLocation::Local(logs)))],
        narrowing: Narrowing::default(),
        dry_run: false,
        json: false,
    };
    let summary = import::import(lake, what, ctx).await?;
    if ctx.interrupt.is_cancelled() {
        return Err(interrupted().into());
    }
    ctx.output.say(&match summary.files_read {
        0 => format!("      all {} were imported before", counted(summary.files_skipped, "file")),
        _ => format!(
            "      {} stored in {:.1} s ({} duplicates left out)",
            counted(summary.events_stored, "event"),
            summary.seconds,
            thousands(summary.events_duplicate)
        ),
    });
    Ok(())
}

async fn ask(service: &QueryService, ctx: &Context) -> Result<(), Failure> {
    let mut sink = sql::Sink::open(None, &ctx.output)?;
    let options = sql::table_options(&ctx.output);
    for (question, statement) in QUESTIONS {
        ctx.output.say("");
        ctx.output.say(&ctx.output.paint(Tone::Heading, question));
        for line in statement.lines() {
            ctx.output.say(&format!("  {line}"));
        }
        ctx.output.say("");
        let request = QueryRequest::new(statement, session::principal(), sql::CLIENT);
        sql::run_one(service, request, &options, &mut sink, ctx).await?;
    }
    Ok(())
}

/// What somebody who has seen the answers may type next.
fn suggestions() -> Vec<String> {
    let mut lines = vec!["Type for example:".to_owned()];
    lines.extend(SUGGESTIONS.iter().map(|(what, text)| format!("  {what:28}{text}")));
    lines
}

fn say_next(ctx: &Context) {
    let say = |text: &str| ctx.output.say(text);
    say("");
    say(&ctx.output.paint(Tone::Heading, "Next"));
    say(
        "  ask something of your own   auditlake sql -c \"SELECT * FROM quickstart ORDER BY eventTime DESC LIMIT 5\"",
    );
    say("  see the columns             auditlake sql -c \"DESCRIBE quickstart\"");
    say("  take your own logs          auditlake store create trail");
    say("                              auditlake import s3://BUCKET/AWSLogs --store trail --since 30d");
    say("  clean up                    auditlake store delete quickstart");
}

#[cfg(test)]
mod tests {
    use auditlake_synth::{INCIDENT_ADDRESS, INCIDENT_LEAST_EVENTS};

    use super::*;

    #[test]
    fn the_questions_are_about_the_story_in_the_logs() {
        assert!(QUESTIONS[2].1.contains(INCIDENT_ADDRESS));
        assert!(SynthConfig::default().events > INCIDENT_LEAST_EVENTS);
        assert!(QUESTIONS.iter().all(|(_, statement)| statement.contains(STORE)));
    }
}
