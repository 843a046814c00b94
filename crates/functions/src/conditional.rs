//! Conditions, types and errors as values.

use crate::family::Family;
use crate::list::Words;

const WORDS: &[Words] =
    &[Words { name: "if", signature: "if(condition, value, otherwise)", help: "One of two values." }];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { words: WORDS, ..Family::default() }
}
