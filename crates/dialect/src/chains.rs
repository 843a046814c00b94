//! Long chains of comparisons become lists, before they are parsed.
//!
//! | written | read as |
//! |---|---|
//! | `x = 'a' OR x = 'b' OR ...` | `x IN ('a', 'b', ...)` |
//! | `x <> 'a' AND x <> 'b' AND ...` | `x NOT IN ('a', 'b', ...)` |
//!
//! Programs write lists of indicators as such chains, thousands of terms long; as a tree each term is a level deeper than
//! the one before it. Both forms have the same value in SQL's logic of three values, NULL on either side included.
//! It is done on the tokens, since a tree of that depth can neither be built nor dropped safely. Short chains
//! stay as they are.

use std::ops::Range;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Fewest terms of a chain that becomes a list.
const MIN_TERMS: usize = 20;

/// Writes each long chain of comparisons of one thing with literals as a list.
pub(super) fn shorten(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let comparisons = tokens.iter().filter(|token| matches!(token.token, Token::Eq | Token::Neq)).count();
    if comparisons < MIN_TERMS {
        return tokens;
    }
    let chains = find(&tokens);
    let (mut shortened, mut next) = (Vec::with_capacity(tokens.len()), 0);
    for chain in &chains {
        shortened.extend_from_slice(&tokens[next..chain.place.start]);
        chain.push_list(&tokens, &mut shortened);
        next = chain.place.end;
    }
    shortened.extend_from_slice(&tokens[next..]);
    shortened
}

/// Terms of one chain.
struct Chain {
    /// From the first token of the first term to behind the last one of the last.
    place: Range<usize>,
    terms: Vec<Term>,
}

/// One comparison: places of its tokens.
#[derive(Clone)]
struct Term {
    place: Range<usize>,
    subject: Range<usize>,
    operator: usize,
    literal: usize,
}

impl Chain {
    fn push_list(&self, tokens: &[TokenWithSpan], out: &mut Vec<TokenWithSpan>) {
        let Some(first) = self.terms.first() else { return };
        let at = |token, place: usize| TokenWithSpan::new(token, tokens[place].span);
        out.extend_from_slice(&tokens[first.subject.clone()]);
        if tokens[first.operator].token == Token::Neq {
            out.push(at(Token::make_keyword("NOT"), first.operator));
        }
        out.push(at(Token::make_keyword("IN"), first.operator));
        out.push(at(Token::LParen, first.operator));
        for (number, term) in self.terms.iter().enumerate() {
            if number > 0 {
                out.push(at(Token::Comma, term.literal));
            }
            out.push(tokens[term.literal].clone());
        }
        out.push(at(Token::RParen, self.place.end - 1));
    }
}

fn find(tokens: &[TokenWithSpan]) -> Vec<Chain> {
    let words: Vec<usize> =
        (0..tokens.len()).filter(|at| !matches!(tokens[*at].token, Token::Whitespace(_))).collect();
    let reader = Reader { tokens, words: &words };
    let mut chains = Vec::new();
    // Whether an AND to come belongs to a BETWEEN, for each open parenthesis.
    let mut between = vec![false];
    let (mut at, mut may_begin) = (0, false);
    while let Some(token) = reader.token(at) {
        if may_begin && let Some((chain, next)) = reader.chain(at) {
            chains.push(chain);
            (at, may_begin) = (next, false);
            continue;
        }
        let is_between = between.last().is_some_and(|open| *open);
        may_begin = begins_condition(token) && !(is_between && keyword(token) == Keyword::AND);
        match token {
            Token::LParen | Token::LBracket => between.push(false),
            Token::RParen | Token::RBracket if between.len() > 1 => {
                between.pop();
            }
            token => {
                if let Some(open) = between.last_mut() {
                    *open = keyword(token) == Keyword::BETWEEN || (*open && keyword(token) != Keyword::AND);
                }
            }
        }
        at += 1;
    }
    chains
}

/// Looks at tokens without the blanks between them; places are numbers among `words`.
struct Reader<'a> {
    tokens: &'a [TokenWithSpan],
    words: &'a [usize],
}

impl Reader<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.words.get(at).map(|place| &self.tokens[*place].token)
    }

    /// Reads a chain that begins at a word; returns what follows too.
    fn chain(&self, start: usize) -> Option<(Chain, usize)> {
        let (first, mut next) = self.term(start)?;
        let operator = &self.tokens[first.operator].token;
        let joint = if *operator == Token::Eq { Keyword::OR } else { Keyword::AND };
        let begins_with_and = start > 0 && self.token(start - 1).is_some_and(|t| keyword(t) == Keyword::AND);
        if begins_with_and && joint == Keyword::OR {
            return None;
        }
        // Each term with what follows it.
        let mut terms = vec![(first.clone(), next)];
        while self.token(next).is_some_and(|token| keyword(token) == joint) {
            let Some((term, after)) = self.term(next + 1).filter(|(term, _)| self.alike(&first, term)) else {
                break;
            };
            terms.push((term, after));
            next = after;
        }
        // What follows may take the last term for itself: `x = 1 OR x = 2 AND y`, `x = 'a' || 'b'`.
        while terms.last().is_some_and(|(_, after)| !self.ends_condition(*after, joint)) {
            terms.pop();
        }
        if terms.len() < MIN_TERMS {
            return None;
        }
        let (last, next) = terms.last().cloned()?;
        let place = first.place.start..last.place.end;
        Some((Chain { place, terms: terms.into_iter().map(|(term, _)| term).collect() }, next))
    }

    /// Reads `subject = literal`, perhaps in parentheses.
    fn term(&self, start: usize) -> Option<(Term, usize)> {
        let is_open = self.token(start)? == &Token::LParen;
        let begin = start + usize::from(is_open);
        let operator = self.subject_end(begin)?;
        let literal = operator + 1;
        if !matches!(self.token(operator)?, Token::Eq | Token::Neq) || !is_literal(self.token(literal)?) {
            return None;
        }
        let end = literal + usize::from(is_open);
        if is_open && self.token(end)? != &Token::RParen {
            return None;
        }
        let span = |from: usize, to: usize| Some(*self.words.get(from)?..*self.words.get(to)? + 1);
        let term = Term {
            place: span(start, end)?,
            subject: span(begin, operator - 1)?,
            operator: *self.words.get(operator)?,
            literal: *self.words.get(literal)?,
        };
        Some((term, end + 1))
    }

    /// Returns what follows `name.name(..)[..]`.
    fn subject_end(&self, start: usize) -> Option<usize> {
        let is_name = |token: &Token| match token {
            Token::Word(word) => !matches!(
                word.keyword,
                Keyword::NOT
                    | Keyword::CASE
                    | Keyword::EXISTS
                    | Keyword::SELECT
                    | Keyword::ALL
                    | Keyword::ANY
            ),
            _ => false,
        };
        if !is_name(self.token(start)?) {
            return None;
        }
        let mut at = start + 1;
        loop {
            match self.token(at)? {
                Token::Period => {
                    matches!(self.token(at + 1)?, Token::Word(_)).then_some(())?;
                    at += 2;
                }
                Token::LParen | Token::LBracket => at = self.closed(at)?,
                _ => return Some(at),
            }
        }
    }

    /// Returns what follows the parenthesis that closes the one at `open`.
    fn closed(&self, open: usize) -> Option<usize> {
        /// Most tokens between them: longer subjects are rare, and each is read once more for each word of a text.
        const MOST: usize = 64;
        let mut depth = 0usize;
        for at in open..open + MOST {
            match self.token(at)? {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// Tells whether two terms compare the same thing in the same way with literals of the same kind.
    fn alike(&self, left: &Term, right: &Term) -> bool {
        let token = |at: usize| &self.tokens[at].token;
        let words = |place: &Range<usize>| {
            let tokens = self.tokens[place.clone()].iter().map(|token| &token.token);
            tokens.filter(|token| !matches!(token, Token::Whitespace(_))).collect::<Vec<_>>()
        };
        token(left.operator) == token(right.operator)
            && std::mem::discriminant(token(left.literal)) == std::mem::discriminant(token(right.literal))
            && words(&left.subject) == words(&right.subject)
    }

    fn ends_condition(&self, at: usize, joint: Keyword) -> bool {
        let Some(token) = self.token(at) else { return true };
        match token {
            Token::RParen | Token::RBracket | Token::Comma | Token::SemiColon | Token::EOF => true,
            token => match keyword(token) {
                Keyword::OR => true,
                Keyword::AND => joint == Keyword::AND,
                Keyword::GROUP
                | Keyword::ORDER
                | Keyword::HAVING
                | Keyword::LIMIT
                | Keyword::OFFSET
                | Keyword::FETCH
                | Keyword::WINDOW
                | Keyword::QUALIFY
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::THEN
                | Keyword::WHEN
                | Keyword::ELSE
                | Keyword::END => true,
                _ => false,
            },
        }
    }
}

fn begins_condition(token: &Token) -> bool {
    match token {
        Token::LParen | Token::Comma | Token::Arrow => true,
        token => matches!(
            keyword(token),
            Keyword::WHERE
                | Keyword::ON
                | Keyword::HAVING
                | Keyword::QUALIFY
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::AND
                | Keyword::OR
        ),
    }
}

fn is_literal(token: &Token) -> bool {
    matches!(token, Token::SingleQuotedString(_) | Token::Number(..))
}

fn keyword(token: &Token) -> Keyword {
    match token {
        Token::Word(word) if word.quote_style.is_none() => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::tokenize;

    fn chain(term: &str, joint: &str) -> String {
        (0..25).map(|n| term.replace('#', &format!("'{n}'"))).collect::<Vec<_>>().join(joint)
    }

    fn shortened(sql: &str) -> String {
        let tokens = shorten(tokenize(sql).unwrap());
        tokens.iter().map(|token| token.token.to_string()).collect::<Vec<_>>().concat()
    }

    fn list() -> String {
        (0..25).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn chains_become_lists() {
        for subject in ["x", "t.x", "f(a, 'b')", "x[1].y", "\"odd name\""] {
            let sql = format!("SELECT 1 WHERE {} GROUP BY 1", chain(&format!("{subject} = #"), " OR "));
            assert_eq!(shortened(&sql), format!("SELECT 1 WHERE {subject}IN({}) GROUP BY 1", list()));
            let sql = format!("a AND {} AND b", chain(&format!("{subject} <> #"), " AND "));
            assert_eq!(shortened(&sql), format!("a AND {subject}NOTIN({}) AND b", list()));
        }
        let sql = format!("({})", chain("(x = #)", "\n or "));
        assert_eq!(shortened(&sql), format!("(xIN({}))", list()));
    }

    #[test]
    fn what_binds_tighter_keeps_its_term() {
        let all = chain("x = #", " OR ");
        // The first term belongs to what stands before it, the last to what follows.
        for (before, after) in [("a AND ", ""), ("NOT ", ""), ("", " AND a"), ("", " || 'b'"), ("- ", "")] {
            let sql = format!("WHERE {before}{all}{after}");
            let short = shortened(&sql);
            assert!(short.contains("IN("), "{sql}");
            let alone = if after.is_empty() { "x = '0'" } else { "x = '24'" };
            assert!(short.contains(&format!("{before}{alone}{after}")), "{short}");
        }
        let sql = format!("WHERE a BETWEEN 1 AND {}", chain("x <> #", " AND "));
        assert!(shortened(&sql).contains("BETWEEN 1 AND x <> '0' AND xNOTIN("), "{}", shortened(&sql));
    }

    #[test]
    fn other_chains_stay() {
        for sql in [
            chain("x = #", " AND "),
            chain("x <> #", " OR "),
            chain("x = # || y", " OR "),
            chain("x = # OR y = #", " OR "),
            chain("NOT x = #", " OR "),
        ] {
            let sql = format!("WHERE {sql}");
            assert_eq!(shortened(&sql), sql);
        }
    }
}
