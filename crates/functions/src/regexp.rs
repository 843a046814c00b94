//! Regular expressions, in Java's syntax as far as finite automata go: no look-around, no back-references.

pub(crate) mod pattern;
mod replace;
mod search;

use datafusion::common::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use crate::call::{planned_text, scalar};
use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: &[Scalar] = &[
    scalar!("regexp_like", [], "regexp_like(text, pattern)",
        "Tells whether the pattern is found anywhere in a text.",
        [Text Text] -> Boolean, search::like, check_pattern),
    scalar!("regexp_extract", [], "regexp_extract(text, pattern[, group])",
        "Returns the first match, or a group of it; NULL if there is none.",
        [Text Text | Text Text Integer] -> Text, search::extract, check_pattern),
    scalar!("regexp_extract_all", [], "regexp_extract_all(text, pattern[, group])",
        "Returns all matches, or a group of each, as an array.",
        [Text Text | Text Text Integer] -> Texts, search::extract_all, check_pattern),
    scalar!("regexp_replace", [], "regexp_replace(text, pattern[, replacement])",
        "Replaces, or removes, every match; $1 and ${name} in the replacement stand for groups.",
        [Text Text | Text Text Text] -> Text, replace::replace, check_pattern),
    scalar!("regexp_split", [], "regexp_split(text, pattern)", "Splits a text at every match into an array.",
        [Text Text] -> Texts, search::split, check_pattern),
    scalar!("regexp_count", [], "regexp_count(text, pattern)", "Counts the matches.",
        [Text Text] -> Integer, search::count, check_pattern),
    scalar!("regexp_position", [], "regexp_position(text, pattern[, start[, occurrence]])",
        "Returns where a match begins, from 1; -1 if there is none.",
        [Text Text | Text Text Integer | Text Text Integer Integer] -> Integer, search::position, check_pattern),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}

/// Compiles a constant pattern, so that a fault in it is found before anything runs.
fn check_pattern(args: &ReturnFieldArgs<'_>) -> Result<()> {
    match planned_text(args, 1) {
        Some(text) => pattern::compile(text).map(|_| ()),
        None => Ok(()),
    }
}
