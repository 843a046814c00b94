//! Maps, and free-form fields as maps.

pub(crate) mod free_form;
pub(crate) mod items;
pub(crate) mod subscript;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, plan_err};

use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: [Scalar; 1] = [subscript::LAKE_ITEM];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(&FUNCTIONS)
}

/// Returns the fields of keys and values of a map type.
pub(crate) fn map_fields(map: &DataType) -> Result<(&FieldRef, &FieldRef)> {
    if let DataType::Map(entries, _) = map
        && let DataType::Struct(fields) = entries.data_type()
        && let [key, value] = fields.as_ref()
    {
        return Ok((key, value));
    }
    plan_err!("expected a map, got {map}")
}
