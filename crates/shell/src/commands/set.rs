//! Commands that set something; without an argument they tell what is set.

use auditlake_model::{Error, Result, TimeBound};
use auditlake_query::render::escape_text;
use auditlake_query::{Expanded, Format, TimeZone};

use super::table::pairs;
use crate::command::{Kind, switch, words};
use crate::output::{create, output_file};
use crate::settings::{Pager, Since, expanded_name};
use crate::shell::{Flow, Shell};

/// The pager behind `\pager on` when the environment names none.
const PAGER: &str = "less";

impl Shell {
    /// Sets what a command is about, and tells what is set then.
    pub(super) fn set(&mut self, kind: Kind, arguments: &str) -> Flow {
        match self.try_set(kind, arguments) {
            Ok(told) => {
                if !told.is_empty() {
                    self.talk.say(told.trim_end());
                }
                Flow::Continue
            }
            Err(error) => self.report(error),
        }
    }

    fn try_set(&mut self, kind: Kind, arguments: &str) -> Result<String> {
        let on_off = |on: bool| if on { "on" } else { "off" };
        match kind {
            Kind::Format => self.set_format(arguments),
            Kind::Expanded => self.set_expanded(arguments),
            Kind::Timing => {
                self.settings.timing = switch(arguments, self.settings.timing)?;
                Ok(format!("timing is {}", on_off(self.settings.timing)))
            }
            Kind::Output => self.set_output(arguments),
            Kind::Pager => Ok(self.set_pager(arguments)),
            Kind::TimeZone => self.set_time_zone(arguments),
            Kind::Since => self.set_since(arguments),
            Kind::Keys => self.set_keys(arguments),
            Kind::Set => self.set_variable(arguments),
            Kind::Unset => self.unset_variable(arguments),
            Kind::PrintSettings => self.psql_settings(arguments),
            _ => Err(Error::internal("command without an action")),
        }
    }

    fn set_format(&mut self, name: &str) -> Result<String> {
        if !name.is_empty() {
            self.settings.format = name.parse::<Format>()?;
        }
        Ok(format!("format is {}", self.settings.format))
    }

    fn set_expanded(&mut self, arguments: &str) -> Result<String> {
        let wanted = match (arguments, self.settings.expanded) {
            ("auto", _) => Expanded::Auto,
            ("", Expanded::On) => Expanded::Off,
            ("", _) => Expanded::On,
            (text, _) => {
                if switch(text, false)? {
                    Expanded::On
                } else {
                    Expanded::Off
                }
            }
        };
        self.settings.expanded = wanted;
        Ok(format!("expanded is {}", expanded_name(wanted)))
    }

    fn set_output(&mut self, arguments: &str) -> Result<String> {
        let path = words(arguments).join(" ");
        if path.is_empty() {
            self.settings.output = None;
            return Ok("results go to the screen".to_owned());
        }
        let path = crate::files::at_home(&path);
        let file = output_file(&path.display().to_string());
        create(&file.path)?;
        let format = file.format.unwrap_or(self.settings.format);
        let told = format!("results go to {} as {format}", file.path.display());
        self.settings.output = Some(file);
        Ok(told)
    }

    fn set_pager(&mut self, arguments: &str) -> String {
        self.settings.pager = match (arguments, &self.settings.pager) {
            ("off" | "none", _) | ("", Pager::Command(_)) => Pager::Off,
            ("on", Pager::Command(command)) => Pager::Command(command.clone()),
            ("on" | "", Pager::Off) => Pager::Command(PAGER.to_owned()),
            (command, _) => Pager::Command(command.to_owned()),
        };
        match &self.settings.pager {
            Pager::Command(command) => format!("pager is {command}"),
            Pager::Off => "pager is off".to_owned(),
        }
    }

    fn set_time_zone(&mut self, zone: &str) -> Result<String> {
        match zone {
            "" => {}
            utc if utc.eq_ignore_ascii_case("UTC") => self.settings.time_zone = None,
            zone => self.settings.time_zone = Some(zone.parse::<TimeZone>()?),
        }
        let zone = self.settings.time_zone.unwrap_or(TimeZone::UTC);
        Ok(format!("times are shown in {zone}; statements still mean UTC"))
    }

    fn set_since(&mut self, text: &str) -> Result<String> {
        match text {
            "" => {}
            "off" | "none" | "all" => self.settings.since = None,
            text => {
                let bound: TimeBound = text.parse()?;
                self.settings.since = Some(Since { text: text.to_owned(), bound });
            }
        }
        Ok(match &self.settings.since {
            Some(since) => {
                format!("events before {} are hidden; `\\since off` shows them again", said(&since.text))
            }
            None => "events of all times are shown".to_owned(),
        })
    }

    fn set_keys(&mut self, keys: &str) -> Result<String> {
        match keys {
            "" => {}
            "vi" => self.settings.vi_keys = true,
            "emacs" => self.settings.vi_keys = false,
            other => {
                return Err(Error::invalid(format!("no keys `{other}`")).with_hint("There are emacs and vi."));
            }
        }
        Ok(format!("keys are those of {}", if self.settings.vi_keys { "vi" } else { "emacs" }))
    }

    /// Takes `name value`, `name:type value`, `name = value`; the value may be quoted.
    fn set_variable(&mut self, arguments: &str) -> Result<String> {
        let Some((name, value)) = split_name(arguments) else {
            let all: Vec<(String, String)> = self
                .settings
                .variables
                .iter()
                .map(|(name, value)| (format!(":{name}"), format!("{value} ({})", value.type_name())))
                .collect();
            return Ok(if all.is_empty() { "nothing is set".to_owned() } else { pairs(&all) });
        };
        self.settings.variables.assign(&match (name.ends_with(":null"), value.is_empty()) {
            (true, true) => name.to_owned(),
            _ => format!("{name}={value}"),
        })?;
        self.tell_parameters();
        Ok(String::new())
    }

    fn unset_variable(&mut self, name: &str) -> Result<String> {
        if self.settings.variables.remove(name.trim_start_matches(':')).is_none() {
            return Err(Error::not_found(format!("parameter `{name}` is not set")));
        }
        self.tell_parameters();
        Ok(String::new())
    }

    fn tell_parameters(&self) {
        let names: Vec<String> = self.settings.variables.names().map(str::to_owned).collect();
        self.dictionary.update(|words| words.parameters = names);
    }

    /// `\pset` as in psql: a name and a value set, nothing shows everything.
    fn psql_settings(&mut self, arguments: &str) -> Result<String> {
        let Some((name, value)) = split_name(arguments) else { return Ok(pairs(&self.settings.lines())) };
        match name {
            "format" => self.set_format(&value),
            "x" | "expanded" => self.set_expanded(&value),
            "pager" => Ok(self.set_pager(&value)),
            other => Err(Error::invalid(format!("no setting `{other}`"))
                .with_hint("`\\pset` alone shows them; each has a command of its own.")),
        }
    }
}

/// Splits off the first word; an `=` may stand behind it. The rest is one value, without its quotes.
fn split_name(arguments: &str) -> Option<(&str, String)> {
    let end = arguments.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(arguments.len());
    let (name, rest) = arguments.split_at(end);
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest).trim();
    // An apostrophe inside of a bare value is a part of it.
    let value = if rest.starts_with(['\'', '"']) { words(rest).join(" ") } else { rest.to_owned() };
    Some((name, value))
}

fn said(text: &str) -> String {
    let relative = text.ends_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(':');
    let text = escape_text(text);
    if relative { format!("{text} ago") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_split() {
        let split = |text| split_name(text).map(|(name, value)| (name.to_owned(), value));
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(split("user alice"), pair("user", "alice"));
        assert_eq!(split("user = 'a b'"), pair("user", "a b"));
        assert_eq!(split("at:timestamp 2026-01-01 12:00"), pair("at:timestamp", "2026-01-01 12:00"));
        assert_eq!(split("user O'Brien"), pair("user", "O'Brien"));
        assert_eq!(split("empty"), pair("empty", ""));
        assert_eq!(split(""), None);
        assert_eq!(said("7d"), "7d ago");
        assert_eq!(said("2026-01-31T00:00:00Z"), "2026-01-31T00:00:00Z");
    }
}
