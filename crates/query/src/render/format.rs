//! The forms a result can be written in.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::str::FromStr;

use auditlake_model::{Error, Result};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Aligned columns, for people.
    #[default]
    Table,
    /// A block of lines for each row, one line a column, for people; every value is whole.
    Expanded,
    /// RFC 4180, with a header line.
    Csv,
    /// CSV whose values are all text as CloudTrail Lake shows it: `{k=v}`, `[a, b]`, `1.0E10`.
    Lake,
    /// Values between tabs, with a header line and backslash escapes.
    Tsv,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// A table of GitHub's Markdown.
    Markdown,
    /// A page with one table.
    Html,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC file (the form with a footer, also known as Feather 2).
    Arrow,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Table,
        Self::Expanded,
        Self::Csv,
        Self::Lake,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Markdown,
        Self::Html,
        Self::Parquet,
        Self::Arrow,
    ];

    /// Returns the name that [`Format::from_str`] takes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Expanded => "expanded",
            Self::Csv => "csv",
            Self::Lake => "lake",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Returns the format that the ending of a file's name stands for; case does not count.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use auditlake_query::Format;
    ///
    /// assert_eq!(Format::of_path(Path::new("out/rows.jsonl")), Some(Format::Ndjson));
    /// assert_eq!(Format::of_path(Path::new("rows.txt")), None);
    /// ```
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "md" => Some(Self::Markdown),
            "html" => Some(Self::Html),
            "parquet" => Some(Self::Parquet),
            "arrow" => Some(Self::Arrow),
            _ => None,
        }
    }

    /// Tells whether the format is for programs only: a terminal cannot show it, and one file holds one result.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl Display for Format {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|format| format.as_str().eq_ignore_ascii_case(text));
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.as_str()).collect();
            Error::invalid(format!("`{text}` is no output format"))
                .with_hint(format!("Use one of {}.", names.join(", ")))
        })
    }
}
