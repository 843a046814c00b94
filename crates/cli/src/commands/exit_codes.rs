//! `auditlake exit-codes`, for scripts and for the test that holds the table.

use auditlake_model::ErrorKind;
use clap::Args;

use crate::error::{CommandResult, Exit, exit_of};
use crate::output::{ListFormat, Output};
use crate::records::{Record, write_list};

/// Lists the exit codes, and which kind of error ends with which.
#[derive(Debug, Args)]
pub(crate) struct ExitCodesArgs {
    /// How to write the list
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

/// Prints the table.
pub(crate) fn run(args: ExitCodesArgs, output: &Output) -> CommandResult {
    let records: Vec<Record> = Exit::ALL.iter().map(|exit| record(*exit)).collect();
    write_list(output, args.format, &["code", "meaning", "errors"], &records)?;
    Ok(Exit::Success)
}

fn record(exit: Exit) -> Record {
    let kinds: Vec<&str> =
        ErrorKind::ALL.iter().filter(|kind| exit_of(**kind) == exit).map(|kind| kind.as_str()).collect();
    Record::default().with("code", exit.code()).with("meaning", exit.meaning()).with_shown(
        "errors",
        kinds.clone(),
        kinds.join(", "),
    )
}
