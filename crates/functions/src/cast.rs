//! `lake_cast` and `lake_try_cast`: what CAST, TRY_CAST, `::` and typed literals of Lake SQL stand for.
//!
//! ```text
//! CAST(x AS bigint) --dialect--> lake_cast(x, 'bigint') --simplify--> Cast of the engine where it means the same
//!                                                    \--> kernel here: Source --value by value--> Sink
//! ```
//!
//! The rules are Trino's. What differs from it is Lake's: maps, rows, arrays and free-form fields become text, and
//! instants are read in every form that [`instants`] lists.

mod instants;
mod json;
mod leaf;
mod like;
mod names;
mod numbers;
mod plain;
mod sink;
mod source;
mod types;
mod write;

use std::sync::{Arc, LazyLock};

use auditlake_model::Error;
use datafusion::arrow::array::{ArrayRef, AsArray, new_null_array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err, plan_err};
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};

pub(crate) use self::instants::{zone_name, zone_of};
pub use self::like::like_pattern;
pub(crate) use self::names::parse_type;
use self::sink::{JsonMode, Sink};
pub(crate) use self::source::Source;
pub(crate) use self::types::LakeType;
pub(crate) use self::write::write_lake;
use crate::engine_error::{INVALID_STATEMENT, into_datafusion};
use crate::family::Family;
use crate::is_free_form;

pub(crate) const CAST: &str = "lake_cast";
pub(crate) const TRY_CAST: &str = "lake_try_cast";

/// How much of a value an error shows.
const SHOWN_CHARS: usize = 80;

static FUNCTIONS: LazyLock<[Arc<ScalarUDF>; 2]> = LazyLock::new(|| {
    [false, true].map(|is_try| {
        let signature = Signature::user_defined(Volatility::Immutable);
        Arc::new(ScalarUDF::from(LakeCast { is_try, signature }))
    })
});

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    let mut scalar = FUNCTIONS.to_vec();
    scalar.push(like::LIKE.udf());
    Family { scalar, ..Family::default() }
}

/// Returns an expression that casts a value to a type of Lake SQL, as CAST or TRY_CAST do.
pub fn lake_cast(value: Expr, to: &str, is_try: bool) -> Expr {
    FUNCTIONS[usize::from(is_try)].call(vec![value, datafusion::logical_expr::lit(to)])
}

/// Tells whether a function is the one of CAST; that of TRY_CAST is another.
pub fn is_lake_cast(function: &ScalarUDF) -> bool {
    function == FUNCTIONS[0].as_ref()
}

/// `lake_cast(value, 'type')`: a value in another type.
#[derive(Debug, PartialEq, Eq, Hash)]
struct LakeCast {
    /// Whether what cannot be cast is NULL instead of an error.
    is_try: bool,
    signature: Signature,
}

impl ScalarUDFImpl for LakeCast {
    fn name(&self) -> &str {
        if self.is_try { TRY_CAST } else { CAST }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [_, _] => Ok(types.to_vec()),
            _ => plan_err!("{} takes a value and a type", self.name()),
        }
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        internal_err!("{} tells its field, not its type", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let text =
            args.scalar_arguments.get(1).copied().flatten().and_then(|value| value.try_as_str().flatten());
        let Some(text) = text else { return plan_err!("{} takes a constant type", self.name()) };
        let to = type_of(text)?;
        if let Some(value) = args.arg_fields.first() {
            plain::check(value, &to)?;
        }
        Ok(to.field(self.name()))
    }

    fn simplify(&self, args: Vec<Expr>, context: &SimplifyContext) -> Result<ExprSimplifyResult> {
        let [value, Expr::Literal(text, _)] = args.as_slice() else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        let (Some(Some(text)), Ok((_, from))) = (text.try_as_str(), value.to_field(context.schema())) else {
            return Ok(ExprSimplifyResult::Original(args));
        };
        Ok(match plain::simpler(value, &from, &type_of(text)?) {
            Some(simpler) => ExprSimplifyResult::Simplified(simpler),
            None => ExprSimplifyResult::Original(args),
        })
    }

    /// Lets comparisons of `CAST(eventTime AS date)` with a day become ranges of instants, which prune.
    fn preimage(&self, args: &[Expr], value: &Expr, context: &SimplifyContext) -> Result<PreimageResult> {
        let [instant, Expr::Literal(text, _)] = args else { return Ok(PreimageResult::None) };
        let (_, from) = instant.to_field(context.schema())?;
        let to = type_of(text.try_as_str().flatten().unwrap_or_default())?;
        Ok(match plain::day(&from, &to, value) {
            Some(interval) => PreimageResult::Range { expr: instant.clone(), interval: Box::new(interval) },
            None => PreimageResult::None,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [value, ColumnarValue::Scalar(text)] = args.args.as_slice() else {
            return internal_err!("{} without a value and a type", self.name());
        };
        let to = type_of(text.try_as_str().flatten().unwrap_or_default())?;
        let Some(field) = args.arg_fields.first() else {
            return internal_err!("{} without fields", self.name());
        };
        let json = if is_free_form(field) { JsonMode::Field } else { JsonMode::Value };
        let cast = Cast { to: &to, is_try: self.is_try, json };
        match value {
            ColumnarValue::Scalar(scalar) => {
                let array = cast.array(&scalar.to_array()?, field)?;
                Ok(ColumnarValue::Scalar(scalar_of(&array)?))
            }
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(cast.array(array, field)?)),
        }
    }
}

/// Returns the value of a column of one row; lists keep the marks of their items.
fn scalar_of(array: &ArrayRef) -> Result<ScalarValue> {
    Ok(match array.data_type() {
        DataType::List(_) => ScalarValue::List(Arc::new(array.as_list().clone())),
        DataType::Map(..) => ScalarValue::Map(Arc::new(array.as_map().clone())),
        DataType::Struct(_) => ScalarValue::Struct(Arc::new(array.as_struct().clone())),
        _ => ScalarValue::try_from_array(array, 0)?,
    })
}

fn type_of(text: &str) -> Result<LakeType> {
    parse_type(text)
        .map_err(|fault| into_datafusion(Error::invalid(fault.message).with_code(INVALID_STATEMENT)))
}

struct Cast<'a> {
    to: &'a LakeType,
    is_try: bool,
    json: JsonMode,
}

impl Cast<'_> {
    fn array(&self, array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
        if plain::is_plain(field, self.to) {
            return Ok(datafusion::arrow::compute::cast(array, &self.to.data_type())?);
        }
        let source = Source::of(array, field)?;
        let rows = array.len();
        let mut sink = Sink::new(self.to);
        for row in 0..rows {
            match sink.push(&source, row, self.json) {
                Ok(()) => {}
                // Parts of the value are in the column already.
                Err(_) if self.is_try && self.to.is_nested() => return self.row_by_row(&source, rows),
                Err(_) if self.is_try => sink.push_null(),
                Err(fault) => return Err(into_datafusion(self.error(&source, row, &fault))),
            }
        }
        sink.finish(rows)
    }

    /// Casts each value for itself, so that one that fails leaves nothing behind.
    fn row_by_row(&self, source: &Source, rows: usize) -> Result<ArrayRef> {
        let data_type = self.to.data_type();
        let null = || new_null_array(&data_type, 1);
        let mut values = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut sink = Sink::new(self.to);
            values.push(match sink.push(source, row, self.json) {
                Ok(()) => sink.finish(1)?,
                Err(_) => null(),
            });
        }
        let values: Vec<&dyn datafusion::arrow::array::Array> = values.iter().map(AsRef::as_ref).collect();
        Ok(datafusion::arrow::compute::concat(&values)?)
    }

    fn error(&self, source: &Source, row: usize, fault: &str) -> Error {
        let mut text = String::new();
        write_lake(source, row, &mut text);
        let error = Error::invalid(format!("cannot cast '{}' to {}", shortened(&text), self.to))
            .with_code(INVALID_STATEMENT)
            .with_hint(self.to.hint());
        if fault.is_empty() { error } else { error.with_detail(format!("{fault}.")) }
    }
}

/// Returns the beginning of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text.to_owned(),
    }
}
