//! Names for queries in FROM and columns of VALUES that have none.
//!
//! | FROM | becomes |
//! |---|---|
//! | `(SELECT 1 AS a), (SELECT 2 AS a)` | `(SELECT 1 AS a) AS ":q0", (SELECT 2 AS a) AS ":q1"` |
//! | `(VALUES 1) AS t` | `(VALUES 1) AS t (_col0)` |
//!
//! The planner tells columns of one name apart by their relations only. The names are none that a statement can use.

use sqlparser::ast::{Ident, Query, SetExpr, TableAlias, TableAliasColumnDef};

use crate::output::first_body;

/// Gives a query in FROM an alias, and its columns if they have no names; `number` is one that no other query has.
pub(crate) fn name_derived(query: &Query, alias: &mut Option<TableAlias>, number: usize) {
    let alias = alias.get_or_insert_with(|| TableAlias {
        explicit: true,
        name: Ident::with_quote('"', format!(":q{number}")),
        columns: Vec::new(),
        at: None,
    });
    name_values(query, alias);
}

/// Names the columns of VALUES as they are named in a result.
pub(crate) fn name_values(query: &Query, alias: &mut TableAlias) {
    if !alias.columns.is_empty() {
        return;
    }
    if let SetExpr::Values(values) = first_body(query) {
        let width = values.rows.first().map_or(0, |row| row.content.len());
        let column =
            |place| TableAliasColumnDef { name: Ident::new(format!("_col{place}")), data_type: None };
        alias.columns = (0..width).map(column).collect();
    }
}
