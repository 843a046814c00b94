//! The names of result columns: as the user typed them.
//!
//! | item of SELECT | name of its column |
//! |---|---|
//! | `x AS Name` | `Name` |
//! | `EventName`, `t.EventName` | `EventName` |
//! | `userIdentity.sessionContext.sessionIssuer.ARN` | `ARN` |
//! | `count(*)`, `m['key']` and other expressions | `_colN`, by position, from 0 |
//! | `*` | the names of the columns, and of a subquery's as typed there; without those marked [`WILDCARD_KEY`] |
//!
//! Names may repeat. A plan does not allow that, so in the tree later ones get a marked alias, and the names
//! of the result are kept beside the plan.

use std::collections::HashSet;

use datafusion::arrow::datatypes::Field;
use datafusion::common::DFSchema;
use sqlparser::ast::{AccessExpr, Expr, Ident, Query, Select, SelectItem, SetExpr};

use super::names::{NameIndex, mark};

/// Key of the field metadata that keeps a column out of `SELECT *` when its value is `false`.
pub const WILDCARD_KEY: &str = "auditlake.wildcard";

/// One item of the outermost SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// One column, and its name if it has one.
    Column(Option<String>),
    /// Any number of columns.
    Wildcard,
}

/// The select list of a query as typed.
#[derive(Debug)]
pub(super) struct SelectList(Vec<Item>);

impl SelectList {
    /// Reads the select list that names the columns of `query`, before names are folded.
    pub(super) fn of(query: &Query) -> Self {
        let items = match first_body(query) {
            SetExpr::Select(select) => select.projection.iter().map(item_of).collect(),
            SetExpr::Values(values) => {
                let width = values.rows.first().map_or(0, |row| row.content.len());
                vec![Item::Column(None); width]
            }
            _ => vec![Item::Wildcard],
        };
        Self(items)
    }

    /// Returns the columns of the plan that was made from this list, folded to `keys`.
    pub(super) fn columns(
        &self,
        keys: &[Option<String>],
        schema: &DFSchema,
        index: &NameIndex,
    ) -> Vec<OutputColumn> {
        let is_column = |item: &Item| matches!(item, Item::Column(_));
        let shown_before = |columns: &[OutputColumn]| columns.iter().filter(|column| column.shown).count();
        let mut columns = Vec::with_capacity(schema.fields().len());
        let mut next_item = 0;
        for (qualifier, field) in schema.iter() {
            let ahead = self.0.get(next_item..).unwrap_or_default();
            let next_column = ahead.iter().position(is_column).map(|distance| next_item + distance);
            // A wildcard goes on until the column comes that the next item has made.
            let is_made = |item: &usize| {
                let key = keys.get(*item).and_then(Option::as_deref);
                *item == next_item || (qualifier.is_none() && key == Some(field.name()))
            };
            let made_by = next_column.filter(is_made);
            columns.push(match made_by.map(|item| &self.0[item]) {
                Some(Item::Column(Some(name))) => OutputColumn { name: name.clone(), shown: true },
                Some(_) => OutputColumn { name: format!("_col{}", shown_before(&columns)), shown: true },
                None => OutputColumn { name: index.typed(field.name()), shown: is_in_wildcard(field) },
            });
            next_item = made_by.map_or(next_item, |item| item + 1);
        }
        columns
    }
}

/// A column of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputColumn {
    pub(super) name: String,
    /// False for a column that a wildcard brought, but that is shown only to those who name it.
    pub(super) shown: bool,
}

/// Tells whether `*` stands for a column too.
pub(super) fn is_in_wildcard(field: &Field) -> bool {
    field.metadata().get(WILDCARD_KEY).is_none_or(|shown| shown != "false")
}

/// Returns the aliases in the folded tree by which items are found again; none where items are columns one by one.
pub(super) fn item_keys(query: &Query) -> Vec<Option<String>> {
    let SetExpr::Select(select) = first_body(query) else {
        return match first_body(query) {
            SetExpr::Values(values) => vec![None; values.rows.first().map_or(0, |row| row.content.len())],
            _ => vec![None],
        };
    };
    let has_wildcard = has_wildcard(select);
    let key = |item: &SelectItem| match item {
        SelectItem::ExprWithAlias { alias, .. } if has_wildcard => Some(alias.value.clone()),
        _ => None,
    };
    select.projection.iter().map(key).collect()
}

fn has_wildcard(select: &Select) -> bool {
    select.projection.iter().any(is_wildcard)
}

fn is_wildcard(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..))
}

/// Returns the SELECT or VALUES that names the columns: the first branch of set operations.
pub(super) fn first_body(query: &Query) -> &SetExpr {
    let mut body = query.body.as_ref();
    loop {
        body = match body {
            SetExpr::SetOperation { left, .. } => left,
            SetExpr::Query(query) => &query.body,
            other => return other,
        };
    }
}

fn item_of(item: &SelectItem) -> Item {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Item::Column(Some(alias.value.clone())),
        SelectItem::UnnamedExpr(expr) => Item::Column(natural_name(expr).map(|name| name.value.clone())),
        SelectItem::ExprWithAliases { .. } => Item::Column(None),
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => Item::Wildcard,
    }
}

/// Returns the name that an expression gives its column: the last part of a dotted path.
fn natural_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Identifier(ident) => Some(ident),
        Expr::CompoundIdentifier(parts) => parts.last(),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(ident))) => Some(ident),
            _ => None,
        },
        Expr::Nested(inner) => natural_name(inner),
        _ => None,
    }
}

/// Returns the natural names of the items, before names are folded.
pub(super) fn natural_names(items: &[SelectItem]) -> Vec<Option<Ident>> {
    let name = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) => natural_name(expr).cloned(),
        _ => None,
    };
    items.iter().map(name).collect()
}

/// Gives items the aliases by which others refer to them, and makes them distinct; after names are folded.
///
/// - A dotted path is known by its last part: `ORDER BY arn`. `naturals` are these, folded too.
/// - What has no name at all is `_colN`. (The planner would name it by its text, and leave casts out of that.)
/// - Items that would collide get a marked alias. So does every item beside a wildcard, unless the user gave
///   it an alias, to which ORDER BY may refer.
pub(super) fn alias_items(items: &mut [SelectItem], naturals: &[Option<Ident>]) {
    let beside_wildcard = items.iter().any(is_wildcard);
    let mut used = HashSet::new();
    for (number, item) in items.iter_mut().enumerate() {
        let expr = match item {
            SelectItem::ExprWithAlias { alias, .. } => {
                if !used.insert(alias.value.clone()) {
                    alias.value = mark(&alias.value, number);
                }
                continue;
            }
            SelectItem::UnnamedExpr(expr) => expr,
            _ => continue,
        };
        let natural = naturals.get(number).and_then(Option::as_ref);
        let (name, needs_alias) = match natural {
            Some(natural) => (natural.value.clone(), !is_column(expr)),
            None => (format!("_col{number}"), true),
        };
        let is_free = used.insert(name.clone());
        let alias = match natural.cloned() {
            _ if beside_wildcard || !is_free => Some(Ident::new(mark(&name, number))),
            Some(natural) if needs_alias => Some(natural),
            None if needs_alias => Some(Ident::new(name)),
            _ => None,
        };
        if let Some(alias) = alias {
            let expr = std::mem::replace(expr, Expr::Identifier(Ident::new("")));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
    }
}

/// Tells whether an expression is a column as it is, which the planner names itself.
fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_column(inner),
        _ => false,
    }
}
