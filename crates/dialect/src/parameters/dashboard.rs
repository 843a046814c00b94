//! Parameters as the widgets of CloudTrail Lake's dashboards write them: `'$StartTime$'`, mostly in quotes.
//!
//! | as typed | stands for |
//! |---|---|
//! | `$StartTime$`, `$Anything$` | the parameter `:StartTime`, `:Anything` |
//! | `'$StartTime$'`, `'$EndTime$'`, `'$Period$'` | the same, whatever their case; other text in quotes is text |
//! | `FROM $EventDataStoreId$` | the event data store whose name or UUID the parameter holds |
//!
//! Values are bound as those of any parameter: typed, never pasted into the text.

use std::ops::ControlFlow;

use auditlake_model::{Error, Result};
use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, VisitMut, VisitorMut};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::{ParameterValue, Parameters};
use crate::INVALID_STATEMENT;
use crate::position::Position;

/// The parameters that Lake itself gives its widgets. (spec section 1d, custom dashboards)
const KNOWN: [&str; 4] = ["StartTime", "EndTime", "Period", STORE];
/// The parameter that names an event data store.
const STORE: &str = "EventDataStoreId";

/// Writes the parameters among the tokens as `:name`, and that of a table as a name.
pub(super) fn mark(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut after_from = false;
    for token in &mut tokens {
        let name = match &token.token {
            Token::Placeholder(text) => {
                between_dollars(text).map(|name| known(name).unwrap_or(name).to_owned())
            }
            Token::SingleQuotedString(text) => between_dollars(text).and_then(known).map(str::to_owned),
            _ => None,
        };
        if let Some(name) = name {
            token.token = match after_from {
                true => table_name(&name),
                false => Token::Placeholder(format!(":{name}")),
            };
        }
        match &token.token {
            Token::Whitespace(_) => {}
            Token::Word(word) => after_from = matches!(word.keyword, Keyword::FROM | Keyword::JOIN),
            _ => after_from = false,
        }
    }
    tokens
}

/// Puts the names of event data stores in the place of `$EventDataStoreId$` after FROM.
///
/// Returns the parameters that were used.
///
/// # Errors
///
/// `Invalid` when the parameter has no value, or one that is no text.
pub(crate) fn name_tables(tree: &mut impl VisitMut, parameters: &Parameters) -> Result<Vec<String>> {
    let mut binder = TableBinder { parameters, used: Vec::new() };
    match tree.visit(&mut binder) {
        ControlFlow::Break(error) => Err(error),
        ControlFlow::Continue(()) => Ok(binder.used),
    }
}

struct TableBinder<'a> {
    parameters: &'a Parameters,
    used: Vec<String>,
}

impl VisitorMut for TableBinder<'_> {
    type Break = Error;

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<Error> {
        let [ObjectNamePart::Identifier(ident)] = relation.0.as_mut_slice() else {
            return ControlFlow::Continue(());
        };
        let Some(name) = between_dollars(&ident.value).map(str::to_owned) else {
            return ControlFlow::Continue(());
        };
        match self.parameters.get(&name) {
            Some(ParameterValue::Text(table)) => {
                *ident = Ident { value: table.clone(), quote_style: Some('"'), span: ident.span };
                self.used.push(name);
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Break(no_table(&name, ident)),
        }
    }
}

fn no_table(name: &str, ident: &Ident) -> Error {
    let error = Error::invalid(format!("parameter `{name}` has no value that names an event data store"))
        .with_code(INVALID_STATEMENT)
        .with_hint(format!("Give it one: `--param {name}=trail`, or write the name after FROM."));
    match Position::of_span(ident.span) {
        Some(position) => position.attach(error),
        None => error,
    }
}

/// A name that no store has, so that it cannot be mistaken for one.
fn table_name(name: &str) -> Token {
    Token::Word(Word { value: format!("${name}$"), quote_style: Some('"'), keyword: Keyword::NoKeyword })
}

fn between_dollars(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?.strip_suffix('$')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

/// Returns the name as Lake spells it, if it is one of Lake's.
fn known(name: &str) -> Option<&'static str> {
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}
