//! `element_at`: a member of JSON, an item of an array, a value of a map.

use std::sync::Arc;

use auditlake_events::json::member_text;
use auditlake_model::Error;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray, UInt32Array};
use datafusion::arrow::compute::kernels::cmp::not_distinct;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::functions_nested::extract::array_element_udf;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::TEXT;
use super::text::{constant_text, is_text, map_text, zip_text};
use crate::engine_error::into_datafusion;

const NAME: &str = "element_at";

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
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    Ok(vec![container.clone(), fields[0].data_type().clone()])
                }
                _ => plan_err!("{NAME}: map without keys and values"),
            },
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
                    return Err(into_datafusion(Error::invalid(
                        "position 0 in an array: positions start at 1",
                    )));
                }
                Ok(Arc::new(item.as_ref().clone().with_name(NAME).with_nullable(true)))
            }
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => {
                    Ok(Arc::new(fields[1].as_ref().clone().with_name(NAME).with_nullable(true)))
                }
                _ => plan_err!("{NAME}: map without keys and values"),
            },
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
                Some(Some(key)) => map_text(container, rows, |json| member_text(json, key).unwrap_or(None)),
                None => {
                    let (json, keys) = (container.to_array(rows)?, key.to_array(rows)?);
                    let texts =
                        zip_text(&json, &keys, |json, key| Ok(member_text(json, key).unwrap_or(None)))?;
                    Ok(ColumnarValue::Array(texts))
                }
            },
            DataType::Map(..) => {
                let (maps, keys) = (container.to_array(rows)?, key.to_array(rows)?);
                Ok(ColumnarValue::Array(map_values(maps.as_map(), &keys)?))
            }
            _ => array_element_udf().invoke_with_args(args),
        }
    }
}

/// Returns the value that each map has under its row's key.
fn map_values(maps: &MapArray, keys: &ArrayRef) -> Result<ArrayRef> {
    let offsets = maps.value_offsets();
    let row_of_entry = offsets.windows(2).enumerate().flat_map(|(row, bounds)| {
        let entries = usize::try_from(bounds[1] - bounds[0]).unwrap_or(0);
        std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), entries)
    });
    let wanted = take(keys, &UInt32Array::from_iter_values(row_of_entry), None)?;
    let first = usize::try_from(offsets[0]).unwrap_or(0);
    let is_wanted: BooleanArray = not_distinct(&maps.keys().slice(first, wanted.len()), &wanted)?;
    let found = offsets.windows(2).enumerate().map(|(row, bounds)| {
        if maps.is_null(row) || keys.is_null(row) {
            return None;
        }
        (bounds[0]..bounds[1]).find_map(|entry| {
            let entry = usize::try_from(entry).ok()?;
            is_wanted.value(entry - first).then(|| u32::try_from(entry).ok())?
        })
    });
    Ok(take(maps.values(), &found.collect::<UInt32Array>(), None)?)
}
