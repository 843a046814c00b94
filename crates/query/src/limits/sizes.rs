//! How many bytes a builder will make, from its arguments.
//!
//! | function | bytes of one value |
//! |---|---|
//! | `repeat(x, n)` | length of x times n |
//! | `ngrams(list, n)` | n items for each item, 16 bytes each |
//! | `lpad`, `rpad(s, n, fill)` | n characters, 4 bytes each at most |
//! | `concat`, `concat_ws`, `||`, `json_array`, `json_object` | all lengths together |
//! | `replace`, `regexp_replace(s, from, to)` | every character a match |
//! | `array_repeat(x, n)` | length of x times n |
//! | `array_to_string(list, separator)` | the separator for each element |
//! | `range`, `generate_series`, `sequence(start, stop, step)` | 8 for each step; of times, as many as there can be |

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::compute::kernels::length::length;
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};

/// Estimates the bytes of each value that a call makes for a number of rows.
pub(super) type Estimate = fn(&[ColumnarValue], usize) -> Result<Vec<u64>>;

/// Returns how to estimate the function `name`; `None` when it makes no more than it takes.
pub(super) fn estimate_of(name: &str) -> Option<Estimate> {
    Some(match name {
        "repeat" | "array_repeat" | "list_repeat" => repeated,
        "lpad" | "rpad" => padded,
        "concat" | "concat_ws" | "json_array" | "json_object" => joined,
        "replace" | "regexp_replace" => replaced,
        "array_to_string" | "list_to_string" | "array_join" | "list_join" => separated,
        "ngrams" => grouped,
        "range" | "generate_series" | "sequence" => stepped,
        _ => return None,
    })
}

/// All arguments one after the other; `concat_ws` puts its first one between them.
pub(super) fn joined(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let mut sums = vec![0u64; rows];
    for arg in args {
        for (sum, bytes) in sums.iter_mut().zip(byte_lengths(arg, rows)?) {
            *sum = sum.saturating_add(bytes);
        }
    }
    let separators = match args {
        [first, .., _] => byte_lengths(first, rows)?,
        _ => vec![0; rows],
    };
    let gaps = args.len().saturating_sub(2) as u64;
    Ok(sums
        .iter()
        .zip(separators)
        .map(|(sum, bytes)| sum.saturating_add(bytes.saturating_mul(gaps)))
        .collect())
}

fn repeated(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let [value, times] = args else { return Ok(vec![0; rows]) };
    let times = integers(times, rows)?;
    Ok(byte_lengths(value, rows)?
        .into_iter()
        .zip(times)
        .map(|(b, n)| b.saturating_mul(at_least_0(n)))
        .collect())
}

fn padded(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let Some(width) = args.get(1) else { return Ok(vec![0; rows]) };
    Ok(integers(width, rows)?.into_iter().map(|n| at_least_0(n).saturating_mul(4)).collect())
}

fn replaced(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let Some(text) = args.first() else { return Ok(vec![0; rows]) };
    let text = byte_lengths(text, rows)?;
    let Some(to) = args.get(2) else { return Ok(text) };
    let to = byte_lengths(to, rows)?;
    Ok(text.iter().zip(to).map(|(text, to)| (text + 1).saturating_mul(to).saturating_add(*text)).collect())
}

fn separated(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let [list, separator, null_text @ ..] = args else { return Ok(vec![0; rows]) };
    let mut bytes = byte_lengths(separator, rows)?;
    if let Some(null_text) = null_text.first() {
        for (bytes, more) in bytes.iter_mut().zip(byte_lengths(null_text, rows)?) {
            *bytes = bytes.saturating_add(more);
        }
    }
    Ok(elements(list, rows)?.into_iter().zip(bytes).map(|(n, bytes)| n.saturating_mul(bytes)).collect())
}

fn grouped(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    let [list, size] = args else { return Ok(vec![0; rows]) };
    let sizes = integers(size, rows)?.into_iter().map(at_least_0);
    let bytes =
        |(n, size): (u64, u64)| size.min(n).saturating_mul(n.saturating_sub(size) + 1).saturating_mul(16);
    Ok(elements(list, rows)?.into_iter().zip(sizes).map(bytes).collect())
}

/// Returns how many elements each list has.
fn elements(list: &ColumnarValue, rows: usize) -> Result<Vec<u64>> {
    let list = list.to_array(rows)?;
    match list.data_type() {
        DataType::List(_) | DataType::LargeList(_) => {
            let lengths = integers(&ColumnarValue::Array(length(&list)?), rows)?;
            Ok(lengths.into_iter().map(at_least_0).collect())
        }
        _ => Ok(vec![0; rows]),
    }
}

/// Bytes of the longest sequence of times, which has 10,000 items.
const LONGEST_SEQUENCE_BYTES: u64 = 80_000;

fn stepped(args: &[ColumnarValue], rows: usize) -> Result<Vec<u64>> {
    if args.first().is_some_and(|start| start.data_type().is_temporal()) {
        return Ok(vec![LONGEST_SEQUENCE_BYTES; rows]);
    }
    let numbers = |index: usize, default: i64| match args.get(index) {
        Some(arg) => integers(arg, rows),
        None => Ok(vec![default; rows]),
    };
    let (start, stop) =
        if args.len() == 1 { (vec![0; rows], numbers(0, 0)?) } else { (numbers(0, 0)?, numbers(1, 0)?) };
    let steps = numbers(2, 1)?;
    let bytes = start.iter().zip(stop).zip(steps).map(|((start, stop), step)| {
        let span = i128::from(stop) - i128::from(*start);
        let count = span.unsigned_abs() / i128::from(step).unsigned_abs().max(1);
        u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(8)
    });
    Ok(bytes.collect())
}

fn at_least_0(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Returns the length of each value in bytes: of its text, or as much as a number takes.
fn byte_lengths(arg: &ColumnarValue, rows: usize) -> Result<Vec<u64>> {
    let array = arg.to_array(rows)?;
    if array.data_type().is_null() {
        return Ok(vec![0; rows]);
    }
    let is_text = array.data_type().is_string()
        || matches!(array.data_type(), DataType::Binary | DataType::LargeBinary);
    if !is_text {
        let average = array.get_array_memory_size() / rows.max(1);
        return Ok(vec![average.max(8) as u64; rows]);
    }
    let lengths = cast(&length(&array)?, &DataType::UInt64)?;
    Ok(lengths.as_primitive::<UInt64Type>().iter().map(|bytes| bytes.unwrap_or(0)).collect())
}

/// Returns the argument as numbers; what is no number counts as nothing.
fn integers(arg: &ColumnarValue, rows: usize) -> Result<Vec<i64>> {
    let array: ArrayRef = arg.to_array(rows)?;
    if !array.data_type().is_integer() {
        return Ok(vec![0; rows]);
    }
    let numbers = cast(&array, &DataType::Int64)?;
    Ok(numbers.as_primitive::<Int64Type>().iter().map(|number| number.unwrap_or(0)).collect())
}

/// The operator `||` as a function, so that it can be capped.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct StringConcat {
    signature: Signature,
}

impl StringConcat {
    pub(super) fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }

    /// Returns the engine's operator over two columns, and their schema.
    fn operator(types: &[DataType]) -> (BinaryExpr, Arc<Schema>) {
        let names = ["left", "right"];
        let fields: Vec<Field> = names
            .iter()
            .zip(types)
            .map(|(name, data_type)| Field::new(*name, data_type.clone(), true))
            .collect();
        let column = |index: usize| Arc::new(Column::new(names[index], index)) as Arc<dyn PhysicalExpr>;
        (BinaryExpr::new(column(0), Operator::StringConcat, column(1)), Arc::new(Schema::new(fields)))
    }
}

impl ScalarUDFImpl for StringConcat {
    fn name(&self) -> &str {
        "||"
    }

    /// The name that the operator gives its column.
    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        let names: Vec<String> = args.iter().map(|arg| arg.schema_name().to_string()).collect();
        Ok(names.join(" || "))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        let (operator, schema) = Self::operator(arg_types);
        operator.data_type(&schema)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let types: Vec<DataType> = arrays.iter().map(|array| array.data_type().clone()).collect();
        let (operator, schema) = Self::operator(&types);
        operator.evaluate(&RecordBatch::try_new(schema, arrays)?)
    }
}
