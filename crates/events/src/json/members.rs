//! All members of a JSON object, as CloudTrail Lake's map of a free-form field has them.

use std::borrow::Cow;
use std::collections::HashMap;

use auditlake_model::Result;

use super::member::{is_named, value_text};
use super::scan::{Cursor, StringToken, SyntaxError, ValueKind};
use super::text::unescape;

/// Objects with more members than this find duplicate names by a hash table.
const FEW: usize = 16;

/// A member of an object: its name, and its value in some form.
pub type Member<'a, V> = (Cow<'a, str>, V);

/// Returns the members of a JSON object by name, with the text that [`super::member_text`] gives for each.
///
/// Members stand in the order of their first appearance; of duplicate names the last value counts, and a member
/// that is null is left out. `None` if the JSON is no object.
///
/// # Errors
/// `Invalid` when `json` is malformed.
///
/// # Examples
///
/// ```
/// use auditlake_events::json::members;
///
/// let found = members(r#"{"a":[ 1 ],"b":null,"c":"x"}"#)?;
/// assert_eq!(found, Some(vec![("a".into(), "[1]".into()), ("c".into(), "x".into())]));
/// # Ok::<(), auditlake_events::Error>(())
/// ```
pub fn members(json: &str) -> Result<Option<Vec<Member<'_, Cow<'_, str>>>>> {
    let Some(values) = raw_members(json)? else { return Ok(None) };
    let texts = values.into_iter().filter_map(|(name, value)| Some((name, value_text(value)?.into())));
    Ok(Some(texts.collect()))
}

/// Returns the members of a JSON object, each name once, with their JSON text as written.
///
/// `None` if the JSON is no object.
///
/// # Errors
/// `Invalid` when `json` is malformed.
pub fn raw_members(json: &str) -> Result<Option<Vec<Member<'_, &str>>>> {
    let mut cursor = Cursor::new(json);
    if cursor.value_kind()? != ValueKind::Object {
        cursor.skip_value()?;
        cursor.expect_end()?;
        return Ok(None);
    }
    let mut found = Members::default();
    each_member(&mut cursor, |name, value| {
        let name = if name.escaped { unescape(name.raw) } else { Cow::Borrowed(name.raw) };
        found.put(name, value);
    })?;
    Ok(Some(found.list))
}

/// Reads the members of the given names in one pass: their JSON text as written, of duplicate names the last.
///
/// `found` has a place for each name; those of members that are not there are left as they are, all of them if the
/// JSON is no object.
///
/// # Errors
/// `Invalid` when `json` is malformed; `found` may be partly filled then.
pub fn last_members<'a>(json: &'a str, names: &[&str], found: &mut [Option<&'a str>]) -> Result<()> {
    let mut cursor = Cursor::new(json);
    if cursor.value_kind()? != ValueKind::Object {
        cursor.skip_value()?;
        return Ok(cursor.expect_end()?);
    }
    Ok(each_member(&mut cursor, |name, value| {
        for (wanted, found) in names.iter().zip(&mut *found) {
            if is_named(&name, wanted) {
                *found = Some(value);
            }
        }
    })?)
}

/// Visits the members of an object that a cursor stands before, in their order, and nothing may follow it.
pub(crate) fn each_member<'a>(
    cursor: &mut Cursor<'a>,
    mut visit: impl FnMut(StringToken<'a>, &'a str),
) -> Result<(), SyntaxError> {
    let mut has_next = cursor.open(b'}');
    while has_next {
        let name = cursor.key()?;
        cursor.skip_space();
        let start = cursor.position();
        cursor.skip_value()?;
        visit(name, cursor.since(start));
        has_next = cursor.more(b'}')?;
    }
    cursor.expect_end()
}

/// Members by name; a later value takes the place of an earlier one.
#[derive(Default)]
struct Members<'a> {
    list: Vec<Member<'a, &'a str>>,
    /// Places in the list, once it is long.
    index: HashMap<Cow<'a, str>, usize>,
}

impl<'a> Members<'a> {
    fn put(&mut self, name: Cow<'a, str>, value: &'a str) {
        match self.place_of(&name) {
            Some(place) => self.list[place].1 = value,
            None => {
                if !self.index.is_empty() {
                    self.index.insert(name.clone(), self.list.len());
                }
                self.list.push((name, value));
            }
        }
    }

    fn place_of(&mut self, name: &str) -> Option<usize> {
        if self.list.len() < FEW {
            return self.list.iter().position(|(other, _)| other == name);
        }
        if self.index.is_empty() {
            let places = self.list.iter().enumerate().map(|(place, (name, _))| (name.clone(), place));
            self.index = places.collect();
        }
        self.index.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::json::member_text;

    #[test]
    fn the_last_of_duplicates_counts_at_the_place_of_the_first() {
        let found = members(r#"{"a":1,"b":2,"\u0061":3,"b":null}"#).unwrap().unwrap();
        assert_eq!(found, vec![("a".into(), "3".into())]);
    }

    #[test]
    fn many_members_are_as_member_text_tells() {
        let text: Vec<String> = (0..100).map(|n| format!("\"k{}\":{n}", n % 40)).collect();
        let json = format!("{{{}}}", text.join(","));
        let found = members(&json).unwrap().unwrap();
        assert_eq!(found.len(), 40);
        for (name, value) in found {
            assert_eq!(member_text(&json, &name).unwrap(), Some(value));
        }
    }

    #[test]
    fn what_is_no_object_has_no_map() {
        for json in ["[1]", "\"a\"", "null"] {
            assert_eq!(members(json).unwrap(), None, "{json}");
        }
        assert_eq!(members("{ }").unwrap(), Some(vec![]));
        assert!(members("{\"a\":1}x").is_err());
    }
}
