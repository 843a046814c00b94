//! What the engine's planner says, in our words.
//!
//! Its messages are text for its developers; each row of the table knows one of them by its beginning. A message that
//! nobody knows goes out as it is, without the engine's words for its own stages.

use auditlake_model::Error;

use super::calls::plain;
use super::types::{word_of, words_of};
use crate::INVALID_STATEMENT;

/// An error, and the name in the statement that it is about.
pub(super) type Said = (Error, Option<String>);

/// Says the rest of a message.
type Words = fn(&str) -> Option<Said>;

/// How a message begins, and what is said for the rest of it.
const MESSAGES: &[(&str, Words)] = &[
    ("Cannot coerce arithmetic expression ", arithmetic),
    ("Cannot create filter with non-boolean predicate ", no_condition),
    ("Column in SELECT must be in GROUP BY or an aggregate function: ", ungrouped),
    ("Column in HAVING must be in GROUP BY or an aggregate function: ", ungrouped),
    ("Column in ORDER BY must be in GROUP BY or an aggregate function: ", ungrouped),
    ("Column in QUALIFY must be in GROUP BY or an aggregate function: ", ungrouped),
    ("Aggregate function calls cannot be nested: ", |_| {
        said(
            "an aggregate stands inside of another one",
            "Aggregate in a subquery first, and aggregate its rows.",
        )
    }),
    ("Aggregate functions are not allowed in the WHERE clause", |_| {
        named(
            "where",
            "an aggregate stands in WHERE",
            "WHERE is asked of each row; write HAVING, which is asked of each group.",
        )
    }),
    ("Physical plan does not support logical expression WindowFunction", |_| {
        said(
            "a window function stands in WHERE, GROUP BY or HAVING",
            "Compute it in a subquery, and filter the rows of that.",
        )
    }),
    ("Substring without for/from is not valid ", |_| {
        named("substr", "substr wants a text and a start", "Write `substr(text, start[, length])`.")
    }),
    ("Unsupported ast node in sqltorel: Lambda", |_| {
        said(
            "a lambda stands outside of a call",
            "Lambdas are arguments: `filter(resources, r -> r.type = 'x')`.",
        )
    }),
    ("Unsupported ast node in sqltorel: ", |rest| {
        let node = rest.split(['(', '{', ' ']).next().unwrap_or_default();
        Some((
            Error::unsupported(format!("`{node}` is not part of Lake SQL")).with_code(INVALID_STATEMENT),
            None,
        ))
    }),
    ("there is no table function ", |rest| {
        let name = rest.trim_matches('`');
        let error = Error::invalid(format!("no table function `{name}`"))
            .with_code(INVALID_STATEMENT)
            .with_hint("FROM names event data stores and views; a file is read by `auditlake sql --attach NAME=FILE`.");
        Some((error, Some(name.to_owned())))
    }),
    ("Error parsing timestamp from ", |rest| {
        let (text, _) = rest.split_once(": ").unwrap_or((rest, ""));
        said(&format!("{text} is no timestamp"), TIMES)
    }),
    ("There isn't a common type to coerce ", no_like),
    ("Cannot infer common argument type for comparison operation ", no_comparison),
    ("Cannot infer common argument type for logical boolean operation ", |rest| {
        let operator = if rest.contains(" OR ") { "OR" } else { "AND" };
        let operands = rest.split(operator).map(|operand| word_of(operand.trim()));
        let wrong = operands.into_iter().find(|operand| operand != "boolean")?;
        said(&format!("{operator} joins conditions, not {wrong}"), CONDITION)
    }),
    ("Unary operator 'NOT' requires a boolean expression, got ", |rest| {
        said(&format!("NOT wants a condition, not {}", word_of(rest)), CONDITION)
    }),
    ("Cannot cast string ", no_cast),
    ("Cannot cast value ", no_cast),
    ("Expected LIMIT to be an integer or null, but got ", |rest| no_count("LIMIT", rest)),
    ("Expected OFFSET to be an integer or null, but got ", |rest| no_count("OFFSET", rest)),
    ("Expected an integer value", |_| {
        said(
            "a number of rows is a whole number",
            "Write `lag(x, 1)`, `lead(x, 1)`, `nth_value(x, 2)`, `ntile(4)`.",
        )
    }),
    ("Int64Array overflow on abs(", out_of_abs),
    ("Int32Array overflow on abs(", out_of_abs),
    ("Int16Array overflow on abs(", out_of_abs),
    ("Int8Array overflow on abs(", out_of_abs),
    ("Unary operator '-' only supports ", |_| {
        said(
            "`-` wants a number or a span of time",
            "Write `CAST(x AS bigint)` for text that holds a number.",
        )
    }),
    ("Unsupported CAST from ", |rest| {
        let (from, to) = rest.rsplit_once(" to ")?;
        let message = format!("CAST from {} to {} is not possible", word_of(from), word_of(to));
        Some((Error::invalid(message).with_code(INVALID_STATEMENT), None))
    }),
    ("Can not find compatible types to compare ", |rest| {
        let (value, list) = rest.split_once(" with [")?;
        let types = words_of(list.trim_end_matches(']'));
        let message = format!("IN compares {} with a list of ({types})", word_of(value));
        Some((Error::invalid(message).with_code(INVALID_STATEMENT), None))
    }),
];

/// Says a message in our words; `None` if nobody knows it.
pub(super) fn explain(message: &str) -> Option<Said> {
    let message = plain(message);
    MESSAGES.iter().find_map(|(start, words)| words(message.strip_prefix(start)?))
}

fn said(message: &str, hint: &str) -> Option<Said> {
    Some((Error::invalid(message).with_code(INVALID_STATEMENT).with_hint(hint), None))
}

/// As [`said`], about a word of the statement.
fn named(word: &str, message: &str, hint: &str) -> Option<Said> {
    said(message, hint).map(|(error, _)| (error, Some(word.to_owned())))
}

const TIMES: &str = "Timestamps read `2026-01-31 10:00:00`, `2026-01-31T10:00:00Z` or `2026-01-31`.";
const CONDITION: &str = "Compare it with something, as in `eventName = 'x'`, or write `x IS NOT NULL`.";

/// `Timestamp(µs, "UTC") > Int64`
fn no_comparison(rest: &str) -> Option<Said> {
    let operators =
        [" = ", " != ", " >= ", " <= ", " > ", " < ", " IS DISTINCT FROM ", " IS NOT DISTINCT FROM "];
    let operator = operators.into_iter().find(|operator| rest.contains(operator))?;
    let (left, right) = rest.split_once(operator)?;
    let (left, right) = (word_of(left), word_of(right));
    let message = format!("`{}` does not compare {left} and {right}", operator.trim());
    let hint = if left == "timestamp" || right == "timestamp" {
        TIMES
    } else if left.starts_with("row") || left.starts_with("array") {
        "Name a member of it: `userIdentity.arn`, `resources[1].arn`."
    } else {
        "Write CAST to bring both to one type."
    };
    said(&message, hint)
}

/// `'x' to value of Int64 type`
fn no_cast(rest: &str) -> Option<Said> {
    let (text, data_type) = rest.rsplit_once(" to value of ")?;
    let message = format!("{text} is no {}", word_of(data_type.trim_end_matches(" type")));
    said(&message, "Write TRY_CAST for NULL instead of an error.")
}

/// `Utf8View + Int64 to valid types`
fn arithmetic(rest: &str) -> Option<Said> {
    let operands = rest.split_once(" to valid types").map_or(rest, |(operands, _)| operands);
    let operator =
        [" + ", " - ", " * ", " / ", " % "].into_iter().find(|operator| operands.contains(operator))?;
    let (left, right) = operands.split_once(operator)?;
    let (left, right) = (word_of(left), word_of(right));
    let error = Error::invalid(format!("`{}` does not take {left} and {right}", operator.trim()))
        .with_code(INVALID_STATEMENT);
    let is = |word: &str| left.starts_with(word) || right.starts_with(word);
    let hint = if is("timestamp") || is("date") {
        "Write a span of time: `eventTime - INTERVAL '1' DAY`."
    } else if left == "varchar" && right == "varchar" {
        "Text is joined by `a || b`."
    } else if is("varchar") {
        "Write `CAST(x AS bigint)` for the text."
    } else {
        return Some((error, None));
    };
    Some((error.with_hint(hint), None))
}

/// `-9223372036854775808)`
fn out_of_abs(rest: &str) -> Option<Said> {
    let number = rest.trim_end_matches(')');
    said(
        &format!("`abs` has no integer for {number}"),
        "Write `CAST(x AS decimal(38, 0))` or `CAST(x AS double)` for larger numbers.",
    )
}

/// `Utf8`
fn no_count(clause: &str, data_type: &str) -> Option<Said> {
    let message = format!("{clause} wants a whole number, not {}", word_of(data_type));
    said(&message, &format!("Write `{clause} 10`.")).map(|(error, _)| (error, Some(clause.to_lowercase())))
}

/// `'events.eventName' returning Utf8View`
fn no_condition(rest: &str) -> Option<Said> {
    let (expr, data_type) = rest.rsplit_once(" returning ")?;
    let expr = expr.trim_matches('\'');
    let name = expr.rsplit('.').next().unwrap_or(expr);
    let message = format!("`{name}` is {} and no condition", word_of(data_type));
    let error = Error::invalid(message).with_code(INVALID_STATEMENT).with_hint(format!(
        "Compare it with something, as in `{name} = 'x'`, or write `{name} IS NOT NULL`."
    ));
    Some((error, Some(name.to_owned())))
}

/// `While expanding wildcard, column "events.eventName" must appear in the GROUP BY clause or ..`
fn ungrouped(rest: &str) -> Option<Said> {
    let (_, column) = rest.split_once("column \"")?;
    let (column, _) = column.split_once("\" must appear")?;
    let name = column.rsplit('.').next().unwrap_or(column).to_owned();
    let error = Error::invalid(format!("`{name}` is neither in GROUP BY nor inside of an aggregate"))
        .with_code(INVALID_STATEMENT)
        .with_hint(format!("Add it to GROUP BY, or take one value of each group: `arbitrary({name})`."));
    Some((error, Some(name)))
}

/// `List(..) and Utf8 in LIKE expression`
fn no_like(rest: &str) -> Option<Said> {
    let (left, _) = rest.strip_suffix(" in LIKE expression")?.rsplit_once(" and ")?;
    said(
        &format!("LIKE wants text, not {}", word_of(left)),
        "Name a member of it, or search the whole event: `eventJson LIKE '%text%'`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_engine_are_said_in_our_words() {
        for (engine, message, hint) in [
            (
                "Cannot coerce arithmetic expression Timestamp(µs, \"UTC\") - Int64 to valid types",
                "`-` does not take timestamp and bigint",
                "INTERVAL",
            ),
            (
                "Error during planning: Cannot coerce arithmetic expression Utf8 + Utf8 to valid types",
                "`+` does not take varchar and varchar",
                "||",
            ),
            (
                "Cannot create filter with non-boolean predicate 'events.eventName' returning Utf8View",
                "`eventName` is varchar and no condition",
                "IS NOT NULL",
            ),
            (
                "Cannot infer common argument type for comparison operation Timestamp(µs, \"UTC\") > Int64",
                "`>` does not compare timestamp and bigint",
                "2026-01-31",
            ),
            (
                "Cannot infer common argument type for logical boolean operation Utf8View AND Boolean",
                "AND joins conditions, not varchar",
                "Compare",
            ),
            ("Cannot cast string 'x' to value of Int64 type", "'x' is no bigint", "TRY_CAST"),
            (
                "There isn't a common type to coerce List(Utf8) and Utf8 in LIKE expression",
                "LIKE wants text, not array(varchar)",
                "eventJson",
            ),
        ] {
            let (error, _) = explain(engine).unwrap();
            assert_eq!(error.message(), message);
            assert!(error.hint().is_some_and(|said| said.contains(hint)), "{error:?}");
        }
        assert!(explain("whatever").is_none());
    }
}
