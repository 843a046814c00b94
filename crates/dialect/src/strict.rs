//! Clauses that the planner would pass over in silence, refused instead.

use std::ops::ControlFlow;

use auditlake_model::{Error, Result};
use sqlparser::ast::{
    BinaryOperator, DuplicateTreatment, Expr, Function, FunctionArgumentList, FunctionArguments, Query,
    Select, SelectFlavor, SetExpr, Statement, TableFactor, Visit, Visitor,
};

use super::INVALID_STATEMENT;
use super::parse::unsupported_clause;

/// Checks that every clause of the statement is one that planning heeds, and none writes.
///
/// # Errors
/// `Unsupported`, naming the clause.
pub(super) fn check(statement: &Statement) -> Result<()> {
    match statement.visit(&mut Strict { statements: 0 }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

/// Tells whether a call is `count(DISTINCT a, b)`.
fn counts_several(function: &Function) -> bool {
    let is_count = function.name.to_string().eq_ignore_ascii_case("count");
    let is_several = |list: &FunctionArgumentList| {
        list.duplicate_treatment == Some(DuplicateTreatment::Distinct) && list.args.len() > 1
    };
    is_count && matches!(&function.args, FunctionArguments::List(list) if is_several(list))
}

struct Strict {
    statements: usize,
}

fn refuse_if(found: bool, what: &str) -> ControlFlow<Error> {
    if found { ControlFlow::Break(unsupported_clause(what)) } else { ControlFlow::Continue(()) }
}

impl Visitor for Strict {
    type Break = Error;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Error> {
        self.statements += 1;
        // The outermost statement is judged by its kind; what it holds may only be the query of EXPLAIN.
        let is_allowed = self.statements == 1 || matches!(statement, Statement::Query(_));
        let text = || statement.to_string().split_whitespace().next().unwrap_or_default().to_owned();
        if is_allowed { ControlFlow::Continue(()) } else { refuse_if(true, &text()) }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        refuse_if(!query.locks.is_empty(), "FOR UPDATE")?;
        refuse_if(query.for_clause.is_some(), "FOR XML")?;
        refuse_if(query.settings.is_some(), "SETTINGS")?;
        refuse_if(query.format_clause.is_some(), "FORMAT")?;
        refuse_if(!query.pipe_operators.is_empty(), "|>")?;
        if let Some(fetch) = &query.fetch {
            if fetch.with_ties && query.order_by.is_none() {
                let error =
                    Error::invalid("FETCH FIRST WITH TIES needs ORDER BY").with_code(INVALID_STATEMENT);
                return ControlFlow::Break(
                    error.with_hint("Write ORDER BY, or ONLY in the place of WITH TIES."),
                );
            }
            refuse_if(fetch.percent, "FETCH FIRST PERCENT")?;
        }
        let what = match query.body.as_ref() {
            SetExpr::Insert(_) => "INSERT",
            SetExpr::Update(_) => "UPDATE",
            SetExpr::Delete(_) => "DELETE",
            SetExpr::Merge(_) => "MERGE",
            SetExpr::Table(_) => "TABLE",
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_) => {
                return ControlFlow::Continue(());
            }
        };
        refuse_if(true, what)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        refuse_if(select.into.is_some(), "SELECT INTO")?;
        refuse_if(select.top.is_some(), "TOP")?;
        refuse_if(select.select_modifiers.is_some(), "SELECT with modifiers")?;
        refuse_if(select.exclude.is_some(), "EXCLUDE after the last column")?;
        refuse_if(!select.lateral_views.is_empty(), "LATERAL VIEW")?;
        refuse_if(select.prewhere.is_some(), "PREWHERE")?;
        refuse_if(!select.connect_by.is_empty(), "CONNECT BY")?;
        refuse_if(!select.cluster_by.is_empty(), "CLUSTER BY")?;
        refuse_if(!select.distribute_by.is_empty(), "DISTRIBUTE BY")?;
        refuse_if(!select.sort_by.is_empty(), "SORT BY")?;
        refuse_if(select.value_table_mode.is_some(), "SELECT AS")?;
        refuse_if(select.flavor != SelectFlavor::Standard, "FROM before SELECT")
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::RLike { regexp, .. } => refuse_if(true, if *regexp { "REGEXP" } else { "RLIKE" }),
            Expr::JsonAccess { .. } => refuse_if(true, ":"),
            Expr::BinaryOp { op, .. } => refuse_if(*op == BinaryOperator::PGOverlap, "&&"),
            Expr::Function(function) if counts_several(function) => {
                let error = Error::invalid("`count` takes one value after DISTINCT")
                    .with_code(INVALID_STATEMENT)
                    .with_hint("Write `count(DISTINCT ROW(a, b))`.");
                ControlFlow::Break(error)
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Error> {
        match factor {
            TableFactor::Table {
                version,
                with_hints,
                with_ordinality,
                partitions,
                json_path,
                index_hints,
                ..
            } => {
                refuse_if(version.is_some(), "FOR VERSION")?;
                refuse_if(*with_ordinality, "WITH ORDINALITY")?;
                let has_hints = !with_hints.is_empty() || !index_hints.is_empty();
                refuse_if(has_hints || !partitions.is_empty() || json_path.is_some(), "table hints")
            }
            TableFactor::Function { with_ordinality, .. } => refuse_if(*with_ordinality, "WITH ORDINALITY"),
            TableFactor::Derived { .. } | TableFactor::UNNEST { .. } | TableFactor::NestedJoin { .. } => {
                ControlFlow::Continue(())
            }
            TableFactor::TableFunction { .. } => refuse_if(true, "TABLE(...)"),
            other => {
                let text = other.to_string();
                refuse_if(true, text.split('(').next().unwrap_or(&text))
            }
        }
    }
}
