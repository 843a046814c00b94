//! Patterns of LIKE.
//!
//! In Trino a pattern has no escape character unless ESCAPE names one; the engine's is always the backslash. So a
//! pattern is written over: constants here, others by `lake_like` when the statement runs.

use sqlparser::ast::{Expr, Value, ValueWithSpan};

use super::cast::plain_call;

/// Writes the pattern of a LIKE with the escape character of the engine.
pub(super) fn rewrite(pattern: &mut Expr, escape: &mut Option<ValueWithSpan>) {
    let escape = match escape.take().map(|value| value.value) {
        None => None,
        Some(Value::SingleQuotedString(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    };
    if let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) = pattern
        && let Some(written) = auditlake_functions::like_pattern(text, escape.as_deref())
    {
        *text = written;
        return;
    }
    let text = |text: String| Expr::Value(Value::SingleQuotedString(text).into());
    let taken = std::mem::replace(pattern, Expr::Value(Value::Null.into()));
    let mut arguments = vec![taken];
    arguments.extend(escape.map(text));
    *pattern = plain_call("lake_like", arguments);
}
