//! The tables that a statement reads, found without regard to case and loaded once each.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use auditlake_model::{Error, Result, StoreName};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{ResolvedTableReference, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::TableSource;
use sqlparser::ast::{Ident, ObjectName, Query, Visit, Visitor};

use super::caps::address;
use super::names::{Spelling, nearest};
use super::position::Position;
use super::scope::parts_of;
use auditlake_functions::engine_error::from_datafusion;

/// Tables by their full name in lower case.
#[derive(Default)]
pub(super) struct Tables {
    sources: HashMap<ResolvedTableReference, Arc<dyn TableSource>>,
}

impl Tables {
    /// Loads every table that `query` reads.
    ///
    /// # Errors
    /// `NotFound` for a name that is no table, with its position and the nearest right one; whatever loading a
    /// table gives.
    pub(super) async fn load(state: &SessionState, query: &Query) -> Result<Self> {
        let mut tables = Self::default();
        for name in table_names(query) {
            let resolved = resolve(state, &reference(&name)?);
            let key = lower(&resolved);
            if let Entry::Vacant(place) = tables.sources.entry(key) {
                place.insert(provider_as_source(find(state, &name).await?));
            }
        }
        Ok(tables)
    }

    /// Returns a loaded table.
    pub(super) fn get(&self, state: &SessionState, name: &TableReference) -> Option<Arc<dyn TableSource>> {
        self.sources.get(&lower(&resolve(state, name))).map(Arc::clone)
    }

    /// Returns the spelling of the columns of all tables.
    pub(super) fn spelling(&self) -> Spelling {
        let mut spelling = Spelling::default();
        for schema in self.schemas() {
            spelling.add_table(&schema);
        }
        spelling
    }

    /// Returns the schemas of all tables, in the order of their names.
    pub(super) fn schemas(&self) -> Vec<SchemaRef> {
        let mut sources: Vec<_> = self.sources.iter().collect();
        sources.sort_by(|left, right| left.0.cmp(right.0));
        sources.into_iter().map(|(_, source)| source.schema()).collect()
    }
}

/// Returns the table of that name.
///
/// # Errors
/// As [`Tables::load`].
pub(super) async fn find(state: &SessionState, name: &[Ident]) -> Result<Arc<dyn TableProvider>> {
    let place = |error| match name.first().and_then(|ident| Position::of_span(ident.span)) {
        Some(position) => position.attach(error),
        None => error,
    };
    let resolved = resolve(state, &reference(name)?);
    let Ok(schema) = state.schema_for_ref(resolved.clone()) else {
        return Err(place(no_schema(state, name, &resolved)));
    };
    let table =
        schema.table(&resolved.table).await.map_err(|error| place(from_datafusion("open table", error)))?;
    table.ok_or_else(|| place(no_table(name, &schema.table_names())))
}

/// Makes a reference in lower case: the catalog finds tables without regard to case.
pub(super) fn reference(name: &[Ident]) -> Result<TableReference> {
    let part = |index: usize| name[index].value.to_lowercase();
    match name.len() {
        1 => Ok(TableReference::bare(part(0))),
        2 => Ok(TableReference::partial(part(0), part(1))),
        3 => Ok(TableReference::full(part(0), part(1), part(2))),
        _ => Err(no_table(name, &[])),
    }
}

pub(super) fn resolve(state: &SessionState, name: &TableReference) -> ResolvedTableReference {
    let defaults = &state.config_options().catalog;
    name.clone().resolve(&defaults.default_catalog, &defaults.default_schema)
}

pub(super) fn lower(name: &ResolvedTableReference) -> ResolvedTableReference {
    ResolvedTableReference {
        catalog: name.catalog.to_lowercase().into(),
        schema: name.schema.to_lowercase().into(),
        table: name.table.to_lowercase().into(),
    }
}

fn no_table(name: &[Ident], candidates: &[String]) -> Error {
    let (typed, wanted) = typed(name);
    let error = Error::not_found(format!("no event data store or table `{typed}`"));
    match nearest(&wanted, candidates.iter().map(String::as_str)) {
        Some(candidate) => error.with_hint(format!("Did you mean `{}`?", quoted(candidate))),
        None => error.with_hint("Run SHOW TABLES to see the names."),
    }
}

/// A store name with a dot in it needs quotes, or its first part is taken for a schema.
fn no_schema(state: &SessionState, name: &[Ident], resolved: &ResolvedTableReference) -> Error {
    let (typed, _) = typed(name);
    let error = Error::not_found(format!("no schema `{}` for the table `{typed}`", resolved.schema));
    let whole = name.iter().map(|part| part.value.to_lowercase()).collect::<Vec<_>>().join(".");
    let stores = state.schema_for_ref(TableReference::bare("")).map(|schema| schema.table_names());
    match stores.unwrap_or_default().iter().find(|store| store.to_lowercase() == whole) {
        Some(store) => {
            error.with_hint(format!("Did you mean `{}`? A name with a dot stands in quotes.", quoted(store)))
        }
        None => error.with_hint("Run SHOW TABLES to see the names."),
    }
}

/// Returns a name as typed, and its last part.
fn typed(name: &[Ident]) -> (String, String) {
    let typed = name.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    (typed, name.last().map(|ident| ident.value.clone()).unwrap_or_default())
}

/// Returns a table name with quotes if SQL wants them.
pub(super) fn quoted(name: &str) -> String {
    StoreName::parse(name).map_or_else(|_| name.to_owned(), |name| name.to_sql())
}

/// Returns the names of the tables in a query that are not CTEs, each once.
pub(super) fn table_names(query: &Query) -> Vec<Vec<Ident>> {
    let mut collector = Collector::default();
    // The visitor never breaks.
    let _: ControlFlow<()> = query.visit(&mut collector);
    collector.found.into_values().collect()
}

/// The CTEs that are in sight while a tree is visited.
#[derive(Debug, Default)]
pub(super) struct CteScope {
    /// CTEs in sight, for each query that is being visited.
    frames: Vec<Vec<String>>,
    /// Address of the query of each CTE that comes into sight when that query ends, and where.
    announced: HashMap<usize, (usize, String)>,
}

impl CteScope {
    /// Notes that a query begins.
    pub(super) fn enter(&mut self, query: &Query) {
        let frame = self.frames.len();
        self.frames.push(Vec::new());
        let Some(with) = &query.with else { return };
        for cte in &with.cte_tables {
            let name = cte.alias.name.value.to_lowercase();
            if with.recursive {
                self.frames[frame].push(name);
            } else {
                self.announced.insert(address(&cte.query), (frame, name));
            }
        }
    }

    /// Notes that a query ends.
    pub(super) fn leave(&mut self, query: &Query) {
        self.frames.pop();
        if let Some((frame, name)) = self.announced.remove(&address(query))
            && let Some(frame) = self.frames.get_mut(frame)
        {
            frame.push(name);
        }
    }

    /// Tells whether a name after FROM is that of a CTE.
    pub(super) fn is_cte(&self, name: &[Ident]) -> bool {
        let [name] = name else { return false };
        self.frames.iter().flatten().any(|cte| name.value.to_lowercase() == *cte)
    }
}

#[derive(Default)]
struct Collector {
    scope: CteScope,
    found: BTreeMap<Vec<String>, Vec<Ident>>,
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scope.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scope.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &sqlparser::ast::TableFactor) -> ControlFlow<()> {
        if let sqlparser::ast::TableFactor::Table { name, args: None, .. } = factor {
            self.add(name);
        }
        ControlFlow::Continue(())
    }
}

impl Collector {
    fn add(&mut self, name: &ObjectName) {
        let parts: Vec<Ident> = parts_of(name).cloned().collect();
        if !self.scope.is_cte(&parts) {
            let lower = parts.iter().map(|part| part.value.to_lowercase()).collect();
            self.found.entry(lower).or_insert(parts);
        }
    }
}

/// Borrows schemas for [`super::names::member_named`].
pub(super) fn as_refs(schemas: &[SchemaRef]) -> Vec<&Schema> {
    schemas.iter().map(AsRef::as_ref).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Body, parse};

    fn names(sql: &str) -> Vec<String> {
        let Body::Query(query) = parse(sql).unwrap().body else { panic!("{sql}") };
        table_names(&query).iter().map(|name| typed(name).0).collect()
    }

    #[test]
    fn tables_are_told_from_ctes() {
        assert_eq!(names("SELECT * FROM Trail t, TRAIL, system.imports"), ["system.imports", "Trail"]);
        assert_eq!(names("WITH t AS (SELECT * FROM t) SELECT * FROM T"), ["t"]);
        assert_eq!(names("WITH a AS (SELECT 1), b AS (SELECT * FROM A) SELECT * FROM b, c"), ["c"]);
        assert_eq!(names("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b"), ["b"]);
        assert_eq!(names("(WITH t AS (SELECT 1) SELECT * FROM t) UNION (SELECT * FROM t)"), ["t"]);
        assert_eq!(
            names("WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT * FROM n) SELECT * FROM n"),
            [""; 0]
        );
        assert_eq!(
            names("SELECT * FROM a WHERE x IN (SELECT y FROM b WHERE EXISTS (SELECT * FROM c))"),
            ["a", "b", "c"]
        );
    }
}
