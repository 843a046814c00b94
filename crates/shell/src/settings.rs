//! What the user has set in this shell.

use std::path::PathBuf;

use auditlake_model::TimeBound;
use auditlake_query::{Expanded, Format, Parameters, TimeZone};

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
    pub(crate) time_zone: Option<TimeZone>,
    pub(crate) since: Option<Since>,
    pub(crate) variables: Parameters,
    /// Whether lines are edited as in vi.
    pub(crate) vi_keys: bool,
}

impl Settings {
    /// Creates the defaults, with the pager that the environment names.
    pub(crate) fn new(pager: Pager) -> Self {
        Self {
            format: Format::default(),
            expanded: Expanded::Auto,
            timing: true,
            output: None,
            pager,
            time_zone: None,
            since: None,
            variables: Parameters::default(),
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
            ("x", expanded_name(self.expanded).to_owned()),
            ("timing", if self.timing { "on" } else { "off" }.to_owned()),
            ("o", or(self.output.as_ref().map(|file| file.path.display().to_string()), "the screen")),
            (
                "pager",
                match &self.pager {
                    Pager::Command(command) => command.clone(),
                    Pager::Off => "off".to_owned(),
                },
            ),
            ("tz", or(self.time_zone.map(|zone| zone.to_string()), "UTC")),
            ("since", or(self.since.as_ref().map(|since| since.text.clone()), "off")),
            ("keys", if self.vi_keys { "vi" } else { "emacs" }.to_owned()),
        ]
    }
}

/// Returns the word for when rows are written one line a value.
pub(crate) fn expanded_name(expanded: Expanded) -> &'static str {
    match expanded {
        Expanded::On => "on",
        Expanded::Off => "off",
        Expanded::Auto => "auto",
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
