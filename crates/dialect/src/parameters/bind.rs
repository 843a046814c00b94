//! Puts values in the place of placeholders in the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use auditlake_model::{Error, Result, format_event_time};
use sqlparser::ast::{
    DataType, Expr, LimitClause, Query, TimezoneInfo, TypedString, UnaryOperator, Value, ValueWithSpan,
    VisitMut, VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::slots::label;
use super::{NumberText, ParameterValue, Parameters};
use crate::INVALID_STATEMENT;
use crate::names::nearest;
use crate::position::Position;

/// Writes the values into the tree and returns the parameters that it uses; `used` are those that it has used otherwise.
///
/// # Errors
///
/// `Invalid` for a name without a value, with its place, and for a value that the tree does not name, unless it was only
/// offered.
pub(crate) fn bind(
    tree: &mut impl VisitMut,
    parameters: &Parameters,
    used: Vec<String>,
) -> Result<Vec<String>> {
    let mut binder = Binder { parameters, used: BTreeSet::from_iter(used) };
    if let ControlFlow::Break(error) = tree.visit(&mut binder) {
        return Err(error);
    }
    match parameters.names().find(|name| !binder.used.contains(*name)) {
        Some(unused) if !parameters.is_offered() => Err(binder.not_used(unused)),
        _ => Ok(binder.used.into_iter().collect()),
    }
}

/// Returns the name of the slot that a placeholder stands for; see [`super::slots`].
fn slot_of(placeholder: &str) -> Option<String> {
    match placeholder.split_at_checked(1)? {
        (":", name) => Some(name.to_owned()),
        ("?" | "$", number) => Some(format!("${number}")),
        _ => None,
    }
}

/// Writes `$1`, `$2`, ... in the place of the parameters `names`, as the engine's own placeholders.
///
/// Returns the numbers of those that are a number of rows, which the engine does not tell.
pub(crate) fn open(tree: &mut impl VisitMut, names: &[String]) -> BTreeSet<usize> {
    let numbers: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(index, name)| (name.as_str(), index + 1)).collect();
    let mut opener = Opener { numbers, row_counts: BTreeSet::new() };
    let _: ControlFlow<()> = tree.visit(&mut opener);
    opener.row_counts
}

struct Opener<'a> {
    numbers: BTreeMap<&'a str, usize>,
    row_counts: BTreeSet<usize>,
}

impl Opener<'_> {
    fn number(&self, placeholder: &str) -> Option<usize> {
        slot_of(placeholder).and_then(|slot| self.numbers.get(slot.as_str()).copied())
    }
}

impl VisitorMut for Opener<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        let mut counts: Vec<&Expr> = Vec::new();
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                counts.extend(limit);
                counts.extend(offset.as_ref().map(|offset| &offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => counts.extend([offset, limit]),
            None => {}
        }
        counts.extend(query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()));
        let placeholder = |count: &&Expr| match count {
            Expr::Value(ValueWithSpan { value: Value::Placeholder(text), .. }) => self.number(text),
            _ => None,
        };
        let found: Vec<usize> = counts.iter().filter_map(placeholder).collect();
        self.row_counts.extend(found);
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(text) = &mut value.value
            && let Some(number) = self.number(text)
        {
            *text = format!("${number}");
        }
        ControlFlow::Continue(())
    }
}

struct Binder<'a> {
    parameters: &'a Parameters,
    used: BTreeSet<String>,
}

impl Binder<'_> {
    /// Returns the value of a placeholder that is a named one.
    fn value(&mut self, placeholder: &ValueWithSpan) -> Result<Option<ParameterValue>> {
        let Value::Placeholder(text) = &placeholder.value else { return Ok(None) };
        let Some(name) = slot_of(text) else { return Ok(None) };
        match self.parameters.get(&name) {
            Some(value) => {
                let value = value.clone();
                self.used.insert(name);
                Ok(Some(value))
            }
            None => Err(self.not_given(&name, placeholder.span)),
        }
    }

    fn not_given(&self, name: &str, span: Span) -> Error {
        let shown = label(name);
        let error = Error::invalid(format!("parameter `{shown}` has no value")).with_code(INVALID_STATEMENT);
        let error = error.with_hint(match nearest(name, self.parameters.names()) {
            Some(given) => format!("Did you mean `:{given}`?"),
            None if name.starts_with('$') => {
                "Bind a value to each parameter; here write `:name` and give it with `--param name=VALUE`."
                    .to_owned()
            }
            None => format!("Give it one: `--param {name}=VALUE`, in the shell `\\set {name} VALUE`."),
        });
        match Position::of_span(span) {
            Some(position) => position.attach(error),
            None => error,
        }
    }

    fn not_used(&self, name: &str) -> Error {
        let error = Error::invalid(format!("parameter `{name}` is not used by the statement"))
            .with_code(INVALID_STATEMENT);
        error.with_hint(match nearest(name, self.used.iter().map(String::as_str)) {
            Some(used) => format!("Did you mean `:{used}`?"),
            None => format!("Write `:{name}` where its value belongs, outside of quotes."),
        })
    }
}

impl VisitorMut for Binder<'_> {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Expr::Value(placeholder) = expr else { return ControlFlow::Continue(()) };
        match self.value(placeholder) {
            Ok(Some(value)) => *expr = literal(value, placeholder.span),
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }

    /// Values that are no expressions of their own, such as that of ESCAPE.
    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Error> {
        match self.value(value) {
            Ok(Some(given)) => match literal(given, value.span) {
                Expr::Value(plain) => *value = plain,
                _ => {
                    let error =
                        Error::invalid("a parameter stands here that is text, or a number without a sign")
                            .with_code(INVALID_STATEMENT);
                    return ControlFlow::Break(match Position::of_span(value.span) {
                        Some(position) => position.attach(error),
                        None => error,
                    });
                }
            },
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(error),
        }
        ControlFlow::Continue(())
    }
}

/// Returns a value as the parser would give it.
fn literal(value: ParameterValue, span: Span) -> Expr {
    let plain = |value: Value| Expr::Value(ValueWithSpan { value, span });
    match value {
        ParameterValue::Text(text) => plain(Value::SingleQuotedString(text)),
        ParameterValue::Number(number) => number_literal(&number, span),
        ParameterValue::Boolean(value) => plain(Value::Boolean(value)),
        ParameterValue::Null => plain(Value::Null),
        ParameterValue::Timestamp(instant) => Expr::TypedString(TypedString {
            data_type: DataType::Timestamp(None, TimezoneInfo::None),
            value: ValueWithSpan { value: Value::SingleQuotedString(format_event_time(instant)), span },
            uses_odbc_syntax: false,
        }),
    }
}

fn number_literal(number: &NumberText, span: Span) -> Expr {
    let plain =
        |digits: &str| Expr::Value(ValueWithSpan { value: Value::Number(digits.to_owned(), false), span });
    match number.as_str().strip_prefix('-') {
        Some(digits) => {
            let negated = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(plain(digits)) };
            // As in parentheses, so that `1 - :n` and `:n::text` mean the whole number.
            Expr::Nested(Box::new(negated))
        }
        None => plain(number.as_str()),
    }
}
