//! Text to one checked statement.

use std::collections::BTreeSet;

use auditlake_model::{Error, Result};
use datafusion::execution::SessionState;
use sqlparser::ast::{
    DescribeAlias, ObjectName, Query, ShowStatementFilter, ShowStatementOptions, Statement,
};
use sqlparser::ast::{ShowStatementFilterPosition, ShowStatementIn};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer};

use super::dialect::LakeDialect;
use super::errors::{foreign, syntax};
use super::parameters::{self, Parameters};
use super::position::Position;
use super::{INVALID_STATEMENT, arrows, caps, chains, lambda, short_forms, strict, types, uuid, views};

/// How many parentheses, subqueries and calls may be open at once.
const MAX_NESTING: usize = 64;

/// What a statement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// Rows of a query.
    Select,
    /// The plan of a query.
    Explain,
    /// The plan of a query with what its execution took.
    ExplainAnalyze,
    /// The names of tables.
    ShowTables,
    /// The columns of a table, by SHOW COLUMNS or DESCRIBE.
    ShowColumns,
    /// The names of schemas.
    ShowSchemas,
    /// The names of catalogs.
    ShowCatalogs,
    /// The functions that statements may call.
    ShowFunctions,
}

/// One statement that is allowed, within the bounds of [`caps`].
#[derive(Debug, Clone)]
pub struct ParsedStatement {
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Query(Box<Query>),
    Explain { query: Box<Query>, analyze: bool, verbose: bool },
    ShowTables { schema: Option<ObjectName>, like: Option<String> },
    ShowColumns { table: ObjectName },
    ShowSchemas { catalog: Option<ObjectName>, like: Option<String> },
    ShowCatalogs { like: Option<String> },
    ShowFunctions { like: Option<String> },
}

impl ParsedStatement {
    /// Returns what the statement asks for.
    pub fn kind(&self) -> StatementKind {
        match &self.body {
            Body::Query(_) => StatementKind::Select,
            Body::Explain { analyze: false, .. } => StatementKind::Explain,
            Body::Explain { analyze: true, .. } => StatementKind::ExplainAnalyze,
            Body::ShowTables { .. } => StatementKind::ShowTables,
            Body::ShowColumns { .. } => StatementKind::ShowColumns,
            Body::ShowSchemas { .. } => StatementKind::ShowSchemas,
            Body::ShowCatalogs { .. } => StatementKind::ShowCatalogs,
            Body::ShowFunctions { .. } => StatementKind::ShowFunctions,
        }
    }

    /// Leaves the parameters `names` to the engine, which finds their types; returns those that count rows.
    pub(super) fn open(&mut self, names: &[String]) -> BTreeSet<usize> {
        match &mut self.body {
            Body::Query(query) | Body::Explain { query, .. } => parameters::open(query.as_mut(), names),
            Body::ShowTables { .. }
            | Body::ShowColumns { .. }
            | Body::ShowSchemas { .. }
            | Body::ShowCatalogs { .. }
            | Body::ShowFunctions { .. } => BTreeSet::new(),
        }
    }

    /// Puts the queries of saved queries in the place of their names.
    ///
    /// # Errors
    /// As [`views::expand`].
    pub(super) async fn expand_views(&mut self, state: &SessionState) -> Result<()> {
        match &mut self.body {
            Body::Query(query) | Body::Explain { query, .. } => {
                views::expand(state, query.as_mut()).await?;
                caps::check_query(query)
            }
            _ => Ok(()),
        }
    }

    /// Returns the parameters that the statement takes by name, those of its saved queries too once they are in.
    pub(super) fn named_parameters(&self) -> Vec<String> {
        match &self.body {
            Body::Query(query) | Body::Explain { query, .. } => views::named_parameters(query),
            _ => Vec::new(),
        }
    }

    /// Puts the names of event data stores in the place of parameters after FROM; returns those parameters.
    ///
    /// # Errors
    /// `Invalid` for one that has no value.
    pub(super) fn name_tables(&mut self, parameters: &Parameters) -> Result<Vec<String>> {
        match &mut self.body {
            Body::Query(query) | Body::Explain { query, .. } => {
                parameters::name_tables(query.as_mut(), parameters)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Puts the values of parameters into the statement and returns those that it uses; `used` are those that it has
    /// used otherwise.
    ///
    /// # Errors
    /// As [`parameters::bind`].
    pub(super) fn bind(&mut self, parameters: &Parameters, used: Vec<String>) -> Result<Vec<String>> {
        match &mut self.body {
            Body::Query(query) | Body::Explain { query, .. } => {
                parameters::bind(query.as_mut(), parameters, used)
            }
            // These hold no values; binding none of them finds what is not used.
            _ => parameters::bind(&mut Vec::<Query>::new(), parameters, used),
        }
    }
}

/// Parses one statement of Lake SQL.
///
/// Allowed are SELECT (with WITH, VALUES, TABLE, set operations), EXPLAIN \[ANALYZE\] of one, SHOW TABLES, COLUMNS,
/// SCHEMAS, CATALOGS and FUNCTIONS, and DESCRIBE; a trailing `;` does no harm. Parameters (`:name`) are left open.
///
/// # Errors
/// `Invalid` for text that is no SQL, `Unsupported` for statements and clauses outside the dialect,
/// `ResourcesExhausted` beyond a bound. All but the last kind name the position, see [`super::Position`].
pub fn parse(sql: &str) -> Result<ParsedStatement> {
    parse_tokens(sql, tokenize(sql)?)
}

/// Parses a statement whose names shall carry no places, since it becomes part of another text.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_without_places(sql: &str) -> Result<ParsedStatement> {
    let tokens = tokenize(sql)?.into_iter();
    parse_tokens(sql, tokens.map(|token| TokenWithSpan { span: Span::empty(), ..token }).collect())
}

fn parse_tokens(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<ParsedStatement> {
    let first = check_statement_start(sql, &tokens)?;
    let tokens = chains::shorten(tokens);
    caps::check_tokens(&tokens)?;
    let tokens = short_forms::expand(types::mark(tokens)?);
    let statement = parse_one(sql, arrows::mark(tokens))?;
    caps::check_statement(&statement)?;
    strict::check(&statement).map_err(|error| place_of_clause(sql, &error).unwrap_or(first).attach(error))?;
    lambda::check(&statement)?;
    let body = body_of(statement).map_err(|error| first.attach(error))?;
    Ok(ParsedStatement { body })
}

/// Splits the text into tokens, with bare UUIDs as names and each parameter as one token.
pub(super) fn tokenize(sql: &str) -> Result<Vec<TokenWithSpan>> {
    let tokens = lex(sql)?;
    let uuids = uuid::find(sql, &tokens);
    if uuids.is_empty() {
        return Ok(parameters::mark(tokens));
    }
    let mut tokens = lex(&uuid::mask(sql, &uuids))?;
    uuid::unmask(sql, &uuids, &mut tokens);
    Ok(parameters::mark(tokens))
}

pub(super) fn lex(sql: &str) -> Result<Vec<TokenWithSpan>> {
    Tokenizer::new(&LakeDialect, sql).tokenize_with_location().map_err(|error| {
        let position = Position::of_location(error.location).unwrap_or(Position::end_of(sql));
        let fault = position.attach(syntax_error(&error.message));
        match error.message.contains("string literal") {
            true => fault.with_hint("A quote inside of text is written twice: 'it''s'."),
            false => fault,
        }
    })
}

/// Checks the first word, so that a statement of another kind is named as such, however it goes on.
///
/// Returns its position.
fn check_statement_start(sql: &str, tokens: &[TokenWithSpan]) -> Result<Position> {
    let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon));
    let Some(first) = first else {
        return Err(Position::end_of(sql).attach(syntax_error("statement is empty")));
    };
    let position = Position::of_span(first.span).unwrap_or(Position { line: 1, column: 1 });
    let is_query = match &first.token {
        Token::LParen => true,
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::SELECT
                | Keyword::WITH
                | Keyword::VALUES
                | Keyword::TABLE
                | Keyword::EXPLAIN
                | Keyword::SHOW
                | Keyword::DESCRIBE
                | Keyword::DESC
        ),
        _ => false,
    };
    // A word that begins no statement of any dialect is a slip of the pen.
    let is_word = matches!(&first.token, Token::Word(word) if word.keyword != Keyword::NoKeyword);
    let found = first.token.to_string();
    match (is_query, is_word) {
        (true, _) => Ok(position),
        (false, true) => Err(position.attach(unsupported(&found))),
        (false, false) => {
            let error = position.attach(syntax_error(&format!("expected a statement, found: {found}")));
            match syntax::first_word(&found) {
                Some(hint) => Err(error.with_hint(hint)),
                None => Err(error),
            }
        }
    }
}

/// Returns where the clause stands that an error names between backticks.
fn place_of_clause(sql: &str, error: &Error) -> Option<Position> {
    let clause = error.message().split('`').nth(1)?;
    syntax::place_of_clause(&tokenize(sql).ok()?, clause)
}

fn parse_one(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<Statement> {
    let second = position_of_second(&tokens);
    let hints: Vec<(Position, String)> =
        dashed_name(&tokens).into_iter().chain(parameter_hints(&tokens)).collect();
    let mut parser =
        Parser::new(&LakeDialect).with_recursion_limit(MAX_NESTING).with_tokens_with_locations(tokens);
    let statements = parser.parse_statements().map_err(|error| {
        let error = from_parser(sql, error);
        let place = Position::of(&error);
        match hints.into_iter().find(|(position, _)| place == Some(*position)) {
            Some((_, hint)) => error.with_hint(hint),
            None => syntax::explain(&lex(sql).unwrap_or_default(), error),
        }
    })?;
    let mut statements = statements.into_iter();
    match (statements.next(), statements.next(), second) {
        (Some(statement), None, _) => Ok(statement),
        (Some(_), Some(_), Some(second)) => {
            let error = Error::invalid("more than one statement").with_code(INVALID_STATEMENT);
            Err(second.attach(error).with_hint("Run the statements one by one."))
        }
        _ => Err(Position::end_of(sql).attach(syntax_error("statement is empty"))),
    }
}

/// Returns the place behind the first `;` that more text follows.
fn position_of_second(tokens: &[TokenWithSpan]) -> Option<Position> {
    let is_text = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::SemiColon);
    let start = tokens.iter().position(|token| is_text(&token))?;
    let semicolon = start + tokens[start..].iter().position(|token| token.token == Token::SemiColon)?;
    let next = tokens[semicolon..].iter().find(is_text)?;
    Position::of_span(next.span)
}

/// Finds a name with dashes after FROM or JOIN, which only quotes make one name.
fn dashed_name(tokens: &[TokenWithSpan]) -> Option<(Position, String)> {
    let words: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let after = |window: &[&TokenWithSpan]| {
        matches!(&window[0].token, Token::Word(word) if matches!(word.keyword, Keyword::FROM | Keyword::JOIN))
            && matches!(window[1].token, Token::Word(_))
            && window[2].token == Token::Minus
    };
    let start = words.windows(3).position(after)?;
    let is_part = |token: &&&TokenWithSpan| {
        matches!(token.token, Token::Word(_) | Token::Minus | Token::Number(..) | Token::Period)
    };
    let mut name = String::new();
    let mut end = words[start + 1].span.start;
    for token in words[start + 1..].iter().take_while(is_part).take_while(|token| {
        let touches = token.span.start == end;
        end = token.span.end;
        touches
    }) {
        name.push_str(&token.token.to_string());
    }
    let hint = format!("A name with `-` stands in double quotes: \"{name}\".");
    Some((Position::of_span(words[start + 2].span)?, hint))
}

/// Returns what to say where the parser stumbles over a parameter.
fn parameter_hints(tokens: &[TokenWithSpan]) -> Vec<(Position, String)> {
    let misplaced = |token: &TokenWithSpan| match &token.token {
        Token::Placeholder(name) if name.starts_with(':') => {
            let hint = format!("`{name}` stands for a value, not for a name or a keyword.");
            Some((Position::of_span(token.span)?, hint))
        }
        _ => None,
    };
    let mut hints: Vec<(Position, String)> = tokens.iter().filter_map(misplaced).collect();
    if let Some(position) = parameters::quoted_parameter(tokens) {
        let hint = "Write `:name`: a parameter is a value and needs no quotes.".to_owned();
        // The parser stumbles over what stands behind the colon.
        let behind = Position { column: position.column + 1, ..position };
        hints.extend([(position, hint.clone()), (behind, hint)]);
    }
    hints
}

/// Says a fault that the parser found in our words; its place stands at the end of its message.
fn from_parser(sql: &str, error: ParserError) -> Error {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return Error::resources_exhausted(format!(
                "statement is nested more than {MAX_NESTING} levels deep"
            ));
        }
    };
    let (message, place) = split_place(&message);
    let place = place.map(|place| match message.rsplit_once(", found: ") {
        Some((_, found)) => syntax::place_of_found(&lex(sql).unwrap_or_default(), found, place),
        None => place,
    });
    place.unwrap_or(Position::end_of(sql)).attach(syntax_error(message))
}

/// Splits "Expected: x, found: y at Line: 1, Column: 5".
fn split_place(message: &str) -> (&str, Option<Position>) {
    let parse = || {
        let (text, place) = message.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, Position { line: line.parse().ok()?, column: column.trim().parse().ok()? }))
    };
    match parse() {
        Some((text, place)) => (text, Some(place)),
        None => (message, None),
    }
}

fn syntax_error(message: &str) -> Error {
    let message = match message.strip_prefix("Expected ") {
        Some(rest) => &format!("expected {rest}"),
        None => message,
    };
    let text = message.replacen("Expected: ", "expected ", 1).replace(", found: ", ", found ");
    let text = text.replace("found EOF", "found the end of the text");
    Error::invalid(format!("syntax error: {}", text.trim().trim_end_matches('.')))
        .with_code(INVALID_STATEMENT)
}

/// Says that a part of a statement is not taken, and what to write instead.
pub(super) fn unsupported_clause(what: &str) -> Error {
    match foreign::clause(what) {
        Some(hint) => Error::unsupported(format!("`{what}` is not part of Lake SQL"))
            .with_code(INVALID_STATEMENT)
            .with_hint(hint),
        None => unsupported(what),
    }
}

pub(super) fn unsupported(what: &str) -> Error {
    Error::unsupported(format!("`{what}` is not part of Lake SQL"))
        .with_code(INVALID_STATEMENT)
        .with_detail("Statements only read: SELECT, EXPLAIN [ANALYZE], SHOW, DESCRIBE.")
}

fn body_of(statement: Statement) -> Result<Body> {
    match statement {
        Statement::Query(query) => Ok(Body::Query(query)),
        Statement::Explain {
            describe_alias: DescribeAlias::Explain,
            analyze,
            verbose,
            statement,
            query_plan: false,
            estimate: false,
            format: None,
            options: None,
        } => match *statement {
            Statement::Query(query) => Ok(Body::Explain { query, analyze, verbose }),
            other => Err(unsupported(&format!("EXPLAIN {}", first_word(&other)))),
        },
        Statement::ExplainTable { describe_alias, table_name, hive_format: None, .. } => match describe_alias
        {
            DescribeAlias::Describe | DescribeAlias::Desc => Ok(Body::ShowColumns { table: table_name }),
            DescribeAlias::Explain => Err(syntax_error("EXPLAIN wants a SELECT")
                .with_hint(format!("Write `DESCRIBE {table_name}` to see the columns of a table."))),
        },
        Statement::ShowTables { show_options, terse: false, history: false, external: false, .. } => {
            let (schema, like) = show_parts(show_options, "SHOW TABLES")?;
            Ok(Body::ShowTables { schema, like })
        }
        Statement::ShowColumns { show_options, .. } => match show_parts(show_options, "SHOW COLUMNS")? {
            (Some(table), None) => Ok(Body::ShowColumns { table }),
            _ => {
                Err(syntax_error("SHOW COLUMNS wants a table").with_hint("Write `SHOW COLUMNS FROM trail`."))
            }
        },
        Statement::ShowSchemas { terse: false, history: false, show_options } => {
            let (catalog, like) = show_parts(show_options, "SHOW SCHEMAS")?;
            Ok(Body::ShowSchemas { catalog, like })
        }
        Statement::ShowCatalogs { terse: false, history: false, show_options } => {
            match show_parts(show_options, "SHOW CATALOGS")? {
                (None, like) => Ok(Body::ShowCatalogs { like }),
                (Some(_), _) => Err(unsupported("SHOW CATALOGS FROM")),
            }
        }
        Statement::ShowFunctions { filter } => match filter {
            None => Ok(Body::ShowFunctions { like: None }),
            Some(ShowStatementFilter::Like(pattern)) => Ok(Body::ShowFunctions { like: Some(pattern) }),
            Some(_) => Err(unsupported("SHOW FUNCTIONS with a filter other than LIKE")),
        },
        other => Err(unsupported(&first_word(&other))),
    }
}

/// Returns what stands after FROM and LIKE.
fn show_parts(options: ShowStatementOptions, what: &str) -> Result<(Option<ObjectName>, Option<String>)> {
    let ShowStatementOptions { show_in, filter_position, starts_with, limit, limit_from } = options;
    let parent = match show_in {
        Some(ShowStatementIn { parent_name: Some(name), parent_type: None, .. }) => Some(name),
        None => None,
        Some(_) => return Err(unsupported(what)),
    };
    let like = match filter_position {
        Some(
            ShowStatementFilterPosition::Suffix(ShowStatementFilter::Like(pattern))
            | ShowStatementFilterPosition::Infix(ShowStatementFilter::Like(pattern)),
        ) => Some(pattern),
        None => None,
        Some(_) => return Err(unsupported(&format!("{what} with a filter other than LIKE"))),
    };
    if starts_with.is_some() || limit.is_some() || limit_from.is_some() {
        return Err(unsupported(&format!("{what} with STARTS WITH or LIMIT")));
    }
    Ok((parent, like))
}

fn first_word(statement: &Statement) -> String {
    let text = statement.to_string();
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use auditlake_model::ErrorKind;

    use super::*;

    fn refused(sql: &str, kind: ErrorKind, message: &str, place: (u64, u64)) {
        let error = parse(sql).unwrap_err();
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        assert!(error.message().contains(message), "{sql}: {error:?}");
        let expect = Position { line: place.0, column: place.1 };
        assert_eq!(Position::of(&error), Some(expect), "{sql}: {error:?}");
    }

    #[test]
    fn queries_and_questions_about_tables_are_allowed() {
        for (sql, kind) in [
            ("SELECT 1", StatementKind::Select),
            ("  select 1 ; ", StatementKind::Select),
            ("WITH a AS (SELECT 1) SELECT * FROM a", StatementKind::Select),
            ("(SELECT 1) UNION ALL (SELECT 2)", StatementKind::Select),
            ("VALUES (1, 2)", StatementKind::Select),
            ("-- why\nSELECT count (*)AS count FROM t WHERE a = 'x'ORDER BY 1", StatementKind::Select),
            ("EXPLAIN SELECT 1", StatementKind::Explain),
            ("EXPLAIN ANALYZE VERBOSE SELECT 1", StatementKind::ExplainAnalyze),
            ("SHOW TABLES", StatementKind::ShowTables),
            ("SHOW TABLES FROM system LIKE 'imp%'", StatementKind::ShowTables),
            ("SHOW COLUMNS FROM trail", StatementKind::ShowColumns),
            ("DESCRIBE 12e5f6a7-00e1-4bcd-9def-0123456789ab", StatementKind::ShowColumns),
            ("DESC \"my.store\"", StatementKind::ShowColumns),
            ("SHOW SCHEMAS LIKE 's%'", StatementKind::ShowSchemas),
            ("SHOW CATALOGS", StatementKind::ShowCatalogs),
            ("SHOW FUNCTIONS LIKE 'json%'", StatementKind::ShowFunctions),
        ] {
            assert_eq!(parse(sql).unwrap().kind(), kind, "{sql}");
        }
    }

    #[test]
    fn other_statements_are_named() {
        let unsupported = ErrorKind::Unsupported;
        refused("DROP TABLE trail", unsupported, "`DROP`", (1, 1));
        refused("\n  COPY t TO 'x.csv'", unsupported, "`COPY`", (2, 3));
        refused("SET a = 1", unsupported, "`SET`", (1, 1));
        refused("insert into t values (1)", unsupported, "`insert`", (1, 1));
        refused("EXPLAIN INSERT INTO t VALUES (1)", unsupported, "`INSERT`", (1, 9));
        refused("SHOW CREATE TABLE t", unsupported, "SHOW CREATE", (1, 1));
        refused("SHOW FUNCTIONS WHERE a = 1", unsupported, "SHOW FUNCTIONS", (1, 1));
        refused("WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", unsupported, "INSERT", (1, 22));
        refused("SELECT 1 INTO t", unsupported, "SELECT INTO", (1, 1));
        refused("WITH a AS (DELETE FROM t) SELECT 1", unsupported, "DELETE", (1, 12));
    }

    #[test]
    fn faults_have_a_place() {
        let invalid = ErrorKind::Invalid;
        refused("", invalid, "empty", (1, 1));
        refused(" ; ", invalid, "empty", (1, 3));
        refused("SELECT 1; SELECT 2", invalid, "more than one", (1, 11));
        refused("SELECT 'x", invalid, "Unterminated", (1, 8));
        refused("SELECT a\nFROM t WHERE", invalid, "found the end of the text", (2, 13));
        refused("SELECT a FROM t GROUP eventName", invalid, "found GROUP", (1, 17));
        refused("EXPLAIN trail", invalid, "EXPLAIN wants a SELECT", (1, 1));
        refused("SELECT * FROM t WHERE `a` = 1", invalid, "found `", (1, 23));
    }

    #[test]
    fn dashed_names_want_quotes() {
        let error = parse("SELECT * FROM my-trail-2 WHERE a").unwrap_err();
        assert_eq!(
            error.hint(),
            Some("A name with `-` stands in double quotes: \"my-trail-2\"."),
            "{error:?}"
        );
        let error = parse("SELECT * FROM a WHERE x y - z").unwrap_err();
        assert_eq!(error.hint(), None, "{error:?}");
    }
}
