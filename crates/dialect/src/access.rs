//! Members of structs, free-form fields, maps and arrays: `userIdentity.arn`, `requestParameters['bucketName']`.
//!
//! Every access arrives as a chain of subscripts; [`super::fold`] keeps what followed a dot (`.name`) apart from what
//! was typed as a subscript (`[x]`).
//!
//! | before | access | planned as |
//! |---|---|---|
//! | struct | `.NAME`, `['NAME']` | `get_field`, the name found without regard to case |
//! | struct | `[n]` | `get_field` of its field n |
//! | JSON text (marked `arrow.json`) | `.name` | `lake_get(json, 'name')`: text, name as it is; NULL if there is none |
//! | JSON text | `['name']` | `lake_required(json, 'name')`: the same, but an error if there is none |
//! | `lake_get(json, 'a')` | `.b`, `['b']`, `[2]` | `lake_get(json, 'a', 'b')`, `lake_get(json, 'a', 2)`; positions from 1 |
//! | array, map | `[x]` | `lake_item`: an error if there is none |
//! | map | `.name` | `element_at`: NULL if there is none |
//! | JSON text | `-> 'name'`, `-> 0` | `json_extract(json, '$["name"]')`: JSON; positions from 0 |
//! | JSON text | `->> 'name'`, `->> 0` | `lake_get(json, 'name')`: text |
//!
//! `substring(x FROM n)` and `position(x IN y)` are planned here too, as calls of our functions.

use auditlake_events::schema::is_json;
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess, lit};

use sqlparser::ast::BinaryOperator;

use super::INVALID_STATEMENT;
use super::arrows::MEMBER;
use super::errors::about;
use super::lambda::as_typed;
use super::names::nearest;
use auditlake_functions::engine_error::into_datafusion;
use auditlake_functions::{
    element_at, gives_json_text, is_text, json_extract, lake_get, lake_get_arguments, lake_item,
    lake_required, lake_required_arguments, text_function,
};

/// Plans access to members; it must come before the engine's own planners.
#[derive(Debug, Default)]
pub(super) struct MemberAccess;

impl ExprPlanner for MemberAccess {
    fn plan_field_access(
        &self,
        access: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let RawFieldAccessExpr { expr, field_access } = access;
        let (_, field) = expr.to_field(schema)?;
        let planned = match &field_access {
            GetFieldAccess::NamedStructField { name } => match name.try_as_str().flatten() {
                Some(name) => member(&expr, &field, name),
                None => Ok(None),
            },
            GetFieldAccess::ListIndex { key } => subscript(&expr, &field, key, schema),
            GetFieldAccess::ListRange { .. } => Ok(None),
        };
        match planned.map_err(into_datafusion)? {
            Some(planned) => Ok(PlannerResult::Planned(planned)),
            None => Ok(PlannerResult::Original(RawFieldAccessExpr { expr, field_access })),
        }
    }

    fn plan_position(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(text_call("strpos", args))
    }

    fn plan_substring(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(text_call("substr", args))
    }

    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let as_text = match &expr.op {
            BinaryOperator::Custom(operator) if operator == MEMBER => false,
            BinaryOperator::LongArrow => true,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let json = expr.left.get_type(schema)?;
        arrow(&expr.left, &json, &expr.right, as_text).map(PlannerResult::Planned).map_err(into_datafusion)
    }
}

/// Plans `json -> key` and `json ->> key`.
fn arrow(json: &Expr, json_type: &DataType, key: &Expr, as_text: bool) -> Result<Expr, Error> {
    if !is_text(json_type) {
        return Err(Error::invalid(format!("`{}` of type {json_type} is no JSON", json.schema_name()))
            .with_hint("Write a dot or a subscript for rows, arrays and maps."));
    }
    let key = match key {
        Expr::Literal(key, _) => key,
        _ => return Err(Error::unsupported("a key after `->` is a constant")),
    };
    let (step, path) = match (key.try_as_str().flatten(), key) {
        (Some(name), _) => {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            (ScalarValue::from(name), format!("$[\"{quoted}\"]"))
        }
        (None, ScalarValue::Int64(Some(index))) if *index >= 0 => {
            (ScalarValue::Int64(Some(index.saturating_add(1))), format!("$[{index}]"))
        }
        _ => {
            return Err(Error::invalid(format!("`{key}` is no key of JSON")).with_hint(
                "Write a name, or an index from 0; `json_array_get(json, -1)` counts from the end.",
            ));
        }
    };
    Ok(match as_text {
        true => json_step(json, step),
        false => json_extract().call(vec![json.clone(), lit(path)]),
    })
}

/// Plans a construct as a call of our function of text.
fn text_call(name: &str, args: Vec<Expr>) -> PlannerResult<Vec<Expr>> {
    match text_function(name) {
        Some(function) => {
            PlannerResult::Planned(Expr::ScalarFunction(ScalarFunction::new_udf(function, args)))
        }
        None => PlannerResult::Original(args),
    }
}

fn is_json_text(expr: &Expr, field: &Field) -> bool {
    is_text(field.data_type()) && (is_json(field) || gives_json_text(expr))
}

/// Plans `expr[key]`; `None` leaves it to the engine.
fn subscript(expr: &Expr, field: &Field, key: &Expr, schema: &DFSchema) -> Result<Option<Expr>, Error> {
    let constant = match key {
        Expr::Literal(value, _) => Some(value),
        _ => None,
    };
    let name = constant.and_then(|value| value.try_as_str().flatten());
    match (field.data_type(), name) {
        (DataType::Struct(_), Some(name)) => member(expr, field, name),
        (DataType::Struct(fields), None) => numbered_field(expr, fields, constant).map(Some),
        (DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..), _)
            if constant == Some(&ScalarValue::Int64(Some(0))) =>
        {
            let what = as_typed(&expr.schema_name().to_string());
            let what = if what.contains('(') { "x" } else { what.as_str() };
            Err(Error::invalid("SQL array indices start at 1")
                .with_code(INVALID_STATEMENT)
                .with_hint(format!("The first item is `{what}[1]`, the last one `element_at({what}, -1)`.")))
        }
        (DataType::Map(..) | DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..), _) => {
            Ok(Some(lake_item().call(vec![expr.clone(), key.clone()])))
        }
        (_, Some(name)) if is_json_text(expr, field) => Ok(Some(required(expr, name))),
        _ if is_json_text(expr, field) => {
            let is_name = key.get_type(schema).is_ok_and(|key| is_text(&key) || key.is_null());
            if is_name { Ok(Some(required_by(expr, key))) } else { item(expr, key) }
        }
        (_, Some(name)) => member(expr, field, name),
        (other, None) => {
            let what = expr.schema_name();
            Err(Error::invalid(format!("`{what}` of type {other} takes no subscript")))
        }
    }
}

/// Plans `row[n]`.
fn numbered_field(expr: &Expr, fields: &Fields, number: Option<&ScalarValue>) -> Result<Expr, Error> {
    let what = expr.schema_name();
    let Some(ScalarValue::Int64(Some(number))) = number else {
        return Err(Error::invalid(format!("a field of the row `{what}` is named by a constant")));
    };
    let field = usize::try_from(*number).ok().and_then(|number| fields.get(number.checked_sub(1)?));
    match field {
        Some(field) => Ok(get_field(expr.clone(), field.name().clone())),
        None => Err(Error::invalid(format!("the row `{what}` has no field {number}"))
            .with_hint(format!("It has {} fields, counted from 1.", fields.len()))),
    }
}

/// Plans `json['name']`: a step more where there were steps before, else a member that must be there.
fn required(expr: &Expr, name: &str) -> Expr {
    let step = ScalarValue::from(name);
    if gives_json_text(expr) {
        return json_step(expr, step);
    }
    required_by(expr, &Expr::Literal(step, None))
}

fn required_by(expr: &Expr, key: &Expr) -> Expr {
    lake_required().call(vec![expr.clone(), key.clone()])
}

/// Plans `expr.name`; `None` leaves it to the engine.
fn member(expr: &Expr, field: &Field, name: &str) -> Result<Option<Expr>, Error> {
    let what = as_typed(&expr.schema_name().to_string());
    match field.data_type() {
        DataType::Struct(fields) => Ok(Some(get_field(expr.clone(), struct_field(fields, name, &what)?))),
        DataType::Map(..) => Ok(Some(element_at().call(vec![expr.clone(), lit(name)]))),
        _ if is_json_text(expr, field) => Ok(Some(json_step(expr, ScalarValue::from(name)))),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => {
            Err(about(name, format!("`{what}` is an array and has no member `{name}`"))
                .with_hint(format!("Name an item of it, as in `{what}[1].{name}`.")))
        }
        text if is_text(text) => Err(about(name, format!("`{what}` is text and has no member `{name}`"))
            .with_hint(format!("If it holds JSON, write `json_extract_scalar({what}, '$.{name}')`."))),
        other => Err(about(name, format!("`{what}` of type {other} has no member `{name}`"))),
    }
}

/// Finds a field of a struct: by its exact name, else without regard to case.
fn struct_field(fields: &Fields, name: &str, what: &str) -> Result<String, Error> {
    if let Some((_, field)) = fields.find(name) {
        return Ok(field.name().clone());
    }
    let mut same = fields.iter().filter(|field| field.name().eq_ignore_ascii_case(name));
    match (same.next(), same.next()) {
        (Some(field), None) => Ok(field.name().clone()),
        (Some(_), Some(_)) => {
            Err(about(name, format!("`{what}` has several members `{name}` that differ in case"))
                .with_hint("Write the name with the case it has."))
        }
        (None, _) => {
            let error = about(name, format!("`{what}` has no member `{name}`"));
            Err(match nearest(name, fields.iter().map(|field| field.name().as_str())) {
                Some(candidate) => error.with_hint(format!("Did you mean `{candidate}`?")),
                None => error,
            })
        }
    }
}

/// Plans `json[position]`; `None` leaves it to the engine.
fn item(expr: &Expr, key: &Expr) -> Result<Option<Expr>, Error> {
    let Expr::Literal(ScalarValue::Int64(Some(position)), _) = key else {
        return Err(Error::unsupported("an item of JSON is named by a number as it stands")
            .with_hint("Write `json_extract(column, '$.path[0]')` for other needs."));
    };
    if *position < 1 {
        return Err(Error::invalid(format!("position {position} in JSON: positions start at 1")).with_hint(
            "The first item is `[1]`. Positions in a path, as in `json_extract(x, '$[0]')`, start at 0.",
        ));
    }
    Ok(Some(json_step(expr, ScalarValue::Int64(Some(*position)))))
}

/// Goes one step down into JSON, in the same call as the steps before.
fn json_step(expr: &Expr, step: ScalarValue) -> Expr {
    let step = Expr::Literal(step, None);
    if let Some([json, first @ Expr::Literal(..), deeper @ ..]) = lake_required_arguments(expr) {
        let mut args = vec![json.clone(), first.clone()];
        args.extend(deeper.iter().cloned().chain([step]));
        return lake_required().call(args);
    }
    let mut args = lake_get_arguments(expr).map_or_else(|| vec![expr.clone()], <[Expr]>::to_vec);
    args.push(step);
    lake_get().call(args)
}
