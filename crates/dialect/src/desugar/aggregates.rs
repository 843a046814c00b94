//! Aggregates of Trino that are other words for what the planner has.
//!
//! | call | stands for |
//! |---|---|
//! | `listagg(x, sep) WITHIN GROUP (ORDER BY k)` | `listagg(x, sep ORDER BY k)` |
//! | `listagg(x, sep ON OVERFLOW TRUNCATE '..' WITH COUNT)` | `listagg(x, sep, '..', true)` |
//! | `reduce_agg(x, i, (s, x) -> .., (s, o) -> ..)` | `reduce(array_agg(x) FILTER (WHERE x IS NOT NULL), i, (s, x) -> .., s -> s)` |
//! | `max(x, n)`, `min(x, n)` | functions of their own: the result is an array |
//! | `approx_distinct(x, e)` | `approx_distinct(x)`, whose error is smaller than any that may be asked for |

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, LambdaFunction, LambdaFunctionParameter, LambdaSyntax,
    ListAggOnOverflow, ObjectName, ObjectNamePart, OneOrManyWithParens, Value,
};

use super::call;

/// What tells that a text was cut, where nothing else is asked for.
const FILLER: &str = "...";

/// Rewrites a call in place, if it is one of these; its name is in lower case.
pub(super) fn rewrite(function: &mut Function) {
    if is_reduction(function) {
        return reduction(function);
    }
    let Some(ObjectNamePart::Identifier(name)) = function.name.0.first_mut() else { return };
    let FunctionArguments::List(list) = &mut function.args else { return };
    match (name.value.as_str(), list.args.len()) {
        ("regexp_replace", 3) if is_lambda(&list.args[2]) => name.value = "lake_regexp_replace".to_owned(),
        ("max", 2) => name.value = "lake_max_n".to_owned(),
        ("min", 2) => name.value = "lake_min_n".to_owned(),
        ("approx_distinct", 2) => list.args.truncate(1),
        ("listagg", 1 | 2) => {
            let order = std::mem::take(&mut function.within_group);
            listagg(list);
            if !order.is_empty() {
                list.clauses.push(FunctionArgumentClause::OrderBy(order));
            }
        }
        _ => {}
    }
}

fn is_lambda(argument: &FunctionArg) -> bool {
    matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Lambda(_))))
}

/// Tells whether a call is one of `reduce_agg` with all that it takes.
fn is_reduction(function: &Function) -> bool {
    let is_named = |part: &ObjectNamePart| part.as_ident().is_some_and(|name| name.value == "reduce_agg");
    let FunctionArguments::List(list) = &function.args else { return false };
    function.name.0.first().is_some_and(is_named) && list.args.len() == 4
}

/// Gathers the values first, since no aggregate takes a lambda; the last lambda, which takes the states of parts of a
/// group together, is not needed then.
fn reduction(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) = list.args[0].clone() else { return };
    let is_known = Expr::IsNotNull(Box::new(Expr::Nested(Box::new(value.clone()))));
    let filter = match function.filter.take() {
        Some(own) => Expr::BinaryOp {
            left: Box::new(is_known),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(own)),
        },
        None => is_known,
    };
    let mut gathered = call("array_agg", vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(value))]);
    if let Expr::Function(gathered) = &mut gathered {
        gathered.filter = Some(Box::new(filter));
        gathered.over = function.over.take();
        gathered.null_treatment = function.null_treatment.take();
        if let FunctionArguments::List(own) = &mut gathered.args {
            own.duplicate_treatment = list.duplicate_treatment.take();
            own.clauses = std::mem::take(&mut list.clauses);
        }
    }
    let argument = |expr: Expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(expr));
    list.args[0] = argument(gathered);
    list.args[3] = argument(as_it_is());
    function.name = ObjectName::from(vec![Ident::new("reduce")]);
}

/// Returns `s -> s`.
fn as_it_is() -> Expr {
    let name = Ident::new("state");
    Expr::Lambda(LambdaFunction {
        params: OneOrManyWithParens::One(LambdaFunctionParameter { name: name.clone(), data_type: None }),
        body: Box::new(Expr::Identifier(name)),
        syntax: LambdaSyntax::Arrow,
    })
}

fn listagg(list: &mut FunctionArgumentList) {
    let argument = |value: Value| FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value.into())));
    if list.args.len() == 1 {
        list.args.push(argument(Value::SingleQuotedString(String::new())));
    }
    for clause in std::mem::take(&mut list.clauses) {
        match clause {
            FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Truncate { filler, with_count }) => {
                let filler = filler.map_or_else(
                    || argument(Value::SingleQuotedString(FILLER.to_owned())),
                    |filler| FunctionArg::Unnamed(FunctionArgExpr::Expr(*filler)),
                );
                list.args.extend([filler, argument(Value::Boolean(with_count))]);
            }
            // What it does anyway.
            FunctionArgumentClause::OnOverflow(ListAggOnOverflow::Error) => {}
            other => list.clauses.push(other),
        }
    }
}
