//! Aggregates of Trino that are other words for what the planner has.
//!
//! | call | stands for |
//! |---|---|
//! | `listagg(x, sep)` | `string_agg(x, sep)` |
//! | `listagg(x, sep) WITHIN GROUP (ORDER BY k)` | `array_join(array_agg(x ORDER BY k) FILTER (WHERE x IS NOT NULL), sep)` |
//! | `max(x, n)`, `min(x, n)` | functions of their own: the result is an array |
//! | `approx_distinct(x, e)` | `approx_distinct(x)`, whose error is smaller than any that may be asked for |

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArgumentList, FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};

use super::call;

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
            complete(list);
        }
        _ => {}
    }
}

/// Returns what a `listagg` with an order stands for; its name is in lower case.
///
/// It is not `string_agg`, since the planner refuses two of these in one query whose orders differ.
pub(super) fn ordered_list(function: &Function) -> Option<Expr> {
    let name = function.name.0.first()?.as_ident()?;
    if name.value != "listagg" || function.within_group.is_empty() {
        return None;
    }
    let FunctionArguments::List(mut list) = function.args.clone() else { return None };
    complete(&mut list);
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(text)), separator] = list.args.as_slice() else {
        return None;
    };
    let (text, separator) = (text.clone(), separator.clone());
    list.args.truncate(1);
    let mut gathered = function.clone();
    gathered.name = ObjectName::from(vec![Ident { value: "array_agg".to_owned(), ..name.clone() }]);
    list.clauses.push(FunctionArgumentClause::OrderBy(std::mem::take(&mut gathered.within_group)));
    gathered.args = FunctionArguments::List(list);
    gathered.filter = Some(Box::new(with_text(text, gathered.filter.take())));
    let gathered = FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(gathered)));
    Some(call("array_join", vec![gathered, separator]))
}

/// Adds to the filter of an aggregate that `text` is not NULL.
fn with_text(text: Expr, filter: Option<Box<Expr>>) -> Expr {
    let is_text = Expr::IsNotNull(Box::new(text));
    match filter {
        None => is_text,
        Some(filter) => Expr::BinaryOp {
            left: Box::new(Expr::Nested(filter)),
            op: BinaryOperator::And,
            right: Box::new(is_text),
        },
    }
}

/// Adds the separator that is nothing, and takes away what is not ours to say.
fn complete(list: &mut FunctionArgumentList) {
    if list.args.len() == 1 {
        let nothing = Expr::Value(Value::SingleQuotedString(String::new()).into());
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(nothing)));
    }
    // Memory bounds the result, so there is no overflow that could be told about.
    list.clauses.retain(|clause| !matches!(clause, FunctionArgumentClause::OnOverflow(_)));
}
