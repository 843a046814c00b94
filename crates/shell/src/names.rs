//! Names as SQL wants them, and the words that SQL keeps for itself.

/// Keywords that are coloured and offered.
pub(crate) const KEYWORDS: &[&str] = &[
    "ALL",
    "ANALYZE",
    "AND",
    "ANY",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "COLUMNS",
    "CROSS",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "DATE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "FALSE",
    "FETCH",
    "FILTER",
    "FIRST",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "LAST",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "NULLS",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OUTER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "ROWS",
    "SELECT",
    "SHOW",
    "TABLES",
    "THEN",
    "TIMESTAMP",
    "TRUE",
    "TRY_CAST",
    "UNION",
    "UNNEST",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Tells whether a word is a keyword, whatever its case.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search_by(|known| known.cmp(&word.to_ascii_uppercase().as_str())).is_ok()
}

/// Returns a name as it can stand in a statement: in quotes where it must.
pub(crate) fn quoted(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_keyword(name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Returns the name of a table, of which only `system.` may be a schema.
pub(crate) fn quoted_table(name: &str) -> String {
    match name.split_once('.') {
        Some(("system", table)) => format!("system.{}", quoted(table)),
        _ => quoted(name),
    }
}

/// Returns text as a literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_in_order() {
        assert!(KEYWORDS.is_sorted());
        assert!(is_keyword("select") && is_keyword("WHEN") && !is_keyword("eventName"));
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert_eq!(quoted("trail"), "trail");
        assert_eq!(quoted("my-trail"), "\"my-trail\"");
        assert_eq!(quoted("1st"), "\"1st\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted("order"), "\"order\"");
        assert_eq!(quoted_table("system.queries"), "system.queries");
        assert_eq!(quoted_table("a.b"), "\"a.b\"");
        assert_eq!(literal("it's"), "'it''s'");
    }
}
