//! Arrays.

pub(crate) mod lists;

use crate::family::Family;

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::default()
}
