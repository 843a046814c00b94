//! `(a, b) IN (SELECT x, y ..)`: a row among those of a query.
//!
//! | as typed | becomes |
//! |---|---|
//! | `(a, b) IN (query)` | `EXISTS (SELECT 1 FROM (query) AS ":row" (..) WHERE ":row".":0" = a AND ":row".":1" = b)` |
//! | `(a, b) NOT IN (query)` | `NOT EXISTS (.. WHERE (..) IS NOT FALSE)`: a comparison with NULL may be equal |
//!
//! In a condition both mean the same.

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Query, SelectItem, SetExpr, TableAlias, TableAliasColumnDef, UnaryOperator,
    Value,
};

use super::set_all::{all_of, derived_query, query_of};

const ROW: &str = ":row";

/// Rewrites an IN with rows on its left side and a query on its right one.
pub(crate) fn row_in(expr: &mut Expr) {
    if let Expr::UnaryOp { op: UnaryOperator::Not, expr: inner } = expr {
        let inner = unnested(inner);
        if let Expr::InSubquery { expr: row, negated, .. } = inner
            && matches!(row.as_ref(), Expr::Tuple(_))
        {
            *negated = !*negated;
            *expr = std::mem::replace(inner, nothing());
        }
    }
    let Expr::InSubquery { expr: row, subquery, negated } = expr else { return };
    let Expr::Tuple(items) = row.as_mut() else { return };
    let items = std::mem::take(items);
    let query = std::mem::replace(subquery.as_mut(), query_of(SetExpr::Values(no_rows())));
    let negated = *negated;
    *expr = Expr::Exists { subquery: Box::new(partner(items, query, negated)), negated };
}

/// Returns the query for the rows that are equal to one, or may be.
fn partner(items: Vec<Expr>, query: Query, or_unknown: bool) -> Query {
    let columns = (0..items.len()).map(|place| format!(":{place}"));
    let alias = TableAlias {
        explicit: true,
        name: quoted(ROW),
        columns: columns
            .clone()
            .map(|name| TableAliasColumnDef { name: quoted(&name), data_type: None })
            .collect(),
        at: None,
    };
    let equal = items.into_iter().zip(columns).map(|(item, name)| {
        binary(
            Expr::CompoundIdentifier(vec![quoted(ROW), quoted(&name)]),
            BinaryOperator::Eq,
            Expr::Nested(Box::new(item)),
        )
    });
    let condition = equal.reduce(|left, right| binary(left, BinaryOperator::And, right));
    let mut select = all_of(derived_query(query, alias));
    select.projection =
        vec![SelectItem::UnnamedExpr(Expr::Value(Value::Number("1".to_owned(), false).into()))];
    select.selection = condition.map(|condition| match or_unknown {
        true => Expr::IsNotFalse(Box::new(Expr::Nested(Box::new(condition)))),
        false => condition,
    });
    query_of(SetExpr::Select(Box::new(select)))
}

fn unnested(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Nested(inner) => unnested(inner),
        other => other,
    }
}

fn binary(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }
}

fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

fn nothing() -> Expr {
    Expr::Identifier(Ident::new(""))
}

fn no_rows() -> sqlparser::ast::Values {
    sqlparser::ast::Values { explicit_row: false, value_keyword: false, rows: Vec::new() }
}
