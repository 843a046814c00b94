//! The commands that begin with a backslash: their names, arguments and help.

use auditlake_model::{Error, Result};

use crate::script::CommandLine;

/// A command of the shell, and how it is called.
#[derive(Debug)]
pub(crate) struct Spec {
    /// Its name.
    pub(crate) name: &'static str,
    /// Other names.
    pub(crate) aliases: &'static [&'static str],
    /// Its arguments, for help.
    pub(crate) arguments: &'static str,
    /// What it does.
    pub(crate) help: &'static str,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Describe,
    Functions,
    Stores,
    Event,
    Examples,
    Chart,
    Send,
    SendExpanded,
    Watch,
    Edit,
    Include,
    Echo,
    History,
    Expanded,
    Format,
    Output,
    Pager,
    Timing,
    TimeZone,
    Since,
    Keys,
    Set,
    Unset,
    PrintSettings,
    Help,
    Quit,
}

const fn spec(
    kind: Kind,
    name: &'static str,
    aliases: &'static [&'static str],
    arguments: &'static str,
    help: &'static str,
) -> Spec {
    Spec { name, aliases, arguments, help, kind }
}

/// Every command, in the order of the help, under its headings.
pub(crate) const SECTIONS: &[(&str, &[Spec])] = &[
    (
        "Look around",
        &[
            spec(Kind::Stores, "l", &["list", "dt", "ds"], "", "lists the event data stores"),
            spec(
                Kind::Describe,
                "d",
                &["d+", "describe"],
                "[TABLE]",
                "shows a store: columns, size, files, time range, settings",
            ),
            spec(Kind::Functions, "df", &["functions"], "[PATTERN]", "lists the functions"),
            spec(
                Kind::Event,
                "event",
                &["ev"],
                "EVENT-ID",
                "shows one event whole, with its source object and position",
            ),
            spec(
                Kind::Examples,
                "examples",
                &["ex"],
                "[NAME | run NAME [P=VALUE ..]]",
                "lists, shows and runs example queries",
            ),
        ],
    ),
    (
        "Run",
        &[
            spec(Kind::Send, "g", &[], "[FILE]", "runs the statement, or the last one again; writes to FILE"),
            spec(Kind::SendExpanded, "gx", &[], "", "the same, one line a value"),
            spec(Kind::Watch, "watch", &[], "[SECONDS]", "runs it again and again until Ctrl-C"),
            spec(Kind::Edit, "e", &["edit"], "[FILE]", "opens the last statement in $EDITOR"),
            spec(Kind::Include, "i", &["include", "ir"], "FILE", "runs a file of statements and commands"),
            spec(Kind::Chart, "chart", &[], "[bar|spark]", "draws the last result"),
            spec(Kind::History, "history", &["s"], "[N]", "shows the last statements"),
            spec(Kind::Echo, "echo", &["qecho", "warn"], "TEXT", "says something"),
        ],
    ),
    (
        "Narrow",
        &[
            spec(
                Kind::Since,
                "since",
                &[],
                "[7d | 2026-01-31 | off]",
                "hides earlier events from all that follows",
            ),
            spec(
                Kind::Set,
                "set",
                &[],
                "[NAME[:TYPE] VALUE]",
                "gives the parameter :NAME a value; alone: shows all",
            ),
            spec(Kind::Unset, "unset", &[], "NAME", "forgets a parameter"),
        ],
    ),
    (
        "Show results",
        &[
            spec(Kind::Format, "format", &["f"], "[NAME]", "table, csv, json, ndjson and others"),
            spec(Kind::Expanded, "x", &["expanded"], "[on|off|auto]", "one line a value"),
            spec(Kind::Output, "o", &["out"], "[FILE]", "writes results to FILE; alone: to the screen again"),
            spec(
                Kind::TimeZone,
                "tz",
                &["timezone"],
                "[ZONE]",
                "shows times in a zone; nothing else changes",
            ),
            spec(Kind::Timing, "timing", &[], "[on|off]", "tells what a query read and how long it took"),
            spec(Kind::Pager, "pager", &[], "[on|off|COMMAND]", "what long results are shown in"),
            spec(Kind::PrintSettings, "pset", &["settings"], "", "shows these settings"),
        ],
    ),
    (
        "Shell",
        &[
            spec(Kind::Keys, "keys", &["mode"], "[emacs|vi]", "how lines are edited"),
            spec(Kind::Help, "?", &["h", "help"], "[COMMAND]", "shows this"),
            spec(Kind::Quit, "q", &["quit", "exit"], "", "leaves, as Ctrl-D does"),
        ],
    ),
];

/// Returns all commands.
pub(crate) fn specs() -> impl Iterator<Item = &'static Spec> {
    SECTIONS.iter().flat_map(|(_, specs)| specs.iter())
}

/// Finds the command that a line calls, by name or alias.
///
/// # Errors
/// `Invalid` with the nearest name.
pub(crate) fn find(line: &CommandLine) -> Result<&'static Spec> {
    let name = line.name.as_str();
    let called = |spec: &&Spec| spec.name == name || spec.aliases.contains(&name);
    if let Some(spec) = specs().find(called) {
        return Ok(spec);
    }
    let error = Error::invalid(format!("no command `\\{name}`"));
    Err(match nearest(name) {
        Some(near) => error.with_hint(format!("Did you mean `\\{near}`? `\\?` lists all.")),
        None => error.with_hint("`\\?` lists the commands."),
    })
}

/// Returns the name that is nearest to one that does not exist.
fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let names = specs().flat_map(|spec| std::iter::once(&spec.name).chain(spec.aliases));
    let scored = names.map(|known| (strsim::damerau_levenshtein(known, &lower), *known));
    let (distance, near) = scored.min()?;
    // A name of one letter is near to everything of one letter.
    let close = distance <= 1 + near.len() / 4 && distance < near.len().max(lower.len());
    let begins = || specs().map(|spec| spec.name).find(|known| known.starts_with(lower.as_str()));
    let beginning = if lower.len() > 1 { begins() } else { None };
    beginning.or(close.then_some(near))
}

/// Splits arguments at spaces; quotes of either kind hold one together.
pub(crate) fn words(arguments: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut started = false;
    for char in arguments.chars() {
        match quote {
            Some(open) if char == open => quote = None,
            Some(_) => word.push(char),
            None if char == '\'' || char == '"' => {
                quote = Some(char);
                started = true;
            }
            None if char.is_whitespace() => {
                if started {
                    words.push(std::mem::take(&mut word));
                }
                started = false;
            }
            None => {
                word.push(char);
                started = true;
            }
        }
    }
    if started {
        words.push(word);
    }
    words
}

/// Reads `on` and `off`; no argument turns the switch over.
///
/// # Errors
/// `Invalid` for anything else.
pub(crate) fn switch(arguments: &str, present: bool) -> Result<bool> {
    match arguments.to_ascii_lowercase().as_str() {
        "" => Ok(!present),
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        other => Err(Error::invalid(format!("`{other}` is neither on nor off"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> CommandLine {
        CommandLine { name: name.to_owned(), arguments: String::new(), statement: None }
    }

    #[test]
    fn names_and_aliases_are_unique() {
        let mut names: Vec<&str> =
            specs().flat_map(|spec| std::iter::once(spec.name).chain(spec.aliases.iter().copied())).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(find(&line("d+")).unwrap().kind, Kind::Describe);
    }

    #[test]
    fn a_wrong_name_gets_the_nearest() {
        let hint = |name| find(&line(name)).unwrap_err().hint().unwrap().to_owned();
        assert!(hint("tming").contains("`\\timing`"));
        assert!(hint("formats").contains("`\\format`"));
        assert!(hint("exampels").contains("`\\examples`"));
        assert!(hint("hist").contains("`\\history`"));
        assert!(!hint("zzzzzzzz").contains("mean"));
    }

    #[test]
    fn words_may_be_quoted() {
        assert_eq!(words("a 'b c' \"d e\"f  ''"), ["a", "b c", "d ef", ""]);
        assert_eq!(words("  "), [""; 0]);
    }

    #[test]
    fn switches_turn_over_without_an_argument() {
        assert!(switch("", false).unwrap());
        assert!(!switch("OFF", true).unwrap());
        assert!(switch("maybe", true).is_err());
    }
}
