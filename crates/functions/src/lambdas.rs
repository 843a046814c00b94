//! Functions that take functions.
//!
//! Every lambda is evaluated on whole columns: its parameters are the items of all arrays of a batch, one after the
//! other, and columns of the row around it are spread to them.

mod call;
mod function;
mod items;

use self::function::{Argument, HigherOrder};
use crate::family::Family;

use Argument::{Array, Lambda};

static FUNCTIONS: [HigherOrder; 7] = [
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
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { lambda: FUNCTIONS.iter().map(HigherOrder::udf).collect(), ..Family::default() }
}

/// Returns how many parameters the lambdas of a function take, by place; `None` where a value stands, or for what takes
/// no lambdas.
pub fn lambda_places(function: &str) -> Option<Vec<Option<usize>>> {
    let row = FUNCTIONS.iter().find(|row| row.name == function)?;
    let parameters = |argument: &Argument| match argument {
        Lambda(parameters) => Some(*parameters),
        Argument::Array | Argument::Map | Argument::Any => None,
    };
    Some(row.arguments.iter().map(parameters).collect())
}
