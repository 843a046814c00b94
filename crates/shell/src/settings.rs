//! What the user has set in this shell.

use std::collections::BTreeMap;
use std::path::PathBuf;

use auditlake_model::TimeBound;
use auditlake_query::Format;

use crate::parameters::Variable;

/// When rows are written one line a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Expanded {
    On,
    #[default]
    Off,
    /// When a table would be wider than the screen.
    Auto,
}

impl Expanded {
    /// Returns the word for it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Auto => "auto",
        }
    }
}

/// What long results are shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pager {
    /// A command, given to `sh`.
    Command(String),
    Off,
}

/// A file that results are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputFile {
    pub(crate) path: PathBuf,
    /// The format that its ending asks for.
    pub(crate) format: Option<Format>,
}

/// A default time bound, with the text it was given as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Since {
    /// As the user wrote it.
    pub(crate) text: String,
    /// What it means.
    pub(crate) bound: TimeBound,
}

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) format: Format,
    pub(crate) expanded: Expanded,
    pub(crate) timing: bool,
    /// Where results go instead of stdout.
    pub(crate) output: Option<OutputFile>,
    pub(crate) pager: Pager,
    /// The zone that times are shown in; UTC when `None`.
    pub(crate) time_zone: Option<String>,
    pub(crate) since: Option<Since>,
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Whether lines are edited as in vi.
    pub(crate) vi_keys: bool,
}

impl Settings {
    /// Creates the defaults, with the pager that the environment names.
    pub(crate) fn new(pager: Pager) -> Self {
        Self {
            format: Format::default(),
            expanded: Expanded::default(),
            timing: true,
            output: None,
            pager,
            time_zone: None,
            since: None,
            variables: BTreeMap::new(),
            vi_keys: false,
        }
    }

    /// Returns the prompt: what narrows the next statement stands in it.
    pub(crate) fn prompt(&self) -> String {
        match &self.since {
            Some(since) => format!("auditlake since {}> ", since.text),
            None => "auditlake> ".to_owned(),
        }
    }

    /// Returns each setting with its value, for people.
    pub(crate) fn lines(&self) -> Vec<(&'static str, String)> {
        let or = |value: Option<String>, default: &str| value.unwrap_or_else(|| default.to_owned());
        vec![
            ("format", self.format.as_str().to_owned()),
            ("x", self.expanded.as_str().to_owned()),
            ("timing", if self.timing { "on" } else { "off" }.to_owned()),
            ("o", or(self.output.as_ref().map(|file| file.path.display().to_string()), "the screen")),
            (
                "pager",
                match &self.pager {
                    Pager::Command(command) => command.clone(),
                    Pager::Off => "off".to_owned(),
                },
            ),
            ("tz", or(self.time_zone.clone(), "UTC")),
            ("since", or(self.since.as_ref().map(|since| since.text.clone()), "off")),
            ("keys", if self.vi_keys { "vi" } else { "emacs" }.to_owned()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_shows_the_time_bound() {
        let mut settings = Settings::new(Pager::Off);
        assert_eq!(settings.prompt(), "auditlake> ");
        settings.since = Some(Since { text: "7d".to_owned(), bound: "7d".parse().unwrap() });
        assert_eq!(settings.prompt(), "auditlake since 7d> ");
    }
}
