//! Which relations a query reads, so that `t.userIdentity.arn` is told from `userIdentity.arn`.

use sqlparser::ast::{Ident, ObjectName, Query, SetExpr, TableFactor, TableWithJoins};

use super::names::Spelling;

/// The relations in FROM of one query, all branches of its set operations together.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Each by its folded name: one part for an alias, up to three for a table.
    relations: Vec<Vec<String>>,
}

impl Scope {
    /// Collects the relations of a query, those of its subqueries apart.
    pub(super) fn of(query: &Query, spelling: &Spelling) -> Self {
        let mut scope = Self::default();
        let mut bodies = vec![query.body.as_ref()];
        while let Some(body) = bodies.pop() {
            match body {
                SetExpr::SetOperation { left, right, .. } => bodies.extend([left.as_ref(), right.as_ref()]),
                SetExpr::Select(select) => scope.add_tables(&select.from, spelling),
                _ => {}
            }
        }
        scope
    }

    fn add_tables(&mut self, tables: &[TableWithJoins], spelling: &Spelling) {
        let mut open: Vec<&TableWithJoins> = tables.iter().collect();
        while let Some(table) = open.pop() {
            let factors =
                std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
            for factor in factors {
                match factor {
                    TableFactor::NestedJoin { table_with_joins, alias: None } => open.push(table_with_joins),
                    other => self.relations.extend(name_of(other, spelling)),
                }
            }
        }
    }

    /// Returns how many of the first parts of a compound name are the name of a relation.
    ///
    /// At least one part is left over, for the column.
    pub(super) fn relation_parts(&self, parts: &[Ident], spelling: &Spelling) -> usize {
        let folded: Vec<String> = parts.iter().map(|part| spelling.fold(&part.value)).collect();
        let most = parts.len().saturating_sub(1).min(3);
        let is_relation = |count: &usize| self.relations.iter().any(|name| name.ends_with(&folded[..*count]));
        (1..=most).rev().find(is_relation).unwrap_or(0)
    }
}

fn name_of(factor: &TableFactor, spelling: &Spelling) -> Option<Vec<String>> {
    let (alias, name) = match factor {
        TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
            (alias, Some(name))
        }
        TableFactor::Derived { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => (alias, None),
        _ => return None,
    };
    match (alias, name) {
        (Some(alias), _) => Some(vec![spelling.fold(&alias.name.value)]),
        (None, Some(name)) => Some(parts_of(name).map(|part| spelling.fold(&part.value)).collect()),
        (None, None) => None,
    }
}

/// Returns the identifiers of a name.
pub(super) fn parts_of(name: &ObjectName) -> impl Iterator<Item = &Ident> {
    name.0.iter().filter_map(|part| part.as_ident())
}
