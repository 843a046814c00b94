//! The values, by code.

use std::collections::HashMap;

use arrow_flight::sql::SqlSupportsConvert as To;

use super::ServerFacts;

/// A value, of the kind that the protocol gives its code.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Bool(bool),
    Int64(i64),
    Int32(i32),
    List(Vec<String>),
    Map(HashMap<i32, Vec<i32>>),
}

/// Of the functions that ODBC and JDBC count as numeric, those that Lake SQL may have.
pub(super) const NUMERIC_FUNCTIONS: &[&str] = &[
    "abs", "acos", "asin", "atan", "atan2", "cbrt", "ceil", "cos", "cot", "degrees", "exp", "floor", "ln",
    "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "random", "round", "sign", "signum",
    "sin", "sqrt", "tan", "trunc",
];
/// String functions.
pub(super) const STRING_FUNCTIONS: &[&str] = &[
    "ascii",
    "btrim",
    "char_length",
    "chr",
    "concat",
    "concat_ws",
    "contains",
    "ends_with",
    "initcap",
    "json_extract",
    "json_extract_scalar",
    "left",
    "length",
    "levenshtein",
    "lower",
    "lpad",
    "ltrim",
    "octet_length",
    "position",
    "regexp_count",
    "regexp_like",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "translate",
    "trim",
    "upper",
];
/// System functions.
pub(super) const SYSTEM_FUNCTIONS: &[&str] = &["coalesce", "if", "ifnull", "nullif", "nvl", "version"];
/// Functions of dates and times.
pub(super) const DATETIME_FUNCTIONS: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "date_bin",
    "date_format",
    "date_part",
    "date_trunc",
    "from_unixtime",
    "make_date",
    "now",
    "to_char",
    "to_date",
    "to_timestamp",
    "to_unixtime",
    "today",
];
/// Words that names must not be, beyond those of SQL:2003.
const KEYWORDS: &[&str] = &["EXPLAIN", "IF", "ILIKE", "LIMIT", "OFFSET", "QUALIFY", "SHOW", "TRY_CAST"];

/// Returns all values in the order of their codes.
pub(super) fn values(facts: &ServerFacts) -> Vec<(u32, Value)> {
    let mut all = server(facts);
    all.extend(syntax(facts));
    all.extend(support());
    all.extend(limits());
    all.extend(transactions());
    all
}

/// What the server is: codes below 500.
fn server(facts: &ServerFacts) -> Vec<(u32, Value)> {
    let timeout_ms = i32::try_from(facts.statement_timeout.as_millis()).unwrap_or(i32::MAX);
    vec![
        (0, text("Auditlake")),
        (1, text(&facts.version)),
        // The version of the Arrow format.
        (2, text("1.3")),
        (3, Value::Bool(true)),
        // SQL, and no Substrait.
        (4, Value::Bool(true)),
        (5, Value::Bool(false)),
        (8, Value::Int32(0)),
        (9, Value::Bool(true)),
        (10, Value::Bool(false)),
        (100, Value::Int32(timeout_ms)),
        (101, Value::Int32(0)),
    ]
}

/// Names, literals and functions: 500 to 517.
fn syntax(facts: &ServerFacts) -> Vec<(u32, Value)> {
    let functions = &facts.functions;
    vec![
        // No DDL for catalogs, schemas and tables.
        (500, Value::Bool(false)),
        (501, Value::Bool(false)),
        (502, Value::Bool(false)),
        // Names ignore case, quoted ones too.
        (503, Value::Int32(1)),
        (504, text("\"")),
        (505, Value::Int32(1)),
        (506, Value::Bool(true)),
        // NULLs come last, ascending and descending.
        (507, Value::Int32(3)),
        (508, Value::List(KEYWORDS.iter().map(|word| (*word).to_owned()).collect())),
        (509, Value::List(functions.numeric.clone())),
        (510, Value::List(functions.string.clone())),
        (511, Value::List(functions.system.clone())),
        (512, Value::List(functions.datetime.clone())),
        (513, text("\\")),
        (514, text("")),
        (515, Value::Bool(true)),
        (516, Value::Bool(true)),
        (517, Value::Map(conversions())),
    ]
}

/// What statements may hold: 518 to 540.
fn support() -> Vec<(u32, Value)> {
    vec![
        (518, Value::Bool(true)),
        (519, Value::Bool(false)),
        (520, Value::Bool(true)),
        (521, Value::Bool(true)),
        // GROUP BY of columns that are not selected, and more than those.
        (522, Value::Int32(3)),
        (523, Value::Bool(true)),
        (524, Value::Bool(true)),
        // Minimum and core grammar of ODBC.
        (525, Value::Int32(3)),
        // Entry level of SQL-92.
        (526, Value::Int32(1)),
        (527, Value::Bool(false)),
        // Limited and full outer joins.
        (528, Value::Int32(6)),
        (529, text("schema")),
        (530, text("procedure")),
        // Not empty, or ODBC believes that there are no catalogs.
        (531, text("catalog")),
        (532, Value::Bool(true)),
        // Names may have schema and catalog wherever a name stands.
        (533, Value::Int32(7)),
        (534, Value::Int32(7)),
        (535, Value::Int32(0)),
        (536, Value::Bool(false)),
        (537, Value::Bool(false)),
        // Subqueries in comparisons, EXISTS, IN and quantified comparisons.
        (538, Value::Int32(15)),
        (539, Value::Bool(true)),
        // UNION and UNION ALL.
        (540, Value::Int32(3)),
    ]
}

/// Lengths and counts, of which none has a limit that a client could keep to: 541 to 562, but for 556.
fn limits() -> Vec<(u32, Value)> {
    let limit = |code: u32| match code {
        556 => (code, Value::Bool(true)),
        _ => (code, Value::Int64(0)),
    };
    (541..=562).map(limit).collect()
}

/// Transactions, result sets and updates, of which there are none: 563 to 576.
fn transactions() -> Vec<(u32, Value)> {
    let value = |code: u32| match code {
        // The isolation level NONE.
        564 => Value::Int32(1),
        // Forward only.
        567 => Value::Int32(2),
        // Read-only results that go forward; no other kind of result set.
        569 => Value::Int32(2),
        568 | 570 | 571 => Value::Int32(0),
        _ => Value::Bool(false),
    };
    (563..=576).map(|code| (code, value(code))).collect()
}

/// Returns to which types CAST goes, from each.
fn conversions() -> HashMap<i32, Vec<i32>> {
    let numbers = [
        To::SqlConvertBigint,
        To::SqlConvertDecimal,
        To::SqlConvertFloat,
        To::SqlConvertInteger,
        To::SqlConvertNumeric,
        To::SqlConvertReal,
        To::SqlConvertSmallint,
        To::SqlConvertTinyint,
    ];
    let times = [To::SqlConvertDate, To::SqlConvertTimestamp];
    let texts = [To::SqlConvertChar, To::SqlConvertVarchar];
    let of = |groups: &[&[To]]| groups.concat().into_iter().map(i32::from).collect::<Vec<_>>();
    let mut conversions = HashMap::new();
    for from in numbers {
        conversions.insert(i32::from(from), of(&[&numbers, &texts]));
    }
    for from in times {
        conversions.insert(i32::from(from), of(&[&times, &texts]));
    }
    for from in texts {
        conversions.insert(i32::from(from), of(&[&numbers, &times, &texts]));
    }
    conversions.insert(i32::from(To::SqlConvertBit), of(&[&[To::SqlConvertBit], &texts]));
    conversions
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
