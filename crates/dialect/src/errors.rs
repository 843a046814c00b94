//! What planning found wrong, said with its place and the nearest right name.

use auditlake_model::Error;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{Column, DataFusionError, SchemaError};
use datafusion::execution::SessionState;

use super::INVALID_STATEMENT;
use super::names::{NameIndex, member_named, nearest};
use super::position::Position;
use super::tables::as_refs;
use auditlake_functions::engine_error::from_datafusion;

/// Key of the context under which an error names what it is about, so that its place can be found.
const NAME: &str = "name";

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
        let error = from_datafusion("plan query", error);
        let name = error.context().iter().find(|(key, _)| *key == NAME).map(|(_, value)| value.clone());
        (error, name)
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
        let candidates = valid.iter().map(|column| column.name.as_str());
        if let Some(path) = member_named(&typed, &as_refs(self.schemas)) {
            return error.with_hint(format!("Did you mean `{path}`?"));
        }
        match nearest(&typed, candidates) {
            Some(candidate) => error.with_hint(format!("Did you mean `{}`?", self.index.typed(candidate))),
            None => error,
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
