//! What functions of arrays take and give.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::lists::{Lists, as_list, item_of};
use crate::TEXT;
use crate::call_error::wrong_call;
use crate::text::is_text;

/// What a function takes at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// An array; all of them in one call have items of one type.
    Array,
    /// An array whose items have nothing to do with those of others.
    Own,
    /// A value of the type of the items.
    Item,
    /// A whole number.
    Number,
    /// Text.
    Text,
}

/// How a function is called, for checks and errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) name: &'static str,
    pub(super) signature: &'static str,
    /// What it takes, in order.
    pub(super) takes: &'static [Takes],
    /// How many of these must be there.
    pub(super) required: usize,
}

impl Shape {
    /// Returns the types that arguments are cast to.
    pub(super) fn coerce(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        let name = self.name;
        if types.len() < self.required || types.len() > self.takes.len() {
            let count = types.len();
            return Err(wrong_call(
                name,
                self.signature,
                format!("`{name}` does not take {count} arguments"),
            ));
        }
        let item = self.common_item(types)?;
        let coerced = self.takes.iter().zip(types).enumerate().map(|(place, (takes, found))| {
            let wanted = match takes {
                Takes::Array => with_items(found, &item),
                Takes::Own => as_list(found),
                Takes::Item => Some(item.clone()),
                Takes::Number => (found.is_integer() || found.is_null()).then_some(DataType::Int64),
                Takes::Text => (is_text(found) || found.is_null()).then_some(TEXT),
            };
            let what = match takes {
                Takes::Array | Takes::Own => "an array",
                Takes::Item => "an item",
                Takes::Number => "a whole number",
                Takes::Text => "text",
            };
            let message = || format!("argument {} of `{name}` is not {what} but {found}", place + 1);
            wanted.ok_or_else(|| wrong_call(name, self.signature, message()))
        });
        coerced.collect()
    }

    /// Returns the type that the items of all arrays, and values among them, have or are cast to.
    fn common_item(&self, types: &[DataType]) -> Result<DataType> {
        let mut common = DataType::Null;
        for (takes, found) in self.takes.iter().zip(types) {
            let item = match takes {
                Takes::Array => match as_list(found) {
                    Some(DataType::List(item)) => item.data_type().clone(),
                    _ => continue,
                },
                Takes::Item => found.clone(),
                Takes::Own | Takes::Number | Takes::Text => continue,
            };
            common = common_type(&common, &item).ok_or_else(|| {
                let message = format!("`{}` cannot compare {common} with {item}", self.name);
                wrong_call(self.name, self.signature, message)
            })?;
        }
        Ok(common)
    }
}

/// Returns a type that values of both types can be cast to.
fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    if left == right || right.is_null() {
        return Some(left.clone());
    }
    if left.is_null() {
        return Some(right.clone());
    }
    // Text is compared with text, and with instants, which are written as text.
    if is_text(left) != is_text(right) && !left.is_temporal() && !right.is_temporal() {
        return None;
    }
    comparison_coercion(left, right)
}

/// Returns a list type with items of another type; what else is known of the items stays.
fn with_items(list: &DataType, item: &DataType) -> Option<DataType> {
    let DataType::List(field) = as_list(list)? else { return None };
    Some(DataType::List(Arc::new(field.as_ref().clone().with_data_type(item.clone()))))
}

/// The result is of the type of the first argument.
pub(super) fn same(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let field = argument(args, 0)?;
    Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
}

/// The result is an item of the first argument.
pub(super) fn item(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let item = item_of(argument(args, 0)?.data_type())?;
    Ok(Arc::new(item.as_ref().clone().with_nullable(true)))
}

/// The result is an array of arrays as the first argument.
pub(super) fn nested(args: &ReturnFieldArgs) -> Result<FieldRef> {
    let list = argument(args, 0)?.data_type().clone();
    Ok(Arc::new(Field::new("", DataType::new_list(list, true), true)))
}

/// The result is a truth value.
pub(super) fn truth(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", DataType::Boolean, true)))
}

/// The result is a whole number.
pub(super) fn number(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", DataType::Int64, true)))
}

/// The result is text.
pub(super) fn text(_args: &ReturnFieldArgs) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", TEXT, true)))
}

/// Returns the field of an argument.
pub(super) fn argument<'a>(args: &'a ReturnFieldArgs, place: usize) -> Result<&'a FieldRef> {
    match args.arg_fields.get(place) {
        Some(field) => Ok(field),
        None => internal_err!("argument {place} is missing"),
    }
}

/// Returns an argument as a column.
pub(super) fn column(args: &ScalarFunctionArgs, place: usize) -> Result<ArrayRef> {
    match args.args.get(place) {
        Some(value) => value.to_array(args.number_rows),
        None => internal_err!("argument {place} is missing"),
    }
}

/// Returns an argument that is an array.
pub(super) fn lists(args: &ScalarFunctionArgs, place: usize) -> Result<Lists> {
    Lists::of(&column(args, place)?)
}

/// Returns an argument that is a whole number.
pub(super) fn numbers(args: &ScalarFunctionArgs, place: usize) -> Result<Int64Array> {
    Ok(column(args, place)?.as_primitive::<Int64Type>().clone())
}

/// Wraps a column that a function made.
pub(super) fn made(column: ArrayRef) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Array(column))
}
