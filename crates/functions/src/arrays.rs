//! Arrays. Positions count from 1, from the end if negative.
//!
//! Arrays come as lists of any layout and are worked on as [`lists::Lists`]: kernels name positions of items, and all
//! items are copied at once.

mod cut;
pub(crate) mod groups;
mod join;
pub(crate) mod keys;
pub(crate) mod lists;
pub(crate) mod order;
mod search;
mod sets;
mod shuffle;
mod takes;

use datafusion::logical_expr::Volatility;

use self::takes::{Shape, Takes};
use crate::family::Family;
use crate::scalar::Scalar;

use Takes::{Array, Item, Number};
use Volatility::{Immutable, Volatile};

/// A row of the table whose arguments are checked by a [`Shape`].
macro_rules! array_function {
    ($signature:literal, $help:literal, $name:literal, $takes:expr, $required:literal, $volatility:expr, $returns:expr, $invoke:expr) => {
        Scalar {
            name: $name,
            aliases: &[],
            signature: $signature,
            help: $help,
            volatility: $volatility,
            coerce: |types| {
                Shape { name: $name, signature: $signature, takes: $takes, required: $required }.coerce(types)
            },
            returns: $returns,
            invoke: $invoke,
        }
    };
}

static FUNCTIONS: [Scalar; 23] = [
    array_function!(
        "array_distinct(array)",
        "Drops items that came before.",
        "array_distinct",
        &[Array],
        1,
        Immutable,
        takes::same,
        sets::distinct
    ),
    array_function!(
        "array_except(array, array)",
        "Returns the items of the first array that are not in the second, each once.",
        "array_except",
        &[Array, Array],
        2,
        Immutable,
        takes::same,
        sets::except
    ),
    array_function!(
        "array_intersect(array, array)",
        "Returns the items that are in both arrays, each once.",
        "array_intersect",
        &[Array, Array],
        2,
        Immutable,
        takes::same,
        sets::intersect
    ),
    array_function!(
        "array_union(array, array)",
        "Returns the items of both arrays, each once.",
        "array_union",
        &[Array, Array],
        2,
        Immutable,
        takes::same,
        sets::union
    ),
    array_function!(
        "arrays_overlap(array, array)",
        "Tells whether two arrays have an item in common.",
        "arrays_overlap",
        &[Array, Array],
        2,
        Immutable,
        takes::truth,
        sets::overlap
    ),
    array_function!(
        "array_max(array)",
        "Returns the greatest item; NULL if one is NULL.",
        "array_max",
        &[Array],
        1,
        Immutable,
        takes::item,
        order::max
    ),
    array_function!(
        "array_min(array)",
        "Returns the least item; NULL if one is NULL.",
        "array_min",
        &[Array],
        1,
        Immutable,
        takes::item,
        order::min
    ),
    array_function!(
        "array_position(array, item, instance)",
        "Returns the position of an item from 1; 0 if it is not there.",
        "array_position",
        &[Array, Item, Number],
        2,
        Immutable,
        takes::number,
        search::position
    ),
    array_function!(
        "array_remove(array, item)",
        "Drops the items that equal a value.",
        "array_remove",
        &[Array, Item],
        2,
        Immutable,
        takes::same,
        search::remove
    ),
    array_function!(
        "array_histogram(array)",
        "Returns a map from items to how often they are there.",
        "array_histogram",
        &[Array],
        1,
        Immutable,
        search::histogram_returns,
        search::histogram
    ),
    array_function!(
        "contains_sequence(array, array)",
        "Tells whether the items of the second array follow each other in the first.",
        "contains_sequence",
        &[Array, Array],
        2,
        Immutable,
        takes::truth,
        search::contains_sequence
    ),
    array_function!(
        "array_first(array)",
        "Returns the first item; NULL if there is none.",
        "array_first",
        &[Array],
        1,
        Immutable,
        takes::item,
        cut::first
    ),
    array_function!(
        "array_last(array)",
        "Returns the last item; NULL if there is none.",
        "array_last",
        &[Array],
        1,
        Immutable,
        takes::item,
        cut::last
    ),
    array_function!(
        "slice(array, start, length)",
        "Returns a part of an array; a negative start counts from the end.",
        "slice",
        &[Array, Number, Number],
        3,
        Immutable,
        takes::same,
        cut::slice
    ),
    array_function!(
        "trim_array(array, count)",
        "Drops the last items.",
        "trim_array",
        &[Array, Number],
        2,
        Immutable,
        takes::same,
        cut::trim
    ),
    array_function!(
        "shuffle(array)",
        "Returns the items in an order of chance.",
        "shuffle",
        &[Array],
        1,
        Volatile,
        takes::same,
        shuffle::shuffle
    ),
    array_function!(
        "combinations(array, size)",
        "Returns every choice of some items, at most 5.",
        "combinations",
        &[Array, Number],
        2,
        Immutable,
        takes::nested,
        groups::combinations
    ),
    array_function!(
        "ngrams(array, size)",
        "Returns every run of some items.",
        "ngrams",
        &[Array, Number],
        2,
        Immutable,
        takes::nested,
        groups::ngrams
    ),
    Scalar {
        name: "array_join",
        aliases: &[],
        signature: "array_join(array, delimiter, null_text)",
        help: "Joins the items as text; NULLs are left out unless a text is given for them.",
        volatility: Immutable,
        coerce: join::coerce,
        returns: takes::text,
        invoke: join::join,
    },
    Scalar {
        name: "flatten",
        aliases: &[],
        signature: "flatten(array_of_arrays)",
        help: "Joins the arrays that are the items of an array.",
        volatility: Immutable,
        coerce: cut::flatten_coerce,
        returns: cut::flatten_returns,
        invoke: cut::flatten,
    },
    Scalar {
        name: "repeat",
        aliases: &[],
        signature: "repeat(value, count)",
        help: "Returns an array of one value many times.",
        volatility: Immutable,
        coerce: cut::repeat_coerce,
        returns: cut::repeat_returns,
        invoke: cut::repeat,
    },
    Scalar {
        name: "reverse",
        aliases: &[],
        signature: "reverse(array_or_text)",
        help: "Turns the order of items, characters or bytes.",
        volatility: Immutable,
        coerce: cut::reverse_coerce,
        returns: cut::reverse_returns,
        invoke: cut::reverse,
    },
    Scalar {
        name: "zip",
        aliases: &[],
        signature: "zip(array, array, ..)",
        help: "Returns rows of the items at equal positions; shorter arrays go on with NULL.",
        volatility: Immutable,
        coerce: groups::zip_coerce,
        returns: groups::zip_returns,
        invoke: groups::zip,
    },
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(&FUNCTIONS)
}
