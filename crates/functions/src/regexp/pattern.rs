//! Patterns: from Java's syntax, compiled once for a thread.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use datafusion::common::{DataFusionError, Result};
use regex::{CaptureLocations, Regex};

use crate::call::{Texts, invalid};

/// How many compiled patterns a thread keeps.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Rc<Regex>>> = RefCell::new(HashMap::new());
}

/// Compiles a pattern, or returns the one that was compiled before.
pub(crate) fn compile(pattern: &str) -> Result<Rc<Regex>> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(pattern) {
            return Ok(Rc::clone(regex));
        }
        let regex = Rc::new(Regex::new(&translated(pattern)).map_err(|error| not_compiled(pattern, &error))?);
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(pattern.to_owned(), Rc::clone(&regex));
        Ok(regex)
    })
}

/// The patterns of a call: one for all rows, or one for each.
pub(super) enum Patterns<'a> {
    Constant(Option<Rc<Regex>>),
    Each(Texts<'a>),
}

impl<'a> Patterns<'a> {
    pub(super) fn of(texts: Texts<'a>) -> Result<Self> {
        match texts.constant() {
            Some(pattern) => Ok(Self::Constant(pattern.map(compile).transpose()?)),
            None => Ok(Self::Each(texts)),
        }
    }

    /// Returns the pattern of a row; `None` where it is NULL.
    pub(super) fn at(&self, row: usize) -> Result<Option<Rc<Regex>>> {
        match self {
            Self::Constant(regex) => Ok(regex.clone()),
            Self::Each(texts) => texts.at(row).map(compile).transpose(),
        }
    }
}

fn not_compiled(pattern: &str, error: &regex::Error) -> DataFusionError {
    let text = error.to_string();
    // The library draws the pattern; the last line says what is wrong.
    let reason = text.lines().last().unwrap_or_default().trim();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    let hint = if reason.contains("look-around") {
        "Look-ahead and look-behind do not exist here; combine several conditions, or take a group with regexp_extract."
    } else if reason.contains("backreference") {
        "\\1 in a pattern does not exist here; take groups with regexp_extract and compare them."
    } else {
        "A character that stands for itself is written with a backslash, as in \\( or \\."
    };
    invalid(format!("`{pattern}` is no regular expression: {reason}"), hint)
}

/// Writes what Java says otherwise in the library's words.
///
/// | Java | here |
/// |---|---|
/// | `\Q..\E` | each character escaped |
/// | `\Z` | `\n?\z` |
/// | `\h`, `\e` | `[ \t]`, `\x1B` |
/// | `\<`, `\>` | `<`, `>` |
/// | `{` that begins no count | `\{` |
fn translated(pattern: &str) -> String {
    let mut result = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = 0usize;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        rest = behind;
        match c {
            '\\' => rest = escape(behind, in_class > 0, &mut result),
            '[' => {
                in_class += 1;
                result.push(c);
            }
            ']' => {
                in_class = in_class.saturating_sub(1);
                result.push(c);
            }
            '{' if in_class == 0 && !begins_count(behind) => result.push_str("\\{"),
            other => result.push(other),
        }
    }
    result
}

/// Translates what stands behind a backslash; returns the rest.
fn escape<'a>(behind: &'a str, in_class: bool, result: &mut String) -> &'a str {
    let Some(c) = behind.chars().next() else {
        result.push('\\');
        return behind;
    };
    let rest = &behind[c.len_utf8()..];
    match c {
        'Q' => {
            let (quoted, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            result.push_str(&regex::escape(quoted));
            return rest;
        }
        'Z' => result.push_str("\\n?\\z"),
        'h' if in_class => result.push_str(" \\t"),
        'h' => result.push_str("[ \\t]"),
        'e' => result.push_str("\\x1B"),
        '<' | '>' => result.push(c),
        'p' | 'P' | 'x' | 'u' if rest.starts_with('{') => {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            result.push('\\');
            result.push(c);
            result.push_str(&rest[..end].replace("{Is", "{"));
            return &rest[end..];
        }
        other => {
            result.push('\\');
            result.push(other);
        }
    }
    rest
}

/// Tells whether `n}`, `n,}` or `n,m}` follows.
fn begins_count(behind: &str) -> bool {
    let Some((count, _)) = behind.split_once('}') else { return false };
    let (least, most) = count.split_once(',').unwrap_or((count, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// Calls `visit` for each match, until it returns `false`; the groups of the match are in `locations`.
///
/// As in Java, an empty match may stand right behind another match.
pub(crate) fn for_each_match(
    regex: &Regex,
    text: &str,
    locations: &mut CaptureLocations,
    mut visit: impl FnMut(&CaptureLocations) -> bool,
) {
    let mut start = 0;
    while start <= text.len() {
        let Some(found) = regex.captures_read_at(locations, text, start) else { return };
        start = next_start(text, found.start(), found.end());
        if !visit(locations) {
            return;
        }
    }
}

/// As [`for_each_match`], for the borders of matches alone, from a byte on.
pub(super) fn for_each_border(
    regex: &Regex,
    text: &str,
    first: usize,
    mut visit: impl FnMut(usize, usize) -> bool,
) {
    let mut start = first;
    while start <= text.len() {
        let Some(found) = regex.find_at(text, start) else { return };
        start = next_start(text, found.start(), found.end());
        if !visit(found.start(), found.end()) {
            return;
        }
    }
}

/// Returns where the next match is looked for; behind the end of the text if there is none.
fn next_start(text: &str, start: usize, end: usize) -> usize {
    if start < end {
        return end;
    }
    end + text.get(end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_is_said_in_the_words_of_the_library() {
        for (java, expect) in [
            (r"a\Q.*\Eb", r"a\.\*b"),
            (r"\Qa", "a"),
            (r#"{"k":1}"#, r#"\{"k":1}"#),
            ("a{2}b{1,}c{0,3}", "a{2}b{1,}c{0,3}"),
            (r"[{]\p{IsAlphabetic}\<", r"[{]\p{Alphabetic}<"),
            (r"\\Q", r"\\Q"),
        ] {
            assert_eq!(translated(java), expect, "{java}");
        }
    }

    #[test]
    fn an_error_names_the_pattern_and_what_is_wrong() {
        let error = compile("a(?=b)").unwrap_err().to_string();
        assert!(error.contains("`a(?=b)`") && error.contains("look-around"), "{error}");
        let error = compile("(").unwrap_err().to_string();
        assert!(error.contains("unclosed group"), "{error}");
    }
}
