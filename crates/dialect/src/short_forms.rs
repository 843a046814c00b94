//! Short forms of queries, written in full before they are parsed.
//!
//! | as typed | becomes |
//! |---|---|
//! | `VALUES 1, (2), a + 1` | `VALUES (1), (2), (a + 1)` |
//! | `TABLE name` | `SELECT * FROM name` |
//! | `GROUP BY ALL a, b` | `GROUP BY a, b` |
//! | `GROUP BY DISTINCT a, b` | `GROUP BY a, b`, unless several grouping sets may be equal |
//! | `GROUP BY AUTO` | `GROUP BY ALL`, as the parser has it |
//!
//! New tokens stand at the places of old ones, so that errors keep their places.

use crate::caps::MAX_EXPRESSION_DEPTH;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Writes short forms in full.
pub(super) fn expand(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let words: Vec<usize> =
        (0..tokens.len()).filter(|place| !matches!(tokens[*place].token, Token::Whitespace(_))).collect();
    let text = Text { tokens: &tokens, words: &words };
    let mut edits: Vec<Edit> = Vec::new();
    for (word, place) in words.iter().enumerate() {
        match text.keyword(word) {
            Keyword::VALUES if text.begins_query(word) => edits.extend(text.rows(word + 1)),
            Keyword::TABLE if text.begins_query(word) && text.is_name(word + 1) => {
                edits.push(Edit { place: *place, kind: EditKind::Table });
            }
            Keyword::BY if word > 0 && text.keyword(word - 1) == Keyword::GROUP => {
                edits.extend(text.quantifier(word + 1));
            }
            _ => {}
        }
    }
    if edits.is_empty() {
        return tokens;
    }
    apply(tokens, edits)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edit {
    /// The token it is about.
    place: usize,
    kind: EditKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EditKind {
    /// `(` before the token.
    Open,
    /// `)` behind the token.
    Close,
    /// `SELECT * FROM` instead of the token.
    Table,
    /// ALL instead of the token.
    All,
    /// Nothing instead of the token.
    Drop,
}

fn apply(tokens: Vec<TokenWithSpan>, mut edits: Vec<Edit>) -> Vec<TokenWithSpan> {
    edits.sort_unstable();
    let mut edits = edits.into_iter().peekable();
    let mut full = Vec::with_capacity(tokens.len() + edits.len() + 2);
    for (place, token) in tokens.into_iter().enumerate() {
        let span = token.span;
        let mut last = Some(token);
        while let Some(edit) = edits.next_if(|edit| edit.place == place) {
            let new = match edit.kind {
                EditKind::Open => vec![Token::LParen],
                EditKind::Close => {
                    full.extend(last.take());
                    vec![Token::RParen]
                }
                EditKind::All => {
                    last = None;
                    vec![Token::make_keyword("ALL")]
                }
                EditKind::Drop => {
                    last = None;
                    Vec::new()
                }
                EditKind::Table => {
                    last = None;
                    vec![Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")]
                }
            };
            full.extend(new.into_iter().map(|token| TokenWithSpan { token, span }));
        }
        full.extend(last);
    }
    full
}

/// Tokens without white space; words count through those.
struct Text<'a> {
    tokens: &'a [TokenWithSpan],
    words: &'a [usize],
}

impl Text<'_> {
    fn token(&self, word: usize) -> Option<&Token> {
        self.words.get(word).map(|place| &self.tokens[*place].token)
    }

    fn keyword(&self, word: usize) -> Keyword {
        match self.token(word) {
            Some(Token::Word(word)) if word.quote_style.is_none() => word.keyword,
            _ => Keyword::NoKeyword,
        }
    }

    fn is_name(&self, word: usize) -> bool {
        matches!(self.token(word), Some(Token::Word(_)))
    }

    /// Tells whether a query may begin here: first of all, in parentheses of a query, after a set operation or WITH.
    fn begins_query(&self, word: usize) -> bool {
        let Some(before) = word.checked_sub(1) else { return true };
        match self.token(before) {
            Some(Token::LParen) => self.holds_query(before),
            // Behind the last query of WITH.
            Some(Token::RParen) => true,
            _ => matches!(
                self.keyword(before),
                Keyword::UNION
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
                    | Keyword::ALL
                    | Keyword::DISTINCT
                    | Keyword::ANALYZE
                    | Keyword::VERBOSE
            ),
        }
    }

    /// Tells whether a parenthesis may hold a query and is not that of a call.
    fn holds_query(&self, parenthesis: usize) -> bool {
        let Some(before) = parenthesis.checked_sub(1) else { return true };
        let is_word = self.is_name(before);
        !is_word
            || matches!(
                self.keyword(before),
                Keyword::FROM
                    | Keyword::JOIN
                    | Keyword::LATERAL
                    | Keyword::AS
                    | Keyword::IN
                    | Keyword::EXISTS
                    | Keyword::ANY
                    | Keyword::SOME
                    | Keyword::ALL
                    | Keyword::DISTINCT
                    | Keyword::UNION
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
            )
    }

    /// Returns how to write the word behind GROUP BY, if it says how to group and not by what.
    fn quantifier(&self, word: usize) -> Option<Edit> {
        let Some(Token::Word(text)) = self.token(word) else { return None };
        let kind = match text.value.to_uppercase().as_str() {
            _ if text.quote_style.is_some() => return None,
            "ALL" if !self.ends_keys(word + 1) => EditKind::Drop,
            "DISTINCT" if !self.has_several_sets(word + 1) => EditKind::Drop,
            "AUTO" if self.ends_keys(word + 1) => EditKind::All,
            _ => return None,
        };
        Some(Edit { place: self.words[word], kind })
    }

    /// Tells whether no key of GROUP BY comes.
    fn ends_keys(&self, word: usize) -> bool {
        self.ends_rows(word) || matches!(self.keyword(word), Keyword::HAVING | Keyword::WINDOW)
    }

    /// Tells whether the keys of GROUP BY that begin at a word may make a grouping set twice.
    fn has_several_sets(&self, start: usize) -> bool {
        let keys =
            (start..self.words.len()).take_while(|word| !self.ends_keys(*word) || self.is_closing(*word));
        let keys: Vec<Keyword> = keys.map(|word| self.keyword(word)).collect();
        let makes_sets = |keyword: &&Keyword| matches!(keyword, Keyword::ROLLUP | Keyword::CUBE);
        keys.contains(&Keyword::SETS) || keys.iter().filter(makes_sets).count() > 1
    }

    fn is_closing(&self, word: usize) -> bool {
        self.token(word) == Some(&Token::RParen)
    }

    /// Returns the parentheses that rows lack which start at a word; none if these are no rows.
    fn rows(&self, start: usize) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut row = start;
        let mut word = start;
        let mut depth = 0usize;
        loop {
            let token = self.token(word);
            let ends_all = depth == 0 && self.ends_rows(word);
            if ends_all || (depth == 0 && token == Some(&Token::Comma)) {
                let Some(last) = word.checked_sub(1).filter(|last| *last >= row) else { return Vec::new() };
                if !self.is_parenthesized(row, last) {
                    edits.push(Edit { place: self.words[row], kind: EditKind::Open });
                    edits.push(Edit { place: self.words[last], kind: EditKind::Close });
                }
                row = word + 1;
            }
            if ends_all {
                return edits;
            }
            // Nested deeper no statement is parsed, and without a limit each VALUES of many would read to the end.
            let is_too_deep = depth > MAX_EXPRESSION_DEPTH;
            let is_next = depth == 0 && self.keyword(word) == Keyword::VALUES && self.begins_query(word);
            match token {
                // A parenthesis is never closed, which the parser says.
                None => return Vec::new(),
                _ if is_too_deep || is_next => return Vec::new(),
                Some(Token::LParen | Token::LBracket) => depth += 1,
                Some(Token::RParen | Token::RBracket) => depth = depth.saturating_sub(1),
                _ => {}
            }
            word += 1;
        }
    }

    fn ends_rows(&self, word: usize) -> bool {
        match self.token(word) {
            None | Some(Token::SemiColon | Token::RParen | Token::EOF) => true,
            _ => matches!(
                self.keyword(word),
                Keyword::ORDER
                    | Keyword::LIMIT
                    | Keyword::OFFSET
                    | Keyword::FETCH
                    | Keyword::UNION
                    | Keyword::EXCEPT
                    | Keyword::INTERSECT
            ),
        }
    }

    /// Tells whether a row is `( .. )` or `ROW ( .. )` from its first to its last word.
    fn is_parenthesized(&self, first: usize, last: usize) -> bool {
        let open = if self.keyword(first) == Keyword::ROW { first + 1 } else { first };
        if self.token(open) != Some(&Token::LParen) {
            return false;
        }
        let mut depth = 0usize;
        for word in open..=last {
            match self.token(word) {
                Some(Token::LParen) => depth += 1,
                Some(Token::RParen) => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return word == last;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::dialect::LakeDialect;
    use sqlparser::tokenizer::Tokenizer;

    fn expanded(sql: &str) -> String {
        let tokens = Tokenizer::new(&LakeDialect, sql).tokenize_with_location().unwrap();
        expand(tokens).iter().map(|token| token.token.to_string()).collect()
    }

    #[test]
    fn rows_get_parentheses() {
        for (sql, expect) in [
            ("VALUES 1, 2", "VALUES (1), (2)"),
            ("VALUES (1, 2), (3, 4)", "VALUES (1, 2), (3, 4)"),
            ("VALUES ROW(1, 2), ROW (3, 4)", "VALUES ROW(1, 2), ROW (3, 4)"),
            ("VALUES (1) + 1, -2, f(1, 2)", "VALUES ((1) + 1), (-2), (f(1, 2))"),
            (
                "SELECT * FROM (VALUES ARRAY[1, 2], x) AS t (a)",
                "SELECT * FROM (VALUES (ARRAY[1, 2]), (x)) AS t (a)",
            ),
            ("VALUES 1 UNION ALL VALUES 2 ORDER BY 1", "VALUES (1) UNION ALL VALUES (2) ORDER BY 1"),
            ("WITH a AS (VALUES 1) VALUES 2;", "WITH a AS (VALUES (1)) VALUES (2);"),
            (
                "SELECT values, f(values + 1), count(values, 1) FROM t",
                "SELECT values, f(values + 1), count(values, 1) FROM t",
            ),
            ("SELECT (values) FROM \"values\"", "SELECT (values) FROM \"values\""),
        ] {
            assert_eq!(expanded(sql), expect, "{sql}");
        }
    }

    #[test]
    fn the_words_behind_group_by_are_heeded() {
        for (sql, expect) in [
            ("GROUP BY ALL a, b", "GROUP BY  a, b"),
            ("GROUP BY ALL", "GROUP BY ALL"),
            ("GROUP BY ALL HAVING a", "GROUP BY ALL HAVING a"),
            ("GROUP BY DISTINCT a ORDER BY 1", "GROUP BY  a ORDER BY 1"),
            ("GROUP BY DISTINCT ROLLUP (a)", "GROUP BY  ROLLUP (a)"),
            ("GROUP BY DISTINCT ROLLUP (a), CUBE (b)", "GROUP BY DISTINCT ROLLUP (a), CUBE (b)"),
            ("GROUP BY AUTO LIMIT 1", "GROUP BY ALL LIMIT 1"),
            ("GROUP BY auto, b", "GROUP BY auto, b"),
            ("GROUP BY \"AUTO\"", "GROUP BY \"AUTO\""),
        ] {
            assert_eq!(expanded(sql), expect, "{sql}");
        }
    }

    #[test]
    fn rows_without_an_end_stay_as_they_are() {
        for sql in ["VALUES (1", "VALUES ([1, 2), 3", "SELECT * FROM (VALUES ((1), (2)", "VALUES ("] {
            assert_eq!(expanded(sql), sql);
        }
        for sql in ["VALUES((".repeat(20_000), "ALL VALUES 1 ".repeat(20_000)] {
            assert!(expanded(&sql).len() >= sql.len());
        }
    }

    #[test]
    fn a_table_is_all_its_rows() {
        for (sql, expect) in [
            ("TABLE t", "SELECT*FROM t"),
            (
                "SELECT count(*) FROM (TABLE \"a b\" LIMIT 1)",
                "SELECT count(*) FROM (SELECT*FROM \"a b\" LIMIT 1)",
            ),
            ("SELECT table FROM TABLE(f(1))", "SELECT table FROM TABLE(f(1))"),
        ] {
            assert_eq!(expanded(sql), expect, "{sql}");
        }
    }
}
