//! Syntax and functions of Trino that are other words for what the planner has.
//!
//! The place for more of them: a function that needs no code of its own is one line in [`function`].

mod aggregates;

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, CastKind, DataType, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, GroupByExpr, Ident, LimitClause, NamedWindowDefinition,
    NamedWindowExpr, ObjectName, ObjectNamePart, OrderBy, OrderByKind, Query, SelectItem, SetExpr, Value,
};

/// Writes `FETCH FIRST n ROWS ONLY` as `LIMIT n`; without a number it is one row.
pub(super) fn fetch_first(query: &mut Query) {
    let Some(fetch) = query.fetch.as_ref().filter(|fetch| !fetch.with_ties) else { return };
    let one = || Expr::Value(Value::Number("1".to_owned(), false).into());
    let limit = fetch.quantity.clone().unwrap_or_else(one);
    match &mut query.limit_clause {
        None => {
            query.limit_clause =
                Some(LimitClause::LimitOffset { limit: Some(limit), offset: None, limit_by: vec![] });
        }
        Some(LimitClause::LimitOffset { limit: own @ None, .. }) => *own = Some(limit),
        Some(_) => return,
    }
    query.fetch = None;
}

/// Writes keys of ORDER BY that are items of a SELECT DISTINCT as the positions of these items.
///
/// After DISTINCT only the items themselves can be sorted by, and the planner knows them by position.
pub(super) fn distinct_order(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_ref() else { return };
    let Some(OrderBy { kind: OrderByKind::Expressions(keys), .. }) = &mut query.order_by else { return };
    let is_wildcard =
        |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if select.distinct.is_none() || select.projection.iter().any(is_wildcard) {
        return;
    }
    let expr_of = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr.clone()),
        _ => None,
    };
    let items: Vec<Option<Expr>> = select.projection.iter().map(expr_of).collect();
    for key in keys.iter_mut().filter(|key| !matches!(key.expr, Expr::Identifier(_) | Expr::Value(_))) {
        if let Some(item) = items.iter().position(|item| item.as_ref() == Some(&key.expr)) {
            key.expr = Expr::Value(Value::Number((item + 1).to_string(), false).into());
        }
    }
}

/// Returns what a function call stands for, if it is another word for something; its name is in lower case.
///
/// | call | stands for |
/// |---|---|
/// | `if(c, a, b)` | `CASE WHEN c THEN a ELSE b END` |
/// | `count_if(c)` | `count(CASE WHEN c THEN true END)`, with its FILTER and OVER |
/// | `date(x)` | `CAST(x AS DATE)` |
/// | `normalize(x, NFD)` | `normalize(x, 'nfd')` |
/// | `map()` | `map(ARRAY[], ARRAY[])` |
pub(super) fn function(function: &mut Function) -> Option<Expr> {
    aggregates::rewrite(function);
    let name = function.name.0.first()?.as_ident()?.value.clone();
    match name.as_str() {
        "if" => {
            let mut arguments = plain_arguments(function)?.into_iter();
            let (condition, result) = (arguments.next()?, arguments.next()?);
            let otherwise = arguments.next();
            arguments.next().is_none().then(|| case(condition, result, otherwise))
        }
        "date" => {
            let [argument] = <[Expr; 1]>::try_from(plain_arguments(function)?).ok()?;
            Some(cast(argument, DataType::Date))
        }
        "count_if" => {
            count_if(function);
            None
        }
        "normalize" => {
            normal_form(function);
            None
        }
        "map" => {
            empty_map(function);
            None
        }
        _ => None,
    }
}

/// Gives `map()` an array of no keys and one of no values; the engine wants arguments.
fn empty_map(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    if list.args.is_empty() {
        let nothing = || FunctionArg::Unnamed(FunctionArgExpr::Expr(call("make_array", Vec::new())));
        list.args = vec![nothing(), nothing()];
    }
}

/// Writes the form, which is a keyword in Trino, as text.
fn normal_form(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(form))] = list.args.as_mut_slice() else { return };
    if let Expr::Identifier(name) = form {
        *form = Expr::Value(Value::SingleQuotedString(name.value.clone()).into());
    }
}

fn count_if(function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(condition))] = list.args.as_mut_slice() else { return };
    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
        return;
    }
    let is_true = Expr::Value(Value::Boolean(true).into());
    let taken = std::mem::replace(condition, is_true.clone());
    *condition = case(taken, is_true, None);
    if let Some(ObjectNamePart::Identifier(name)) = function.name.0.first_mut() {
        name.value = "count".to_owned();
    }
}

/// Writes keys of GROUP BY in parentheses as what they hold: `(a, b)` as `a, b`, and `()` as the one group of all rows.
pub(super) fn group_keys(group_by: &mut GroupByExpr) {
    let GroupByExpr::Expressions(keys, _) = group_by else { return };
    let flat = keys.drain(..).flat_map(|key| match key {
        Expr::Tuple(items) if items.is_empty() => vec![Expr::GroupingSets(vec![Vec::new()])],
        Expr::Tuple(items) => items,
        other => vec![other],
    });
    *keys = flat.collect();
}

/// Writes a named window that refines another in full: `v AS (w ORDER BY x)` with what `w` says.
///
/// The planner would leave out what `w` says.
pub(super) fn named_windows(windows: &mut [NamedWindowDefinition]) {
    for place in 0..windows.len() {
        let (before, rest) = windows.split_at_mut(place);
        let Some(NamedWindowDefinition(_, NamedWindowExpr::WindowSpec(spec))) = rest.first_mut() else {
            continue;
        };
        let base = spec.window_name.as_ref().and_then(|name| {
            before.iter().find_map(|NamedWindowDefinition(known, window)| match window {
                NamedWindowExpr::WindowSpec(base) if known.value == name.value => Some(base.clone()),
                _ => None,
            })
        });
        let Some(base) = base else { continue };
        spec.window_name = None;
        if spec.partition_by.is_empty() {
            spec.partition_by = base.partition_by;
        }
        if spec.order_by.is_empty() {
            spec.order_by = base.order_by;
        }
        spec.window_frame = spec.window_frame.take().or(base.window_frame);
    }
}

/// Writes `ARRAY[a, b]` as `make_array(a, b)`.
///
/// The planner looks for names in the items of the former in no query around and in no lambda.
pub(super) fn array(expr: &mut Expr) {
    let Expr::Array(array) = expr else { return };
    let arguments = std::mem::take(&mut array.elem).into_iter();
    let arguments = arguments.map(|item| FunctionArg::Unnamed(FunctionArgExpr::Expr(item)));
    *expr = call("make_array", arguments.collect());
}

/// Returns a call that has nothing but arguments.
fn call(name: &str, args: Vec<FunctionArg>) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Returns the arguments of a call that has nothing but arguments.
pub(super) fn plain_arguments(function: &Function) -> Option<Vec<Expr>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let is_plain = function.filter.is_none()
        && function.over.is_none()
        && function.within_group.is_empty()
        && list.duplicate_treatment.is_none()
        && list.clauses.is_empty();
    if !is_plain {
        return None;
    }
    let expr = |argument: &FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    list.args.iter().map(expr).collect()
}

fn case(condition: Expr, result: Expr, otherwise: Option<Expr>) -> Expr {
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![CaseWhen { condition, result }],
        else_result: otherwise.map(Box::new),
    }
}

fn cast(expr: Expr, data_type: DataType) -> Expr {
    Expr::Cast { kind: CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}
