//! The program `auditlake`: subcommands, configuration, logging. Wiring only.
//!
//! ```text
//! arguments --app--> Config (defaults < file < environment < flags) --> one command
//!     command: rows to stdout, talk to stderr, Failure --error--> lines and exit code
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | `app` | the command line, and the way from it to a running command |
//! | `config` | settings from file, environment and flags, checked once |
//! | `context` | what every command is given |
//! | `error` | every failure's exit code and words |
//! | `output`, `records` | stdout is data, stderr is talk; lists as table, JSON or CSV |
//! | `outlet` | files that appear together: in a folder, or in S3 |
//! | `evidence` | a result with its manifest and the source of each row |
//! | `interrupt` | Ctrl-C |
//! | `progress` | how far an import is |
//! | `session`, `shell_session` | the query service, and the shell's session over it |
//! | `connect`, `remote_session` | a server in place of a lake, and the shell's session over it |
//! | `remote` | what a server's control services say, as the commands know it |
//! | `answers` | what statements are answered by: either |
//! | `commands` | one file a subcommand |

mod answers;
mod app;
mod args;
mod commands;
mod config;
mod connect;
mod context;
mod error;
mod evidence;
mod interrupt;
mod logging;
mod numbers;
mod outlet;
mod output;
mod password;
mod progress;
mod records;
mod remote;
mod remote_session;
mod session;
mod shell_session;

use std::process::ExitCode;

/// Gives memory back once a server's clients or a large query are gone; the system's keeps it in pieces.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Two providers are linked, so rustls cannot choose by itself. It fails only when one is installed
    // already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    app::main()
}
