//! The functions of Lake SQL that the engine does not have, or has with another meaning.
//!
//! All are stateless: parameters are arguments, so that a plan can be shipped and decoded by name.
//!
//! | function | of | gives |
//! |---|---|---|
//! | `element_at(json, 'key')` | JSON text | the member as text, see [`auditlake_events::json::member_text`] |
//! | `element_at(array, n)` | array | item n from 1, from the end if negative; NULL if there is none |
//! | `element_at(map, key)` | map | the value; NULL if there is none |
//! | `json_extract(json, '$.path')` | text | JSON text; NULL if there is nothing or `json` is no JSON |
//! | `json_extract_scalar(json, '$.path')` | text | text; NULL for objects, arrays and null too |
//! | `lake_get(json, 'a', 2, 'b')` | JSON text | internal: `json.a[2].b` as text |

mod element_at;
mod json_extract;
mod lake_get;
mod list;
mod text;

#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{Expr, ScalarUDF};

pub use list::FunctionInfo;
pub(crate) use list::list_functions;
pub(crate) use text::is_text;

static LAKE_GET: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(lake_get::LakeGet::new().into()));
static ELEMENT_AT: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(element_at::ElementAt::new().into()));
static JSON_EXTRACT: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(json_extract::JsonExtract::new(json_extract::Result::Json).into()));
static JSON_EXTRACT_SCALAR: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(json_extract::JsonExtract::new(json_extract::Result::Scalar).into()));

/// Adds the functions to a session; a function of the engine with the same name gives way.
///
/// To be called after the defaults were set.
pub fn register_all(builder: &mut SessionStateBuilder) {
    let ours = [&LAKE_GET, &ELEMENT_AT, &JSON_EXTRACT, &JSON_EXTRACT_SCALAR].map(|udf| Arc::clone(udf));
    let functions = builder.scalar_functions().get_or_insert_default();
    // Sessions derived from another register functions in no fixed order, and an alias of the engine's
    // `map_extract` is `element_at`: what shares a name with ours must not be there at all.
    functions.retain(|engine| {
        let names = || std::iter::once(engine.name()).chain(engine.aliases().iter().map(String::as_str));
        !ours.iter().any(|udf| names().any(|name| name == udf.name()))
    });
    functions.extend(ours);
}

/// Tells whether a function is not for users to call.
pub(crate) fn is_internal(name: &str) -> bool {
    name == lake_get::NAME
}

/// Returns the function that reads a member of JSON text.
pub(crate) fn lake_get() -> Arc<ScalarUDF> {
    Arc::clone(&LAKE_GET)
}

/// Returns the arguments of a call of `lake_get`.
pub(crate) fn lake_get_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &LAKE_GET)
}

/// Returns the arguments of a call of `element_at`.
pub(crate) fn element_at_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &ELEMENT_AT)
}

/// Returns the arguments of a call of `json_extract_scalar`.
pub(crate) fn json_extract_scalar_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &JSON_EXTRACT_SCALAR)
}

fn arguments_of<'a>(expr: &'a Expr, function: &ScalarUDF) -> Option<&'a [Expr]> {
    match expr {
        Expr::ScalarFunction(call) if call.func.as_ref() == function => Some(&call.args),
        _ => None,
    }
}

/// Tells whether the text that an expression gives is JSON where it is no scalar, so that one can go down into it.
pub(crate) fn gives_json_text(expr: &Expr) -> bool {
    [&LAKE_GET, &ELEMENT_AT, &JSON_EXTRACT].iter().any(|function| arguments_of(expr, function).is_some())
}

/// The type of all text that the functions give.
const TEXT: DataType = DataType::Utf8View;
