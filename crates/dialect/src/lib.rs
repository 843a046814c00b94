//! Lake SQL: from text to a plan that only reads, with the names of its result columns.
//!
//! ```text
//! text --tokens, bare UUIDs--> parse --caps, strict--> statement
//!      --values of parameters--> --tables loaded--> spelling --fold--> tree with one spelling --planner + MemberAccess--> plan --read-only?--> PlannedQuery
//! ```
//!
//! The dialect is Trino's as CloudTrail Lake speaks it. Where more of it goes:
//!
//! | what | where |
//! |---|---|
//! | syntax | [`LakeDialect`], then `desugar` if it is another word for something |
//! | functions | [`auditlake_functions`]; those without code of their own in `desugar` |
//! | operators, literals and access that depend on types | `access`, the first of the planners |
//! | relations (UNNEST, TABLESAMPLE) | `relations`, a planner of them |
//!
//! What it expects of the catalog: tables are found by their names in lower case, also by their UUID; a table shows only the
//! columns that SQL may see. What it expects of the caller: later stages walk the plan by recursion, so they
//! want [`STACK_BYTES`] of stack.

mod access;
mod arithmetic;
mod arrows;
mod caps;
mod cast;
mod chains;
mod coerce;
mod constants;
mod context;
mod desugar;
mod dialect;
mod errors;
mod fold;
mod interval;
mod lambda;
mod like;
mod mentions;
mod names;
mod operators;
mod output;
pub mod parameters;
mod parse;
mod position;
mod relations;
pub mod rewrite;
mod scope;
mod short_forms;
mod show;
mod sql_json;
mod strict;
mod subqueries;
mod tables;
mod times;
mod types;
mod unlike;
mod uuid;
mod views;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use auditlake_functions::engine_error::from_datafusion;
use auditlake_model::{Error, Result};
use datafusion::common::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::planner::{NullOrdering, ParserOptions, SqlToRel};
use sqlparser::ast::{Query, Statement};

pub use auditlake_functions::type_name;
pub use caps::{MAX_EXPRESSION_DEPTH, MAX_RELATIONS, MAX_SET_OPERATIONS};
pub use dialect::LakeDialect;
pub use errors::{explain, explain_run};
pub use names::nearest;
pub use output::WILDCARD_KEY;
pub use parameters::{
    NumberText, ParameterSlot, ParameterType, ParameterUse, ParameterValue, Parameters, bind_row,
    parameter_schema, parameter_slots, parameter_uses,
};
pub use parse::{ParsedStatement, StatementKind, parse};
pub use position::{Position, render_caret};
pub use views::SavedQuery;

use context::Context;
use errors::Findings;
use names::NameIndex;
use output::{OutputColumn, SelectList};
use parse::Body;
use relations::Relations;
use tables::Tables;

/// Lake's name for a statement that cannot be planned.
const INVALID_STATEMENT: &str = auditlake_functions::engine_error::INVALID_STATEMENT;

/// Stack that planning, optimizing and running a statement at the bounds takes, with room to spare.
pub const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A statement that was planned and found to read only.
#[derive(Debug, Clone)]
pub struct PlannedQuery {
    /// The plan, not yet optimized.
    pub plan: LogicalPlan,
    /// The name of each column of the result, as the user typed it; names may repeat.
    pub output_names: Vec<String>,
    /// What the statement asks for.
    pub kind: StatementKind,
    /// The values that were given and used.
    pub parameters: Parameters,
}

/// Adds to a session what planning Lake SQL needs: functions, member access, and the rules of [`crate::rewrite`].
///
/// To be called after the defaults were set.
pub fn install(builder: &mut SessionStateBuilder) {
    auditlake_functions::register_all(builder);
    rewrite::register(builder);
    let planners = builder.expr_planners().get_or_insert_default();
    planners.insert(0, Arc::new(access::MemberAccess));
    planners.insert(0, Arc::new(operators::Operators));
    planners.insert(0, Arc::new(times::TimePlanner));
    coerce::register(builder);
    arithmetic::register(builder);
}

/// Plans one statement without parameters.
///
/// # Errors
/// As [`plan_with`].
pub async fn plan(state: &SessionState, sql: &str) -> Result<PlannedQuery> {
    plan_with(state, sql, &Parameters::default()).await
}

/// Plans one statement, with a value for each `:name` in it.
///
/// # Errors
/// As [`parse()`]; `Invalid` for a parameter without a value and a value without a parameter (unless it was only offered);
/// `NotFound` for tables that do not exist; `Invalid` for names, types and functions that do not
/// fit, with the position and the nearest right name; whatever loading a table gives.
pub async fn plan_with(state: &SessionState, sql: &str, parameters: &Parameters) -> Result<PlannedQuery> {
    let mut statement = parse(sql)?;
    let used = statement.name_tables(parameters)?;
    statement.expand_views(state).await?;
    let used = statement.bind(parameters, used)?;
    let kind = statement.kind();
    let planned = plan_body(state, statement.body).await;
    let (plan, output_names) = planned.map_err(|error| errors::placed(sql, None, error))?;
    verify(&plan)?;
    Ok(PlannedQuery { plan, output_names, kind, parameters: parameters.only(&used) })
}

/// Plans a statement whose parameters have values, or are the engine's to guess at.
async fn plan_body(state: &SessionState, body: Body) -> Result<(LogicalPlan, Vec<String>)> {
    match body {
        Body::Query(query) => plan_query(state, *query).await,
        Body::Explain { query, analyze, verbose } => {
            let (plan, _) = plan_query(state, *query).await?;
            explained(plan, analyze, verbose)
        }
        Body::ShowTables { schema, like } => {
            Ok(named(show::show_tables(state, schema.as_ref(), like.as_deref())?))
        }
        Body::ShowColumns { table } => Ok(named(show::show_columns(state, &table).await?)),
        Body::ShowSchemas { catalog, like } => {
            Ok(named(show::show_schemas(state, catalog.as_ref(), like.as_deref())?))
        }
        Body::ShowCatalogs { like } => Ok(named(show::show_catalogs(state, like.as_deref())?)),
        Body::ShowFunctions { like } => Ok(named(show::show_functions(state, like.as_deref())?)),
    }
}

/// Pairs a plan with the names of its own columns.
fn named(plan: LogicalPlan) -> (LogicalPlan, Vec<String>) {
    let names = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
    (plan, names)
}

async fn plan_query(state: &SessionState, mut query: Query) -> Result<(LogicalPlan, Vec<String>)> {
    let select_list = SelectList::of(&query);
    let tables = Tables::load(state, &query).await?;
    let spelling = tables.spelling();
    let index = fold::fold(&mut query, &spelling);
    let keys = output::item_keys(&query);
    let relations = Relations::new(spelling);
    let plan = to_plan(state, &tables, relations, &index, Statement::Query(Box::new(query)))?;
    constants::check(&plan, &index)?;
    let columns = select_list.columns(&keys, plan.schema(), &index);
    let plan = shown(plan, &columns)?;
    Ok((plan, columns.into_iter().filter(|column| column.shown).map(|column| column.name).collect()))
}

/// Cuts a plan down to the columns that are shown.
fn shown(plan: LogicalPlan, columns: &[OutputColumn]) -> Result<LogicalPlan> {
    if columns.iter().all(|column| column.shown) {
        return Ok(plan);
    }
    let all = plan.schema().columns().into_iter().zip(columns);
    let exprs: Vec<Expr> =
        all.filter(|(_, shown)| shown.shown).map(|(column, _)| Expr::Column(column)).collect();
    let project = |plan| LogicalPlanBuilder::from(plan).project(exprs)?.build();
    project(plan).map_err(|error| from_datafusion("plan query", error))
}

/// Wraps a plan, so that it is shown, or run and shown with what that took.
fn explained(plan: LogicalPlan, analyze: bool, verbose: bool) -> Result<(LogicalPlan, Vec<String>)> {
    let explain = |plan| LogicalPlanBuilder::from(plan).explain(verbose, analyze)?.build();
    explain(plan).map(named).map_err(|error| from_datafusion("plan query", error))
}

fn to_plan(
    state: &SessionState,
    tables: &Tables,
    relations: Relations,
    index: &NameIndex,
    statement: Statement,
) -> Result<LogicalPlan> {
    let options = ParserOptions::new()
        // Names are folded already.
        .with_enable_ident_normalization(false)
        .with_collect_spans(true)
        .with_default_null_ordering(NullOrdering::NullsLast);
    let context = Context { state, tables, relations: [Arc::new(relations)] };
    let planned = SqlToRel::new_with_options(&context, options).sql_statement_to_plan(statement);
    planned.and_then(subqueries::plan_subqueries).map_err(|error| {
        let schemas = tables.schemas();
        Findings { state, index, schemas: &schemas }.explain(error)
    })
}

/// Checks that nothing in the plan writes, sets or waits for parameters.
///
/// # Errors
/// `Unsupported`.
fn verify(plan: &LogicalPlan) -> Result<()> {
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let refuse = |error: DataFusionError| {
        Error::unsupported("a statement may only read")
            .with_code(INVALID_STATEMENT)
            .with_detail(error.to_string())
    };
    options.verify_plan(plan).map_err(refuse)?;
    let parameters = plan.get_parameter_names().map_err(refuse)?;
    if parameters.is_empty() {
        return Ok(());
    }
    Err(Error::internal("a parameter was left open").with_code(INVALID_STATEMENT))
}
