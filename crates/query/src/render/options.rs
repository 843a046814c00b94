//! What a caller can choose about a result's form.

use super::format::Format;
use super::zone::TimeZone;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RenderOptions {
    /// The form.
    pub format: Format,
    /// How tables fit where they are shown.
    pub table: TableOptions,
    /// Disarms values that a spreadsheet would run, in csv and tsv only; see [`super`] for the rule.
    pub csv_safe: bool,
    /// The zone that instants are shown in; as they are when `None`. Binary formats keep UTC.
    pub time_zone: Option<TimeZone>,
}

impl RenderOptions {
    /// Chooses a format and nothing else.
    pub fn new(format: Format) -> Self {
        Self { format, ..Self::default() }
    }
}

/// How a table fits where it is shown. The caller finds the width; nothing here looks at a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TableOptions {
    /// Characters that a line has room for; without a limit nothing is shortened.
    ///
    /// With one, columns of text are shortened, with `…` at the end, as far as needed; numbers and instants stay
    /// whole, since a part of one reads like another. Every other format has the whole values.
    pub max_width: Option<usize>,
    /// When rows become blocks of lines.
    pub expanded: Expanded,
}

/// When a table is written as [`Format::Expanded`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Expanded {
    /// Never: a table that does not fit has long lines.
    #[default]
    Off,
    /// When shortened columns do not fit [`TableOptions::max_width`] either; decided by the first rows.
    Auto,
    /// Always.
    On,
}
