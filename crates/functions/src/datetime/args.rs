//! Arguments that are dates and times: what they are cast to, and how a kernel reads them.

use std::borrow::Cow;
use std::sync::Arc;

use auditlake_model::Error;
use chrono::NaiveDateTime;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, PrimitiveArray, StringViewArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Field, FieldRef, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::zone::{UTC, Zone};
use crate::engine_error::into_datafusion;
use crate::text::is_text;

/// Returns the type of an instant.
pub(super) fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from(UTC)))
}

/// Returns the type of a time of no zone.
pub(super) fn plain() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, None)
}

/// Returns what a date or time is cast to: dates stay, timestamps keep their zone, text is a timestamp in UTC.
pub(super) fn moment(name: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::Date32 => Ok(DataType::Date32),
        DataType::Date64 => Ok(DataType::Date32),
        DataType::Timestamp(_, zone) => Ok(DataType::Timestamp(TimeUnit::Microsecond, zone.clone())),
        DataType::Null => Ok(instant()),
        text if is_text(text) => Ok(instant()),
        other => plan_err!("{name} takes a timestamp or a date, not {other}"),
    }
}

/// Returns the type of an argument that is text: any, because a cast would hide that it is a constant.
pub(super) fn text(name: &str, given: &DataType) -> Result<DataType> {
    match given {
        text if is_text(text) => Ok(text.clone()),
        DataType::Null => Ok(DataType::Utf8View),
        other => plan_err!("{name} takes text here, not {other}"),
    }
}

/// Returns the type of an argument that is a whole number.
pub(super) fn integer(name: &str, given: &DataType) -> Result<DataType> {
    if given.is_integer() || given.is_null() {
        Ok(DataType::Int64)
    } else {
        plan_err!("{name} takes a whole number here, not {given}")
    }
}

/// Returns the type of an argument that is a number.
pub(super) fn number(name: &str, given: &DataType) -> Result<DataType> {
    if given.is_numeric() || given.is_null() {
        Ok(DataType::Float64)
    } else {
        plan_err!("{name} takes a number here, not {given}")
    }
}

/// Returns a field of a type, for a function's result.
pub(super) fn field(data_type: DataType) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("time", data_type, true)))
}

/// Returns the constant text of an argument.
pub(super) fn constant<'a>(args: &'a ReturnFieldArgs, index: usize) -> Option<&'a str> {
    args.scalar_arguments.get(index).copied().flatten().and_then(|value| value.try_as_str().flatten())
}

/// Makes an error of what a user gave.
pub(super) fn invalid(message: String, hint: &str) -> DataFusionError {
    into_datafusion(Error::invalid(message).with_hint(hint))
}

/// Makes the error of a result that no date can hold.
pub(super) fn out_of_range(name: &str) -> DataFusionError {
    invalid(format!("`{name}`: the result is no date that can be kept"), "Years go from -262143 to 262142.")
}

/// A call of a kernel: its arguments, and whether all of them are constants.
pub(super) struct Call<'a> {
    args: &'a [ColumnarValue],
    /// Rows to compute; one where all arguments are constants.
    pub(super) rows: usize,
    is_constant: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(args: &'a ScalarFunctionArgs) -> Self {
        let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        Self { args: &args.args, rows: if is_constant { 1 } else { args.number_rows }, is_constant }
    }

    /// Returns how many arguments there are.
    pub(super) fn len(&self) -> usize {
        self.args.len()
    }

    fn arg(&self, index: usize) -> Result<&'a ColumnarValue> {
        match self.args.get(index) {
            Some(arg) => Ok(arg),
            None => internal_err!("argument {index} is missing"),
        }
    }

    pub(super) fn array(&self, index: usize) -> Result<ArrayRef> {
        self.arg(index)?.to_array(self.rows)
    }

    /// Returns dates or times.
    pub(super) fn moments(&self, index: usize) -> Result<Moments> {
        Moments::new(&self.array(index)?)
    }

    /// Returns numbers of a type.
    pub(super) fn numbers<T: ArrowPrimitiveType>(&self, index: usize) -> Result<PrimitiveArray<T>> {
        Ok(self.array(index)?.as_primitive::<T>().clone())
    }

    /// Returns text that is read once where it is a constant, and for each row elsewhere.
    pub(super) fn texts(&self, index: usize) -> Result<Texts<'a>> {
        match self.arg(index)? {
            ColumnarValue::Scalar(scalar) => Ok(Texts::Constant(scalar.try_as_str().flatten())),
            ColumnarValue::Array(_) => Ok(Texts::Each(self.text_array(index)?)),
        }
    }

    /// Returns text as a column of views.
    pub(super) fn text_array(&self, index: usize) -> Result<StringViewArray> {
        Ok(cast(&self.array(index)?, &DataType::Utf8View)?.as_string_view().clone())
    }

    /// Hands out a result: a constant where all arguments are.
    pub(super) fn result(&self, array: ArrayRef) -> Result<ColumnarValue> {
        if self.is_constant {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        } else {
            Ok(ColumnarValue::Array(array))
        }
    }
}

/// Text of an argument.
pub(super) enum Texts<'a> {
    Constant(Option<&'a str>),
    Each(StringViewArray),
}

impl<'a> Texts<'a> {
    /// Returns the text of a row.
    pub(super) fn at(&self, row: usize) -> Option<&str> {
        match self {
            Self::Constant(text) => *text,
            Self::Each(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }

    /// Reads a text into something that kernels use; a constant is read once.
    pub(super) fn read<T: Clone>(self, read: fn(&str) -> Result<T>) -> Result<Read<'a, T>> {
        let constant = match &self {
            Self::Constant(text) => text.map(read).transpose()?,
            Self::Each(_) => None,
        };
        Ok(Read { texts: self, constant, read })
    }
}

/// What was read from the text of an argument.
pub(super) struct Read<'a, T: Clone> {
    texts: Texts<'a>,
    constant: Option<T>,
    read: fn(&str) -> Result<T>,
}

impl<T: Clone> Read<'_, T> {
    /// Returns what was read for a row; `None` where the text is NULL.
    pub(super) fn at(&self, row: usize) -> Result<Option<Cow<'_, T>>> {
        match &self.texts {
            Texts::Constant(_) => Ok(self.constant.as_ref().map(Cow::Borrowed)),
            Texts::Each(_) => self.texts.at(row).map(|text| (self.read)(text).map(Cow::Owned)).transpose(),
        }
    }
}

/// Dates or times of a column, as microseconds and a zone.
pub(super) struct Moments {
    micros: TimestampMicrosecondArray,
    pub(super) zone: Zone,
    pub(super) data_type: DataType,
}

impl Moments {
    fn new(array: &ArrayRef) -> Result<Self> {
        let data_type = array.data_type().clone();
        let zone = match &data_type {
            DataType::Timestamp(_, zone) => Zone::of_type(zone.as_ref())?,
            _ => Zone::Utc,
        };
        let micros = match &data_type {
            DataType::Timestamp(TimeUnit::Microsecond, _) => Arc::clone(array),
            DataType::Timestamp(_, zone) => {
                cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?
            }
            _ => cast(array, &plain())?,
        };
        Ok(Self { micros: micros.as_primitive::<TimestampMicrosecondType>().clone(), zone, data_type })
    }

    /// Tells whether these are dates.
    pub(super) fn are_dates(&self) -> bool {
        self.data_type == DataType::Date32
    }

    /// Tells whether these have a zone.
    pub(super) fn have_zone(&self) -> bool {
        matches!(self.data_type, DataType::Timestamp(_, Some(_)))
    }

    /// Returns the instant of a row.
    pub(super) fn at(&self, row: usize) -> Option<i64> {
        self.micros.is_valid(row).then(|| self.micros.value(row))
    }

    /// Returns what clocks in the zone of this column show at the instant of a row.
    pub(super) fn local(&self, row: usize) -> Option<NaiveDateTime> {
        self.zone.local(self.at(row)?)
    }

    /// Makes a column of this type from microseconds.
    pub(super) fn with(&self, micros: TimestampMicrosecondArray) -> Result<ArrayRef> {
        match &self.data_type {
            DataType::Timestamp(_, zone) => Ok(Arc::new(micros.with_timezone_opt(zone.clone()))),
            other => Ok(cast(&micros, other)?),
        }
    }
}

/// Makes a column of instants in UTC.
pub(super) fn instants(micros: TimestampMicrosecondArray) -> ArrayRef {
    Arc::new(micros.with_timezone_opt(Some(UTC)))
}
