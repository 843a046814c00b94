//! JSON paths: as `json_extract` takes them, and the plain ones of SQL/JSON (`lax $.a[*]`).

use std::borrow::Cow;

use auditlake_model::{Error, Result};

use super::member::{member_value, value_text};
use super::members::raw_members;
use super::scan::{Cursor, ValueKind};
use super::text::{compact, kind_of};

/// One step down into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
    /// `.*`: the values of an object.
    AllMembers,
    /// `[*]`: the items of an array.
    AllItems,
}

/// What a step does with a value that it does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It leads nowhere: `json_extract`.
    Plain,
    /// Members are looked for in the items of an array, and a value that is no array is one of one item.
    Lax,
    /// The path fails.
    Strict,
}

/// A parsed JSON path: `$`, then `.name`, `["name"]`, `[index]`, `.*` or `[*]` any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
    mode: Mode,
}

impl JsonPath {
    /// Parses a path.
    ///
    /// Names after a dot run to the next `.` or `[`, or stand in double quotes; others stand in brackets and quotes,
    /// with `\` before a quote or a backslash. A digit-only name may stand after a dot, a plain one in brackets.
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
        Ok(Self { steps, mode: Mode::Plain })
    }

    /// Parses a path of `json_value`, `json_query` and `json_exists`: one that may begin with `lax` or `strict`.
    ///
    /// # Errors
    /// `Invalid` as [`Self::parse`]; filters, ranges and methods are not taken.
    pub fn parse_sql(path: &str) -> Result<Self> {
        let trimmed = path.trim_start();
        let after = |word: &str| trimmed.strip_prefix(word).filter(|rest| rest.trim_start().starts_with('$'));
        let (mode, rest) = match (after("lax"), after("strict")) {
            (Some(rest), _) => (Mode::Lax, rest),
            (None, Some(rest)) => (Mode::Strict, rest),
            (None, None) => (Mode::Lax, trimmed),
        };
        Ok(Self { mode, ..Self::parse(rest)? })
    }

    /// Tells whether the path may lead to several values.
    fn is_multiple(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::AllMembers | Step::AllItems))
    }

    /// Splits a path that begins with a member into its name and the path from there on.
    pub fn split_first_member(&self) -> Option<(String, Self)> {
        match self.steps.split_first() {
            Some((Step::Member(name), rest)) => {
                Some((name.clone(), Self { steps: rest.to_vec(), mode: self.mode }))
            }
            _ => None,
        }
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
    if let Some(after) = rest.strip_prefix('*') {
        return Some((Step::AllMembers, after));
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let (name, after) = parse_quoted(quoted, '"')?;
        return Some((Step::Member(name), after));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    (!name.is_empty()).then(|| (Step::Member(name.to_owned()), after))
}

/// Parses what follows an opening bracket.
fn parse_bracket(rest: &str) -> Option<(Step, &str)> {
    if let Some(quote) = rest.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let (name, after) = parse_quoted(&rest[1..], quote)?;
        return Some((Step::Member(name), after.strip_prefix(']')?));
    }
    let (inner, after) = rest.split_once(']')?;
    let inner = inner.trim();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '$');
    let step = match inner.parse() {
        Ok(index) => Step::Item(index),
        Err(_) if inner == "*" => Step::AllItems,
        Err(_) if !inner.is_empty() && inner.chars().all(is_name) => Step::Member(inner.to_owned()),
        Err(_) => return None,
    };
    Some((step, after))
}

/// Parses what follows an opening quote.
fn parse_quoted(rest: &str, quote: char) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '\\' => name.push(chars.next()?),
            char if char == quote => return Some((name, chars.as_str())),
            char => name.push(char),
        }
    }
}

/// Returns the compact JSON text of the value at a path, or `None` if the path leads nowhere.
///
/// A JSON null that is there is the text `null`. A path with `*` gives the array of all values that it leads to.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn extract<'a>(json: &'a str, path: &JsonPath) -> Result<Option<Cow<'a, str>>> {
    if path.is_multiple() {
        let values: Vec<Cow<'_, str>> =
            select(json, path)?.unwrap_or_default().into_iter().map(compact).collect();
        return Ok(Some(Cow::Owned(format!("[{}]", values.join(",")))));
    }
    Ok(find(json, path)?.map(compact))
}

/// Returns the text of the string, number or boolean at a path; `None` for all else, and for a path with `*`.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn extract_scalar<'a>(json: &'a str, path: &JsonPath) -> Result<Option<Cow<'a, str>>> {
    if path.is_multiple() {
        return Ok(None);
    }
    let scalar = find(json, path)?
        .filter(|value| !matches!(kind_of(value), Some(ValueKind::Object | ValueKind::Array)));
    Ok(scalar.and_then(value_text).map(Cow::from))
}

/// Returns the text of the value at a path, as written.
pub(crate) fn find<'a>(json: &'a str, path: &JsonPath) -> Result<Option<&'a str>> {
    let mut value = checked(json)?;
    for step in &path.steps {
        let next = match step {
            Step::Member(name) => member_value(value, name)?,
            Step::Item(index) => items(value)?.get(*index).copied(),
            Step::AllMembers | Step::AllItems => None,
        };
        let Some(next) = next else { return Ok(None) };
        value = next;
    }
    Ok(Some(value))
}

/// Returns the text of all values that a path leads to, as written; `None` where a strict path does not fit.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn select<'a>(json: &'a str, path: &JsonPath) -> Result<Option<Vec<&'a str>>> {
    let mut values = vec![checked(json)?];
    for step in &path.steps {
        let mut next = Vec::new();
        for value in values {
            if !take_step(value, step, path.mode, &mut next)? {
                return Ok(None);
            }
        }
        values = next;
    }
    Ok(Some(values))
}

/// Appends what a step leads to; returns false where a strict path does not fit.
fn take_step<'a>(value: &'a str, step: &Step, mode: Mode, found: &mut Vec<&'a str>) -> Result<bool> {
    let before = found.len();
    let is_array = kind_of(value) == Some(ValueKind::Array);
    match step {
        Step::Member(_) | Step::AllMembers if is_array && mode == Mode::Lax => {
            for item in items(value)? {
                append_members(item, step, found)?;
            }
        }
        Step::Member(_) | Step::AllMembers => append_members(value, step, found)?,
        Step::Item(index) if is_array => found.extend(items(value)?.get(*index).copied()),
        Step::AllItems if is_array => found.extend(items(value)?),
        Step::Item(0) | Step::AllItems if mode == Mode::Lax => found.push(value),
        Step::Item(_) | Step::AllItems => {}
    }
    let fits = match step {
        Step::Member(_) | Step::Item(_) => found.len() > before,
        Step::AllMembers => kind_of(value) == Some(ValueKind::Object),
        Step::AllItems => is_array,
    };
    Ok(fits || mode != Mode::Strict)
}

fn append_members<'a>(value: &'a str, step: &Step, found: &mut Vec<&'a str>) -> Result<()> {
    match step {
        Step::Member(name) => found.extend(member_value(value, name)?),
        _ => found.extend(raw_members(value)?.into_iter().flatten().map(|(_, value)| value)),
    }
    Ok(())
}

/// Checks the grammar of a text; returns its value without the white space around it.
fn checked(json: &str) -> Result<&str> {
    let mut cursor = Cursor::new(json);
    cursor.skip_space();
    let start = cursor.position();
    cursor.skip_value()?;
    let value = cursor.since(start);
    cursor.expect_end()?;
    Ok(value)
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
    fn names_stand_in_many_forms() {
        let json = r#"{"AWS:Item":{"a-b":1,"c d":[{"e":2},{"e":3},4]}}"#;
        for (path, expect) in [
            ("$.AWS:Item.a-b", Some("1")),
            ("$[AWS:Item].\"a-b\"", Some("1")),
            ("$['AWS:Item'][\"c d\"][0].e", Some("2")),
            ("$.AWS:Item.c d[*].e", Some("[2,3]")),
            ("$.*.*", Some(r#"[1,[{"e":2},{"e":3},4]]"#)),
            ("$.x[*]", Some("[]")),
        ] {
            let parsed = JsonPath::parse(path).unwrap();
            assert_eq!(extract(json, &parsed).unwrap().as_deref(), expect, "{path}");
        }
    }

    #[test]
    fn lax_paths_look_into_arrays() {
        let json = r#"{"a":[{"b":1},{"b":2},{"c":3}],"d":{"b":4}}"#;
        for (path, expect) in [
            ("$.a.b", Some(vec!["1", "2"])),
            ("lax $.d[0].b", Some(vec!["4"])),
            ("lax $.d[1].b", Some(vec![])),
            ("lax $.x.y", Some(vec![])),
            ("strict $.a.b", None),
            ("strict $.a[*].b", None),
            ("strict $.d.b", Some(vec!["4"])),
            ("strict $.d[0]", None),
            ("strict $.a[9]", None),
        ] {
            let parsed = JsonPath::parse_sql(path).unwrap();
            assert_eq!(select(json, &parsed).unwrap(), expect, "{path}");
        }
    }

    #[test]
    fn malformed_paths_name_the_place() {
        for (path, position) in [
            ("a.b", 1),
            ("$a", 2),
            ("$.", 2),
            ("$.a[", 4),
            ("$.a[x y]", 4),
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
