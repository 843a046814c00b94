//! The shell: a prompt for Lake SQL, made for somebody in the middle of an incident.
//!
//! ```text
//! keys --console--> text --script--> statements | \commands --run--> Session --> batches --output--> screen, pager, file
//!   |                                      |
//!   `--helper: complete, highlight         `--commands: describe, event, examples, chart, ..
//!          ^
//!      dictionary <--sample-- background task
//! ```
//!
//! | module | its one idea |
//! |---|---|
//! | `session` | what the shell asks of whoever answers; the only thing it knows of a lake |
//! | `lexer`, `script` | text to tokens, statements and commands |
//! | `shell`, `run`, `commands` | what is done with them |
//! | `console`, `helper`, `highlight` | the line editor |
//! | `dictionary`, `sample`, `complete` | what can be typed next |
//! | `output`, `pager`, `progress`, `chart`, `json` | what is shown |
//! | `talk` | the ways out; stdout is data, stderr is talk |
//!
//! Nothing here knows where a query runs, and nothing reads data files or settings of a lake.

mod chart;
mod command;
mod commands;
mod complete;
mod console;
mod dictionary;
mod examples;
mod files;
mod helper;
mod highlight;
mod json;
mod lexer;
mod names;
pub mod numbers;
mod output;
mod pager;
mod progress;
mod run;
mod sample;
mod script;
mod session;
mod settings;
mod shell;
mod talk;

pub use self::script::split;
pub use self::session::{
    ColumnFacts, FunctionFacts, Purpose, RunningQuery, Session, ShellRequest, StoreFacts,
};
pub use self::shell::{Ended, Options, Shell};
pub use self::talk::{Talk, Terminal};
