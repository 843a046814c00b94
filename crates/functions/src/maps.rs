//! Maps, and free-form fields as maps.

mod build;
pub(crate) mod free_form;
pub(crate) mod items;
mod make;
mod read;
mod split;
pub(crate) mod subscript;

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Result, plan_err};

use crate::family::Family;
use crate::scalar::Scalar;

static FUNCTIONS: [Scalar; 12] = [
    subscript::LAKE_ITEM,
    make::MAP,
    make::MAP_CONCAT,
    make::MAP_FROM_ENTRIES,
    make::MULTIMAP_FROM_ENTRIES,
    make::MAP_SUBSET,
    read::CARDINALITY,
    read::MAP_KEYS,
    read::MAP_VALUES,
    read::MAP_ENTRIES,
    split::SPLIT_TO_MAP,
    split::SPLIT_TO_MULTIMAP,
];

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
