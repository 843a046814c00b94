//! Completion of commands and their arguments.

use auditlake_query::{Format, TimeZone};

use super::{Candidate, Completion, begins, table_candidate};
use crate::command::{Kind, find, specs};
use crate::dictionary::Words;
use crate::files;
use crate::script::CommandLine;

/// Completes the text when the cursor is in a command.
pub(super) fn complete(before: &str, words: &Words) -> Option<Completion> {
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    let line = &before[line_start..];
    let command = line.trim_start().strip_prefix('\\')?;
    let name_start = before.len() - command.len();
    let Some((name, arguments)) = command.split_once(char::is_whitespace) else {
        let names = specs().map(|spec| Candidate::plain(spec.name));
        let candidates = names.filter(|name| begins(&name.text, command)).collect();
        return Some(Completion { start: name_start, candidates });
    };
    let called = CommandLine { name: name.to_owned(), arguments: String::new(), statement: None };
    let Ok(spec) = find(&called) else { return Some(Completion::default()) };
    let kind = spec.kind;
    let typed = arguments.rsplit(char::is_whitespace).next().unwrap_or_default();
    let kept = |offered: Vec<Candidate>| {
        let candidates = offered.into_iter().filter(|candidate| begins(&candidate.shown, typed)).collect();
        Completion { start: before.len() - typed.len(), candidates }
    };
    let fixed = |names: &[&str]| names.iter().map(|name| Candidate::plain(*name)).collect::<Vec<_>>();
    Some(match kind {
        Kind::Describe => kept(words.tables.iter().map(|table| table_candidate(table)).collect()),
        Kind::Functions => kept(words.functions.iter().map(|f| Candidate::plain(f.name.as_str())).collect()),
        Kind::Format => {
            let formats = Format::ALL.iter().map(|format| format.as_str());
            kept(formats.map(Candidate::plain).collect())
        }
        Kind::Expanded => kept(fixed(&["on", "off", "auto"])),
        Kind::Timing => kept(fixed(&["on", "off"])),
        Kind::Pager => kept(fixed(&["on", "off"])),
        Kind::Keys => kept(fixed(&["emacs", "vi"])),
        Kind::Chart => kept(fixed(&["bar", "spark"])),
        Kind::Since => kept(fixed(&["1h", "24h", "7d", "30d", "off"])),
        Kind::TimeZone => kept(TimeZone::names().map(Candidate::plain).collect()),
        Kind::Unset => kept(words.parameters.iter().map(Candidate::plain).collect()),
        Kind::Help => kept(specs().map(|spec| Candidate::plain(spec.name)).collect()),
        Kind::Examples => {
            let run = std::iter::once(Candidate::plain("run"));
            kept(run.chain(words.examples.iter().map(Candidate::plain)).collect())
        }
        Kind::Include | Kind::Output | Kind::Edit | Kind::Send => {
            Completion { start: before.len() - typed.len(), candidates: files::beginning_with(typed) }
        }
        _ => Completion::default(),
    })
}
