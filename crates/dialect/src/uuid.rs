//! Event data stores named by their bare UUID, as CloudTrail Lake's users write them.
//!
//! `FROM 0f9e2c3a-...` is no SQL: `0f9e2c3a` lexes as a number and `-` as an operator. Before the text is
//! tokenized, each UUID outside strings, quoted names and comments is replaced by an identifier of the same
//! length, so that every position stays true; the token gets the UUID back as a quoted name.

use std::borrow::Cow;

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Whitespace, Word};

const LENGTH: usize = 36;
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// A UUID in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BareUuid {
    start: usize,
    location: Location,
}

/// Returns the UUIDs in `sql` that stand alone; `tokens` tells where strings, quoted names and comments are.
///
/// The tokens may be those of the text as it is: a UUID breaks into pieces, but changes nothing around it.
pub(super) fn find(sql: &str, tokens: &[TokenWithSpan]) -> Vec<BareUuid> {
    let mut opaque = tokens.iter().filter(|token| is_opaque(&token.token)).map(|token| token.span).peekable();
    let mut found = Vec::new();
    for uuid in candidates(sql) {
        while opaque.next_if(|span| span.end <= uuid.location).is_some() {}
        let is_inside = |span: &Span| span.start <= uuid.location;
        if !opaque.peek().is_some_and(is_inside) {
            found.push(uuid);
        }
    }
    found
}

/// Replaces the UUIDs by identifiers of the same length.
pub(super) fn mask<'a>(sql: &'a str, uuids: &[BareUuid]) -> Cow<'a, str> {
    if uuids.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut masked = String::with_capacity(sql.len());
    let mut done = 0;
    for uuid in uuids {
        masked.push_str(&sql[done..uuid.start]);
        masked.extend(sql[uuid.start..uuid.start + LENGTH].chars().enumerate().map(mask_char));
        done = uuid.start + LENGTH;
    }
    masked.push_str(&sql[done..]);
    Cow::Owned(masked)
}

/// Gives the tokens that stand for UUIDs the UUID as a quoted name, in lower case.
pub(super) fn unmask(sql: &str, uuids: &[BareUuid], tokens: &mut [TokenWithSpan]) {
    let mut uuids = uuids.iter().peekable();
    for token in tokens {
        if let Some(uuid) = uuids.next_if(|uuid| uuid.location == token.span.start) {
            let value = sql[uuid.start..uuid.start + LENGTH].to_ascii_lowercase();
            token.token = Token::Word(Word {
                value,
                quote_style: Some('"'),
                keyword: sqlparser::keywords::Keyword::NoKeyword,
            });
        }
    }
}

/// An identifier must start with a letter: a first digit becomes one of g to p.
fn mask_char((index, char): (usize, char)) -> char {
    match char {
        '-' => '_',
        '0'..='9' if index == 0 => char::from(b'g' + (char as u8 - b'0')),
        other => other,
    }
}

fn is_opaque(token: &Token) -> bool {
    match token {
        Token::Whitespace(space) => {
            matches!(space, Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_))
        }
        Token::Word(word) => word.quote_style.is_some(),
        Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::UnicodeStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::TripleSingleQuotedRawStringLiteral(_)
        | Token::TripleDoubleQuotedRawStringLiteral(_)
        | Token::DollarQuotedString(_) => true,
        _ => false,
    }
}

/// Returns all that looks like a UUID, wherever it stands, in order.
fn candidates(sql: &str) -> Vec<BareUuid> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut location = Location { line: 1, column: 1 };
    let mut next = 0;
    for (start, char) in sql.char_indices() {
        if start >= next && is_uuid_at(bytes, start) {
            found.push(BareUuid { start, location });
            next = start + LENGTH;
        }
        if char == '\n' {
            location = Location { line: location.line + 1, column: 1 };
        } else {
            location.column += 1;
        }
    }
    found
}

fn is_uuid_at(bytes: &[u8], start: usize) -> bool {
    let Some(text) = bytes.get(start..start + LENGTH) else { return false };
    let is_form = text
        .iter()
        .enumerate()
        .all(|(index, byte)| if DASHES.contains(&index) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
    let before = start.checked_sub(1).and_then(|index| bytes.get(index));
    let after = bytes.get(start + LENGTH);
    is_form && !before.is_some_and(|byte| is_word(byte) || *byte == b'-') && !after.is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sqlparser::tokenizer::Tokenizer;

    use super::*;
    use crate::dialect::LakeDialect;

    const UUID: &str = "12e5f6a7-00E1-4bcd-9def-0123456789ab";

    fn tokens(sql: &str) -> Vec<TokenWithSpan> {
        Tokenizer::new(&LakeDialect, sql).tokenize_with_location().unwrap()
    }

    fn masked(sql: &str) -> String {
        mask(sql, &find(sql, &tokens(sql))).into_owned()
    }

    #[test]
    fn a_bare_uuid_becomes_a_name_of_the_same_length() {
        let sql = format!("SELECT * FROM {UUID} WHERE x");
        assert_eq!(masked(&sql), "SELECT * FROM h2e5f6a7_00E1_4bcd_9def_0123456789ab WHERE x");
        let uuids = find(&sql, &tokens(&sql));
        let mut tokens = tokens(&mask(&sql, &uuids));
        unmask(&sql, &uuids, &mut tokens);
        let quoted = |token: &TokenWithSpan| token.token == Token::make_word(&UUID.to_lowercase(), Some('"'));
        assert_eq!(tokens.iter().filter(|token| quoted(token)).count(), 1);
    }

    #[test]
    fn only_uuids_that_stand_alone_count() {
        let bare = format!("FROM {UUID}, x.{UUID}--{UUID}\n,{UUID}");
        assert_eq!(masked(&bare).matches(UUID).count(), 1, "the one in the comment stays");
        for same in [
            format!("'{UUID}'"),
            format!("'it''s {UUID}'"),
            format!("\"{UUID}\""),
            format!("/* {UUID} */"),
            format!("-- {UUID}"),
            format!("a{UUID} {UUID}a {UUID}_ 1-{UUID}"),
            format!("U&'{UUID}' r'''it's {UUID}'''"),
        ] {
            assert_eq!(masked(&same), same);
        }
        let after_wide_text = format!("SELECT '日本', é FROM {UUID}");
        assert!(!masked(&after_wide_text).contains(UUID));
    }

    proptest! {
        #[test]
        fn strings_names_and_comments_are_left_alone(
            parts in proptest::collection::vec(0usize..8, 1..12)
        ) {
            let forms = [
                UUID.to_string(), format!("'{UUID}'"), format!("'a''{UUID}'"), format!("\"{UUID}\""),
                format!("/* ' {UUID} */"), format!("-- \" {UUID}\n"), "é\n".to_owned(), "'日'".to_owned(),
            ];
            let sql: String = parts.iter().map(|part| format!("{} ", forms[*part])).collect();
            let bare = parts.iter().filter(|part| **part == 0).count();
            let masked = masked(&sql);
            let expect = sql.matches(UUID).count() - bare;
            prop_assert_eq!(masked.matches(UUID).count(), expect);
            prop_assert_eq!(masked.chars().count(), sql.chars().count());
            let lengths = |sql: &str| tokens(sql).iter().map(|t| t.span.end).max();
            prop_assert_eq!(lengths(&masked), lengths(&sql));
        }
    }
}
