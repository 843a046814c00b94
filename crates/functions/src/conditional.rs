//! Conditions, types and errors as values.

mod attempt;
mod kind;

use std::sync::Arc;

use crate::family::Family;
use crate::list::Words;
use crate::scalar::Scalar;

const WORDS: &[Words] = &[
    Words {
        name: "if",
        signature: "if(condition, value [, otherwise])",
        help: "One of two values; NULL without a second one.",
    },
    Words {
        name: "try",
        signature: "try(expression)",
        help: "The value of an expression; NULL where it fails on a value, as by division by zero.",
    },
];

static FUNCTIONS: [Scalar; 1] = [kind::TYPEOF];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { lambda: vec![Arc::new(attempt::udf())], words: WORDS, ..Family::of_scalars(&FUNCTIONS) }
}
