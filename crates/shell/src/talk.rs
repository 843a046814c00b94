//! The ways out: stdout is data, stderr is talk, and what kind of terminal they are.

use std::fmt::Debug;

use auditlake_model::Error;

/// What the shell says to the user, beside results. The program decides how it looks.
pub trait Talk: Debug + Send + Sync {
    /// Says a line, unless the program is to be quiet.
    fn say(&self, text: &str);

    /// Reports a failure, with the statement to point into if there is one.
    fn error(&self, error: Error, sql: Option<&str>);

    /// Returns `text` as a heading.
    fn heading(&self, text: &str) -> String;
}

/// What the shell's ends are connected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terminal {
    /// Whether a person types.
    pub stdin: bool,
    /// Whether a person reads results.
    pub stdout: bool,
    /// Whether a person reads the talk.
    pub stderr: bool,
    /// Whether results may be coloured.
    pub color: bool,
}

impl Terminal {
    /// Returns columns and rows of the screen; they change when the window does.
    pub(crate) fn size(self) -> (usize, usize) {
        match terminal_size::terminal_size() {
            Some((columns, rows)) => (usize::from(columns.0), usize::from(rows.0)),
            None => (80, 24),
        }
    }
}

/// Colours of what stands on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Keyword,
    Text,
    Number,
    Comment,
    Parameter,
    Function,
    Command,
    Bracket,
    Name,
    Prompt,
    Bar,
}

impl Paint {
    /// Returns the parameters of the escape sequence.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Keyword => "1;34",
            Self::Text => "32",
            Self::Number => "36",
            Self::Comment => "2",
            Self::Parameter => "35",
            Self::Function => "34",
            Self::Command => "33",
            Self::Bracket => "1;7",
            Self::Name => "1;34",
            Self::Prompt => "1;36",
            Self::Bar => "36",
        }
    }

    /// Appends `text` in this colour.
    pub(crate) fn push(self, out: &mut String, text: &str) {
        out.push_str("\u{1b}[");
        out.push_str(self.code());
        out.push('m');
        out.push_str(text);
        out.push_str("\u{1b}[0m");
    }

    /// Returns `text` in this colour, if colours are wanted.
    pub(crate) fn paint(self, color: bool, text: &str) -> String {
        let mut out = String::new();
        match color {
            true => self.push(&mut out, text),
            false => out.push_str(text),
        }
        out
    }
}
