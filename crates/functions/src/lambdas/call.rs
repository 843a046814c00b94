//! One call of a function that takes lambdas, and what all such functions share.

use std::cell::LazyCell;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_empty_array};
use datafusion::arrow::compute::{cast, concat, take_arrays};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    HigherOrderFunctionArgs, LambdaArgument, LambdaParametersProgress, ValueOrLambda,
};

use super::function::Planned;
use crate::TEXT;
use crate::arrays::lists::{Lists, item_of};
use crate::maps::free_form::to_map;
use crate::text::is_text;

/// The most items that a lambda is evaluated on at once: as many as the engine has rows in a batch.
const MOST_ITEMS: usize = 8_192;

/// The arguments of one call for a batch of rows.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    args: &'a HigherOrderFunctionArgs,
}

impl<'a> Call<'a> {
    pub(crate) fn new(args: &'a HigherOrderFunctionArgs) -> Self {
        Self { args }
    }

    /// Returns the type of the result.
    pub(crate) fn return_type(&self) -> &DataType {
        self.args.return_field.data_type()
    }

    /// Returns an argument that is a value.
    pub(crate) fn value(&self, place: usize) -> Result<ArrayRef> {
        match self.args.args.get(place) {
            Some(ValueOrLambda::Value(value)) => value.to_array(self.args.number_rows),
            _ => internal_err!("argument {place} is no value"),
        }
    }

    /// Returns an argument that is an array.
    pub(crate) fn lists(&self, place: usize) -> Result<Lists> {
        Lists::of(&self.value(place)?)
    }

    /// Returns an argument that is a map, or stands for one.
    pub(crate) fn maps(&self, place: usize) -> Result<Lists> {
        let value = self.value(place)?;
        if is_text(value.data_type()) { Lists::of(&to_map(&value)?) } else { Lists::of(&value) }
    }

    /// Tells whether there is a lambda at a place.
    pub(crate) fn has_lambda(&self, place: usize) -> bool {
        matches!(self.args.args.get(place), Some(ValueOrLambda::Lambda(_)))
    }

    fn lambda(&self, place: usize) -> Result<(&LambdaArgument, &Field)> {
        match (self.args.args.get(place), self.args.arg_fields.get(place)) {
            (Some(ValueOrLambda::Lambda(lambda)), Some(ValueOrLambda::Lambda(field))) => Ok((lambda, field)),
            _ => internal_err!("argument {place} is no lambda"),
        }
    }

    /// Returns the type that a lambda gives.
    pub(crate) fn lambda_type(&self, place: usize) -> Result<&DataType> {
        Ok(self.lambda(place)?.1.data_type())
    }

    /// Evaluates a lambda on columns of its parameters; `rows` says to which row of the batch each belongs.
    ///
    /// What the lambda reads of the row, and what it makes on the way, is held for a part of the items at a time: one
    /// large value beside many items would otherwise be there once for each.
    pub(crate) fn evaluate(
        &self,
        place: usize,
        parameters: &[ArrayRef],
        rows: impl FnOnce() -> UInt32Array,
    ) -> Result<ArrayRef> {
        let (lambda, field) = self.lambda(place)?;
        let count = parameters.first().map_or(0, |parameter| parameter.len());
        if count == 0 {
            return Ok(new_empty_array(field.data_type()));
        }
        let rows = LazyCell::new(rows);
        let part = |start: usize| {
            let length = MOST_ITEMS.min(count - start);
            let columns: Vec<ArrayRef> =
                parameters.iter().map(|column| column.slice(start, length)).collect();
            let spread = |captured: &[ArrayRef]| Ok(take_arrays(captured, &rows.slice(start, length), None)?);
            evaluated(lambda, field.data_type(), &columns, length, spread)
        };
        let parts = (0..count).step_by(MOST_ITEMS).map(part).collect::<Result<Vec<_>>>()?;
        match parts.as_slice() {
            [whole] => Ok(Arc::clone(whole)),
            parts => Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
        }
    }

    /// Evaluates a lambda that gives a condition.
    pub(crate) fn condition(
        &self,
        place: usize,
        parameters: &[ArrayRef],
        rows: impl FnOnce() -> UInt32Array,
    ) -> Result<BooleanArray> {
        let result = self.evaluate(place, parameters, rows)?;
        Ok(cast(&result, &DataType::Boolean)?.as_boolean().clone())
    }
}

/// Evaluates a lambda once; what it gives becomes the type that it was planned to give.
fn evaluated(
    lambda: &LambdaArgument,
    data_type: &DataType,
    parameters: &[ArrayRef],
    count: usize,
    spread: impl FnOnce(&[ArrayRef]) -> Result<Vec<ArrayRef>>,
) -> Result<ArrayRef> {
    let columns: Vec<_> = parameters.iter().map(|column| move || Ok(Arc::clone(column))).collect();
    let columns: Vec<&dyn Fn() -> Result<ArrayRef>> =
        columns.iter().map(|column| column as &dyn Fn() -> Result<ArrayRef>).collect();
    let result = lambda.evaluate(&columns, spread)?.into_array(count)?;
    if result.data_type() == data_type { Ok(result) } else { Ok(cast(&result, data_type)?) }
}

/// Returns a parameter of a lambda that takes what `field` says; the planner names it.
///
/// It can always be NULL: what is known of that may change until a plan runs, and then would not fit its use.
pub(crate) fn parameter(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_nullable(true))
}

/// Returns the parameter of a lambda over the items of an array.
pub(crate) fn item_parameter(list: &Field) -> Result<FieldRef> {
    Ok(parameter(item_of(list.data_type())?.as_ref()))
}

/// Returns the parameters of a lambda over the entries of a map, or of what stands for one: key and value.
pub(crate) fn entry_parameters(map: &Field) -> Result<[FieldRef; 2]> {
    match map.data_type() {
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                Ok([parameter(&fields[0]), parameter(&fields[1])])
            }
            other => internal_err!("entries of a map are {other}"),
        },
        _ => Ok([Arc::new(Field::new("key", TEXT, true)), Arc::new(Field::new("value", TEXT, true))]),
    }
}

/// Answers with the parameters of the only lambda.
pub(crate) fn complete(parameters: Vec<FieldRef>) -> Result<LambdaParametersProgress> {
    Ok(LambdaParametersProgress::Complete(vec![parameters]))
}

impl Planned<'_> {
    /// Returns the field of a value.
    pub(crate) fn value(&self, place: usize) -> Result<&Field> {
        match self.values.get(place) {
            Some(field) => Ok(field),
            None => internal_err!("value {place} of `{}` is missing", self.function.name),
        }
    }

    /// Returns what a lambda gives.
    pub(crate) fn result(&self, place: usize) -> Result<&Field> {
        match self.lambdas.get(place) {
            Some(Some(field)) => Ok(field),
            _ => internal_err!("result of lambda {place} of `{}` is not known", self.function.name),
        }
    }

    /// Checks that the only lambda gives a condition.
    pub(crate) fn check_condition(&self) -> Result<()> {
        match self.result(0)?.data_type() {
            DataType::Boolean | DataType::Null => Ok(()),
            other => {
                let name = self.function.name;
                Err(self.function.error(format!("the lambda of `{name}` gives {other}, not true or false")))
            }
        }
    }
}
