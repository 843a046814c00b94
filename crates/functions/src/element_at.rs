//! `element_at`: a member of JSON, an item of an array, a value of a map.

use std::sync::Arc;

use auditlake_events::json::{MemberReader, member_text};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::TEXT;
use super::text::{constant_text, is_text, map_text, zip_text};
use crate::maps::items::{Missing, list_items, map_values, position_zero, positions};
use crate::maps::map_fields;

pub(crate) const NAME: &str = "element_at";

/// Reads one element by key or position. What is not there is NULL.
///
/// The engine's own function of this name gives a list and takes no arrays.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ElementAt {
    signature: Signature,
}

impl ElementAt {
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for ElementAt {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let [container, key] = types else {
            return plan_err!("{NAME} takes two arguments, not {}", types.len());
        };
        let is_key = |key: &DataType| is_text(key) || key.is_null();
        match container {
            DataType::Null if is_key(key) => Ok(vec![TEXT, TEXT]),
            text if is_text(text) && is_key(key) => {
                Ok(vec![text.clone(), if key.is_null() { TEXT } else { key.clone() }])
            }
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..)
                if key.is_integer() || key.is_null() =>
            {
                Ok(vec![container.clone(), DataType::Int64])
            }
            DataType::Map(..) => Ok(vec![container.clone(), map_fields(container)?.0.data_type().clone()]),
            _ => plan_err!(
                "{NAME} takes a free-form field and a name, an array and a position, or a map and a key; not {container} and {key}"
            ),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{NAME} tells its field, not its type")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let [container, _] = args.arg_fields else { return plan_err!("{NAME} takes two arguments") };
        match container.data_type() {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                if let Some(Some(ScalarValue::Int64(Some(0)))) = args.scalar_arguments.get(1) {
                    return Err(position_zero());
                }
                Ok(Arc::new(item.as_ref().clone().with_name(NAME).with_nullable(true)))
            }
            map @ DataType::Map(..) => {
                let value = map_fields(map)?.1.as_ref().clone();
                Ok(Arc::new(value.with_name(NAME).with_nullable(true)))
            }
            _ => Ok(Arc::new(Field::new(NAME, TEXT, true))),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [container, key] = args.args.as_slice() else {
            return internal_err!("{NAME} takes two arguments");
        };
        let rows = args.number_rows;
        match container.data_type() {
            text if is_text(&text) => match constant_text(key) {
                Some(None) => Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(None))),
                Some(Some(key)) => {
                    let member = MemberReader::new(key);
                    map_text(container, rows, |json| member.text(json))
                }
                None => {
                    let (json, keys) = (container.to_array(rows)?, key.to_array(rows)?);
                    let texts =
                        zip_text(&json, &keys, |json, key| Ok(member_text(json, key).unwrap_or(None)))?;
                    Ok(ColumnarValue::Array(texts))
                }
            },
            DataType::Map(..) => {
                let (maps, keys) = (container.to_array(rows)?, key.to_array(rows)?);
                Ok(ColumnarValue::Array(map_values(maps.as_map(), &keys, Missing::IsNull)?))
            }
            _ => {
                let (lists, at) = (container.to_array(rows)?, key.to_array(rows)?);
                Ok(ColumnarValue::Array(list_items(&lists, positions(&at)?, Missing::IsNull)?))
            }
        }
    }
}
