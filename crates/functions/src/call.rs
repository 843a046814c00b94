//! One call of a function on a batch: arguments by kind, and columns made row by row.
//!
//! A kernel is written once, for rows; a call of which all arguments are constants has one row and gives a constant.
//! A constant argument beside columns is read once.

use std::sync::Arc;

use auditlake_model::Error;
use datafusion::arrow::array::{
    Array, ArrayAccessor, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanBuilder, Float64Array,
    Int64Array, ListArray, ListBuilder, PrimitiveArray, PrimitiveBuilder, StringViewArray, StringViewBuilder,
};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::TEXT;
use crate::engine_error::into_datafusion;
use crate::text::is_text;

/// What a function takes or gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// varchar.
    Text,
    /// bigint and the smaller ones.
    Integer,
    /// double, and every number that becomes one.
    Double,
    /// varbinary; text stands for its bytes.
    Bytes,
    /// boolean.
    Boolean,
    /// array(varchar).
    Texts,
    /// array(double).
    Doubles,
}

impl Kind {
    /// Returns the type that values of this kind have in a kernel.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Text => TEXT,
            Self::Integer => DataType::Int64,
            Self::Double => DataType::Float64,
            Self::Bytes => DataType::Binary,
            Self::Boolean => DataType::Boolean,
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(TEXT, true))),
            Self::Doubles => DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true))),
        }
    }

    fn takes(self, given: &DataType) -> bool {
        let given = match given {
            DataType::Dictionary(_, value) => value,
            other => other,
        };
        if given.is_null() {
            return true;
        }
        match self {
            Self::Text => is_text(given),
            Self::Integer => given.is_integer(),
            Self::Double => given.is_numeric(),
            Self::Bytes => is_bytes(given) || is_text(given),
            Self::Boolean => given == &DataType::Boolean,
            Self::Texts => items_are(given, is_text),
            Self::Doubles => items_are(given, DataType::is_numeric),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Double => "number",
            Self::Bytes => "binary",
            Self::Boolean => "boolean",
            Self::Texts => "array of texts",
            Self::Doubles => "array of numbers",
        }
    }
}

fn items_are(given: &DataType, is: fn(&DataType) -> bool) -> bool {
    match given {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            is(item.data_type()) || item.data_type().is_null()
        }
        _ => false,
    }
}

/// Tells whether a type is one of bytes.
pub(crate) fn is_bytes(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Binary | DataType::LargeBinary | DataType::BinaryView)
}

/// Returns the types that the arguments are cast to: those of the first form that takes them.
pub(crate) fn coerce(name: &str, forms: &[&[Kind]], given: &[DataType]) -> Result<Vec<DataType>> {
    let fits = |form: &&&[Kind]| {
        form.len() == given.len() && form.iter().zip(given).all(|(kind, given)| kind.takes(given))
    };
    match forms.iter().find(fits) {
        Some(form) => Ok(form.iter().map(|kind| kind.data_type()).collect()),
        None => Err(not_taken(name, forms, given)),
    }
}

/// Returns the types of a call in which a kind repeats behind the first arguments.
pub(crate) fn coerce_many(
    name: &str,
    first: &[Kind],
    rest: Kind,
    given: &[DataType],
) -> Result<Vec<DataType>> {
    let kinds: Vec<Kind> =
        first.iter().copied().chain(std::iter::repeat(rest)).take(given.len().max(first.len() + 1)).collect();
    coerce(name, &[&kinds], given)
}

fn not_taken(name: &str, forms: &[&[Kind]], given: &[DataType]) -> DataFusionError {
    let listed = |form: &&[Kind]| {
        let names: Vec<&str> = form.iter().map(|kind| kind.name()).collect();
        format!("{name}({})", names.join(", "))
    };
    let forms: Vec<String> = forms.iter().map(listed).collect();
    let given: Vec<String> = given.iter().map(type_word).collect();
    let error = Error::invalid(format!("`{name}` does not take ({})", given.join(", ")))
        .with_detail(format!("It is called as {}.", forms.join(" or ")));
    into_datafusion(error.with_hint("Write CAST(x AS type) around an argument of another type."))
}

/// Returns a short word for a type, for errors.
pub(crate) fn type_word(data_type: &DataType) -> String {
    match data_type {
        text if is_text(text) => "text".to_owned(),
        bytes if is_bytes(bytes) => "binary".to_owned(),
        DataType::Null => "NULL".to_owned(),
        integer if integer.is_integer() => "integer".to_owned(),
        float if float.is_floating() => "double".to_owned(),
        DataType::Decimal128(..) | DataType::Decimal256(..) => "decimal".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "array".to_owned(),
        DataType::Map(..) => "map".to_owned(),
        DataType::Struct(_) => "row".to_owned(),
        other => other.to_string(),
    }
}

/// Returns a nullable field of a kind.
pub(crate) fn field(name: &str, kind: Kind) -> FieldRef {
    Arc::new(Field::new(name, kind.data_type(), true))
}

/// Returns the constant text that stands at a place of a call that is planned.
pub(crate) fn planned_text<'a>(args: &ReturnFieldArgs<'a>, index: usize) -> Option<&'a str> {
    args.scalar_arguments.get(index).copied().flatten()?.try_as_str().flatten()
}

/// Makes an error of a user's data.
pub(crate) fn invalid(message: impl Into<String>, hint: &str) -> DataFusionError {
    let error = Error::invalid(message.into());
    into_datafusion(if hint.is_empty() { error } else { error.with_hint(hint) })
}

/// The arguments of one call.
pub(crate) struct Call<'a> {
    args: &'a [ColumnarValue],
    rows: usize,
}

/// One argument: the same value for all rows, or a column.
pub(crate) enum Values<A: ArrayAccessor> {
    Constant(Option<A::Item>),
    Column(A),
}

impl<A: ArrayAccessor> Values<A>
where
    A::Item: Copy,
{
    /// Returns the value of a row; `None` where it is NULL.
    pub(crate) fn at(&self, row: usize) -> Option<A::Item> {
        match self {
            Self::Constant(value) => *value,
            Self::Column(column) => column.is_valid(row).then(|| column.value(row)),
        }
    }

    /// Returns the value if it is the same for all rows.
    pub(crate) fn constant(&self) -> Option<Option<A::Item>> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Column(_) => None,
        }
    }
}

/// An argument of texts.
pub(crate) type Texts<'a> = Values<&'a StringViewArray>;
/// An argument of integers.
pub(crate) type Integers<'a> = Values<&'a Int64Array>;
/// An argument of doubles.
pub(crate) type Doubles<'a> = Values<&'a Float64Array>;
/// An argument of bytes.
pub(crate) type Bytes<'a> = Values<&'a BinaryArray>;
/// Runs a kernel on the arguments; constants give a constant.
pub(crate) fn run(
    args: &ScalarFunctionArgs,
    kernel: fn(&Call<'_>) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let rows = if constant { 1 } else { args.number_rows };
    let array = kernel(&Call { args: &args.args, rows })?;
    if constant {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}

impl<'a> Call<'a> {
    /// Returns the number of rows to compute.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of arguments.
    pub(crate) fn len(&self) -> usize {
        self.args.len()
    }

    /// Returns the type of an argument.
    pub(crate) fn type_of(&self, index: usize) -> DataType {
        self.args.get(index).map_or(DataType::Null, ColumnarValue::data_type)
    }

    /// Returns an argument that is a constant.
    pub(crate) fn constant(&self, index: usize) -> Option<&'a ScalarValue> {
        match self.args.get(index) {
            Some(ColumnarValue::Scalar(scalar)) => Some(scalar),
            _ => None,
        }
    }

    /// Returns an argument as a column of all rows.
    pub(crate) fn array(&self, index: usize) -> Result<ArrayRef> {
        match self.args.get(index) {
            Some(arg) => arg.to_array(self.rows),
            None => internal_err!("argument {index} is not there"),
        }
    }

    pub(crate) fn texts(&self, index: usize) -> Result<Texts<'a>> {
        match self.args.get(index) {
            Some(ColumnarValue::Scalar(ScalarValue::Utf8View(text))) => Ok(Values::Constant(text.as_deref())),
            Some(ColumnarValue::Array(array)) if array.data_type() == &TEXT => {
                Ok(Values::Column(array.as_string_view()))
            }
            other => mistyped("text", other),
        }
    }

    pub(crate) fn integers(&self, index: usize) -> Result<Integers<'a>> {
        match self.args.get(index) {
            Some(ColumnarValue::Scalar(ScalarValue::Int64(number))) => Ok(Values::Constant(*number)),
            Some(ColumnarValue::Array(array)) if array.data_type() == &DataType::Int64 => {
                Ok(Values::Column(array.as_primitive::<Int64Type>()))
            }
            other => mistyped("integer", other),
        }
    }

    pub(crate) fn doubles(&self, index: usize) -> Result<Doubles<'a>> {
        match self.args.get(index) {
            Some(ColumnarValue::Scalar(ScalarValue::Float64(number))) => Ok(Values::Constant(*number)),
            Some(ColumnarValue::Array(array)) if array.data_type() == &DataType::Float64 => {
                Ok(Values::Column(array.as_primitive::<Float64Type>()))
            }
            other => mistyped("double", other),
        }
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<Bytes<'a>> {
        match self.args.get(index) {
            Some(ColumnarValue::Scalar(ScalarValue::Binary(bytes))) => Ok(Values::Constant(bytes.as_deref())),
            Some(ColumnarValue::Array(array)) if array.data_type() == &DataType::Binary => {
                Ok(Values::Column(array.as_binary::<i32>()))
            }
            other => mistyped("binary", other),
        }
    }

    /// Returns an argument that may be left out: then each row has the value `otherwise`.
    pub(crate) fn integers_or(&self, index: usize, otherwise: i64) -> Result<Integers<'a>> {
        if index < self.args.len() { self.integers(index) } else { Ok(Values::Constant(Some(otherwise))) }
    }

    /// As [`Self::integers_or`], for text.
    pub(crate) fn texts_or(&self, index: usize, otherwise: &'static str) -> Result<Texts<'a>> {
        if index < self.args.len() { self.texts(index) } else { Ok(Values::Constant(Some(otherwise))) }
    }

    /// Makes a column of text.
    pub(crate) fn give_texts<T: AsRef<str>>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<T>>,
    ) -> Result<ArrayRef> {
        let mut builder = StringViewBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// Makes a column of bytes.
    pub(crate) fn give_bytes<T: AsRef<[u8]>>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<T>>,
    ) -> Result<ArrayRef> {
        let mut builder = BinaryBuilder::with_capacity(self.rows, self.rows * 16);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn give_primitives<P: ArrowPrimitiveType>(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<P::Native>>,
    ) -> Result<ArrayRef> {
        let mut builder = PrimitiveBuilder::<P>::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        let column: PrimitiveArray<P> = builder.finish();
        Ok(Arc::new(column))
    }

    /// Makes a column of integers.
    pub(crate) fn give_integers(&self, value: impl FnMut(usize) -> Result<Option<i64>>) -> Result<ArrayRef> {
        self.give_primitives::<Int64Type>(value)
    }

    /// Makes a column of doubles.
    pub(crate) fn give_doubles(&self, value: impl FnMut(usize) -> Result<Option<f64>>) -> Result<ArrayRef> {
        self.give_primitives::<Float64Type>(value)
    }

    /// Makes a column of booleans.
    pub(crate) fn give_booleans(
        &self,
        mut value: impl FnMut(usize) -> Result<Option<bool>>,
    ) -> Result<ArrayRef> {
        let mut builder = BooleanBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            builder.append_option(value(row)?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// Makes a column of lists of text; `fill` appends the items of a row and tells whether the list is there.
    pub(crate) fn give_lists(
        &self,
        mut fill: impl FnMut(usize, &mut StringViewBuilder) -> Result<bool>,
    ) -> Result<ArrayRef> {
        let mut builder = ListBuilder::with_capacity(StringViewBuilder::new(), self.rows);
        for row in 0..self.rows {
            let is_there = fill(row, builder.values())?;
            builder.append(is_there);
        }
        let lists: ListArray = builder.finish();
        Ok(Arc::new(lists))
    }
}

fn mistyped<T>(expected: &str, found: Option<&ColumnarValue>) -> Result<T> {
    internal_err!("expected {expected}, got {:?}", found.map(ColumnarValue::data_type))
}

/// A row of a function's table: name, other names, how it is called, help, what it takes, what it gives, kernel.
///
/// `[Text Text | Text Text Integer] -> Integer` lists the forms that it takes. A check behind the kernel finds faults in
/// constant arguments while the statement is planned.
macro_rules! scalar {
    ($name:literal, $aliases:expr, $signature:literal, $help:literal, [$($($kind:ident)* )|*] -> $gives:ident, $kernel:expr) => {
        $crate::call::scalar!($name, $aliases, $signature, $help, [$($($kind)* )|*] -> $gives, $kernel, |_| Ok(()))
    };
    ($name:literal, $aliases:expr, $signature:literal, $help:literal, [$($($kind:ident)* )|*] -> $gives:ident, $kernel:expr, $check:expr) => {
        $crate::scalar::Scalar {
            name: $name,
            aliases: &$aliases,
            signature: $signature,
            help: $help,
            volatility: datafusion::logical_expr::Volatility::Immutable,
            coerce: |types| $crate::call::coerce($name, &[$(&[$($crate::call::Kind::$kind),*]),*], types),
            returns: |args| {
                let check: fn(
                    &datafusion::logical_expr::ReturnFieldArgs<'_>,
                ) -> datafusion::common::Result<()> = $check;
                check(args)?;
                Ok($crate::call::field($name, $crate::call::Kind::$gives))
            },
            invoke: |args| $crate::call::run(args, $kernel),
        }
    };
}
pub(crate) use scalar;
