//! Maps, and free-form fields as maps.

pub(crate) mod free_form;

use crate::family::Family;

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::default()
}
