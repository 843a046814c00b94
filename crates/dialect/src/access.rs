//! Members of structs, free-form fields and arrays: `userIdentity.arn`, `requestParameters.bucketName`.
//!
//! Every access arrives as a chain of subscripts, see [`super::fold`].
//!
//! | before | subscript | planned as |
//! |---|---|---|
//! | struct | `['NAME']` | `get_field`, the name found without regard to case |
//! | JSON text (marked `arrow.json`) | `['name']` | `lake_get(json, 'name')`: text, name as it is |
//! | `lake_get(json, 'a')` | `['b']`, `[2]` | `lake_get(json, 'a', 'b')`, `lake_get(json, 'a', 2)`; positions from 1 |
//! | others | | left to the engine |

use auditlake_events::schema::is_json;
use auditlake_model::Error;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess};

use super::errors::about;
use super::lambda::as_typed;
use super::names::nearest;
use auditlake_functions::engine_error::into_datafusion;
use auditlake_functions::{gives_json_text, is_text, lake_get, lake_get_arguments};

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
            GetFieldAccess::NamedStructField { name } => {
                name.try_as_str().flatten().map(|name| member(&expr, &field, name))
            }
            GetFieldAccess::ListIndex { key } if is_json_text(&expr, &field) => Some(item(&expr, key)),
            _ => None,
        };
        match planned.transpose().map_err(into_datafusion)?.flatten() {
            Some(planned) => Ok(PlannerResult::Planned(planned)),
            None => Ok(PlannerResult::Original(RawFieldAccessExpr { expr, field_access })),
        }
    }
}

fn is_json_text(expr: &Expr, field: &Field) -> bool {
    is_text(field.data_type()) && (is_json(field) || gives_json_text(expr))
}

/// Plans `expr['name']`; `None` leaves it to the engine.
fn member(expr: &Expr, field: &Field, name: &str) -> Result<Option<Expr>, Error> {
    let what = as_typed(&expr.schema_name().to_string());
    match field.data_type() {
        DataType::Struct(fields) => Ok(Some(get_field(expr.clone(), struct_field(fields, name, &what)?))),
        DataType::Map(..) => Ok(None),
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
        return Err(Error::invalid(format!("position {position} in JSON: positions start at 1"))
            .with_hint("Positions in a path, as in `json_extract(x, '$[0]')`, start at 0."));
    }
    Ok(Some(json_step(expr, ScalarValue::Int64(Some(*position)))))
}

/// Goes one step down into JSON, in the same call as the steps before.
fn json_step(expr: &Expr, step: ScalarValue) -> Expr {
    let mut args = match lake_get_arguments(expr) {
        Some(args) => args.to_vec(),
        None => vec![expr.clone()],
    };
    args.push(Expr::Literal(step, None));
    Expr::ScalarFunction(ScalarFunction::new_udf(lake_get(), args))
}
