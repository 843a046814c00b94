//! What planning found wrong, said with its place and the nearest right name.
//!
//! | module | what it knows |
//! |---|---|
//! | `calls` | arguments that a function does not take |
//! | `engine` | the engine's other messages |
//! | `foreign` | what other engines call a thing |
//! | `syntax` | words around the place where the parser stumbles |
//! | `types` | the engine's types in Lake's words |

mod calls;
mod engine;
pub(super) mod foreign;
pub(super) mod syntax;
mod types;

#[cfg(test)]
mod wrong_calls;

use auditlake_events::schema::is_hidden;
use auditlake_functions::list_functions;
use auditlake_model::{Error, ErrorKind};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::execution::SessionState;

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::INVALID_STATEMENT;
use super::names::{NameIndex, member_named, nearest};
use super::parse::lex;
use super::position::Position;
use super::tables::as_refs;
use auditlake_functions::engine_error::from_datafusion;

/// What to say about the columns that engines over plain files have.
const FILE_COLUMNS: &str = "Events have no column for the file that they came from; `auditlake sql --evidence` tells it for each row.";

/// Key of the context under which an error names what it is about, so that its place can be found.
const NAME: &str = "name";

/// How messages about position 0 end.
const ZERO: &str = "start at 1";

/// Makes an error about a name in the statement, for code that does not know where it stands.
pub(super) fn about(name: &str, message: impl Into<String>) -> Error {
    Error::invalid(message).with_code(INVALID_STATEMENT).with_context(NAME, name)
}

/// What is known about a statement when planning it fails.
pub(super) struct Findings<'a> {
    pub(super) state: &'a SessionState,
    pub(super) index: &'a NameIndex,
    pub(super) schemas: &'a [SchemaRef],
}

impl Findings<'_> {
    /// Returns the error of ours that says what the planner says.
    pub(super) fn explain(&self, error: DataFusionError) -> Error {
        let place = place_of(&error);
        let (error, name) = self.translate(error);
        match place.or_else(|| name.and_then(|name| self.index.place(&name))) {
            Some(position) => position.attach(error),
            None => error,
        }
    }

    /// Returns the error and the name it is about.
    fn translate(&self, error: DataFusionError) -> (Error, Option<String>) {
        match error.find_root() {
            DataFusionError::SchemaError(found, _) => match found.as_ref() {
                SchemaError::FieldNotFound { field, valid_fields } => {
                    return (self.no_column(field, valid_fields), Some(field.name.clone()));
                }
                SchemaError::AmbiguousReference { field } => {
                    return (ambiguous(field), Some(field.name.clone()));
                }
                _ => {}
            },
            DataFusionError::Plan(message) => {
                if let Some(name) = unknown_function(message) {
                    return (self.no_function(name), Some(name.to_owned()));
                }
            }
            _ => {}
        }
        said(self.state, error)
    }

    fn no_column(&self, field: &Column, valid: &[Column]) -> Error {
        let typed = self.index.used(&field.name);
        if let Some(relation) = &field.relation
            && !valid.is_empty()
            && !valid
                .iter()
                .any(|column| column.relation.as_ref().is_some_and(|known| known.table() == relation.table()))
        {
            return self.no_relation(relation.table(), &typed, valid);
        }
        let error = Error::invalid(format!("no column `{typed}`")).with_code(INVALID_STATEMENT);
        let candidates = valid.iter().map(|column| column.name.as_str()).filter(|name| !is_hidden(name));
        if let Some(path) = member_named(&typed, &as_refs(self.schemas)) {
            return error.with_hint(format!("Did you mean `{path}`?"));
        }
        match nearest(&typed, candidates) {
            Some(candidate) => error.with_hint(format!("Did you mean `{}`?", self.index.typed(candidate))),
            None if typed.starts_with('$') => error.with_hint(FILE_COLUMNS),
            None => match foreign::function(&typed) {
                Some(hint) => error.with_hint(hint),
                None => error,
            },
        }
    }

    fn no_relation(&self, relation: &str, column: &str, valid: &[Column]) -> Error {
        let error = Error::invalid(format!(
            "no column `{relation}` that has a member `{column}`, and no table of that name"
        ))
        .with_code(INVALID_STATEMENT);
        let relations =
            valid.iter().filter_map(|column| column.relation.as_ref()).map(|relation| relation.table());
        match nearest(relation, relations.chain(valid.iter().map(|column| column.name.as_str()))) {
            Some(candidate) => error.with_hint(format!("Did you mean `{candidate}.{column}`?")),
            None => error,
        }
    }

    fn no_function(&self, name: &str) -> Error {
        let error = Error::invalid(format!("no function `{name}`")).with_code(INVALID_STATEMENT);
        let state = self.state;
        if state.window_functions().contains_key(name) {
            return error.with_hint(format!(
                "It looks at the rows around each one: write `{name}() OVER (PARTITION BY .. ORDER BY ..)`."
            ));
        }
        if let Some(hint) = foreign::function(name) {
            return error.with_hint(hint);
        }
        let scalar = state.scalar_functions().keys().chain(state.higher_order_functions().keys());
        let others = state.aggregate_functions().keys().chain(state.window_functions().keys());
        let known =
            scalar.chain(others).map(String::as_str).filter(|name| !auditlake_functions::is_internal(name));
        match nearest(name, known) {
            Some(candidate) => error.with_hint(format!("Did you mean `{candidate}`?")),
            None => error,
        }
    }
}

/// Says what the engine found wrong when a statement was planned, optimized, or made into a physical plan; names the place
/// where the text shows it.
pub fn explain(state: &SessionState, sql: &str, error: DataFusionError) -> Error {
    let (error, name) = said(state, error);
    placed(sql, name.as_deref(), error)
}

/// Says what the engine found wrong while rows were read, in our words; the place is not known then.
pub fn explain_run(error: DataFusionError) -> Error {
    let error = from_datafusion("run query", error);
    if error.hint().is_some() || !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported) {
        return error;
    }
    engine::explain(error.message()).map_or_else(|| in_words(error), |(error, _)| error)
}

/// Puts an error at the place in the text that it is about, if it names none yet.
///
/// That is the place of `name`, or of what the error itself names first.
pub(super) fn placed(sql: &str, name: Option<&str>, error: Error) -> Error {
    let Ok(tokens) = lex(sql) else { return error };
    let error = match Position::of(&error) {
        Some(_) => error,
        None => {
            let named = name.or_else(|| named_in(error.message()));
            let zero = error.message().ends_with(ZERO).then(|| place_of_zero(&tokens)).flatten();
            let place = zero.or_else(|| named.and_then(|name| place_of_word(&tokens, name)));
            match place.or_else(|| place_of_text(&tokens, error.message())) {
                Some(place) => place.attach(error),
                None => error,
            }
        }
    };
    quoted_text(&tokens, error)
}

/// Returns the name that a message begins with, or that stands in it between backticks.
fn named_in(message: &str) -> Option<&str> {
    let quoted = message.split('`').nth(1);
    let name = quoted.or_else(|| message.split_whitespace().next())?;
    name.rsplit('.').next()
}

/// Returns where a name stands first in the text.
fn place_of_word(tokens: &[TokenWithSpan], name: &str) -> Option<Position> {
    let is_name = |token: &&TokenWithSpan| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case(name));
    Position::of_span(tokens.iter().find(is_name)?.span)
}

/// Returns where the first `[0]` stands.
fn place_of_zero(tokens: &[TokenWithSpan]) -> Option<Position> {
    let is_zero = |pair: &&[TokenWithSpan]| match pair {
        [open, zero] => {
            open.token == Token::LBracket && matches!(&zero.token, Token::Number(digits, _) if digits == "0")
        }
        _ => false,
    };
    Position::of_span(tokens.windows(2).find(is_zero)?.last()?.span)
}

/// Returns where the literal stands that a message begins with.
fn place_of_text(tokens: &[TokenWithSpan], message: &str) -> Option<Position> {
    let (text, _) = message.strip_prefix('\'')?.split_once('\'')?;
    let is_text = |token: &&TokenWithSpan| matches!(&token.token, Token::SingleQuotedString(found) if found.eq_ignore_ascii_case(text));
    Position::of_span(tokens.iter().find(is_text)?.span)
}

/// Tells whoever writes text in double quotes that these are for names.
fn quoted_text(tokens: &[TokenWithSpan], error: Error) -> Error {
    if error.hint().is_some() || !error.message().starts_with("no column `") {
        return error;
    }
    let place = Position::of(&error);
    let quoted = tokens.iter().filter(|token| Position::of_span(token.span) == place).find_map(|token| {
        match &token.token {
            Token::Word(word) if word.quote_style.is_some() => Some(&word.value),
            _ => None,
        }
    });
    match quoted {
        Some(text) => {
            error.with_hint(format!("Double quotes are for names; text stands in single ones: '{text}'."))
        }
        None => error,
    }
}

/// Returns the error that says what the engine says, and the name it is about.
fn said(state: &SessionState, error: DataFusionError) -> engine::Said {
    let error = from_datafusion("plan query", error);
    let name = error.context().iter().find(|(key, _)| *key == NAME).map(|(_, value)| value.clone());
    if name.is_some() {
        return (in_words(error), name);
    }
    if error.hint().is_some() || !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported) {
        return (error, name);
    }
    if let Some(refused) = calls::Refused::parse(error.message()) {
        let functions = list_functions(state);
        let known = functions.iter().find(|known| known.name == refused.function);
        return (in_words(refused.explain(known)), Some(refused.function.to_owned()));
    }
    engine::explain(error.message()).unwrap_or_else(|| (in_words(error), name))
}

/// Returns an error without the engine's words for its stages and types.
fn in_words(error: Error) -> Error {
    let message = types::in_words(calls::plain(error.message()));
    let detail = error.detail().map(types::in_words);
    // The name has done its work: what it names is found, or is in the message.
    let context = || error.context().iter().filter(|(key, _)| *key != NAME);
    let is_said = message == error.message() && detail.as_deref() == error.detail();
    if is_said && context().count() == error.context().len() {
        return error;
    }
    let mut said = Error::new(error.kind(), message);
    if let Some(code) = error.code() {
        said = said.with_code(code);
    }
    if let Some(detail) = detail {
        said = said.with_detail(detail);
    }
    if let Some(hint) = error.hint() {
        said = said.with_hint(hint);
    }
    context().fold(said, |said, (key, value)| said.with_context(key, value))
}

fn ambiguous(field: &Column) -> Error {
    Error::invalid(format!("column `{}` is in more than one table of the query", field.name))
        .with_code(INVALID_STATEMENT)
        .with_hint(format!("Write the table before it: `t.{}`.", field.name))
}

fn unknown_function(message: &str) -> Option<&str> {
    let (name, _) = message.strip_prefix("Invalid function '")?.split_once('\'')?;
    Some(name)
}

/// Returns the place that the planner noted on its own.
fn place_of(error: &DataFusionError) -> Option<Position> {
    let span = match error.find_root() {
        DataFusionError::SchemaError(found, _) => match found.as_ref() {
            SchemaError::FieldNotFound { field, .. } | SchemaError::AmbiguousReference { field } => {
                field.spans().first()
            }
            _ => None,
        },
        _ => None,
    };
    let noted = || error.iter().find_map(|error| error.diagnostic()?.span);
    let start = span.or_else(noted)?.start;
    (start.line > 0).then_some(Position { line: start.line, column: start.column })
}
