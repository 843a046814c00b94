//! Lambdas: what their parameters are called in plans, and what is no lambda of Lake SQL.

use std::collections::HashSet;
use std::ops::ControlFlow;

use auditlake_functions::lambda_places;
use auditlake_model::{Error, Result};
use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, LambdaFunction,
    LambdaFunctionParameter, OneOrManyWithParens, Query, Statement, Visit, Visitor,
};

use super::INVALID_STATEMENT;
use super::position::Position;

/// What begins the names of parameters in plans.
///
/// The engine puts them beside the columns of the row, where two of one name are an error, and nobody names a column so.
const PREFIX: char = 'λ';

/// Functions of groups of rows that people write over items.
const AGGREGATES: [&str; 13] = [
    "count",
    "count_if",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "min_by",
    "max_by",
    "arbitrary",
    "approx_distinct",
    "listagg",
    "reduce_agg",
];

/// The parameters of the lambdas around a place, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    lambdas: Vec<Vec<String>>,
}

impl Parameters {
    /// Goes into a lambda and gives its parameters their names.
    pub(super) fn enter(&mut self, lambda: &mut LambdaFunction) {
        let mut names = Vec::new();
        for parameter in parameters_mut(lambda) {
            parameter.name.value = planned_name(&parameter.name.value);
            names.push(parameter.name.value.clone());
        }
        self.lambdas.push(names);
    }

    /// Leaves the innermost lambda.
    pub(super) fn leave(&mut self) {
        self.lambdas.pop();
    }

    /// Returns what the parameter `ident` is called in plans; `None` if it is none.
    pub(super) fn planned(&self, ident: &Ident) -> Option<Ident> {
        let name = planned_name(&ident.value);
        let found = self.lambdas.iter().any(|names| names.contains(&name));
        found.then_some(Ident { value: name, quote_style: None, span: ident.span })
    }
}

fn planned_name(typed: &str) -> String {
    let name = typed.to_lowercase();
    if name.starts_with(PREFIX) { name } else { format!("{PREFIX}{name}") }
}

/// Takes what plans add to the names of parameters out of a text for users.
pub(super) fn as_typed(text: &str) -> String {
    text.replace(PREFIX, "")
}

fn parameters_mut(lambda: &mut LambdaFunction) -> &mut [LambdaFunctionParameter] {
    match &mut lambda.params {
        OneOrManyWithParens::One(parameter) => std::slice::from_mut(parameter),
        OneOrManyWithParens::Many(parameters) => parameters,
    }
}

fn parameters(lambda: &LambdaFunction) -> &[LambdaFunctionParameter] {
    match &lambda.params {
        OneOrManyWithParens::One(parameter) => std::slice::from_ref(parameter),
        OneOrManyWithParens::Many(parameters) => parameters,
    }
}

/// Checks the lambdas of a statement: parameters as many as the function gives, all of different names, and no subqueries.
///
/// # Errors
/// `Invalid` with the place of the lambda; `Unsupported` for subqueries.
pub(super) fn check(statement: &Statement) -> Result<()> {
    match statement.visit(&mut Checker) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Checker;

impl Visitor for Checker {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Function(function) => check_call(function),
            _ => ControlFlow::Continue(()),
        }
    }
}

fn check_call(function: &Function) -> ControlFlow<Error> {
    let Some(name) = function.name.0.last().and_then(|part| part.as_ident()) else {
        return ControlFlow::Continue(());
    };
    let name = name.value.to_lowercase();
    let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
    let places = lambda_places(&name).unwrap_or_default();
    for (argument, wanted) in list.args.iter().zip(places) {
        let (FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(lambda))), Some(wanted)) =
            (argument, wanted)
        else {
            continue;
        };
        if let Err(error) = check_lambda(&name, lambda, wanted) {
            let place = parameters(lambda).first().and_then(|first| Position::of_span(first.name.span));
            return ControlFlow::Break(match place {
                Some(place) => place.attach(error),
                None => error,
            });
        }
    }
    ControlFlow::Continue(())
}

fn check_lambda(function: &str, lambda: &LambdaFunction, wanted: usize) -> Result<()> {
    let parameters = parameters(lambda);
    let invalid = |message: String| Error::invalid(message).with_code(INVALID_STATEMENT);
    if parameters.len() != wanted {
        let example = if wanted == 1 {
            "x".to_owned()
        } else {
            format!("({})", ["x", "y", "z"][..wanted.min(3)].join(", "))
        };
        let found = parameters.len();
        return Err(invalid(format!(
            "the lambda of `{function}` has {found} parameters instead of {wanted}"
        ))
        .with_hint(format!("Write `{example} -> ..`.")));
    }
    let mut seen = HashSet::new();
    for parameter in parameters {
        if parameter.data_type.is_some() {
            return Err(invalid(format!("parameter `{}` of a lambda has a type", parameter.name))
                .with_hint("Parameters take the types of what the function gives them."));
        }
        if !seen.insert(parameter.name.value.to_lowercase()) {
            return Err(invalid(format!("a lambda has two parameters `{}`", parameter.name)));
        }
    }
    match lambda.body.visit(&mut BodyChecker) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct BodyChecker;

impl Visitor for BodyChecker {
    type Break = Error;

    fn pre_visit_query(&mut self, _query: &Query) -> ControlFlow<Error> {
        ControlFlow::Break(
            Error::unsupported("a lambda holds a subquery")
                .with_code(INVALID_STATEMENT)
                .with_hint("Join what it reads, or collect it into an array with array_agg before."),
        )
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = function.name.to_string().to_lowercase();
        if function.over.is_none() && !AGGREGATES.contains(&name.as_str()) {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(
            Error::invalid(format!("`{name}` in a lambda: it is about rows, a lambda about items"))
                .with_code(INVALID_STATEMENT)
                .with_hint("Take items together with reduce(array, initial, (state, x) -> .., state -> ..)."),
        )
    }
}
