//! Splits text into statements at `;`, outside of quotes and comments.

/// Returns the statements of `text`, without what is only space or comment.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = 0;
    // Whether the statement holds anything beside space and comments.
    let mut has_text = false;
    let mut rest = text.char_indices().peekable();
    while let Some((index, char)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match char {
            ';' => {
                if has_text {
                    statements.push(text[start..index].trim());
                }
                start = index + 1;
                has_text = false;
            }
            // A doubled quote inside is the end of one text and the start of the next, which comes out the same.
            '\'' | '"' | '`' => {
                has_text = true;
                while rest.next().is_some_and(|(_, inner)| inner != char) {}
            }
            '-' if next == Some('-') => while rest.next().is_some_and(|(_, inner)| inner != '\n') {},
            '/' if next == Some('*') => skip_comment(&mut rest),
            _ => has_text |= !char.is_whitespace(),
        }
    }
    if has_text {
        statements.push(text[start..].trim());
    }
    statements
}

/// Skips a comment, which may hold comments; `rest` stands before its first `*`.
fn skip_comment(rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    let mut depth = 1;
    rest.next();
    while let Some((_, char)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        match (char, next) {
            ('*', Some('/')) => depth -= 1,
            ('/', Some('*')) => depth += 1,
            _ => continue,
        }
        rest.next();
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text), expected, "{text}");
        check("SELECT 1", &["SELECT 1"]);
        check(" SELECT 1 ;\n\nSELECT 2;\n", &["SELECT 1", "SELECT 2"]);
        check("SELECT ';' || \"a;b\"; SELECT 'it''s;'", &["SELECT ';' || \"a;b\"", "SELECT 'it''s;'"]);
        check("-- a; b\nSELECT 1 -- c;\n; -- d", &["-- a; b\nSELECT 1 -- c;"]);
        check("/* a; /* b; */ c; */ SELECT 1; /* d", &["/* a; /* b; */ c; */ SELECT 1"]);
        check("SELECT 1 - -2 / 3 * 4; ;;", &["SELECT 1 - -2 / 3 * 4"]);
        check("SELECT 'open; text", &["SELECT 'open; text"]);
        check(" ; -- nothing\n", &[]);
        check("SELECT 'ü;'; SELECT '日本'", &["SELECT 'ü;'", "SELECT '日本'"]);
    }
}
