//! What could be typed next: decided from the tokens around the cursor and the words that are known.
//!
//! | before the cursor | offered |
//! |---|---|
//! | `\`, or the arguments of a command | commands; tables, functions, formats, files, examples |
//! | `FROM`, `JOIN`, `DESCRIBE` | tables |
//! | `path.` | nested fields, members of free-form fields, columns of an alias |
//! | `path =`, `path IN (`, inside of `'..` | values that were seen there |
//! | `element_at(path, '..` | members that were seen there |
//! | `:` | parameters that have a value |
//! | anything else | columns, functions, keywords |

mod commands;
mod place;

use std::sync::Arc;

use self::place::Place;
use crate::dictionary::{TableWords, Words};
use crate::lexer::{Token, TokenKind, tokens};
use crate::names;

/// More are not offered: nobody reads them.
const MOST_CANDIDATES: usize = 500;

/// Something that could be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// How it is listed.
    pub(crate) shown: String,
    /// What it puts in place of what was typed.
    pub(crate) text: String,
}

impl Candidate {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { shown: text.clone(), text }
    }
}

/// What can be typed, and from where on it replaces the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Completion {
    /// First byte that is replaced; the last is the one before the cursor.
    pub(crate) start: usize,
    /// What could stand there.
    pub(crate) candidates: Vec<Candidate>,
}

/// Returns the tables that the statement around the cursor names.
pub(crate) fn tables_named(text: &str, cursor: usize) -> Vec<String> {
    place::statement_tables(text, cursor).into_iter().map(|table| table.name).collect()
}

/// Completes the text before the cursor.
pub(crate) fn complete(text: &str, cursor: usize, words: &Words) -> Completion {
    let Some(before) = text.get(..cursor) else { return Completion::default() };
    if let Some(completion) = commands::complete(before, words) {
        return capped(completion);
    }
    let place = Place::of(text, cursor);
    capped(Sql { words, place: &place }.complete())
}

fn capped(mut completion: Completion) -> Completion {
    completion.candidates.truncate(MOST_CANDIDATES);
    completion
}

/// Tells whether a word begins as typed, whatever its case.
pub(super) fn begins(word: &str, typed: &str) -> bool {
    word.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

struct Sql<'a> {
    words: &'a Words,
    place: &'a Place<'a>,
}

impl Sql<'_> {
    fn complete(&self) -> Completion {
        let place = self.place;
        if let Some(open) = place.open_text() {
            return self.in_text(open);
        }
        if let Some(parameter) = place.typed.filter(|token| token.kind == TokenKind::Parameter) {
            let names = self.words.parameters.iter().map(|name| Candidate::plain(format!(":{name}")));
            let candidates = names.filter(|name| begins(&name.text, parameter.text)).collect();
            return Completion { start: parameter.start, candidates };
        }
        let path = place.path_before_dot();
        if !path.is_empty() {
            return self.from(self.behind_dot(&path));
        }
        if place.wants_table() {
            return self.from(self.words.tables.iter().map(|table| table_candidate(table)).collect());
        }
        let values = self.values(&place.compared_path());
        if place.typed.is_none() && !values.is_empty() {
            return self.from(values.iter().map(|value| Candidate::plain(names::literal(value))).collect());
        }
        self.from(self.anything())
    }

    /// Keeps what begins as typed.
    fn from(&self, candidates: Vec<Candidate>) -> Completion {
        let typed = self.place.typed_text();
        let kept = candidates.into_iter().filter(|candidate| begins(&candidate.shown, &typed));
        let mut kept: Vec<Candidate> = kept.collect();
        let mut seen = std::collections::HashSet::new();
        kept.retain(|candidate| seen.insert(candidate.text.to_lowercase()));
        Completion { start: self.place.start(), candidates: kept }
    }

    /// Returns the tables that the statement names, or all that are known when it names none.
    fn tables(&self) -> Vec<&Arc<TableWords>> {
        let named: Vec<_> = self
            .place
            .tables
            .iter()
            .filter_map(|table| self.words.known.get(&table.name.to_lowercase()))
            .collect();
        if named.is_empty() { self.words.known.values().collect() } else { named }
    }

    fn in_text(&self, open: Token<'_>) -> Completion {
        let typed = open.text[1..].replace("''", "'");
        let inside = |word: &str| word.replace('\'', "''");
        let (prefix, offered) = match self.place.member_argument() {
            Some(path) => {
                let prefix = if typed.starts_with("$.") { "$." } else { "" };
                (prefix, self.members(&path))
            }
            None => ("", self.values(&self.place.compared_path())),
        };
        let candidates = offered
            .iter()
            .map(|word| format!("{prefix}{word}"))
            .filter(|word| begins(word, &typed))
            .map(|word| Candidate { text: format!("{}'", inside(&word)), shown: word });
        Completion { start: open.start + 1, candidates: candidates.collect() }
    }

    fn behind_dot(&self, path: &[String]) -> Vec<Candidate> {
        if path.len() == 1 && path[0].eq_ignore_ascii_case("system") {
            let tables = self.words.tables.iter().filter_map(|table| table.strip_prefix("system."));
            return tables.map(Candidate::plain).collect();
        }
        let (tables, path) = match self.place.tables.iter().find(|table| table.is_called(&path[0])) {
            Some(table) => {
                let known = self.words.known.get(&table.name.to_lowercase());
                (known.into_iter().collect(), &path[1..])
            }
            None => (self.tables(), path),
        };
        let mut candidates = Vec::new();
        for table in tables {
            let fields = match path.is_empty() {
                true => Some(&table.columns),
                false => table.find(path).map(|column| &column.fields),
            };
            candidates.extend(
                fields.into_iter().flatten().map(|field| Candidate::plain(names::quoted(&field.name))),
            );
            let members = table.sample.members.get(&key(path));
            candidates
                .extend(members.into_iter().flatten().map(|name| Candidate::plain(names::quoted(name))));
        }
        candidates
    }

    fn values(&self, path: &[String]) -> Vec<String> {
        self.sampled(path, |table, path| table.sample.values.get(path))
    }

    fn members(&self, path: &[String]) -> Vec<String> {
        self.sampled(path, |table, path| table.sample.members.get(path))
    }

    fn sampled<'a>(
        &'a self,
        path: &[String],
        pick: impl Fn(&'a TableWords, &str) -> Option<&'a Vec<String>>,
    ) -> Vec<String> {
        if path.is_empty() {
            return Vec::new();
        }
        let path = match self.place.tables.iter().any(|table| table.is_called(&path[0])) {
            true => &path[1..],
            false => path,
        };
        let found = self.tables().into_iter().filter_map(|table| pick(table, &key(path)));
        let mut words: Vec<String> = Vec::new();
        for word in found.flatten() {
            if !words.contains(word) {
                words.push(word.clone());
            }
        }
        words
    }

    /// Columns first, then functions, then keywords.
    fn anything(&self) -> Vec<Candidate> {
        let typed = self.place.typed_text();
        let mut candidates = Vec::new();
        for table in self.tables() {
            candidates
                .extend(table.columns.iter().map(|column| Candidate::plain(names::quoted(&column.name))));
        }
        candidates
            .extend(self.place.tables.iter().filter_map(|table| table.alias.clone()).map(Candidate::plain));
        if typed.is_empty() {
            // All functions and keywords would hide the columns.
            return candidates;
        }
        let call = |name: &String| Candidate { shown: name.clone(), text: format!("{name}(") };
        candidates.extend(self.words.functions.iter().map(|function| call(&function.name)));
        let lower = !typed.chars().any(char::is_uppercase);
        let keyword =
            |word: &&str| Candidate::plain(if lower { word.to_lowercase() } else { (*word).to_owned() });
        candidates.extend(names::KEYWORDS.iter().map(keyword));
        candidates
    }
}

pub(super) fn table_candidate(table: &str) -> Candidate {
    Candidate { shown: table.to_owned(), text: names::quoted_table(table) }
}

fn key(path: &[String]) -> String {
    path.join(".").to_lowercase()
}

/// Returns the tokens of a text that are neither space nor comment.
pub(super) fn significant(text: &str) -> Vec<Token<'_>> {
    tokens(text).filter(Token::is_significant).collect()
}

#[cfg(test)]
mod tests;
