//! Casts, typed literals and rows of the tree, as calls that know the types of Lake SQL.
//!
//! | before | after |
//! |---|---|
//! | `CAST(x AS T)`, `x::T` | `lake_cast(x, 'T')` |
//! | `TRY_CAST(x AS T)` | `lake_try_cast(x, 'T')` |
//! | `DATE '2024-01-01'` | `lake_cast('2024-01-01', 'date')` |
//! | `TIMESTAMP '.. Europe/Berlin'` | `lake_cast('..', 'timestamp with time zone in ''Europe/Berlin''')` |
//! | `x AT TIME ZONE 'Europe/Berlin'` | the same of `x` |
//! | `ROW(a, b)`, `(a, b)` | `named_struct('field0', a, 'field1', b)` |
//! | `try(x)` | `try(row -> x)` |
//! | `1e3` | `lake_cast('1e3', 'double')` |

use auditlake_functions::zone_of_instant;
use sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, Interval, LambdaFunction, LambdaFunctionParameter, LambdaSyntax, ObjectName,
    OneOrManyWithParens, TimezoneInfo, TypedString, UnaryOperator, Value,
};

use super::types::text_of;
use super::{desugar, interval, like};

/// Rewrites one expression whose parts are rewritten already.
pub(super) fn rewrite(expr: &mut Expr) {
    let rewritten = match expr {
        Expr::Cast { kind, expr: value, data_type, array: false, format: None } => {
            let is_try = matches!(kind, CastKind::TryCast | CastKind::SafeCast);
            let value = std::mem::replace(value.as_mut(), null());
            Some(cast(if is_try { "lake_try_cast" } else { "lake_cast" }, value, &text_of(data_type)))
        }
        Expr::TypedString(typed) => typed_literal(typed),
        Expr::Interval(own) => {
            interval::rewrite(own);
            None
        }
        Expr::AtTimeZone { timestamp, time_zone } => zone_text(time_zone).map(|zone| {
            let value = std::mem::replace(timestamp.as_mut(), null());
            cast("lake_cast", value, &zoned(&zone))
        }),
        Expr::Value(value) => match &value.value {
            Value::Number(number, _) if number.contains(['e', 'E']) => {
                Some(cast("lake_cast", text(number.clone()), "double"))
            }
            Value::UnicodeStringLiteral(decoded) => Some(text(decoded.clone())),
            _ => None,
        },
        Expr::Like { pattern, escape_char, .. } | Expr::ILike { pattern, escape_char, .. } => {
            like::rewrite(pattern, escape_char);
            None
        }
        Expr::Function(function) => call(function),
        Expr::Tuple(values) => Some(row(std::mem::take(values))),
        _ => None,
    };
    if let Some(rewritten) = rewritten {
        *expr = rewritten;
    }
}

fn call(function: &mut Function) -> Option<Expr> {
    let name = function.name.0.first()?.as_ident()?.value.clone();
    match name.as_str() {
        "row" => desugar::plain_arguments(function).map(row),
        "try" => {
            let [argument] = <[Expr; 1]>::try_from(desugar::plain_arguments(function)?).ok()?;
            (!matches!(argument, Expr::Lambda(_))).then(|| attempt(argument))
        }
        _ => None,
    }
}

/// Returns a row whose fields have the names of their positions.
fn row(values: Vec<Expr>) -> Expr {
    let fields = values.into_iter().enumerate();
    plain_call(
        "named_struct",
        fields.flat_map(|(index, value)| [text(format!("field{index}")), value]).collect(),
    )
}

/// Returns the call of `try`, which takes its argument unevaluated.
fn attempt(body: Expr) -> Expr {
    let param = LambdaFunctionParameter { name: Ident::with_quote('"', "row of try"), data_type: None };
    let lambda = LambdaFunction {
        params: OneOrManyWithParens::One(param),
        body: Box::new(body),
        syntax: LambdaSyntax::Arrow,
    };
    plain_call("try", vec![Expr::Lambda(lambda)])
}

fn typed_literal(typed: &TypedString) -> Option<Expr> {
    let value = typed.value.clone().into_string()?;
    let of = match &typed.data_type {
        DataType::Timestamp(None, TimezoneInfo::None | TimezoneInfo::WithTimeZone) => {
            match zone_of_instant(&value) {
                Some(Some(zone)) => zoned(&zone),
                // Without a zone; one that does not exist is found with the rest of the text.
                _ => "timestamp".to_owned(),
            }
        }
        DataType::Decimal(_) | DataType::Numeric(_) => decimal_type(&value),
        other => text_of(other),
    };
    let (name, value) = if of.eq_ignore_ascii_case("json") {
        ("json_parse", text(value))
    } else {
        ("lake_cast", text(value))
    };
    Some(if name == "lake_cast" { cast(name, value, &of) } else { plain_call(name, vec![value]) })
}

/// Returns the type of a literal: as many digits as it has.
fn decimal_type(value: &str) -> String {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let scale = value.split_once('.').map_or(0, |(_, fraction)| digits(fraction));
    format!("decimal({},{scale})", digits(value).clamp(1, 38))
}

fn zoned(zone: &str) -> String {
    format!("timestamp with time zone in '{}'", zone.replace('\'', "''"))
}

/// Returns the zone that AT TIME ZONE names: by a text, or by an interval.
fn zone_text(zone: &Expr) -> Option<String> {
    match zone {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(zone) => Some(zone.clone()),
            _ => None,
        },
        Expr::Nested(inner) => zone_text(inner),
        Expr::Interval(Interval { value, .. }) => offset(value),
        _ => None,
    }
}

/// Returns the offset that an interval is: `'-08:00' HOUR TO MINUTE` is in units already, `'2' HOUR` is not.
fn offset(value: &Expr) -> Option<String> {
    let (negative, text) = match value {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (true, expr.as_ref()),
        other => (false, other),
    };
    let Expr::Value(text) = text else { return None };
    let Value::SingleQuotedString(text) = &text.value else { return None };
    let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<i32>().ok());
    let (hours, minutes) = (numbers.next()?, numbers.next().unwrap_or(0));
    let negative = negative != text.trim_start().starts_with('-');
    Some(format!("{}{:02}:{:02}", if negative { '-' } else { '+' }, hours.abs(), minutes.abs()))
}

fn cast(name: &str, value: Expr, of: &str) -> Expr {
    plain_call(name, vec![value, text(of.to_owned())])
}

fn null() -> Expr {
    Expr::Value(Value::Null.into())
}

fn text(text: String) -> Expr {
    Expr::Value(Value::SingleQuotedString(text).into())
}

/// Returns a call that has nothing but arguments.
pub(super) fn plain_call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(name)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: args.collect(),
            clauses: vec![],
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}
