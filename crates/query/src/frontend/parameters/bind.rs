//! Puts values in the place of placeholders in the tree.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use auditlake_model::{Error, Result, format_event_time};
use sqlparser::ast::{
    DataType, Expr, TimezoneInfo, TypedString, UnaryOperator, Value, ValueWithSpan, VisitMut, VisitorMut,
};
use sqlparser::tokenizer::Span;

use super::{NumberText, ParameterValue, Parameters};
use crate::frontend::INVALID_STATEMENT;
use crate::frontend::names::nearest;
use crate::frontend::position::Position;

/// Writes the values into the tree.
///
/// # Errors
///
/// `Invalid` for a name without a value, with its place, and for a value that the tree does not name.
pub(in crate::frontend) fn bind(tree: &mut impl VisitMut, parameters: &Parameters) -> Result<()> {
    let mut binder = Binder { parameters, used: BTreeSet::new() };
    if let ControlFlow::Break(error) = tree.visit(&mut binder) {
        return Err(error);
    }
    match parameters.names().find(|name| !binder.used.contains(*name)) {
        None => Ok(()),
        Some(unused) => Err(binder.not_used(unused)),
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
        let Some(name) = text.strip_prefix(':') else { return Ok(None) };
        match self.parameters.get(name) {
            Some(value) => {
                self.used.insert(name.to_owned());
                Ok(Some(value.clone()))
            }
            None => Err(self.not_given(name, placeholder.span)),
        }
    }

    fn not_given(&self, name: &str, span: Span) -> Error {
        let error = Error::invalid(format!("parameter `:{name}` has no value")).with_code(INVALID_STATEMENT);
        let error = error.with_hint(match nearest(name, self.parameters.names()) {
            Some(given) => format!("Did you mean `:{given}`?"),
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
