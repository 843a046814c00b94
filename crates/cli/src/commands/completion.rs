//! `auditlake completion`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::app::Cli;
use crate::error::{CommandResult, Exit};
use crate::output::Output;
use crate::records::write_text;

/// Prints the completion script of a shell.
///
/// For bash: `auditlake completion bash > ~/.local/share/bash-completion/completions/auditlake`
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(args: CompletionArgs, output: &Output) -> CommandResult {
    // The generator panics when it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "auditlake", &mut script);
    write_text(output, &String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}
