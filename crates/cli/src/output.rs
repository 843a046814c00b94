//! Where text goes: stdout is data, stderr is talk.
//!
//! Talk passes through [`Output::line`], so that a progress bar steps aside for it. Nothing else of the
//! program may print.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};

use auditlake_model::{Error, Result};
use auditlake_query::render::Format;
use clap::ValueEnum;
use indicatif::{MultiProgress, ProgressDrawTarget};

/// When text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Parses `auto`, `always` or `never`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        Self::from_str(text, true).map_err(|_| {
            Error::invalid(format!("`{text}` is no choice of colours"))
                .with_hint("Use auto, always or never.")
        })
    }
}

/// How lists and single things are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ListFormat {
    /// Aligned columns, for people.
    #[default]
    Table,
    /// For programs: an array of objects, or one object.
    Json,
    /// RFC 4180, with a header line.
    Csv,
}

/// How results of queries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultFormat {
    /// Aligned columns, for people; on a terminal shortened to its width.
    Table,
    /// A block of lines for each row, every value whole.
    Expanded,
    /// RFC 4180, with a header line.
    Csv,
    /// Values between tabs, with backslash escapes and `\N` for null.
    Tsv,
    /// CSV with values as CloudTrail Lake writes them
    Lake,
    /// One array of objects.
    Json,
    /// One object a line.
    #[value(alias = "jsonl")]
    Ndjson,
    /// A table of GitHub's Markdown.
    #[value(alias = "md")]
    Markdown,
    /// A page with one table.
    Html,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
}

impl From<ResultFormat> for Format {
    fn from(format: ResultFormat) -> Self {
        match format {
            ResultFormat::Table => Self::Table,
            ResultFormat::Expanded => Self::Expanded,
            ResultFormat::Csv => Self::Csv,
            ResultFormat::Tsv => Self::Tsv,
            ResultFormat::Lake => Self::Lake,
            ResultFormat::Json => Self::Json,
            ResultFormat::Ndjson => Self::Ndjson,
            ResultFormat::Markdown => Self::Markdown,
            ResultFormat::Html => Self::Html,
            ResultFormat::Parquet => Self::Parquet,
            ResultFormat::Arrow => Self::Arrow,
        }
    }
}

/// What a piece of talk is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// The word `error:`.
    Error,
    /// The word `warning:`.
    Warning,
    /// The words `detail:` and `hint:`.
    Label,
    /// A heading.
    Heading,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Loudness {
    /// Errors only.
    Quiet,
    /// What a user wants to know.
    #[default]
    Normal,
    /// More.
    Verbose,
}

/// The way out for all text. Clones share one terminal.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    bars: MultiProgress,
    color: bool,
    stdout_color: bool,
    loudness: Loudness,
    stderr_is_terminal: bool,
    /// Takes the talk instead of stderr, in tests.
    captured: Option<Captured>,
}

impl Output {
    /// Looks at the terminal; `no_color` tells whether the variable NO_COLOR is set.
    pub(crate) fn new(color: ColorChoice, no_color: bool, loudness: Loudness) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let colored = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !no_color,
        };
        let stdout_color = colored(io::stdout().is_terminal());
        let color = colored(stderr_is_terminal);
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { bars, color, stdout_color, loudness, stderr_is_terminal, captured: None }
    }

    /// Tells whether talk is coloured.
    pub(crate) fn color(&self) -> bool {
        self.color
    }

    /// Tells whether data on a terminal is coloured.
    pub(crate) fn stdout_color(&self) -> bool {
        self.stdout_color
    }

    /// Tells whether people watch stderr.
    pub(crate) fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Returns the width of the terminal that shows stdout; none when there is no terminal.
    pub(crate) fn stdout_width(&self) -> Option<usize> {
        let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(io::stdout())?;
        (width > 0).then_some(usize::from(width))
    }

    /// Tells whether stdout is a terminal.
    pub(crate) fn stdout_is_terminal(&self) -> bool {
        self.captured.is_none() && io::stdout().is_terminal()
    }

    /// Tells how much is said.
    pub(crate) fn loudness(&self) -> Loudness {
        self.loudness
    }

    /// Returns the place of progress bars.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Returns `text` in the colour of `tone`.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Error => "1;31",
            Tone::Warning => "1;33",
            Tone::Label => "36",
            Tone::Heading => "1",
        };
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Writes a line to stderr, whatever the loudness.
    pub(crate) fn line(&self, text: &str) {
        let line = format!("{text}\n");
        match &self.captured {
            Some(captured) => captured.push(&line),
            // A closed stderr leaves nobody to tell.
            None => self.bars.suspend(|| drop(io::stderr().write_all(line.as_bytes()))),
        }
    }

    /// Writes a line to stderr unless it is to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if self.loudness > Loudness::Quiet {
            self.line(text);
        }
    }

    /// Writes a warning to stderr unless it is to be quiet.
    pub(crate) fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.paint(Tone::Warning, "warning:")));
    }

    /// Returns stdout, buffered; whoever writes flushes.
    pub(crate) fn data(&self) -> io::BufWriter<io::Stdout> {
        io::BufWriter::with_capacity(1 << 16, io::stdout())
    }

    #[cfg(test)]
    pub(crate) fn captured() -> (Self, Captured) {
        let captured = Captured::default();
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let output = Self {
            bars,
            color: false,
            stdout_color: false,
            loudness: Loudness::Normal,
            stderr_is_terminal: false,
            captured: Some(captured.clone()),
        };
        (output, captured)
    }
}

/// Talk that is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Captured(Arc<Mutex<String>>);

impl Captured {
    fn push(&self, line: &str) {
        if let Ok(mut text) = self.0.lock() {
            text.push_str(line);
        }
    }

    #[cfg(test)]
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// Turns a failed write of data into an error of ours; a closed pipe is told apart by the caller.
pub(crate) fn write_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::resources_exhausted("write output").with_source(error)
        }
        io::ErrorKind::PermissionDenied => Error::permission_denied("write output").with_source(error),
        _ => Error::unavailable("write output").with_source(error),
    }
}
