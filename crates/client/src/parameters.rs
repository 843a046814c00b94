//! Values for `:name`, as they travel: one row, a column for each parameter, bound by position.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, Result, Timestamp};

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// An instant.
    Timestamp(Timestamp),
    /// No value.
    Null,
}

impl Value {
    /// Returns the number that decimal digits stand for; none for text that is no number.
    ///
    /// Numbers beyond 64 bits lose digits, as they do in SQL text.
    pub fn number(digits: &str) -> Option<Self> {
        let whole = digits.parse().ok().map(Self::Integer);
        whole.or_else(|| digits.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Float))
    }

    fn column(&self) -> ArrayRef {
        match self {
            Self::Text(text) => Arc::new(StringArray::from(vec![text.as_str()])),
            Self::Integer(number) => Arc::new(Int64Array::from(vec![*number])),
            Self::Float(number) => Arc::new(Float64Array::from(vec![*number])),
            Self::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
            Self::Timestamp(instant) => {
                Arc::new(TimestampMicrosecondArray::from(vec![instant.as_micros()]).with_timezone("UTC"))
            }
            Self::Null => Arc::new(StringArray::new_null(1)),
        }
    }
}

/// Returns the row that answers a statement's parameters, in their order.
///
/// # Errors
/// `Invalid` for a parameter without a value.
pub(crate) fn row(wanted: &Schema, given: &[(String, Value)]) -> Result<RecordBatch> {
    let mut fields = Vec::with_capacity(wanted.fields().len());
    let mut columns = Vec::with_capacity(wanted.fields().len());
    for field in wanted.fields() {
        let name = field.name().strip_prefix(':').unwrap_or(field.name());
        let value = given.iter().find(|(given, _)| given == name).map(|(_, value)| value);
        let value = value.ok_or_else(|| not_given(name))?;
        let column = value.column();
        fields.push(Field::new(name, column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| Error::internal("build row of parameters").with_source(error))
}

fn not_given(name: &str) -> Error {
    let error = Error::invalid(match name.starts_with('$') {
        true => format!("parameter `{name}` has no value"),
        false => format!("parameter `:{name}` has no value"),
    });
    error.with_code("InvalidQueryStatementException").with_hint(match name.starts_with('$') {
        true => "Name parameters: `:name` in the statement, and `--param name=VALUE`.".to_owned(),
        false => format!("Give it one: `--param {name}=VALUE`, in the shell `\\set {name} VALUE`."),
    })
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::*;

    fn schema(names: &[&str]) -> Schema {
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect::<Vec<_>>())
    }

    #[test]
    fn values_stand_in_the_order_of_the_statement() {
        let given = [
            ("a".to_owned(), Value::Text("x".to_owned())),
            ("b".to_owned(), Value::Null),
            ("c".to_owned(), Value::Timestamp(Timestamp::from_micros(5))),
        ];
        let row = row(&schema(&["c", "a", "b"]), &given).unwrap();
        assert_eq!(row.num_rows(), 1);
        let types: Vec<String> =
            row.schema().fields().iter().map(|field| field.data_type().to_string()).collect();
        assert_eq!(types, ["Timestamp(µs, \"UTC\")", "Utf8", "Utf8"]);
        assert!(row.column(2).is_null(0));
    }

    #[test]
    fn a_missing_value_is_named() {
        let error = row(&schema(&["who"]), &[]).unwrap_err();
        assert_eq!(error.message(), "parameter `:who` has no value");
        assert_eq!(row(&schema(&["$1"]), &[]).unwrap_err().message(), "parameter `$1` has no value");
    }

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(Value::number("-5"), Some(Value::Integer(-5)));
        assert_eq!(Value::number("1.50"), Some(Value::Float(1.5)));
        assert_eq!(Value::number("2e3"), Some(Value::Float(2000.0)));
        assert_eq!(Value::number("five"), None);
    }
}
