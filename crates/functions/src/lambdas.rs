//! Functions that take functions.
//!
//! Every lambda is evaluated on whole columns: its parameters are the items of all arrays of a batch, one after the
//! other, and columns of the row around it are spread to them.

mod call;
mod compile;
mod compiled;
mod entries;
mod function;
mod items;
mod reduce;
mod replace;
mod sort;
mod zip_with;

pub use self::compile::CompileLambdas;
use self::function::{Argument, HigherOrder};
use crate::family::Family;
use crate::list::Words;

use Argument::{Any, Array, Lambda, Map, Text};

static FUNCTIONS: [HigherOrder; 15] = [
    HigherOrder {
        name: "filter",
        signature: "filter(array, x -> condition)",
        help: "Keeps the items for which a condition is true.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::filter_returns,
        invoke: items::filter,
    },
    HigherOrder {
        name: "transform",
        signature: "transform(array, x -> value)",
        help: "Makes an array of what a lambda gives for each item.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::transform_returns,
        invoke: items::transform,
    },
    HigherOrder {
        name: "any_match",
        signature: "any_match(array, x -> condition)",
        help: "Tells whether a condition is true for an item.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::match_returns,
        invoke: items::any_match,
    },
    HigherOrder {
        name: "all_match",
        signature: "all_match(array, x -> condition)",
        help: "Tells whether a condition is true for all items.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::match_returns,
        invoke: items::all_match,
    },
    HigherOrder {
        name: "none_match",
        signature: "none_match(array, x -> condition)",
        help: "Tells whether a condition is true for no item.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::match_returns,
        invoke: items::none_match,
    },
    HigherOrder {
        name: "find_first",
        signature: "find_first(array, x -> condition)",
        help: "Returns the first item for which a condition is true.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::first_returns,
        invoke: items::find_first,
    },
    HigherOrder {
        name: "find_first_index",
        signature: "find_first_index(array, x -> condition)",
        help: "Returns the position of the first item for which a condition is true.",
        arguments: &[Array, Lambda(1)],
        required: 2,
        parameters: items::of_item,
        returns: items::first_index_returns,
        invoke: items::find_first_index,
    },
    HigherOrder {
        name: "reduce",
        signature: "reduce(array, initial, (state, x) -> state, state -> result)",
        help: "Takes all items into one value, step by step.",
        arguments: &[Array, Any, Lambda(2), Lambda(1)],
        required: 4,
        parameters: reduce::parameters,
        returns: reduce::returns,
        invoke: reduce::reduce,
    },
    HigherOrder {
        name: "zip_with",
        signature: "zip_with(array, array, (x, y) -> value)",
        help: "Makes an array of what a lambda gives for items at equal positions; the shorter array goes on with NULL.",
        arguments: &[Array, Array, Lambda(2)],
        required: 3,
        parameters: zip_with::parameters,
        returns: items::transform_returns,
        invoke: zip_with::zip_with,
    },
    HigherOrder {
        name: "array_sort",
        signature: "array_sort(array, (x, y) -> number)",
        help: "Sorts an array, NULLs last, or as a lambda says with -1, 0 or 1.",
        arguments: &[Array, Lambda(2)],
        required: 1,
        parameters: sort::parameters,
        returns: sort::returns,
        invoke: sort::array_sort,
    },
    HigherOrder {
        name: "map_filter",
        signature: "map_filter(map, (k, v) -> condition)",
        help: "Keeps the entries for which a condition is true.",
        arguments: &[Map, Lambda(2)],
        required: 2,
        parameters: entries::of_entry,
        returns: entries::filter_returns,
        invoke: entries::map_filter,
    },
    HigherOrder {
        name: "transform_keys",
        signature: "transform_keys(map, (k, v) -> key)",
        help: "Gives the entries of a map other keys.",
        arguments: &[Map, Lambda(2)],
        required: 2,
        parameters: entries::of_entry,
        returns: entries::keys_returns,
        invoke: entries::transform_keys,
    },
    HigherOrder {
        name: "transform_values",
        signature: "transform_values(map, (k, v) -> value)",
        help: "Gives the entries of a map other values.",
        arguments: &[Map, Lambda(2)],
        required: 2,
        parameters: entries::of_entry,
        returns: entries::values_returns,
        invoke: entries::transform_values,
    },
    HigherOrder {
        name: "map_zip_with",
        signature: "map_zip_with(map, map, (k, v, w) -> value)",
        help: "Makes one map of two, with what a lambda gives for the values of each key.",
        arguments: &[Map, Map, Lambda(3)],
        required: 3,
        parameters: entries::of_both,
        returns: entries::values_returns,
        invoke: entries::map_zip_with,
    },
    HigherOrder {
        name: "lake_regexp_replace",
        signature: "regexp_replace(text, pattern, groups -> text)",
        help: "Replaces every match by what a lambda makes of its groups.",
        arguments: &[Text, Text, Lambda(1)],
        required: 3,
        parameters: replace::parameters,
        returns: replace::returns,
        invoke: replace::replace,
    },
];

/// What users call that becomes a call of one of these functions.
const OTHER_WORDS: [(&str, &[Argument]); 2] =
    [("regexp_replace", &[Text, Text, Lambda(1)]), ("reduce_agg", &[Any, Any, Lambda(2), Lambda(2)])];

const WORDS: &[Words] = &[
    Words::new(
        "regexp_replace",
        "regexp_replace(text, pattern[, replacement]) | regexp_replace(text, pattern, groups -> text)",
        "Replaces, or removes, every match; $1 and ${name} in the replacement stand for groups.",
    ),
    Words::new(
        "reduce_agg",
        "reduce_agg(value, initial, (state, x) -> state, (state, other) -> state)",
        "Takes the values of a group into one, step by step.",
    ),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { lambda: FUNCTIONS.iter().map(HigherOrder::udf).collect(), words: WORDS, ..Family::default() }
}

/// Returns how many parameters the lambdas of a function take, by place; `None` where a value stands, or for what takes
/// no lambdas.
pub fn lambda_places(function: &str) -> Option<Vec<Option<usize>>> {
    let arguments = match OTHER_WORDS.iter().find(|(name, _)| *name == function) {
        Some((_, arguments)) => arguments,
        None => FUNCTIONS.iter().find(|row| row.name == function)?.arguments,
    };
    let parameters = |argument: &Argument| match argument {
        Lambda(parameters) => Some(*parameters),
        Array | Map | Text | Any => None,
    };
    Some(arguments.iter().map(parameters).collect())
}
