//! The names of event data stores, checked once and then carried as a type.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::{Error, Result};

/// The rule that every error about a name repeats.
const RULE: &str = "A name has 3 to 128 of the characters a-z A-Z 0-9 . _ -, and is not a UUID, \
                    `system`, `information_schema` or `lake`.";

/// Names that SQL gives to schemas and catalogs.
const RESERVED_NAMES: [&str; 3] = ["system", "information_schema", "lake"];

/// Keywords (lower case) that cannot stand as a bare table name after FROM.
///
/// Wider than any one dialect needs: quoting a name that could go bare does no harm.
const SQL_KEYWORDS: [&str; 106] = [
    "all",
    "alter",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "at",
    "between",
    "by",
    "case",
    "cast",
    "cluster",
    "constraint",
    "create",
    "cross",
    "cube",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "deallocate",
    "delete",
    "desc",
    "describe",
    "distinct",
    "distribute",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "execute",
    "exists",
    "explain",
    "extract",
    "false",
    "fetch",
    "final",
    "for",
    "format",
    "from",
    "full",
    "group",
    "grouping",
    "having",
    "if",
    "in",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "join",
    "lateral",
    "left",
    "like",
    "limit",
    "listagg",
    "localtime",
    "localtimestamp",
    "match",
    "match_recognize",
    "natural",
    "normalize",
    "not",
    "null",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "partition",
    "pivot",
    "prepare",
    "qualify",
    "recursive",
    "right",
    "rollup",
    "sample",
    "select",
    "semi",
    "set",
    "settings",
    "show",
    "skip",
    "sort",
    "start",
    "table",
    "tablesample",
    "then",
    "top",
    "true",
    "uescape",
    "union",
    "unnest",
    "unpivot",
    "user",
    "using",
    "values",
    "view",
    "when",
    "where",
    "with",
];

/// The name of an event data store.
///
/// - 3 to 128 characters of `a-z A-Z 0-9 . _ -`.
/// - Not a UUID, since a UUID after FROM means the store with that id.
/// - Not `system`, `information_schema` or `lake` in any case: those are SQL's.
///
/// Two names that differ in case only name the same store: compare by [`StoreName::fold`].
///
/// # Source
///
/// Spec section 1a, "Identity".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreName(String);

impl StoreName {
    /// The smallest number of characters.
    pub const MIN_CHARS: usize = 3;
    /// The largest number of characters.
    pub const MAX_CHARS: usize = 128;

    /// Checks a name.
    ///
    /// # Errors
    ///
    /// `Invalid` (`InvalidParameterException`) telling what breaks the rule; the hint is the rule.
    pub fn parse(text: &str) -> Result<Self> {
        match broken_rule(text) {
            None => Ok(Self(text.to_string())),
            Some(problem) => Err(Error::invalid(format!("name `{text}` {problem}"))
                .with_code("InvalidParameterException")
                .with_hint(RULE)),
        }
    }

    /// Returns the name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name in lower case, the form in which names are unique.
    pub fn fold(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Returns the name as SQL takes it: bare where that works, else in double quotes.
    pub fn to_sql(&self) -> String {
        if is_bare_identifier(&self.0) { self.0.clone() } else { format!("\"{}\"", self.0) }
    }
}

/// Returns what is wrong with a name, as the end of a sentence that begins with it.
fn broken_rule(text: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if let Some(other) = text.chars().find(|c| !is_allowed(*c)) {
        return Some(format!("holds {other:?}"));
    }
    // Only ASCII is left, so bytes are characters.
    if text.len() < StoreName::MIN_CHARS {
        return Some(format!("is shorter than {} characters", StoreName::MIN_CHARS));
    }
    if text.len() > StoreName::MAX_CHARS {
        return Some(format!("is longer than {} characters", StoreName::MAX_CHARS));
    }
    if RESERVED_NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(text)) {
        return Some("is reserved".to_string());
    }
    if Uuid::try_parse(text).is_ok() {
        return Some("is a UUID".to_string());
    }
    None
}

/// Tells whether SQL reads `text` as one identifier without quotes.
fn is_bare_identifier(text: &str) -> bool {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on_well = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_keyword = SQL_KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(text));
    starts_well && goes_on_well && !is_keyword
}

impl Display for StoreName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for StoreName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Serialize for StoreName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StoreName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn names_within_the_rule_are_taken_as_they_are() {
        let longest = "x".repeat(128);
        for name in ["abc", "Trail-2024.eu_west", "123", "...", "systems", "lake2", longest.as_str()] {
            assert_eq!(StoreName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_outside_the_rule_are_refused_with_the_reason() {
        let too_long = "x".repeat(129);
        for (name, reason) in [
            ("", "is shorter than 3 characters"),
            ("ab", "is shorter than 3 characters"),
            (too_long.as_str(), "is longer than 128 characters"),
            ("my trail", "holds ' '"),
            ("trail/x", "holds '/'"),
            ("trail\n", "holds '\\n'"),
            ("größe", "holds 'ö'"),
            ("System", "is reserved"),
            ("information_schema", "is reserved"),
            ("LAKE", "is reserved"),
            ("9f1c2d3e-0000-4000-8000-0123456789ab", "is a UUID"),
            ("9F1C2D3E000040008000012345678 9ab".replace(' ', "").as_str(), "is a UUID"),
        ] {
            let error = StoreName::parse(name).unwrap_err();
            assert_eq!(error.message(), format!("name `{name}` {reason}"));
            assert_eq!(error.code(), Some("InvalidParameterException"));
            assert_eq!(error.hint(), Some(RULE));
        }
    }

    #[test]
    fn names_that_need_quotes_in_sql_get_them() {
        for (name, sql) in [
            ("trail", "trail"),
            ("Trail_2", "Trail_2"),
            ("_x1", "_x1"),
            ("my-trail", "\"my-trail\""),
            ("a.b.c", "\"a.b.c\""),
            ("2024", "\"2024\""),
            ("Select", "\"Select\""),
            ("user", "\"user\""),
        ] {
            assert_eq!(StoreName::parse(name).unwrap().to_sql(), sql);
        }
    }

    #[test]
    fn names_fold_to_lower_case() {
        assert_eq!(StoreName::parse("My-Trail").unwrap().fold(), "my-trail");
    }
}
