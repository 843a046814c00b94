//! What an import came to, in words.

use auditlake_ingest::{ImportFailure, ImportSummary};
use auditlake_model::ImportState;
use auditlake_query::render::escape_text;

use crate::numbers::{counted, human_bytes, thousands};
use crate::output::Output;

/// Returns the one line about a source object that failed: what, why, and what to do.
pub(super) fn failure_line(failure: &ImportFailure) -> String {
    let mut line = match failure.message.contains(&failure.location) {
        true => format!("not imported: {}", failure.message),
        false => format!("not imported: {}: {}", failure.location, failure.message),
    };
    if let Some(hint) = &failure.hint {
        line.push_str(". ");
        line.push_str(hint);
    }
    escape_text(&line).into_owned()
}

/// Says on stderr what an import came to; beside JSON only what a person has to do.
pub(super) fn print(summary: &ImportSummary, json: bool, output: &Output) {
    if !json {
        for line in lines(summary) {
            output.say(&line);
        }
    }
    for line in advice(summary) {
        output.warn(&line);
    }
}

fn lines(summary: &ImportSummary) -> Vec<String> {
    if summary.dry_run {
        return dry_run_lines(summary);
    }
    let mut lines = vec![headline(summary)];
    let mut files = vec![format!("{} read", thousands(summary.files_read))];
    push(&mut files, summary.files_skipped, "skipped (imported before)");
    push(&mut files, summary.files_failed, "failed");
    lines.push(format!("  files:  {}", files.join(", ")));
    let mut events = vec![
        format!("{} read", thousands(summary.events_read)),
        format!("{} stored", thousands(summary.events_stored)),
    ];
    push(&mut events, summary.events_duplicate, "duplicate");
    push(&mut events, summary.events_conflicting, "stored under an eventID that another event has");
    push(&mut events, summary.events_quarantined, "quarantined (no event)");
    if summary.files_read > 0 {
        lines.push(format!("  events: {}", events.join(", ")));
    }
    if summary.events_filtered > 0 {
        lines.push(format!("  left out: {}", filtered(summary)));
    }
    push_others(&mut lines, summary);
    if summary.digests_kept > 0 {
        lines.push(format!("  digest files kept: {}", thousands(summary.digests_kept)));
    }
    if summary.state == ImportState::Stopped {
        lines.push("  stopped early; run the same command again to go on".to_owned());
    }
    lines
}

fn headline(summary: &ImportSummary) -> String {
    match (summary.files_read, summary.files_failed, summary.files_skipped) {
        (0, 0, 0) => return format!("there was nothing to import into `{}`", summary.store),
        (0, 0, _) => return format!("nothing new for `{}`: all files were imported before", summary.store),
        (0, _, _) => return format!("imported nothing into `{}`", summary.store),
        _ => {}
    }
    let seconds = summary.seconds.max(0.001);
    let per_second = |count: u64| (count as f64 / seconds) as u64;
    format!(
        "imported {} from {} into `{}` in {} ({} events/s, {} JSON, {}/s)",
        counted(summary.events_stored, "event"),
        counted(summary.files_read, "file"),
        summary.store,
        duration(summary.seconds),
        thousands(per_second(summary.events_read)),
        human_bytes(summary.bytes_uncompressed),
        human_bytes(per_second(summary.bytes_uncompressed))
    )
}

fn dry_run_lines(summary: &ImportSummary) -> Vec<String> {
    let mut lines = vec![format!(
        "would read {} ({}) into `{}`",
        counted(summary.files_read, "file"),
        human_bytes(summary.bytes_read),
        summary.store
    )];
    if summary.files_skipped > 0 {
        lines.push(format!("  {} imported before, skipped", counted(summary.files_skipped, "file")));
    }
    push_others(&mut lines, summary);
    lines
}

fn push(parts: &mut Vec<String>, count: u64, what: &str) {
    if count > 0 {
        parts.push(format!("{} {what}", thousands(count)));
    }
}

fn push_others(lines: &mut Vec<String>, summary: &ImportSummary) {
    for (kind, other) in &summary.other_objects {
        let mut line = format!("  not for this store: {} of {kind}", counted(other.count, "object"));
        if let Some(hint) = &other.hint {
            line.push_str(&format!("; they fit a store made by `{hint}`"));
        }
        lines.push(escape_text(&line).into_owned());
    }
}

fn filtered(summary: &ImportSummary) -> String {
    let mut parts = Vec::new();
    push(&mut parts, summary.filtered_by_selector, "match no advanced event selector of the store");
    push(&mut parts, summary.filtered_by_retention, "are older than the store's retention period");
    push(&mut parts, summary.filtered_by_time_range, "are outside --since and --until");
    push(&mut parts, summary.filtered_by_category, "are of a category that the store does not take");
    parts.join(", ")
}

/// Tells what to change when an import stored nothing, or not what was wanted.
fn advice(summary: &ImportSummary) -> Vec<String> {
    let mut lines = Vec::new();
    let nothing_new = summary.events_read > 0 && summary.events_stored + summary.events_duplicate == 0;
    if nothing_new && summary.events_filtered > 0 {
        lines.push(format!("no event was stored: {}", filtered(summary)));
    }
    let name = &summary.store;
    if summary.filtered_by_retention > 0 {
        lines.push(format!(
            "to keep old events too: auditlake store update {name} --keep-forever, then import again"
        ));
    }
    if nothing_new && summary.filtered_by_selector > 0 {
        lines.push(format!(
            "to take every event: auditlake store update {name} --all-events, then import again"
        ));
    }
    if summary.files_failed > 0 {
        let id = summary.import_id;
        lines.push(format!(
            "{} not imported: see `auditlake import failures {id}`, then `auditlake import retry {id}`",
            counted(summary.files_failed, "file")
        ));
    }
    if summary.events_quarantined > 0 {
        lines.push(format!("{} kept in quarantine", counted(summary.events_quarantined, "record")));
    }
    lines
}

fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    format!("{} min {} s", whole / 60, whole % 60)
}
