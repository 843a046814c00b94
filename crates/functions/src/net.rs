//! Addresses and networks, IPv4 and IPv6.

use crate::family::Family;

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::default()
}
