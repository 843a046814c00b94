//! Bounds on the shape of a statement, checked before anything walks it by recursion. How long its text may be is a
//! setting, and checked by whoever takes statements in.
//!
//! Nesting is bounded by the parser itself. What it builds without recursion can still be deep: `a + a + ...`
//! is a chain of nodes, each inside the next, and a CTE named twice doubles the plan. So chains are counted
//! on the tokens, before the tree exists, and the rest on the tree.

use std::collections::HashMap;
use std::ops::ControlFlow;

use auditlake_model::{Error, Result};
use sqlparser::ast::{Expr, ObjectName, Query, Statement, TableFactor, Visit, Visitor};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::position::Position;

/// Deepest expression: each operator of a chain such as `a OR b OR c` counts.
pub const MAX_EXPRESSION_DEPTH: usize = 500;
/// Most tables, subqueries and CTEs that may be read by one statement, each as often as it is read.
pub const MAX_RELATIONS: usize = 500;
/// Most UNION, INTERSECT and EXCEPT operators in one statement.
pub const MAX_SET_OPERATIONS: usize = 200;

/// Most operators and keywords between two commas; keeps the tree shallow enough to be dropped.
const MAX_RUN: usize = 4_000;
/// Most open parentheses, brackets and CASEs; the parser goes down the parameters of types without a bound.
const MAX_OPEN: usize = 200;
/// Most prefix operators in a row (`NOT NOT ...`), each of which takes the parser one level down.
const MAX_PREFIXES: usize = 32;
/// Most types with parameters (`ARRAY<...>`), for the same reason.
const MAX_NESTED_TYPES: usize = 64;

/// Checks the lengths of chains, before they are parsed.
///
/// # Errors
/// `ResourcesExhausted`, with the position.
pub(super) fn check_tokens(tokens: &[TokenWithSpan]) -> Result<()> {
    // One count for each open parenthesis, bracket or CASE.
    let mut runs = vec![0usize];
    let mut set_operations = 0usize;
    let mut nested_types = 0usize;
    let mut prefixes = 0usize;
    let mut last = None;
    for token in tokens {
        if matches!(token.token, Token::Whitespace(_)) {
            continue;
        }
        let keyword = keyword_of(&token.token, last);
        let is_set_operation = matches!(keyword, Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT);
        set_operations += usize::from(is_set_operation);
        nested_types += usize::from(token.token == Token::Lt && last.is_some_and(is_type_constructor));
        prefixes = if is_prefix(&token.token, keyword) { prefixes + 1 } else { 0 };
        count(&mut runs, &token.token, keyword);
        let what = if runs.last().is_some_and(|run| *run > MAX_RUN) {
            "expression is too long"
        } else if set_operations > MAX_SET_OPERATIONS {
            "statement has too many set operations"
        } else if runs.len() > MAX_OPEN || nested_types > MAX_NESTED_TYPES || prefixes > MAX_PREFIXES {
            "statement is nested too deep"
        } else {
            last = Some(&token.token);
            continue;
        };
        let error = Error::resources_exhausted(what).with_hint(SHORTER);
        return Err(match Position::of_span(token.span) {
            Some(position) => position.attach(error),
            None => error,
        });
    }
    Ok(())
}

const SHORTER: &str = "Write long chains as a list: `x IN ('a', 'b', ...)` for `x = 'a' OR x = 'b' OR ...`.";

/// Returns the keyword that a token is, unless it stands after a dot and is a name.
fn keyword_of(token: &Token, last: Option<&Token>) -> Keyword {
    match token {
        Token::Word(word) if last != Some(&Token::Period) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

fn is_prefix(token: &Token, keyword: Keyword) -> bool {
    keyword == Keyword::NOT || matches!(token, Token::Minus | Token::Plus | Token::Tilde)
}

fn is_type_constructor(token: &Token) -> bool {
    let takes_types =
        |keyword| matches!(keyword, Keyword::ARRAY | Keyword::MAP | Keyword::STRUCT | Keyword::UNION);
    matches!(token, Token::Word(word) if takes_types(word.keyword))
}

fn count(runs: &mut Vec<usize>, token: &Token, keyword: Keyword) {
    let starts_anew = matches!(
        keyword,
        Keyword::SELECT | Keyword::WHERE | Keyword::HAVING | Keyword::WHEN | Keyword::THEN | Keyword::ELSE
    );
    match token {
        Token::Comma | Token::SemiColon => set_top(runs, 0),
        Token::LParen | Token::LBracket => {
            add_to_top(runs);
            runs.push(0);
        }
        Token::RParen | Token::RBracket => pop(runs),
        Token::Word(_) if keyword == Keyword::CASE => {
            add_to_top(runs);
            runs.push(0);
        }
        Token::Word(_) if keyword == Keyword::END => pop(runs),
        Token::Word(_) if starts_anew => set_top(runs, 0),
        Token::Word(_) if keyword == Keyword::NoKeyword => {}
        Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => {}
        _ => add_to_top(runs),
    }
}

fn set_top(runs: &mut [usize], count: usize) {
    if let Some(top) = runs.last_mut() {
        *top = count;
    }
}

fn add_to_top(runs: &mut [usize]) {
    if let Some(top) = runs.last_mut() {
        *top += 1;
    }
}

fn pop(runs: &mut Vec<usize>) {
    if runs.len() > 1 {
        runs.pop();
    }
}

/// Checks depth and size of a parsed statement.
///
/// # Errors
/// `ResourcesExhausted`.
pub(super) fn check_statement(statement: &Statement) -> Result<()> {
    check_tree(statement)
}

/// Checks a query again that saved queries were put into.
///
/// # Errors
/// As [`check_statement`].
pub(super) fn check_query(query: &Query) -> Result<()> {
    check_tree(query)
}

fn check_tree(statement: &impl Visit) -> Result<()> {
    let mut measure = Measure::default();
    match statement.visit(&mut measure) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(Exceeded::Depth) => Err(Error::resources_exhausted(format!(
            "expression is nested more than {MAX_EXPRESSION_DEPTH} levels deep, counting each operator of a chain"
        ))
        .with_hint(SHORTER)),
        ControlFlow::Break(Exceeded::Relations) => Err(Error::resources_exhausted(format!(
            "statement reads more than {MAX_RELATIONS} tables and subqueries, counting each use of a WITH query"
        ))),
    }
}

#[derive(Debug, Clone, Copy)]
enum Exceeded {
    Depth,
    Relations,
}

#[derive(Default)]
struct Measure {
    depth: usize,
    /// Relations read by each query that is being visited.
    open: Vec<usize>,
    /// Address of the query of each CTE that was announced but not visited yet, and its name.
    announced: HashMap<usize, String>,
    /// Relations behind each CTE that was visited, by name.
    ctes: HashMap<String, usize>,
}

impl Measure {
    fn add_relations(&mut self, count: usize) -> ControlFlow<Exceeded> {
        let Some(top) = self.open.last_mut() else { return ControlFlow::Continue(()) };
        *top = top.saturating_add(count);
        if *top > MAX_RELATIONS { ControlFlow::Break(Exceeded::Relations) } else { ControlFlow::Continue(()) }
    }
}

/// Returns what tells one query of a tree from every other, as long as the tree stays where it is.
pub(super) fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Visitor for Measure {
    type Break = Exceeded;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Exceeded> {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.announced.insert(address(&cte.query), cte.alias.name.value.to_lowercase());
        }
        self.open.push(0);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Exceeded> {
        let count = self.open.pop().unwrap_or(0);
        match self.announced.remove(&address(query)) {
            // A CTE counts where it is read.
            Some(name) => {
                self.ctes.insert(name, count);
                ControlFlow::Continue(())
            }
            None => self.add_relations(count),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Exceeded> {
        let name = match relation.0.as_slice() {
            [single] => single.as_ident().map(|ident| ident.value.to_lowercase()),
            _ => None,
        };
        let behind = name.and_then(|name| self.ctes.get(&name).copied()).unwrap_or(0);
        self.add_relations(behind)
    }

    fn pre_visit_table_factor(&mut self, _factor: &TableFactor) -> ControlFlow<Exceeded> {
        self.add_relations(1)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Exceeded> {
        self.depth += levels(expr);
        if self.depth > MAX_EXPRESSION_DEPTH {
            ControlFlow::Break(Exceeded::Depth)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn post_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Exceeded> {
        self.depth -= levels(expr);
        ControlFlow::Continue(())
    }
}

/// How many levels of plan an expression becomes: each step of `a.b[1].c` is one.
fn levels(expr: &Expr) -> usize {
    match expr {
        Expr::CompoundFieldAccess { access_chain, .. } => 1 + access_chain.len(),
        Expr::CompoundIdentifier(parts) => parts.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use auditlake_model::ErrorKind;

    use crate::parse;
    use crate::position::Position;

    fn refused(sql: &str, message: &str) {
        let error = parse(sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResourcesExhausted, "{error:?}");
        assert!(error.message().contains(message), "{error:?}");
    }

    fn chain(operator: &str, count: usize) -> String {
        format!("SELECT 1 FROM t WHERE {}", vec!["eventName > 'x'"; count].join(operator))
    }

    #[test]
    fn chains_are_bounded() {
        for operator in [" OR ", " AND "] {
            assert!(parse(&chain(operator, 490)).is_ok());
            refused(&chain(operator, 510), "levels deep");
            refused(&chain(operator, 9_000), "too long");
        }
        // Many values for one thing are a list, however they are written.
        for (term, operator) in [("eventName = 'x'", " OR "), ("eventName <> 'x'", " AND ")] {
            let sql = format!("SELECT 1 FROM t WHERE {}", vec![term; 30_000].join(operator));
            assert!(parse(&sql).is_ok());
        }
        refused(&format!("SELECT {}1", "1 + ".repeat(60_000)), "too long");
        refused(&format!("SELECT x{}", "[1]".repeat(60_000)), "too long");
        refused(&format!("SELECT x{}", "::int".repeat(30_000)), "too long");
        refused(&format!("SELECT x{}", ".a".repeat(600)), "nested");
        // As deep as a tree can become before it is refused and dropped.
        refused(&chain(" OR ", 1_990), "levels deep");
        refused(&format!("SELECT x{}", " IS NOT NULL".repeat(15_000)), "too long");
        refused(&format!("SELECT {} 1", "CASE WHEN a THEN b END + ".repeat(6_000)), "too long");
        refused(&format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(300)), "set operations");
    }

    #[test]
    fn cases_may_have_many_branches() {
        let branches = "WHEN eventName = 'x' AND awsRegion = 'y' THEN 'z' ".repeat(2_000);
        assert!(parse(&format!("SELECT CASE {branches}ELSE 'a' END FROM t")).is_ok());
        assert!(
            parse(&format!("SELECT CASE eventName {} END FROM t", "WHEN 'x' THEN 1 ".repeat(20_000))).is_ok()
        );
    }

    #[test]
    fn long_lists_are_no_chains() {
        let list = vec!["'AssumeRole'"; 15_000].join(", ");
        assert!(parse(&format!("SELECT 1 FROM t WHERE eventName IN ({list})")).is_ok());
        assert!(parse(&format!("SELECT {}", vec!["a.b = 1 AND c.d = 2"; 5_000].join(", "))).is_ok());
    }

    #[test]
    fn nesting_is_bounded() {
        let cases = [
            ("(", ")", 5_000),
            ("(SELECT ", ")", 5_000),
            ("abs(", ")", 5_000),
            ("ARRAY[", "]", 5_000),
            ("CASE WHEN ", " THEN 1 END", 5_000),
            ("(", ")", 150),
            ("NOT ", "", 1_000),
            ("- ", "", 1_000),
        ];
        for (open, close, depth) in cases {
            refused(&format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth)), "nested");
        }
        refused(&format!("SELECT * FROM {}t{}", "(".repeat(5_000), ")".repeat(5_000)), "nested");
        let types = format!("SELECT CAST(x AS {}INT{})", "ARRAY<".repeat(5_000), ">".repeat(5_000));
        refused(&types, "nested");
        let types = format!("SELECT CAST(x AS {}INT{})", "NULLABLE(".repeat(5_000), ")".repeat(5_000));
        refused(&types, "nested");
    }

    #[test]
    fn ctes_cannot_multiply_without_bound() {
        let doubling: String =
            (1..30).map(|n| format!(", q{n} AS (SELECT * FROM q{} a, q{} b)", n - 1, n - 1)).collect();
        refused(&format!("WITH q0 AS (SELECT 1 AS x){doubling} SELECT * FROM q29"), "tables and subqueries");
        refused(&format!("SELECT * FROM t{}", ", t".repeat(600)), "tables and subqueries");
        let used_twice = "WITH q AS (SELECT 1 AS x) SELECT * FROM q JOIN q AS r ON q.x = r.x";
        assert!(parse(used_twice).is_ok());
    }

    #[test]
    fn the_place_is_told() {
        let error = parse(&format!("SELECT\n{}1", "1 + ".repeat(5_000))).unwrap_err();
        assert_eq!(Position::of(&error).map(|position| position.line), Some(2));
    }
}
