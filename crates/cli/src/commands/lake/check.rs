//! `auditlake lake check`.

use std::sync::Mutex;

use auditlake_store::Access;
use auditlake_store::check::{CheckProgress, CheckReport, Finding, FindingKind};
use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::{CommandResult, Exit, Failure};
use crate::numbers::{counted, human_bytes};
use crate::output::ListFormat;
use crate::progress::Spinner;
use crate::records::{Record, write_json, write_list};

const COLUMNS: &[&str] = &["finding", "path", "sizeBytes", "detail"];

/// Finds missing, changed and orphan files; ends with 1 when something is damaged.
///
/// Orphans are leftovers of imports that were killed: no damage, and `auditlake store maintain` removes them.
/// Nothing is written or repaired here.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Reads every data file and compares its SHA-256 with the one kept at commit
    #[arg(long)]
    deep: bool,

    /// How to write the findings
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Checks the lake.
pub(crate) async fn run(args: CheckArgs, ctx: &Context) -> CommandResult {
    let lake = ctx.open_lake(Access::Read).await?;
    let spinner = Mutex::new(Spinner::start(&ctx.output));
    let progress: CheckProgress<'_> = &|folder, hashed| {
        if let Ok(spinner) = spinner.lock() {
            spinner.set(format!("checking {folder}, {} hashed", human_bytes(hashed)));
        }
    };
    let report = Box::pin(lake.check(args.deep, Some(progress))).await?;
    drop(spinner);
    write(&report, args.format, ctx)?;
    ctx.output.say(&summary(&report, args.deep));
    Ok(if report.is_damaged() { Exit::Failed } else { Exit::Success })
}

fn write(report: &CheckReport, format: ListFormat, ctx: &Context) -> Result<(), Failure> {
    let findings: Vec<Record> = report.findings.iter().map(record).collect();
    match format {
        ListFormat::Table if findings.is_empty() => Ok(()),
        ListFormat::Json => {
            let value = json!({
                "damaged": report.is_damaged(),
                "tables": report.tables,
                "files": report.files,
                "bytes": report.bytes,
                "bytesHashed": report.bytes_hashed,
                "filesWithoutHash": report.files_without_hash,
                "findings": findings,
            });
            write_json(&ctx.output, &value)
        }
        format => write_list(&ctx.output, format, COLUMNS, &findings),
    }
}

fn record(finding: &Finding) -> Record {
    Record::default()
        .with("finding", finding.kind.as_str())
        .with("path", finding.path.as_str())
        .with("sizeBytes", finding.size_bytes)
        .with("detail", finding.detail.as_str())
}

fn summary(report: &CheckReport, deep: bool) -> String {
    let mut text = format!(
        "checked {} in {} ({}{})",
        counted(report.files, "file"),
        counted(report.tables, "table"),
        human_bytes(report.bytes),
        if deep { format!(", {} hashed", human_bytes(report.bytes_hashed)) } else { String::new() },
    );
    let kinds = [FindingKind::Missing, FindingKind::Changed, FindingKind::Unreadable, FindingKind::Orphan];
    let counts: Vec<String> = kinds
        .into_iter()
        .filter(|kind| report.count(*kind) > 0)
        .map(|kind| format!("{} {}", report.count(kind), kind.as_str()))
        .collect();
    text.push_str(": ");
    text.push_str(&if counts.is_empty() { "all is well".to_owned() } else { counts.join(", ") });
    if !deep && !report.is_damaged() {
        text.push_str("; contents were not compared, --deep does that");
    }
    text
}
