//! The value of one member as text, as CloudTrail Lake's `element_at` gives it for a free-form field.

use std::borrow::Cow;

use auditlake_model::Result;
use memchr::memchr;
use memchr::memmem::Finder;

use super::members::last_members;
use super::scan::{StringToken, ValueKind};
use super::text::{compact, kind_of, unescape};

/// Returns the text of a member of a JSON object, or `None` if there is no such member or it is null.
///
/// | member value | text |
/// |---|---|
/// | string | its characters, escapes resolved; U+FFFD in place of a lone surrogate |
/// | number | its digits as written |
/// | `true`, `false` | `true`, `false` |
/// | object, array | compact JSON, strings in it as written |
/// | `null` | `None` |
///
/// Names are case-sensitive; of duplicate names the last one counts. JSON that is no object has no
/// members. Promoted columns hold exactly this text.
///
/// # Errors
/// `Invalid` when `json` is malformed.
///
/// # Examples
///
/// ```
/// use auditlake_events::json::member_text;
///
/// let parameters = r#"{"bucketName":"logs","acl":[ "" ],"maxKeys":10,"Prefix":null}"#;
/// assert_eq!(member_text(parameters, "bucketName")?.as_deref(), Some("logs"));
/// assert_eq!(member_text(parameters, "acl")?.as_deref(), Some(r#"[""]"#));
/// assert_eq!(member_text(parameters, "maxKeys")?.as_deref(), Some("10"));
/// assert_eq!(member_text(parameters, "Prefix")?, None);
/// # Ok::<(), auditlake_events::Error>(())
/// ```
pub fn member_text<'a>(json: &'a str, key: &str) -> Result<Option<Cow<'a, str>>> {
    let value = member_value(json, key)?;
    Ok(value.and_then(value_text).map(Cow::from))
}

/// Returns the JSON text of the last member of that name.
pub(crate) fn member_value<'a>(json: &'a str, key: &str) -> Result<Option<&'a str>> {
    let mut found = [None];
    last_members(json, &[key], &mut found)?;
    let [value] = found;
    Ok(value)
}

/// Reads the member of one name from many JSON texts.
///
/// A text that the name is no part of is not parsed: it can only hold the name by escapes.
#[derive(Debug)]
pub struct MemberReader<'a> {
    name: &'a str,
    finder: Finder<'a>,
}

impl<'a> MemberReader<'a> {
    /// Prepares the search for a name.
    pub fn new(name: &'a str) -> Self {
        Self { name, finder: Finder::new(name) }
    }

    /// Returns what [`member_text`] gives, and `None` for malformed JSON.
    pub fn text<'j>(&self, json: &'j str) -> Option<Cow<'j, str>> {
        let may_have =
            self.finder.find(json.as_bytes()).is_some() || memchr(b'\\', json.as_bytes()).is_some();
        if may_have { member_text(json, self.name).unwrap_or(None) } else { None }
    }
}

/// Tells whether a member name, escapes resolved, is `key`.
#[inline]
pub(crate) fn is_named(name: &StringToken<'_>, key: &str) -> bool {
    if name.escaped { unescape(name.raw) == key } else { name.raw == key }
}

/// The text of a value: a part of the JSON text, or made from it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    /// A part of the JSON text.
    Part(&'a str),
    Made(String),
}

impl<'a> From<Text<'a>> for Cow<'a, str> {
    fn from(text: Text<'a>) -> Self {
        match text {
            Text::Part(text) => Cow::Borrowed(text),
            Text::Made(text) => Cow::Owned(text),
        }
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Text::Part(text),
            Cow::Owned(text) => Text::Made(text),
        }
    }
}

/// Returns the text of a checked value without white space around it, by the table of [`member_text`].
pub(crate) fn value_text(value: &str) -> Option<Text<'_>> {
    match kind_of(value)? {
        ValueKind::Null => None,
        ValueKind::String => Some(unescape(value.get(1..value.len() - 1)?).into()),
        ValueKind::Object | ValueKind::Array => Some(compact(value).into()),
        ValueKind::Number | ValueKind::True | ValueKind::False => Some(Text::Part(value)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn check(json: &str, key: &str, expect: Option<&str>) {
        assert_eq!(member_text(json, key).unwrap().as_deref(), expect, "{key} of {json}");
        assert_eq!(MemberReader::new(key).text(json).as_deref(), expect, "{key} of {json}");
    }

    #[test]
    fn members_are_found_by_exact_name() {
        let json = r#"{"Tag":"upper","tag":"lower","x-amz-acl":"private","a.b":1,"\u0063":2}"#;
        check(json, "Tag", Some("upper"));
        check(json, "tag", Some("lower"));
        check(json, "x-amz-acl", Some("private"));
        check(json, "a.b", Some("1"));
        check(json, "c", Some("2"));
        check(json, "TAG", None);
    }

    #[test]
    fn the_last_of_duplicate_names_counts() {
        check(r#"{"a":1,"a":2}"#, "a", Some("2"));
        check(r#"{"a":1,"a":null}"#, "a", None);
        check(r#"{"a":{"b":1},"b":2}"#, "b", Some("2"));
    }

    #[test]
    fn nested_values_become_compact_json() {
        check("{\"a\": { \"b\" : [ 1.50, \"\\u003c x\" ] } }", "a", Some(r#"{"b":[1.50,"\u003c x"]}"#));
        check(r#"{"a":"x\u003d\"y\ud800"}"#, "a", Some("x=\"y\u{fffd}"));
    }

    #[test]
    fn json_that_is_no_object_has_no_members() {
        for json in ["[1]", "\"a\"", "null", "{}"] {
            check(json, "a", None);
        }
        for json in ["", "{", "{\"a\":1}x", "{'a':1}"] {
            assert!(member_text(json, "a").is_err(), "{json}");
        }
    }
}
