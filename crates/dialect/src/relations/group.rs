//! FROM with each UNNEST and each join by names put together with what stands before it.
//!
//! | FROM | becomes |
//! |---|---|
//! | `UNNEST(x)` | `(UNNEST(x))` |
//! | `a, UNNEST(a.x)` | `(a CROSS JOIN UNNEST(a.x))` |
//! | `a, b JOIN c ON p, UNNEST(a.x) JOIN d ON q` | `(a CROSS JOIN (b JOIN c ON p) CROSS JOIN UNNEST(a.x)) JOIN d ON q` |
//! | `a JOIN b USING (x) JOIN c ON p` | `(a JOIN b USING (x)) JOIN c ON p` |
//! | `a JOIN UNNEST(a.x) ON TRUE JOIN UNNEST(a.y) ON TRUE` | `((a JOIN UNNEST(a.x) ON TRUE) JOIN UNNEST(a.y) ON TRUE)` |

use sqlparser::ast::{Ident, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor, TableWithJoins};

use super::using;

/// Groups the tables of one FROM.
pub(crate) fn group_from(tables: &mut Vec<TableWithJoins>) {
    let mut grouped: Vec<TableWithJoins> = Vec::with_capacity(tables.len());
    for mut table in tables.drain(..) {
        if is_unnest(&table.relation) && !grouped.is_empty() {
            let unnest = std::mem::replace(&mut table.relation, nothing());
            table.relation = parenthesized(cross_joined(std::mem::take(&mut grouped), unnest));
        }
        group_joins(&mut table);
        grouped.push(table);
    }
    *tables = grouped;
}

/// Groups the joins of one item of FROM.
pub(crate) fn group_joins(table: &mut TableWithJoins) {
    if is_unnest(&table.relation) {
        let relation = std::mem::replace(&mut table.relation, nothing());
        table.relation = parenthesized(TableWithJoins { relation, joins: Vec::new() });
    }
    for join in std::mem::take(&mut table.joins) {
        let closes = is_unnest(&join.relation) || using::is_by_name(&join);
        table.joins.push(join);
        if closes {
            let relation = std::mem::replace(&mut table.relation, nothing());
            let joins = std::mem::take(&mut table.joins);
            table.relation = parenthesized(TableWithJoins { relation, joins });
        }
    }
}

/// Splits a group into what stands before its last relation, if anything does, and that.
///
/// # Errors
/// Gives back a relation that is no such group.
pub(super) fn split(relation: TableFactor) -> Result<(Option<TableFactor>, Join), Box<TableFactor>> {
    let TableFactor::NestedJoin { mut table_with_joins, alias: None } = relation else {
        return Err(Box::new(relation));
    };
    match table_with_joins.joins.pop() {
        None if is_unnest(&table_with_joins.relation) => Ok((None, cross_join(table_with_joins.relation))),
        Some(join) if is_unnest(&join.relation) || using::is_by_name(&join) => {
            Ok((Some(TableFactor::NestedJoin { table_with_joins, alias: None }), join))
        }
        last => {
            table_with_joins.joins.extend(last);
            Err(Box::new(TableFactor::NestedJoin { table_with_joins, alias: None }))
        }
    }
}

pub(super) fn is_unnest(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { .. })
}

/// Writes `a, b, UNNEST(x)` with joins.
fn cross_joined(tables: Vec<TableWithJoins>, unnest: TableFactor) -> TableWithJoins {
    let mut tables = tables.into_iter();
    let first = tables.next().unwrap_or_else(|| TableWithJoins { relation: nothing(), joins: Vec::new() });
    let TableWithJoins { relation, mut joins } = first;
    let single =
        |table: TableWithJoins| if table.joins.is_empty() { table.relation } else { parenthesized(table) };
    joins.extend(tables.map(single).chain([unnest]).map(cross_join));
    TableWithJoins { relation, joins }
}

fn cross_join(relation: TableFactor) -> Join {
    Join { relation, global: false, join_operator: JoinOperator::CrossJoin(JoinConstraint::None) }
}

fn parenthesized(table: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(table), alias: None }
}

/// Stands in for a relation while that is moved.
fn nothing() -> TableFactor {
    TableFactor::Function {
        lateral: false,
        name: ObjectName::from(vec![Ident::new("")]),
        args: Vec::new(),
        with_ordinality: false,
        alias: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::parse::{Body, parse};
    use sqlparser::ast::SetExpr;

    fn grouped(from: &str) -> String {
        let Body::Query(query) = parse(&format!("SELECT * FROM {from}")).unwrap().body else {
            panic!("{from}")
        };
        let SetExpr::Select(mut select) = *query.body else { panic!("{from}") };
        group_from(&mut select.from);
        select.from.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_unnest_refers_to_is_grouped_with_it() {
        for (from, expect) in [
            ("a, b", "a, b"),
            ("UNNEST(x)", "(UNNEST(x))"),
            ("a, UNNEST(a.x) AS t (y)", "(a CROSS JOIN UNNEST(a.x) AS t (y))"),
            (
                "a, b JOIN c ON p, UNNEST(a.x) JOIN d ON q, e",
                "(a CROSS JOIN (b JOIN c ON p) CROSS JOIN UNNEST(a.x)) JOIN d ON q, e",
            ),
            (
                "a LEFT JOIN UNNEST(a.x) ON true JOIN b ON p CROSS JOIN UNNEST(a.y)",
                "((a LEFT JOIN UNNEST(a.x) ON true) JOIN b ON p CROSS JOIN UNNEST(a.y))",
            ),
            (
                "a JOIN b USING (x) JOIN c ON p NATURAL JOIN d",
                "((a JOIN b USING(x)) JOIN c ON p NATURAL JOIN d)",
            ),
            ("UNNEST(x) AS t, UNNEST(t.y)", "((UNNEST(x) AS t) CROSS JOIN UNNEST(t.y))"),
        ] {
            assert_eq!(grouped(from), expect, "{from}");
        }
    }
}
