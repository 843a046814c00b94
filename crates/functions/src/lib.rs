//! The functions of Lake SQL that the engine does not have, or has with another meaning.
//!
//! All are stateless: parameters are arguments, so that a plan can be shipped and decoded by name. Each family is a
//! module with one entry, `family()`; a scalar function is a row of its table, see [`scalar`].
//!
//! | kept as text | where |
//! |---|---|
//! | free-form fields, JSON | JSON text, its field marked `arrow.json` |
//! | `map(varchar, json)` | an Arrow map whose value field is marked |
//!
//! | function | of | gives |
//! |---|---|---|
//! | `element_at(json, 'key')` | JSON text | the member as text, see [`auditlake_events::json::member_text`] |
//! | `element_at(array, n)` | array | item n from 1, from the end if negative; NULL if there is none |
//! | `element_at(map, key)` | map | the value; NULL if there is none |
//! | `lake_get(json, 'a', 2, 'b')` | JSON text | internal: `json.a[2].b` as text |
//! | `lake_required(json, 'a', 2, 'b')` | JSON text | internal: the same for `json['a'][2].b`; `a` must be there |
//! | `lake_item(container, x)` | array, map | internal: `container[x]`; must be there |

mod aggregates;
mod arithmetic;
mod arn;
mod arrays;
mod binary;
mod call;
mod call_error;
mod cast;
mod conditional;
mod datetime;
mod delegate;
mod double_text;
mod element_at;
pub mod engine_error;
mod event;
pub mod fallible;
mod family;
mod json;
mod json_extract;
mod json_type;
mod lake_get;
mod lake_members;
mod lambdas;
mod list;
mod maps;
mod math;
mod net;
mod regexp;
mod row;
mod scalar;
mod strings;
mod text;
mod type_name;
pub mod unnest;
mod url;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, LazyLock};

use datafusion::arrow::datatypes::DataType;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::{Expr, ScalarUDF, lit};

pub use self::arithmetic::Arithmetic;
pub use self::cast::{is_lake_cast, lake_cast, like_pattern};
pub use self::datetime::{field_function, interval_divided, interval_length, interval_times};
pub use self::double_text::{push_double, push_real};
use self::family::Family;
pub use self::json_type::{JSON_TYPE_KEY, is_free_form, json_field};
pub use self::lake_members::Reading;
pub use self::lambdas::{CompileLambdas, lambda_places};
pub use self::list::{FunctionInfo, list_functions};
pub use self::text::is_text;
pub use self::type_name::type_name;

static LAKE_GET: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(lake_get::LakeGet::new().into()));
static LAKE_MEMBERS: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(lake_members::LakeMembers::new().into()));
static LAKE_MEMBER: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(lake_members::LakeMember::new().into()));
static ELEMENT_AT: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| Arc::new(element_at::ElementAt::new().into()));
static LAKE_ITEM: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| maps::subscript::LAKE_ITEM.udf());
static LAKE_REQUIRED: LazyLock<Arc<ScalarUDF>> = LazyLock::new(|| json::required::LAKE_REQUIRED.udf());
static JSON_EXTRACT: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(json_extract::JsonExtract::new(json_extract::Result::Json).into()));
static JSON_EXTRACT_SCALAR: LazyLock<Arc<ScalarUDF>> =
    LazyLock::new(|| Arc::new(json_extract::JsonExtract::new(json_extract::Result::Scalar).into()));

fn families() -> Vec<Family> {
    vec![
        aggregates::family(),
        arithmetic::family(),
        arn::family(),
        arrays::family(),
        binary::family(),
        cast::family(),
        conditional::family(),
        datetime::family(),
        event::family(),
        json::family(),
        lambdas::family(),
        maps::family(),
        math::family(),
        net::family(),
        regexp::family(),
        strings::family(),
        unnest::family(),
        url::family(),
    ]
}

/// Adds the functions to a session; a function of the engine that shares a name or an alias with one of ours gives
/// way, of whatever kind it is.
///
/// To be called after the defaults were set.
pub fn register_all(builder: &mut SessionStateBuilder) {
    let families = families();
    // Sessions derived from another register functions in no fixed order, and an alias of the engine's
    // `map_extract` is `element_at`: what shares a name with ours must not be there at all.
    let ours = names(&families);
    macro_rules! replace {
        ($kind:ident, $list:expr) => {
            let functions = $list.get_or_insert_default();
            functions.retain(|engine| {
                let mut names =
                    std::iter::once(engine.name()).chain(engine.aliases().iter().map(String::as_str));
                !names.any(|name| ours.contains(name))
            });
            functions.extend(families.iter().flat_map(|family| family.$kind.iter().cloned()));
        };
    }
    replace!(scalar, builder.scalar_functions());
    replace!(aggregate, builder.aggregate_functions());
    replace!(window, builder.window_functions());
    replace!(lambda, builder.higher_order_functions());
}

/// Returns all names of the functions that are ours.
fn names(families: &[Family]) -> HashSet<String> {
    let mut names = HashSet::new();
    macro_rules! add {
        ($kind:ident) => {
            for function in families.iter().flat_map(|family| &family.$kind) {
                names.insert(function.name().to_owned());
                names.extend(function.aliases().iter().cloned());
            }
        };
    }
    add!(scalar);
    add!(aggregate);
    add!(window);
    add!(lambda);
    names
}

/// Tells whether a function is not for users to call.
pub fn is_internal(name: &str) -> bool {
    name.starts_with(list::INTERNAL)
}

/// Returns the function that reads a member of JSON text.
pub fn lake_get() -> Arc<ScalarUDF> {
    Arc::clone(&LAKE_GET)
}

/// Returns the expression that reads one member of JSON text together with others, one pass for all of them.
pub fn read_together(json: &Expr, all: &BTreeSet<Reading>, reading: &Reading) -> Expr {
    let all = all.iter().map(|reading| lit(reading.to_text()));
    let members = LAKE_MEMBERS.call(std::iter::once(json.clone()).chain(all).collect());
    LAKE_MEMBER.call(vec![members, lit(reading.to_text())])
}

/// Returns the function that reads an element of an array or a map, and fails where there is none.
pub fn lake_item() -> Arc<ScalarUDF> {
    Arc::clone(&LAKE_ITEM)
}

/// Returns the function that reads a member of JSON text, and fails where there is none.
pub fn lake_required() -> Arc<ScalarUDF> {
    Arc::clone(&LAKE_REQUIRED)
}

/// Returns the arguments of a call of `lake_required`.
pub fn lake_required_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &LAKE_REQUIRED)
}

/// Returns the function of text that a construct of SQL stands for: `strpos` for `position(x IN y)`, `substr` for
/// `substring(x FROM n)`; the engine's own differ.
pub fn text_function(name: &str) -> Option<Arc<ScalarUDF>> {
    strings::function(name)
}

/// Returns the arguments of a call of `lake_get`.
pub fn lake_get_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &LAKE_GET)
}

/// Returns `json_extract`.
pub fn json_extract() -> Arc<ScalarUDF> {
    Arc::clone(&JSON_EXTRACT)
}

/// Returns `element_at`.
pub fn element_at() -> Arc<ScalarUDF> {
    Arc::clone(&ELEMENT_AT)
}

/// Returns the arguments of a call of `element_at`.
pub fn element_at_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &ELEMENT_AT)
}

/// Returns the arguments of a call of `json_extract_scalar`.
pub fn json_extract_scalar_arguments(expr: &Expr) -> Option<&[Expr]> {
    arguments_of(expr, &JSON_EXTRACT_SCALAR)
}

fn arguments_of<'a>(expr: &'a Expr, function: &ScalarUDF) -> Option<&'a [Expr]> {
    match expr {
        Expr::ScalarFunction(call) if call.func.as_ref() == function => Some(&call.args),
        _ => None,
    }
}

/// Tells whether the text that an expression gives is JSON where it is no scalar, so that one can go down into it.
pub fn gives_json_text(expr: &Expr) -> bool {
    const NAMES: [&str; 7] = [
        lake_get::NAME,
        "lake_required",
        "element_at",
        "json_extract",
        "json_parse",
        "json_array_get",
        "json_query",
    ];
    matches!(expr, Expr::ScalarFunction(call) if NAMES.contains(&call.func.name()))
}

/// Returns why a text is not the name of a type of Lake SQL; `None` if it is.
pub fn type_fault(text: &str) -> Option<String> {
    cast::parse_type(text).err().map(|fault| fault.message)
}

/// Returns the zone at the end of the text of an instant, in the form that types name zones by.
///
/// Outer `None` if there is none, inner `None` if there is no such zone.
#[allow(clippy::option_option, reason = "no zone, and no zone of this name")]
pub fn zone_of_instant(text: &str) -> Option<Option<String>> {
    cast::zone_of(text).map(cast::zone_name)
}

/// The type of all text that the functions give.
const TEXT: DataType = DataType::Utf8View;
