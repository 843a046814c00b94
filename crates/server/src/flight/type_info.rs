//! The types of Lake SQL (`GetXdbcTypeInfo`), under the names that columns carry in their metadata.
//!
//! | type | as | because |
//! |---|---|---|
//! | `row`, `array`, `map` | `LONGVARCHAR` | they leave as JSON text, and who looks for a type for text finds `varchar` |
//!
//! # Source
//! `CommandGetXdbcTypeInfo` of Flight SQL; `SQLGetTypeInfo` of ODBC.

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode};
use auditlake_model::{Error, Result};

/// Most characters of a text, as far as clients are told.
const MAX_TEXT: i32 = i32::MAX;

/// Returns the types whose code is `data_type`, or all, in the order of codes and then names.
///
/// # Errors
///
/// `Internal` when the batch cannot be made.
pub fn type_info(data_type: Option<i32>) -> Result<RecordBatch> {
    let mut builder = XdbcTypeInfoDataBuilder::new();
    for info in types() {
        builder.append(info);
    }
    let batch = builder.build().and_then(|data| data.record_batch(data_type));
    batch.map_err(|e| Error::internal("make type info").with_source(e))
}

/// Returns the schema of [`type_info`].
pub fn type_info_schema() -> SchemaRef {
    XdbcTypeInfoDataBuilder::new().schema()
}

fn types() -> Vec<XdbcTypeInfo> {
    vec![
        base("boolean", XdbcDataType::XdbcBit, 1),
        integer("tinyint", XdbcDataType::XdbcTinyint, 3),
        integer("smallint", XdbcDataType::XdbcSmallint, 5),
        integer("integer", XdbcDataType::XdbcInteger, 10),
        integer("bigint", XdbcDataType::XdbcBigint, 19),
        float("real", XdbcDataType::XdbcReal, 24),
        float("double", XdbcDataType::XdbcDouble, 53),
        decimal(),
        varchar(),
        json("row"),
        json("array"),
        json("map"),
        quoted("varbinary", XdbcDataType::XdbcVarbinary, MAX_TEXT, "X'"),
        moment("date", XdbcDataType::XdbcDate, 10, "DATE '"),
        moment("time", XdbcDataType::XdbcTime, 18, "TIME '"),
        moment("timestamp", XdbcDataType::XdbcTimestamp, 29, "TIMESTAMP '"),
    ]
}

fn base(name: &str, data_type: XdbcDataType, column_size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.to_owned(),
        data_type,
        sql_data_type: data_type,
        column_size: Some(column_size),
        nullable: Nullable::NullabilityNullable,
        searchable: Searchable::Full,
        local_type_name: Some(name.to_owned()),
        ..XdbcTypeInfo::default()
    }
}

fn number(name: &str, data_type: XdbcDataType, digits: i32, radix: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        auto_increment: Some(false),
        num_prec_radix: Some(radix),
        // LIKE takes text only.
        searchable: Searchable::Basic,
        ..base(name, data_type, digits)
    }
}

fn integer(name: &str, data_type: XdbcDataType, digits: i32) -> XdbcTypeInfo {
    XdbcTypeInfo { minimum_scale: Some(0), maximum_scale: Some(0), ..number(name, data_type, digits, 10) }
}

fn float(name: &str, data_type: XdbcDataType, bits: i32) -> XdbcTypeInfo {
    number(name, data_type, bits, 2)
}

fn decimal() -> XdbcTypeInfo {
    XdbcTypeInfo {
        create_params: Some(vec!["precision".to_owned(), "scale".to_owned()]),
        minimum_scale: Some(0),
        maximum_scale: Some(38),
        ..number("decimal", XdbcDataType::XdbcDecimal, 38, 10)
    }
}

fn quoted(name: &str, data_type: XdbcDataType, column_size: i32, prefix: &str) -> XdbcTypeInfo {
    XdbcTypeInfo {
        literal_prefix: Some(prefix.to_owned()),
        literal_suffix: Some("'".to_owned()),
        searchable: Searchable::Basic,
        ..base(name, data_type, column_size)
    }
}

fn varchar() -> XdbcTypeInfo {
    XdbcTypeInfo {
        case_sensitive: true,
        searchable: Searchable::Full,
        ..quoted("varchar", XdbcDataType::XdbcVarchar, MAX_TEXT, "'")
    }
}

fn json(name: &str) -> XdbcTypeInfo {
    XdbcTypeInfo {
        case_sensitive: true,
        searchable: Searchable::None,
        ..base(name, XdbcDataType::XdbcLongvarchar, MAX_TEXT)
    }
}

fn moment(name: &str, data_type: XdbcDataType, column_size: i32, prefix: &str) -> XdbcTypeInfo {
    let (subcode, digits) = match data_type {
        // Code 1, which the protocol also calls DATE.
        XdbcDataType::XdbcDate => (XdbcDatetimeSubcode::XdbcSubcodeYear, None),
        XdbcDataType::XdbcTime => (XdbcDatetimeSubcode::XdbcSubcodeTime, Some(9)),
        _ => (XdbcDatetimeSubcode::XdbcSubcodeTimestamp, Some(9)),
    };
    XdbcTypeInfo {
        sql_data_type: XdbcDataType::XdbcDatetime,
        datetime_subcode: Some(subcode),
        minimum_scale: digits.map(|_| 0),
        maximum_scale: digits,
        ..quoted(name, data_type, column_size, prefix)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int32Type;

    use super::*;

    fn rows(data_type: Option<i32>) -> Vec<(i32, String)> {
        let batch = type_info(data_type).unwrap();
        assert_eq!(batch.schema(), type_info_schema());
        let codes = batch.column(1).as_primitive::<Int32Type>();
        let names = batch.column(0).as_string::<i32>();
        (0..batch.num_rows()).map(|row| (codes.value(row), names.value(row).to_owned())).collect()
    }

    #[test]
    fn types_come_by_code_and_then_by_name() {
        let all = rows(None);
        let mut sorted = all.clone();
        sorted.sort();
        assert_eq!(all, sorted);
        assert_eq!(all.first(), Some(&(-7, "boolean".to_owned())));
        assert_eq!(all.last(), Some(&(93, "timestamp".to_owned())));
    }

    #[test]
    fn one_code_gives_its_types_only() {
        assert_eq!(rows(Some(12)), [(12, "varchar".to_owned())]);
        assert_eq!(rows(Some(-1)).len(), 3);
        assert_eq!(rows(Some(4_711)), []);
    }
}
