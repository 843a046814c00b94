//! JSON values to compare events by, parsed apart from the crate: digits of numbers and code units of
//! strings count; white space, escapes and member order do not. Of duplicate names the last one counts.

use std::collections::BTreeMap;

#[derive(Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(Vec<u16>),
    Array(Vec<Json>),
    Object(BTreeMap<Vec<u16>, Json>),
}

pub(crate) fn parse(text: &str) -> Json {
    let mut parser = Parser { rest: text };
    let value = parser.value();
    assert_eq!(parser.trimmed(), "", "text after the value of {text}");
    value
}

/// Asserts that two texts are the same JSON.
pub(crate) fn assert_same(rebuilt: &str, source: &str) {
    assert_eq!(parse(rebuilt), parse(source), "\nrebuilt: {rebuilt}\nsource:  {source}");
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn trimmed(&mut self) -> &'a str {
        self.rest = self.rest.trim_start_matches([' ', '\n', '\r', '\t']);
        self.rest
    }

    fn take(&mut self, token: &str) -> bool {
        match self.trimmed().strip_prefix(token) {
            Some(rest) => self.rest = rest,
            None => return false,
        }
        true
    }

    fn value(&mut self) -> Json {
        if self.take("null") {
            Json::Null
        } else if self.take("true") {
            Json::Bool(true)
        } else if self.take("false") {
            Json::Bool(false)
        } else if self.take("[") {
            let mut items = Vec::new();
            while !self.take("]") {
                assert!(items.is_empty() || self.take(","), "no comma at {}", self.rest);
                items.push(self.value());
            }
            Json::Array(items)
        } else if self.take("{") {
            let mut members = BTreeMap::new();
            let mut first = true;
            while !self.take("}") {
                assert!(std::mem::take(&mut first) || self.take(","), "no comma at {}", self.rest);
                let Json::String(name) = self.value() else { panic!("no name at {}", self.rest) };
                assert!(self.take(":"), "no colon at {}", self.rest);
                members.insert(name, self.value());
            }
            Json::Object(members)
        } else if self.take("\"") {
            Json::String(self.string())
        } else {
            let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at(end);
            assert!(digits.parse::<f64>().is_ok(), "no value at {}", self.rest);
            self.rest = rest;
            Json::Number(digits.to_owned())
        }
    }

    fn string(&mut self) -> Vec<u16> {
        let mut units = Vec::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().expect("the end of a string") {
                '"' => break,
                '\\' => match chars.next().expect("an escape") {
                    'u' => {
                        let digits: String = chars.by_ref().take(4).collect();
                        units.push(u16::from_str_radix(&digits, 16).expect("hex digits"));
                    }
                    'b' => units.push(8),
                    'f' => units.push(12),
                    'n' => units.push(10),
                    'r' => units.push(13),
                    't' => units.push(9),
                    plain => units.push(plain as u16),
                },
                char => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            }
        }
        self.rest = chars.as_str();
        units
    }
}

#[test]
fn the_comparer_sees_what_matters() {
    assert_eq!(parse(r#"{"a":1.0,"b":["\u003d"]}"#), parse(" { \"b\" : [\"=\"], \"a\":0, \"a\" : 1.0 }"));
    assert_eq!(parse(r#""\ud83d\ude00""#), parse("\"😀\""));
    for (one, other) in [("1.0", "1"), ("1", "\"1\""), ("[1,2]", "[2,1]"), (r#"{"A":1}"#, r#"{"a":1}"#)] {
        assert_ne!(parse(one), parse(other));
    }
}
