//! A file becomes records.
//!
//! ```text
//! # Trino: concat(string, ...): NULL if any argument is NULL
//! query T
//! SELECT concat('a', NULL)
//! ----
//! NULL
//!
//! # Trino: arrays count from 1; [0] is an error
//! statement error SQL array indices start at 1
//! SELECT ARRAY[1, 2][0]
//! ```
//!
//! - `query TYPES [rowsort] [names]`: a letter for each column; `rowsort` makes the order of rows free; `names` makes
//!   the first expected line the names of the columns.
//! - `statement ok`: it runs. `statement error TEXT`: it fails, and what is said contains TEXT.
//! - A record ends at an empty line, so there is none inside of a statement.

/// What a comment above a record begins with: whose rule it is.
const RULES: [&str; 3] = ["# Trino: ", "# Lake: ", "# Auditlake: "];

/// One statement, and what it must answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Where the record's first word stands, from 1.
    pub(crate) line: usize,
    pub(crate) sql: String,
    pub(crate) expected: Expected,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Rows(Rows),
    Runs,
    /// The statement fails, and what is said contains this text.
    Error(String),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    /// A letter for each column.
    pub(crate) types: String,
    /// Whether the order of rows is free.
    pub(crate) sorted: bool,
    pub(crate) names: Option<String>,
    pub(crate) rows: Vec<String>,
}

/// Faults of a file, each with its line.
type Faults = Vec<(usize, String)>;

/// Reads a file; all its faults are told.
pub(crate) fn parse(text: &str) -> Result<Vec<Record>, Faults> {
    let (mut records, mut faults) = (Vec::new(), Vec::new());
    for block in blocks(text) {
        match record(&block) {
            Ok(found) => records.extend(found),
            Err((line, fault)) => faults.push((line, fault.to_owned())),
        }
    }
    if faults.is_empty() { Ok(records) } else { Err(faults) }
}

/// Numbered lines between empty ones.
fn blocks(text: &str) -> Vec<Vec<(usize, &str)>> {
    let lines: Vec<(usize, &str)> = text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect();
    let blocks = lines.split(|(_, line)| line.trim().is_empty());
    blocks.filter(|block| !block.is_empty()).map(<[_]>::to_vec).collect()
}

fn record(block: &[(usize, &str)]) -> Result<Option<Record>, (usize, &'static str)> {
    let comments = block.iter().take_while(|(_, line)| line.starts_with('#')).count();
    let Some(((line, head), body)) = block[comments..].split_first() else { return Ok(None) };
    let fault = |what| Err((*line, what));
    let has_rule = block[..comments].iter().any(|(_, line)| RULES.iter().any(|rule| line.starts_with(rule)));
    if !has_rule {
        return fault("the comment right above names no rule: `# Trino: `, `# Lake: ` or `# Auditlake: `");
    }
    let body: Vec<&str> = body.iter().map(|(_, line)| *line).collect();
    let end = body.iter().position(|line| *line == "----");
    let sql = body[..end.unwrap_or(body.len())].join("\n");
    if sql.is_empty() {
        return fault("a statement is missing");
    }
    let expected = match (head.split_once(' '), end) {
        (Some(("query", options)), Some(end)) => match rows(options, &body[end + 1..]) {
            Some(rows) => Expected::Rows(rows),
            None => return fault("write `query TYPES [rowsort] [names]`, types out of T I R B P J ?"),
        },
        (Some(("query", _)), None) => return fault("`----` and rows are missing below the query"),
        (Some(("statement", "ok")), None) => Expected::Runs,
        (Some(("statement", error)), None) => match error.strip_prefix("error ") {
            Some(text) if !text.trim().is_empty() => Expected::Error(text.trim().to_owned()),
            _ => return fault("write `statement ok` or `statement error TEXT`"),
        },
        _ => return fault("a record begins with `query` or `statement`; rows stand below `----` of a query"),
    };
    Ok(Some(Record { line: *line, sql, expected }))
}

fn rows(options: &str, lines: &[&str]) -> Option<Rows> {
    let mut words = options.split_whitespace();
    let types = words.next()?.to_owned();
    if types.chars().any(|letter| !"TIRBPJ?".contains(letter)) {
        return None;
    }
    let mut rows = Rows { types, ..Rows::default() };
    let mut lines = lines.iter().map(|line| (*line).to_owned());
    for word in words {
        match word {
            "rowsort" => rows.sorted = true,
            "names" => rows.names = Some(lines.next()?),
            _ => return None,
        }
    }
    rows.rows = lines.collect();
    Some(rows)
}

#[test]
fn records_are_read_with_their_lines() {
    let text = "# about the file\n\n# Trino: rule\n# more\nquery TI rowsort\nSELECT 'a',\n  1\n----\na | 1\n\n\
                # Lake: rule\nstatement error no such\nSELECT x\n";
    let rows = Rows { types: "TI".to_owned(), sorted: true, names: None, rows: vec!["a | 1".to_owned()] };
    let expected = vec![
        Record { line: 5, sql: "SELECT 'a',\n  1".to_owned(), expected: Expected::Rows(rows) },
        Record { line: 12, sql: "SELECT x".to_owned(), expected: Expected::Error("no such".to_owned()) },
    ];
    assert_eq!(parse(text).unwrap(), expected);
}

#[test]
fn a_record_without_a_rule_is_a_fault() {
    for (text, line, fault) in [
        ("query T\nSELECT 1\n----\n1", 1, "names no rule"),
        ("# a note\nquery T\nSELECT 1\n----\n1", 2, "names no rule"),
        ("# Trino: x\n\nquery T\nSELECT 1\n----\n1", 3, "names no rule"),
        ("# Trino: x\nquery X\nSELECT 1\n----\n1", 2, "types out of"),
        ("# Trino: x\nquery I\nSELECT 1", 2, "`----`"),
        ("# Trino: x\nstatement error\nSELECT 1", 2, "statement error TEXT"),
        ("# Trino: x\nstatement ok", 2, "statement is missing"),
    ] {
        let faults = parse(text).unwrap_err();
        assert_eq!((faults.len(), faults[0].0), (1, line), "{text}");
        assert!(faults[0].1.contains(fault), "{text}: {faults:?}");
    }
}
