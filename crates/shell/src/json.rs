//! JSON for people: indented, coloured, and unable to steer the terminal.

use auditlake_query::render::escape_text;

use crate::talk::Paint;

const INDENT: &str = "  ";

/// Returns JSON text with a line for each member; digits of numbers stay as they are.
///
/// Characters that would move the cursor or turn the direction of text come as `\uXXXX`. What is no JSON comes
/// out escaped, on as many lines as its brackets ask for.
pub(crate) fn pretty(json: &str, color: bool) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut rest = json.trim();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '[' => {
                let close = if first == '{' { '}' } else { ']' };
                let inner = rest[1..].trim_start();
                if inner.starts_with(close) {
                    out.push(first);
                    out.push(close);
                    rest.len() - inner.len() + 1
                } else {
                    depth += 1;
                    out.push(first);
                    break_line(&mut out, depth);
                    1
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut out, depth);
                out.push(first);
                1
            }
            ',' => {
                out.push(',');
                break_line(&mut out, depth);
                1
            }
            ':' => {
                out.push_str(": ");
                1
            }
            '"' => {
                let length = string_length(rest);
                let is_name = rest[length..].trim_start().starts_with(':');
                let paint = if is_name { Paint::Name } else { Paint::Text };
                out.push_str(&paint.paint(color, &safe_string(&rest[..length])));
                length
            }
            c if c.is_whitespace() => c.len_utf8(),
            _ => {
                let end = |c: char| c.is_whitespace() || "{}[],:\"".contains(c);
                let length = rest.find(end).unwrap_or(rest.len());
                out.push_str(&Paint::Number.paint(color, &escape_text(&rest[..length])));
                length
            }
        };
        rest = &rest[length..];
    }
    out
}

fn break_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&INDENT.repeat(depth));
}

/// Measures a string with its quotes; one that is not closed reaches to the end.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, char) in text.char_indices().skip(1) {
        match char {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return index + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Spells unsafe characters the way JSON does.
fn safe_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        let mut bytes = [0; 4];
        if escape_text(char.encode_utf8(&mut bytes)) == char.to_string() {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_get_lines_and_digits_stay() {
        let shown = pretty(r#"{"a":1.50,"b":[],"c":{"d":[true,null]},"e":"x: {y}"}"#, false);
        let expected = "{\n  \"a\": 1.50,\n  \"b\": [],\n  \"c\": {\n    \"d\": [\n      true,\n      null\n    ]\n  },\n  \
                        \"e\": \"x: {y}\"\n}";
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_in_it_steers_the_terminal() {
        let hostile = "{\"a\u{1b}[2J\":\"\u{202e}x\\\"\u{9b}\", \u{1b}]0;t\u{7}}";
        let shown = pretty(hostile, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.contains("\\u001b[2J") && shown.contains("\\u202e"), "{shown:?}");
    }

    #[test]
    fn colours_mark_names_texts_and_numbers() {
        let shown = pretty(r#"{"a":"b","c":1}"#, true);
        assert!(shown.contains("\u{1b}[1;34m\"a\"\u{1b}[0m: \u{1b}[32m\"b\"\u{1b}[0m"), "{shown:?}");
        assert!(shown.contains("\u{1b}[36m1\u{1b}[0m"), "{shown:?}");
    }
}
