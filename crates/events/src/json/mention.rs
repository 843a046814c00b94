//! Whether a text stands in a value of a JSON text.

use memchr::memchr;
use memchr::memmem::Finder;

use super::any_scalar;

/// Tells whether the text of `finder` is part of a value anywhere in `json`, letters as they are.
///
/// Escapes are resolved; names of members do not count. Malformed JSON is searched as plain text.
pub fn is_mentioned(json: &str, finder: &Finder<'_>) -> bool {
    // What is not in the raw text can only be written by escapes.
    let in_raw_text = finder.find(json.as_bytes()).is_some();
    if !in_raw_text && memchr(b'\\', json.as_bytes()).is_none() {
        return false;
    }
    any_scalar(json, |scalar| finder.find(scalar.as_bytes()).is_some()).unwrap_or(in_raw_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_searched_and_names_are_not() {
        let json = r#"{"bucketName":"logs","path":"a\\b\u00e9","deep":[{"n":123}]}"#;
        for (text, expect) in [
            ("logs", true),
            ("bucketName", false),
            ("a\\bé", true),
            ("12", true),
            ("Logs", false),
            ("", true),
        ] {
            assert_eq!(is_mentioned(json, &Finder::new(text)), expect, "{text}");
        }
    }
}
