//! Dates, times and intervals.

use crate::family::Family;
use crate::list::Words;

const WORDS: &[Words] =
    &[Words { name: "date", signature: "date(value)", help: "The day of a timestamp or of text." }];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family { words: WORDS, ..Family::default() }
}
