//! Saved queries in FROM: each is put into the tree as the subquery that it stands for, before anything else looks.
//!
//! ```text
//! FROM logins l --catalog: a SavedQuery--> FROM (SELECT .. FROM auditlake.lake.trail AS trail ..) AS l
//! ```
//! The text of a view means the same wherever it is used: its tables get their full names, so that no CTE of the
//! statement around it is taken for one, and its names carry no places, since errors count lines in that statement.

use std::any::Any;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;
use auditlake_model::{Error, Result};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{ResolvedTableReference, internal_err};
use datafusion::datasource::TableType;
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr as EngineExpr;
use datafusion::physical_plan::ExecutionPlan;
use sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, TableAlias, TableFactor, Value, Visit, VisitMut, Visitor,
    VisitorMut,
};

use crate::INVALID_STATEMENT;
use crate::parse::{Body, parse_without_places};
use crate::scope::parts_of;
use crate::tables::{CteScope, find, lower, reference, resolve, table_names};

/// Most views inside of views.
const MAX_DEPTH: usize = 16;

/// What the catalog gives for the name of a saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQuery {
    /// One SELECT.
    pub sql: String,
    /// Names and types of its columns when it was saved, as SHOW COLUMNS tells them.
    pub columns: Vec<(String, String)>,
}

#[async_trait]
impl TableProvider for SavedQuery {
    /// The columns are known once the query is planned.
    fn schema(&self) -> SchemaRef {
        Arc::new(Schema::empty())
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn get_table_definition(&self) -> Option<&str> {
        Some(&self.sql)
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[EngineExpr],
        _limit: Option<usize>,
    ) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
        internal_err!("a saved query is put into the statement before it is planned")
    }
}

/// Returns the saved query that a table is, if it is one.
pub(crate) fn saved_query(table: &dyn TableProvider) -> Option<&SavedQuery> {
    (table as &dyn Any).downcast_ref()
}

/// Puts the queries of all views into the tree.
///
/// # Errors
/// As [`crate::tables::Tables::load`]; `Invalid` for views that name each other in a circle, and for one that
/// cannot be parsed any more.
pub(crate) async fn expand(state: &SessionState, query: &mut Query) -> Result<()> {
    let mut views = Views { state, bodies: HashMap::new() };
    views.load(query, &mut Vec::new()).await?;
    if views.bodies.is_empty() {
        return Ok(());
    }
    put_in(&views, query);
    Ok(())
}

/// Returns the names of the parameters in a tree, each once, in order.
pub(crate) fn named_parameters(query: &Query) -> Vec<String> {
    let mut found = Named(Vec::new());
    // The visitor never breaks.
    let _: ControlFlow<()> = query.visit(&mut found);
    found.0
}

struct Named(Vec<String>);

impl Visitor for Named {
    type Break = ();

    fn pre_visit_value(&mut self, value: &sqlparser::ast::ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(text) = &value.value
            && let Some(name) = text.strip_prefix(':')
            && !self.0.iter().any(|known| known == name)
        {
            self.0.push(name.to_owned());
        }
        ControlFlow::Continue(())
    }
}

/// The queries of the views that a statement reads, by the views' full names.
struct Views<'a> {
    state: &'a SessionState,
    bodies: HashMap<ResolvedTableReference, Query>,
}

impl Views<'_> {
    /// Loads the views that `query` names, and those that they name.
    async fn load(&mut self, query: &Query, path: &mut Vec<ResolvedTableReference>) -> Result<()> {
        for name in table_names(query) {
            let full = lower(&resolve(self.state, &reference(&name)?));
            if path.contains(&full) || path.len() >= MAX_DEPTH {
                return Err(circle(&full, path));
            }
            let table = find(self.state, &name).await?;
            let Some(view) = saved_query(table.as_ref()) else { continue };
            if self.bodies.contains_key(&full) {
                continue;
            }
            let mut body = body_of(view, &full)?;
            qualify(self.state, &mut body);
            path.push(full.clone());
            Box::pin(self.load(&body, path)).await?;
            path.pop();
            self.bodies.insert(full, body);
        }
        Ok(())
    }

    fn body(&self, name: &[Ident]) -> Option<&Query> {
        let name = reference(name).ok()?;
        self.bodies.get(&lower(&resolve(self.state, &name)))
    }
}

fn body_of(view: &SavedQuery, name: &ResolvedTableReference) -> Result<Query> {
    let parsed = parse_without_places(&view.sql).map_err(|error| {
        Error::invalid(format!("the saved query `{}` is not valid any more", name.table))
            .with_code(INVALID_STATEMENT)
            .with_detail(error.message().to_owned())
    })?;
    match parsed.body {
        Body::Query(query) => Ok(*query),
        _ => Err(Error::invalid(format!("the saved query `{}` is no SELECT", name.table))
            .with_code(INVALID_STATEMENT)),
    }
}

fn circle(name: &ResolvedTableReference, path: &[ResolvedTableReference]) -> Error {
    let names: Vec<&str> = path.iter().map(|view| view.table.as_ref()).chain([name.table.as_ref()]).collect();
    let error = match path.contains(name) {
        true => Error::invalid("saved queries name each other in a circle"),
        false => Error::resources_exhausted(format!("saved queries are nested more than {MAX_DEPTH} deep")),
    };
    error.with_code(INVALID_STATEMENT).with_detail(names.join(" -> "))
}

/// Gives the tables in a query their full names, and the names by which its columns call them as aliases.
fn qualify(state: &SessionState, query: &mut Query) {
    each_table(query, |factor, parts| {
        let TableFactor::Table { name, alias, .. } = factor else { return };
        let (Some(last), Ok(short)) = (parts.last(), reference(&parts)) else { return };
        alias.get_or_insert_with(|| named(last.clone()));
        let full = resolve(state, &short);
        let part = |text: &str| ObjectNamePart::Identifier(Ident::with_quote('"', text));
        *name = ObjectName(vec![part(&full.catalog), part(&full.schema), part(&full.table)]);
    });
}

/// Puts the queries of views in the place of their names. What is put in is visited too, and so are the views in it.
fn put_in(views: &Views, query: &mut Query) {
    each_table(query, |factor, parts| {
        let TableFactor::Table { alias, sample, .. } = factor else { return };
        if let (Some(body), Some(last)) = (views.body(&parts), parts.last()) {
            *factor = TableFactor::Derived {
                lateral: false,
                subquery: Box::new(body.clone()),
                alias: alias.take().or_else(|| Some(named(last.clone()))),
                sample: sample.take(),
            };
        }
    });
}

/// Calls `change` with every table in a query that is no CTE, and the parts of its name.
fn each_table(query: &mut Query, change: impl FnMut(&mut TableFactor, Vec<Ident>)) {
    let mut visitor = EachTable { scope: CteScope::default(), change };
    // The visitor never breaks.
    let _: ControlFlow<()> = query.visit(&mut visitor);
}

struct EachTable<F> {
    scope: CteScope,
    change: F,
}

impl<F: FnMut(&mut TableFactor, Vec<Ident>)> VisitorMut for EachTable<F> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scope.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scope.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor {
            let parts: Vec<Ident> = parts_of(name).cloned().collect();
            if !self.scope.is_cte(&parts) {
                (self.change)(factor, parts);
            }
        }
        ControlFlow::Continue(())
    }
}

fn named(name: Ident) -> TableAlias {
    TableAlias { explicit: true, name, columns: Vec::new(), at: None }
}
