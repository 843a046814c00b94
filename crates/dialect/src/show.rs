//! SHOW and DESCRIBE, answered from the catalog and from the session's functions.

use std::sync::Arc;

use auditlake_events::schema::is_hidden;
use auditlake_model::{Error, Result};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{Column, DFSchema, DataFusionError, TableReference};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{EmptyRelation, Expr, LogicalPlan, LogicalPlanBuilder, col, lit};
use sqlparser::ast::{Ident, ObjectName};

use super::position::Position;
use super::scope::parts_of;
use super::tables;
use crate::views::saved_query;
use auditlake_functions::engine_error::from_datafusion;
use auditlake_functions::type_name;
use auditlake_functions::{FunctionInfo, list_functions};

/// Plans the list of the tables in a schema, in the order of their names.
///
/// # Errors
/// `NotFound` for a schema that does not exist.
pub(super) fn show_tables(
    state: &SessionState,
    schema: Option<&ObjectName>,
    like: Option<&str>,
) -> Result<LogicalPlan> {
    let parts: Vec<&Ident> = schema.into_iter().flat_map(parts_of).collect();
    let part = |index: usize| parts[index].value.to_lowercase();
    let reference = match parts.len() {
        0 => TableReference::bare(""),
        1 => TableReference::partial(part(0), ""),
        _ => TableReference::full(part(0), part(1), ""),
    };
    let provider = state.schema_for_ref(reference).map_err(|_| {
        let name = schema.map(ToString::to_string).unwrap_or_default();
        let error = Error::not_found(format!("no schema `{name}`"));
        match parts.first().and_then(|part| Position::of_span(part.span)) {
            Some(position) => position.attach(error),
            None => error,
        }
    })?;
    filtered(name_table("Table", provider.table_names())?, "Table", like)
}

/// Plans the list of the schemas of a catalog, in the order of their names.
///
/// # Errors
/// `NotFound` for a catalog that does not exist.
pub(super) fn show_schemas(
    state: &SessionState,
    catalog: Option<&ObjectName>,
    like: Option<&str>,
) -> Result<LogicalPlan> {
    let name = match catalog.and_then(|name| parts_of(name).next()) {
        Some(part) => part.value.to_lowercase(),
        None => state.config_options().catalog.default_catalog.clone(),
    };
    let found = state.catalog_list().catalog(&name).ok_or_else(|| {
        let error = Error::not_found(format!("no catalog `{name}`"))
            .with_hint("Write `SHOW CATALOGS` to see their names.");
        match catalog.and_then(|name| Position::of_span(parts_of(name).next()?.span)) {
            Some(position) => position.attach(error),
            None => error,
        }
    })?;
    filtered(name_table("Schema", found.schema_names())?, "Schema", like)
}

/// Plans the list of the catalogs.
///
/// # Errors
/// `Internal` when the engine does not take the plan.
pub(super) fn show_catalogs(state: &SessionState, like: Option<&str>) -> Result<LogicalPlan> {
    filtered(name_table("Catalog", state.catalog_list().catalog_names())?, "Catalog", like)
}

/// Plans the list of the functions, in the order of their names.
///
/// # Errors
/// `Internal` when the engine does not take the plan.
pub(super) fn show_functions(state: &SessionState, like: Option<&str>) -> Result<LogicalPlan> {
    let row = |info: FunctionInfo| vec![info.name, info.signature, info.help];
    let rows = list_functions(state).into_iter().map(row).collect();
    filtered(text_table(&["Function", "Signature", "Description"], rows)?, "Function", like)
}

fn name_table(column: &str, mut names: Vec<String>) -> Result<LogicalPlan> {
    names.sort();
    text_table(&[column], names.into_iter().map(|name| vec![name]).collect())
}

/// Keeps the rows whose name is like the pattern, without heed to case, as names have none.
fn filtered(plan: LogicalPlan, column: &str, like: Option<&str>) -> Result<LogicalPlan> {
    let Some(pattern) = like else { return Ok(plan) };
    let name = Expr::Column(Column::from_name(column));
    let filter = |plan| LogicalPlanBuilder::from(plan).filter(name.ilike(lit(pattern)))?.build();
    filter(plan).map_err(|error| from_datafusion("plan query", error))
}

/// Plans the list of the columns of a table.
///
/// # Errors
/// `NotFound` for a table that does not exist.
pub(super) async fn show_columns(state: &SessionState, table: &ObjectName) -> Result<LogicalPlan> {
    let name: Vec<Ident> = parts_of(table).cloned().collect();
    let table = tables::find(state, &name).await?;
    if let Some(view) = saved_query(table.as_ref()) {
        let rows = view.columns.iter().map(|(name, type_name)| vec![name.clone(), type_name.clone()]);
        return text_table(&["Column", "Type"], rows.collect());
    }
    let schema = table.schema();
    let shown = schema.fields().iter().filter(|field| !is_hidden(field.name()));
    let rows = shown.map(|field| vec![field.name().clone(), type_name(field)]).collect();
    text_table(&["Column", "Type"], rows)
}

fn text_table(columns: &[&str], rows: Vec<Vec<String>>) -> Result<LogicalPlan> {
    let build = || -> Result<LogicalPlan, DataFusionError> {
        if rows.is_empty() {
            let fields: Vec<Field> =
                columns.iter().map(|name| Field::new(*name, DataType::Utf8, false)).collect();
            let schema = Arc::new(DFSchema::try_from(Schema::new(fields))?);
            return Ok(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema }));
        }
        let values = rows.into_iter().map(|row| row.into_iter().map(lit).collect()).collect();
        let alias = |(index, name): (usize, &&str)| col(format!("column{}", index + 1)).alias(*name);
        let names: Vec<Expr> = columns.iter().enumerate().map(alias).collect();
        LogicalPlanBuilder::values(values)?.project(names)?.build()
    };
    build().map_err(|error| from_datafusion("plan query", error))
}
