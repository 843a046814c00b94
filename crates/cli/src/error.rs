//! Every failure's exit code and words, in one place.
//!
//! ```text
//! error: <message (key: value, ...): source>        always, one line
//!   1 | SELECT nme FROM trail                       an SQL error that has a place
//!     |        ^
//! detail: ...                                       when there is more to know
//! hint: ...                                         when there is something to do
//! ```

use std::process::ExitCode;

use auditlake_dialect::render_caret;
use auditlake_model::{Error, ErrorKind};
use auditlake_query::render::{Outcome, escape_text};

use crate::config::Key;
use crate::output::{Output, Tone};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was done.
    Success,
    /// Nothing of use was done.
    Failed,
    /// The command line or the configuration is wrong; nothing was tried.
    Usage,
    /// Some of it was done.
    Partial,
    /// The user stopped it.
    Interrupted,
}

impl Exit {
    /// Every way, by code.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Success, Self::Failed, Self::Usage, Self::Partial, Self::Interrupted];

    /// Returns the exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Interrupted => 130,
        }
    }

    /// Returns what the code means.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all was done; also when the reader of the output went away",
            Self::Failed => "failed",
            Self::Usage => "the command line or the configuration is wrong",
            Self::Partial => "partly failed: some files were imported, others were not",
            Self::Interrupted => "interrupted by Ctrl-C or SIGTERM",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Returns how an error of `kind` ends the program, once a command is running.
pub(crate) const fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Cancelled => Exit::Interrupted,
        ErrorKind::Invalid
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Conflict
        | ErrorKind::Unauthenticated
        | ErrorKind::PermissionDenied
        | ErrorKind::Unavailable
        | ErrorKind::ResourcesExhausted
        | ErrorKind::TimedOut
        | ErrorKind::Unsupported
        | ErrorKind::Corrupt
        | ErrorKind::Internal => Exit::Failed,
        // The compiler asks for this arm: the enum may grow.
        _ => Exit::Failed,
    }
}

/// Returns what to do about an error of `kind` that brings no hint of its own.
pub(crate) const fn hint_of(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Conflict => Some("Look at the state with `auditlake store show NAME`, then try again."),
        ErrorKind::Unauthenticated => Some("Log in with --user and a password, or with --token."),
        ErrorKind::PermissionDenied => {
            Some("Check the credentials and what they may do; --profile names others.")
        }
        ErrorKind::Unavailable => Some("Try again; if it stays, check the network and the disk."),
        ErrorKind::TimedOut => Some("Narrow the time range, or raise --time-limit."),
        ErrorKind::Corrupt => Some("Run `auditlake lake check --deep` to find what is damaged."),
        ErrorKind::Internal => {
            Some("This is a fault of auditlake: please report it, with the command and this message.")
        }
        _ => None,
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments or the configuration are wrong.
    Usage(Error),
    /// The command failed.
    Failed(Error),
    /// A statement failed.
    Sql {
        /// Why.
        error: Error,
        /// Its text, to point into.
        sql: String,
    },
    /// The reader of stdout went away; there is nobody to tell.
    PipeClosed,
}

impl Failure {
    /// Returns how this ends the program.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PipeClosed => Exit::Success,
            Self::Usage(_) => Exit::Usage,
            Self::Failed(error) | Self::Sql { error, .. } => exit_of(error.kind()),
        }
    }

    /// Prints the failure to stderr.
    pub(crate) fn print(&self, output: &Output) {
        let (error, caret) = match self {
            Self::PipeClosed => return,
            Self::Usage(error) | Self::Failed(error) => (error, String::new()),
            Self::Sql { error, sql } => (error, render_caret(sql, error)),
        };
        let mut lines = format!("{} {}", output.paint(Tone::Error, "error:"), escape_text(&error.report()));
        for line in caret.lines() {
            lines.push_str("\n  ");
            lines.push_str(line);
        }
        lines.push_str(&more_lines(error, output));
        output.line(&lines);
    }
}

/// Returns the lines for detail and hint, each after a line break.
fn more_lines(error: &Error, output: &Output) -> String {
    let mut lines = String::new();
    let mut add = |label: &str, text: &str| {
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
        lines.push_str(&format!("\n{} {}", output.paint(Tone::Label, label), escape_text(&text)));
    };
    if let Some(detail) = error.detail() {
        add("detail:", detail);
    }
    if let Some(hint) = error.hint().or(hint_of(error.kind())) {
        add("hint:", hint);
    }
    if let Some(key) = limit_key(error) {
        add("hint:", &format!("The limit is {} (in the config file: {}).", key.flag(), key.file_name()));
    }
    lines
}

/// Returns the setting behind the limit that an error names.
fn limit_key(error: &Error) -> Option<Key> {
    let (_, limit) = error.context().iter().find(|(key, _)| *key == "limit")?;
    match limit.as_str() {
        "memory_limit_bytes" | "query_memory_limit_bytes" => Some(Key::QueryMemoryLimit),
        "temp_limit_bytes" => Some(Key::QueryTempLimit),
        "statement_limit_bytes" => Some(Key::QueryStatementLimit),
        "time_limit" => Some(Key::QueryTimeLimit),
        "max_result_rows" => Some(Key::QueryMaxRows),
        "max_result_bytes" => Some(Key::QueryMaxBytes),
        _ => None,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What a command returns.
pub(crate) type CommandResult = Result<Exit, Failure>;

/// Marks errors as faults of the command line.
pub(crate) trait UsageExt<T> {
    /// Turns an error into [`Failure::Usage`].
    fn usage(self) -> Result<T, Failure>;
}

impl<T> UsageExt<T> for Result<T, Error> {
    fn usage(self) -> Result<T, Failure> {
        self.map_err(Failure::Usage)
    }
}

/// Ends the command quietly when nobody reads its output any more.
pub(crate) fn go_on(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Written => Ok(()),
        Outcome::Closed => Err(Failure::PipeClosed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cancelled_command_counts_as_interrupted() {
        for kind in ErrorKind::ALL {
            let expected = if *kind == ErrorKind::Cancelled { Exit::Interrupted } else { Exit::Failed };
            assert_eq!(exit_of(*kind), expected, "{kind}");
        }
    }

    #[test]
    fn failures_end_as_documented() {
        let error = || Error::invalid("x");
        assert_eq!(Failure::Usage(error()).exit().code(), 2);
        assert_eq!(Failure::from(error()).exit().code(), 1);
        assert_eq!(Failure::PipeClosed.exit().code(), 0);
        assert_eq!(Failure::Sql { error: Error::cancelled("x"), sql: String::new() }.exit().code(), 130);
    }

    #[test]
    fn an_error_prints_its_line_place_detail_and_hint() {
        let error = Error::invalid("no column `nme`")
            .with_context("line", 1)
            .with_context("column", 8)
            .with_detail("The store has\n21 columns.")
            .with_hint("Did you mean `name`?");
        let (output, said) = Output::captured();
        Failure::Sql { error, sql: "SELECT nme FROM trail".to_owned() }.print(&output);
        let expected = "error: no column `nme` (line: 1, column: 8)\n  1 | SELECT nme FROM trail\n    |        ^\n\
                        detail: The store has 21 columns.\nhint: Did you mean `name`?\n";
        assert_eq!(said.text(), expected);
    }

    #[test]
    fn a_name_in_an_error_cannot_steer_the_terminal() {
        let (output, said) = Output::captured();
        Failure::from(Error::corrupt("read \u{1b}[31mfile")).print(&output);
        assert!(said.text().starts_with("error: read \\u{1b}[31mfile\nhint: Run `auditlake lake check"));
    }

    #[test]
    fn a_reached_limit_names_its_flag() {
        let (output, said) = Output::captured();
        Failure::from(Error::resources_exhausted("too much").with_context("limit", "max_result_rows"))
            .print(&output);
        assert!(said.text().contains("--max-rows (in the config file: query.max-rows)"), "{}", said.text());
    }
}
