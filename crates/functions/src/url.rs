//! Parts of URLs, encoding and decoding of them.

use crate::family::Family;

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::default()
}
