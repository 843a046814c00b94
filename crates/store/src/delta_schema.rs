//! Arrow schemas as Delta schemas.
//!
//! | Arrow | Delta |
//! |---|---|
//! | Utf8, LargeUtf8, Utf8View | string |
//! | Boolean | boolean |
//! | Int32, Int64 | integer, long |
//! | Float64 | double |
//! | Date32 | date |
//! | Timestamp(us, "UTC") | timestamp |
//! | Struct, List | struct, array |
//!
//! Other types are not used in a lake and are refused. Field metadata stays out: it is Arrow's own
//! (`arrow.json`), and other engines would meet it in the table's schema.

use arrow::datatypes::{DataType as ArrowType, Field, Fields, Schema, TimeUnit};
use auditlake_model::{Error, Result};
use deltalake_core::kernel::{ArrayType, DataType, StructField, StructType};

/// Returns the columns of `schema`, all nullable, as Delta columns.
///
/// # Errors
/// `Unsupported` for a type outside the table above.
pub(crate) fn delta_fields(schema: &Schema) -> Result<Vec<StructField>> {
    struct_fields(schema.fields())
}

fn struct_fields(fields: &Fields) -> Result<Vec<StructField>> {
    fields.iter().map(|field| Ok(StructField::nullable(field.name(), delta_type(field)?))).collect()
}

fn delta_type(field: &Field) -> Result<DataType> {
    Ok(match field.data_type() {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::STRING,
        ArrowType::Boolean => DataType::BOOLEAN,
        ArrowType::Int32 => DataType::INTEGER,
        ArrowType::Int64 => DataType::LONG,
        ArrowType::Float64 => DataType::DOUBLE,
        ArrowType::Date32 => DataType::DATE,
        ArrowType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => {
            DataType::TIMESTAMP
        }
        ArrowType::Struct(fields) => DataType::from(struct_type(struct_fields(fields)?)?),
        ArrowType::List(element) => DataType::from(ArrayType::new(delta_type(element)?, true)),
        other => {
            return Err(Error::unsupported(format!("type `{other}` has no place in a lake"))
                .with_context("column", field.name()));
        }
    })
}

/// Returns a Delta struct of `fields`.
pub(crate) fn struct_type(fields: Vec<StructField>) -> Result<StructType> {
    StructType::try_new(fields).map_err(|e| Error::internal("build Delta schema").with_source(e))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;

    use auditlake_events::schema::event_schema;
    use auditlake_model::{CategoryClass, ErrorKind};

    use super::*;

    #[test]
    fn every_event_column_has_a_delta_type() {
        for class in [CategoryClass::Activity, CategoryClass::Insight] {
            let schema = event_schema(class, &auditlake_model::default_promoted());
            let fields = delta_fields(&schema).unwrap();
            assert_eq!(fields.len(), schema.fields().len());
            assert!(fields.iter().all(|field| field.nullable && field.metadata.is_empty()));
        }
    }

    #[test]
    fn nested_types_keep_their_shape() {
        let member = Field::new("ARN", ArrowType::Utf8View, true);
        let element = Field::new("element", ArrowType::Struct(vec![member].into()), true);
        let schema = Schema::new(vec![Field::new("resources", ArrowType::List(Arc::new(element)), true)]);
        let fields = delta_fields(&schema).unwrap();
        let json = serde_json::to_string(&fields[0]).unwrap();
        assert!(
            json.contains(r#""elementType":{"type":"struct","fields":[{"name":"ARN","type":"string""#),
            "{json}"
        );
    }

    #[test]
    fn other_types_are_refused() {
        let schema = Schema::new(vec![Field::new("x", ArrowType::UInt8, true)]);
        assert_eq!(delta_fields(&schema).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
