//! JSON text, told apart: values of the JSON type, and free-form fields.
//!
//! Both are text whose field is marked `arrow.json`. A free-form field of an event behaves as
//! `map(varchar, varchar)`; what a function gives as JSON carries a second mark and is a value of the JSON type.

use std::collections::HashMap;

use auditlake_events::schema::{EXTENSION_KEY, JSON_EXTENSION, is_json};
use datafusion::arrow::datatypes::Field;

use crate::TEXT;

/// Key of the field metadata that values of the JSON type carry beside `arrow.json`.
pub const JSON_TYPE_KEY: &str = "auditlake.json";

/// Returns a field of the JSON type.
pub fn json_field(name: &str) -> Field {
    let mark = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    Field::new(name, TEXT, true)
        .with_metadata(HashMap::from([mark(EXTENSION_KEY, JSON_EXTENSION), mark(JSON_TYPE_KEY, "true")]))
}

/// Tells whether a field is a free-form field of an event, and so a `map(varchar, varchar)`.
pub fn is_free_form(field: &Field) -> bool {
    is_json(field) && !field.metadata().contains_key(JSON_TYPE_KEY)
}
