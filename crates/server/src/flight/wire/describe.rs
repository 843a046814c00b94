//! What the metadata of a field tells clients about its column.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Field};
use auditlake_dialect::type_name;
use auditlake_events::schema::is_json;

use super::TypeProfile;
use super::types::{extension_of, values_type};

/// Key of the name of the SQL type: one of those that [`super::super::type_info`] lists, or `interval`.
pub const TYPE_NAME: &str = "ARROW:FLIGHT:SQL:TYPE_NAME";
/// Key of the number of digits of a decimal.
pub const PRECISION: &str = "ARROW:FLIGHT:SQL:PRECISION";
/// Key of the number of digits of a decimal behind the point.
pub const SCALE: &str = "ARROW:FLIGHT:SQL:SCALE";
/// Key of a remark on the column of a table.
pub const REMARKS: &str = "ARROW:FLIGHT:SQL:REMARKS";

/// Makes the metadata of a wire field from the field of the result, and the type on the wire.
pub(super) type Describe = fn(&Field, &DataType, TypeProfile) -> HashMap<String, String>;

/// Returns the metadata of a column of a result.
pub(super) fn result_metadata(
    field: &Field,
    wire: &DataType,
    profile: TypeProfile,
) -> HashMap<String, String> {
    let mut metadata = match profile {
        TypeProfile::Portable => HashMap::new(),
        TypeProfile::Native => extension_of(field),
    };
    let name = match profile {
        // Nested values travel as text, and tools choose their own type by this name.
        TypeProfile::Portable => scalar_type(wire),
        TypeProfile::Native => sql_type(field, wire),
    };
    metadata.insert(TYPE_NAME.to_owned(), name.to_owned());
    if let DataType::Decimal32(precision, scale)
    | DataType::Decimal64(precision, scale)
    | DataType::Decimal128(precision, scale)
    | DataType::Decimal256(precision, scale) = wire
    {
        metadata.insert(PRECISION.to_owned(), precision.to_string());
        metadata.insert(SCALE.to_owned(), scale.to_string());
    }
    metadata
}

/// Returns the metadata of a column of a table: what results have, and in what words Lake SQL describes its type
/// where the name alone does not tell.
pub(super) fn table_metadata(
    field: &Field,
    wire: &DataType,
    profile: TypeProfile,
) -> HashMap<String, String> {
    let mut metadata = result_metadata(field, wire, profile);
    if is_json(field) || values_type(field.data_type()).is_nested() {
        let form = if wire == &DataType::Utf8 { "JSON text of " } else { "" };
        metadata.insert(REMARKS.to_owned(), format!("{form}{}", type_name(field)));
    }
    metadata
}

/// Returns the name of the SQL type without its parameters, so that tools find it among the types.
fn sql_type(field: &Field, wire: &DataType) -> &'static str {
    if is_json(field) {
        return "map";
    }
    match values_type(field.data_type()) {
        DataType::Struct(_) => "row",
        DataType::Map(..) => "map",
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(..)
        | DataType::ListView(_)
        | DataType::LargeListView(_) => "array",
        _ => scalar_type(wire),
    }
}

fn scalar_type(wire: &DataType) -> &'static str {
    match wire {
        DataType::Boolean => "boolean",
        DataType::Int8 => "tinyint",
        DataType::Int16 | DataType::UInt8 => "smallint",
        DataType::Int32 | DataType::UInt16 => "integer",
        DataType::Int64 | DataType::UInt32 => "bigint",
        DataType::Float16 | DataType::Float32 => "real",
        DataType::Float64 => "double",
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => "decimal",
        DataType::Date32 | DataType::Date64 => "date",
        DataType::Time32(_) | DataType::Time64(_) => "time",
        DataType::Timestamp(..) => "timestamp",
        DataType::Binary | DataType::FixedSizeBinary(_) => "varbinary",
        DataType::Duration(_) | DataType::Interval(_) => "interval",
        _ => "varchar",
    }
}
