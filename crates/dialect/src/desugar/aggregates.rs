//! Aggregates of Trino that are other words for what the planner has.
//!
//! | call | stands for |
//! |---|---|
//! | `listagg(x, sep) WITHIN GROUP (ORDER BY k)` | `listagg(x, sep ORDER BY k)` |
//! | `listagg(x, sep ON OVERFLOW TRUNCATE '..' WITH COUNT)` | `listagg(x, sep, '..', true)` |
//! | `max(x, n)`, `min(x, n)` | functions of their own: the result is an array |
//! | `approx_distinct(x, e)` | `approx_distinct(x)`, whose error is smaller than any that may be asked for |

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, ListAggOnOverflow, ObjectNamePart, Value,
};

/// What tells that a text was cut, where nothing else is asked for.
const FILLER: &str = "...";

/// Rewrites a call in place, if it is one of these; its name is in lower case.
pub(super) fn rewrite(function: &mut Function) {
    let Some(ObjectNamePart::Identifier(name)) = function.name.0.first_mut() else { return };
    let FunctionArguments::List(list) = &mut function.args else { return };
    match (name.value.as_str(), list.args.len()) {
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
