//! Functions of a group of rows.

use crate::family::Family;
use crate::list::Words;

const WORDS: &[Words] = &[Words {
    name: "count_if",
    signature: "count_if(condition)",
    help: "Counts the rows for which a condition is true.",
}];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { words: WORDS, ..Family::default() }
}
