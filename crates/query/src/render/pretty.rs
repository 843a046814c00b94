//! JSON over several lines, without reading it into values: digits and escapes stay as they are.

use serde::de::IgnoredAny;

/// Deeper JSON is left on one line: each level indents, so the text would grow with the square of it.
const MAX_DEPTH: usize = 64;
const INDENT: &str = "  ";

/// Returns an object or array as lines; none for other text, and for what is nested too deep.
pub(super) fn lines(json: &str) -> Option<Vec<String>> {
    let is_container = matches!(json.trim_start().chars().next(), Some('{' | '['));
    if !is_container || serde_json::from_str::<IgnoredAny>(json).is_err() {
        return None;
    }
    let mut lines = Lines { done: Vec::new(), line: String::new(), depth: 0 };
    let mut rest = json.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        match c {
            '"' => {
                let mut end = json.len();
                while let Some((index, inner)) = rest.next() {
                    match inner {
                        '\\' => drop(rest.next()),
                        '"' => {
                            end = index + 1;
                            break;
                        }
                        _ => {}
                    }
                }
                lines.line.push_str(&json[start..end]);
            }
            '{' | '[' => {
                lines.line.push(c);
                while rest.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
                // Nothing in it: it stays on its line.
                match rest.next_if(|(_, c)| matches!(c, '}' | ']')) {
                    Some((_, close)) => lines.line.push(close),
                    None => lines.open()?,
                }
            }
            '}' | ']' => lines.close(c),
            ',' => lines.end_member(),
            ':' => lines.line.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => lines.line.push(c),
        }
    }
    lines.done.push(lines.line);
    Some(lines.done)
}

struct Lines {
    done: Vec<String>,
    line: String,
    depth: usize,
}

impl Lines {
    fn open(&mut self) -> Option<()> {
        self.depth += 1;
        self.break_line();
        (self.depth <= MAX_DEPTH).then_some(())
    }

    fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        self.break_line();
        self.line.push(bracket);
    }

    fn end_member(&mut self) {
        self.line.push(',');
        self.break_line();
    }

    fn break_line(&mut self) {
        let next = INDENT.repeat(self.depth);
        self.done.push(std::mem::replace(&mut self.line, next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(json: &str) -> Option<String> {
        lines(json).map(|lines| lines.join("\n"))
    }

    #[test]
    fn members_get_lines_and_digits_stay() {
        let json = r#"{"a":1.50,"b":{},"c":[ ],"d":[1,{"e":"x, {\"y\": [1]}"}],"f":"\\"}"#;
        let expected = r#"{
  "a": 1.50,
  "b": {},
  "c": [],
  "d": [
    1,
    {
      "e": "x, {\"y\": [1]}"
    }
  ],
  "f": "\\"
}"#;
        assert_eq!(pretty(json).unwrap(), expected);
        let same = |json: &str| serde_json::from_str::<serde_json::Value>(json).unwrap();
        assert_eq!(same(&pretty(json).unwrap()), same(json));
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in ["", "plain", "\"{}\"", "12", "{broken", "{} and more", "[1,]"] {
            assert_eq!(pretty(text), None, "{text}");
        }
        let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(pretty(&deep(60)).is_some());
        assert!(pretty(&deep(100)).is_none());
        assert!(pretty(&deep(100_000)).is_none());
    }
}
