//! JSON paths, as `json_extract` takes them.

use std::borrow::Cow;

use auditlake_model::{Error, Result};

use super::member::{member_value, value_text};
use super::scan::{Cursor, ValueKind};
use super::text::{compact, kind_of};

/// One step down into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

/// A parsed JSON path: `$`, then `.name`, `["name"]` or `[index]` any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

impl JsonPath {
    /// Parses a path.
    ///
    /// Names after a dot run to the next `.` or `[`; others stand in brackets and quotes, with `\` before
    /// a quote or a backslash. A digit-only name may stand after a dot.
    ///
    /// # Errors
    /// `Invalid`, with the character position of the fault.
    pub fn parse(path: &str) -> Result<Self> {
        let fault = |rest: &str, expected: &str| {
            let position = path.len() - rest.len() + 1;
            Error::invalid(format!(
                "JSON path `{path}` is malformed at character {position}: expected {expected}"
            ))
            .with_hint("Write a path such as `$.userData[0].name` or `$[\"dotted.name\"]`.")
        };
        let Some(mut rest) = path.trim().strip_prefix('$') else { return Err(fault(path, "`$`")) };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = match rest.as_bytes()[0] {
                b'.' => parse_name(&rest[1..]),
                b'[' => parse_bracket(&rest[1..]),
                _ => None,
            }
            .ok_or_else(|| fault(rest, "`.name`, `[index]` or `[\"name\"]`"))?;
            steps.push(step);
            rest = after;
        }
        Ok(Self { steps })
    }

    /// Returns the name of the only step if the path is one member of the root.
    pub fn single_member(&self) -> Option<&str> {
        match self.steps.as_slice() {
            [Step::Member(name)] => Some(name),
            _ => None,
        }
    }
}

fn parse_name(rest: &str) -> Option<(Step, &str)> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    (!name.is_empty()).then(|| (Step::Member(name.to_owned()), after))
}

/// Parses what follows an opening bracket.
fn parse_bracket(rest: &str) -> Option<(Step, &str)> {
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        let (index, after) = rest.split_once(']')?;
        return Some((Step::Item(index.trim().parse().ok()?), after));
    };
    let mut name = String::new();
    let mut chars = rest[1..].chars();
    loop {
        match chars.next()? {
            '\\' => name.push(chars.next()?),
            char if char == quote => break,
            char => name.push(char),
        }
    }
    Some((Step::Member(name), chars.as_str().strip_prefix(']')?))
}

/// Returns the compact JSON text of the value at a path, or `None` if the path leads nowhere.
///
/// A JSON null that is there is the text `null`.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn extract<'a>(json: &'a str, path: &JsonPath) -> Result<Option<Cow<'a, str>>> {
    Ok(find(json, path)?.map(compact))
}

/// Returns the text of the string, number or boolean at a path; `None` for all else.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn extract_scalar<'a>(json: &'a str, path: &JsonPath) -> Result<Option<Cow<'a, str>>> {
    let scalar = find(json, path)?
        .filter(|value| !matches!(kind_of(value), Some(ValueKind::Object | ValueKind::Array)));
    Ok(scalar.and_then(value_text).map(Cow::from))
}

/// Returns the text of the value at a path, as written.
pub(crate) fn find<'a>(json: &'a str, path: &JsonPath) -> Result<Option<&'a str>> {
    let mut cursor = Cursor::new(json);
    cursor.skip_space();
    let start = cursor.position();
    cursor.skip_value()?;
    let mut value = cursor.since(start);
    cursor.expect_end()?;
    for step in &path.steps {
        let next = match step {
            Step::Member(name) => member_value(value, name)?,
            Step::Item(index) => item(value, *index)?,
        };
        let Some(next) = next else { return Ok(None) };
        value = next;
    }
    Ok(Some(value))
}

fn item(json: &str, index: usize) -> Result<Option<&str>> {
    Ok(items(json)?.get(index).copied())
}

/// Returns the items of a checked array as written; none if the value is no array.
pub(crate) fn items(json: &str) -> Result<Vec<&str>> {
    let mut cursor = Cursor::new(json);
    let mut items = Vec::new();
    if cursor.value_kind()? != ValueKind::Array {
        return Ok(items);
    }
    let mut has_next = cursor.open(b']');
    while has_next {
        cursor.skip_space();
        let start = cursor.position();
        cursor.skip_value()?;
        items.push(cursor.since(start));
        has_next = cursor.more(b']')?;
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const JSON: &str = r#" {"a":{"b":[10,{"c":"\u003d"}],"d.e":null},"n":1.50,"t":true,"1":"one"} "#;

    fn check(path: &str, json: Option<&str>, scalar: Option<&str>) {
        let parsed = JsonPath::parse(path).unwrap();
        assert_eq!(extract(JSON, &parsed).unwrap().as_deref(), json, "{path}");
        assert_eq!(extract_scalar(JSON, &parsed).unwrap().as_deref(), scalar, "{path}");
    }

    #[test]
    fn paths_lead_to_values() {
        check("$.a.b[0]", Some("10"), Some("10"));
        check("$.a.b[1].c", Some(r#""\u003d""#), Some("="));
        check("$['a'][\"d.e\"]", Some("null"), None);
        check("$.a.b", Some(r#"[10,{"c":"\u003d"}]"#), None);
        check("$.n", Some("1.50"), Some("1.50"));
        check("$.t", Some("true"), Some("true"));
        check("$.1", Some("\"one\""), Some("one"));
        for nowhere in ["$.A", "$.a.b[2]", "$.n.x", "$.n[0]", "$[0]"] {
            check(nowhere, None, None);
        }
        assert!(extract(JSON, &JsonPath::parse("$").unwrap()).unwrap().unwrap().starts_with("{\"a\""));
    }

    #[test]
    fn malformed_paths_name_the_place() {
        for (path, position) in [
            ("a.b", 1),
            ("$a", 2),
            ("$.", 2),
            ("$.a[", 4),
            ("$.a[x]", 4),
            ("$.a['b", 4),
            ("$..a", 2),
            ("$.a[-1]", 4),
        ] {
            let message = JsonPath::parse(path).unwrap_err().message().to_owned();
            assert!(message.contains(&format!("at character {position}:")), "{message}");
        }
    }

    #[test]
    fn a_single_member_is_told() {
        assert_eq!(JsonPath::parse("$.a").unwrap().single_member(), Some("a"));
        assert_eq!(JsonPath::parse("$['a.b']").unwrap().single_member(), Some("a.b"));
        assert_eq!(JsonPath::parse("$.a.b").unwrap().single_member(), None);
        assert_eq!(JsonPath::parse("$[0]").unwrap().single_member(), None);
    }
}
