//! Aggregates of Trino that are other words for what the planner has.
//!
//! | call | stands for |
//! |---|---|
//! | `listagg(x, sep) WITHIN GROUP (ORDER BY k)` | `string_agg(x, sep ORDER BY k)` |
//! | `max(x, n)`, `min(x, n)` | functions of their own: the result is an array |
//! | `approx_distinct(x, e)` | `approx_distinct(x)`, whose error is smaller than any that may be asked for |

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList,
    FunctionArguments, ObjectNamePart, Value,
};

/// Rewrites a call in place, if it is one of these; its name is in lower case.
pub(super) fn rewrite(function: &mut Function) {
    let Some(ObjectNamePart::Identifier(name)) = function.name.0.first_mut() else { return };
    let FunctionArguments::List(list) = &mut function.args else { return };
    match (name.value.as_str(), list.args.len()) {
        ("max", 2) => name.value = "lake_max_n".to_owned(),
        ("min", 2) => name.value = "lake_min_n".to_owned(),
        ("approx_distinct", 2) => list.args.truncate(1),
        ("listagg", 1 | 2) => {
            name.value = "string_agg".to_owned();
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
    if list.args.len() == 1 {
        let nothing = Expr::Value(Value::SingleQuotedString(String::new()).into());
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(nothing)));
    }
    // Memory bounds the result, so there is no overflow that could be told about.
    list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OnOverflow(_)));
}
