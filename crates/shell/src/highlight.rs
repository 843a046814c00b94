//! Colours of what is being typed; the characters stay the same.

use crate::lexer::{Token, TokenKind, tokens};
use crate::names;
use crate::talk::Paint;

/// Longer text is typed without colours: they are drawn anew with every key.
const MOST_BYTES: usize = 64 << 10;

/// Returns `text` in colours, with the bracket at the cursor and its partner marked.
pub(crate) fn highlight(text: &str, cursor: usize) -> String {
    if text.len() > MOST_BYTES {
        return text.to_owned();
    }
    let all: Vec<Token<'_>> = tokens(text).collect();
    let marked = brackets(&all, cursor);
    let mut out = String::with_capacity(text.len() * 2);
    let mut line_end = 0;
    for (index, token) in all.iter().enumerate() {
        if token.start < line_end {
            continue;
        }
        if token.kind == TokenKind::Backslash {
            line_end = text[token.start..].find('\n').map_or(text.len(), |length| token.start + length);
            Paint::Command.push(&mut out, &text[token.start..line_end]);
            continue;
        }
        match paint(token, all.get(index + 1)) {
            _ if marked.contains(&Some(token.start)) => Paint::Bracket.push(&mut out, token.text),
            Some(paint) => paint.push(&mut out, token.text),
            None => out.push_str(token.text),
        }
    }
    out
}

fn paint(token: &Token<'_>, next: Option<&Token<'_>>) -> Option<Paint> {
    match token.kind {
        TokenKind::Comment => Some(Paint::Comment),
        TokenKind::Text => Some(Paint::Text),
        TokenKind::Number => Some(Paint::Number),
        TokenKind::Parameter => Some(Paint::Parameter),
        TokenKind::Word if names::is_keyword(token.text) => Some(Paint::Keyword),
        TokenKind::Word if next.is_some_and(|next| next.is_symbol("(")) => Some(Paint::Function),
        _ => None,
    }
}

/// Returns where the bracket at the cursor, or right before it, and its partner begin.
fn brackets(tokens: &[Token<'_>], cursor: usize) -> [Option<usize>; 2] {
    let is_bracket = |token: &&Token<'_>| {
        token.kind == TokenKind::Symbol && ["(", ")", "[", "]", "{", "}"].contains(&token.text)
    };
    let at = |place: usize| tokens.iter().filter(is_bracket).position(|token| token.start == place);
    let Some(found) = at(cursor).or_else(|| cursor.checked_sub(1).and_then(at)) else { return [None, None] };
    let brackets: Vec<&Token<'_>> = tokens.iter().filter(is_bracket).collect();
    let opens = |token: &Token<'_>| "([{".contains(token.text);
    let mut depth = 0_i64;
    let mut closes = |token: &&&Token<'_>| {
        depth += if opens(token) == opens(brackets[found]) { 1 } else { -1 };
        depth == 0
    };
    let partner = match opens(brackets[found]) {
        true => brackets[found..].iter().find(&mut closes),
        false => brackets[..=found].iter().rev().find(&mut closes),
    };
    match partner {
        Some(partner) => [Some(brackets[found].start), Some(partner.start)],
        None => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("\u{1b}[") {
            out.push_str(&rest[..start]);
            let end = rest[start..].find('m').unwrap();
            rest = &rest[start + end + 1..];
        }
        out + rest
    }

    #[test]
    fn colours_change_no_character() {
        for text in
            ["SELECT 'a', (b[1]) FROM t; -- x\n\\d trail\nSELECT :p /* y", "日本 = 'ü", "", "'", "((("]
        {
            for cursor in 0..=text.len() {
                assert_eq!(plain(&highlight(text, cursor)), text);
            }
        }
    }

    #[test]
    fn a_bracket_and_its_partner_are_marked() {
        let marks = |text: &str, cursor| highlight(text, cursor).matches("\u{1b}[1;7m").count();
        assert_eq!(marks("f((a), b)", 1), 2);
        assert_eq!(marks("f((a), b)", 9), 2);
        assert_eq!(marks("f((a), b", 1), 0);
        assert_eq!(marks("f('(')", 3), 0);
        let shown = highlight("f((a), b)", 1);
        assert!(shown.ends_with("\u{1b}[1;7m)\u{1b}[0m"), "{shown:?}");
    }

    #[test]
    fn words_are_told_apart() {
        let shown = highlight("SELECT count(x) FROM t", 22);
        assert!(shown.starts_with("\u{1b}[1;34mSELECT\u{1b}[0m \u{1b}[34mcount\u{1b}[0m("), "{shown:?}");
    }
}
