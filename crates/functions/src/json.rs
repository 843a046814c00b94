//! JSON: parsing, paths, formatting, casts.

mod construct;
mod kept;
mod parse;
mod query;
mod read;
pub(crate) mod required;
pub(crate) mod texts;

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};

use crate::TEXT;
use crate::family::Family;
use crate::list::Words;
use crate::scalar::Scalar;
use crate::text::is_text;

static FUNCTIONS: [Scalar; 13] = [
    required::LAKE_REQUIRED,
    parse::JSON_PARSE,
    parse::JSON_FORMAT,
    read::JSON_ARRAY_LENGTH,
    read::JSON_ARRAY_CONTAINS,
    read::JSON_ARRAY_GET,
    read::JSON_SIZE,
    read::IS_JSON_SCALAR,
    query::JSON_VALUE,
    query::JSON_QUERY,
    query::JSON_EXISTS,
    construct::JSON_OBJECT,
    construct::JSON_ARRAY,
];

const WORDS: &[Words] = &[
    Words {
        name: "element_at",
        signature: "element_at(json, 'key') | element_at(array, n) | element_at(map, key)",
        help: "A member of a free-form field as text, item n of an array (from 1), or a value of a map; NULL if there is none.",
    },
    Words {
        name: "json_extract",
        signature: "json_extract(json, '$.path')",
        help: "What a path leads to, as JSON.",
    },
    Words {
        name: "json_extract_scalar",
        signature: "json_extract_scalar(json, '$.path')",
        help: "What a path leads to, as text; NULL for objects and arrays.",
    },
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    let scalar = [
        &crate::LAKE_GET,
        &crate::LAKE_MEMBERS,
        &crate::LAKE_MEMBER,
        &crate::ELEMENT_AT,
        &crate::JSON_EXTRACT,
        &crate::JSON_EXTRACT_SCALAR,
    ];
    let mut family = Family::of_scalars(&FUNCTIONS);
    family.scalar.extend(scalar.map(|udf| Arc::clone(udf)));
    family.scalar.extend(kept::functions());
    family.words = WORDS;
    family
}

/// Returns the type that an argument of text comes in.
fn text_type(function: &str, argument: &DataType) -> Result<DataType> {
    match argument {
        DataType::Null => Ok(TEXT),
        text if is_text(text) => Ok(text.clone()),
        other => plan_err!("{function}: expected text, not {other}"),
    }
}
