//! Lists are filtered, sorted, and of the schema that was promised.

use arrow::array::AsArray;
use arrow_ipc::convert::try_schema_from_flatbuffer_bytes;

use super::*;
use crate::flight::wire::{REMARKS, TYPE_NAME};

fn listing(schema: &str, name: &str, table_type: TableType) -> TableListing {
    let columns = Schema::new(vec![
        Field::new("eventName", DataType::Utf8View, false),
        Field::new("resources", DataType::new_list(DataType::Utf8View, true), true),
    ]);
    TableListing {
        schema: schema.to_owned(),
        name: name.to_owned(),
        table_type,
        columns: Some(Arc::new(columns)),
    }
}

fn listings() -> Vec<TableListing> {
    vec![
        listing("system", "queries", TableType::Table),
        listing("lake", "my_trail", TableType::Table),
        listing("lake", "my-trail", TableType::Table),
        listing("lake", "failures", TableType::View),
    ]
}

fn command(
    catalog: Option<&str>,
    schema: Option<&str>,
    table: Option<&str>,
    types: &[&str],
) -> CommandGetTables {
    CommandGetTables {
        catalog: catalog.map(ToOwned::to_owned),
        db_schema_filter_pattern: schema.map(ToOwned::to_owned),
        table_name_filter_pattern: table.map(ToOwned::to_owned),
        table_types: types.iter().map(|name| (*name).to_owned()).collect(),
        include_schema: false,
    }
}

fn names(command: &CommandGetTables) -> Vec<String> {
    let batch = tables(command, &listings(), WireOptions::default()).unwrap();
    assert_eq!(batch.schema(), tables_schema(command.include_schema));
    batch.column(2).as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect()
}

#[test]
fn tables_are_filtered_and_sorted() {
    let check = |catalog, schema, table, types: &[&str], expected: &[&str]| {
        assert_eq!(names(&command(catalog, schema, table, types)), expected);
    };
    check(None, None, None, &[], &["failures", "my-trail", "my_trail", "queries"]);
    check(Some("auditlake"), None, None, &["TABLE"], &["my-trail", "my_trail", "queries"]);
    check(Some(""), None, None, &[], &[]);
    check(Some("audit%"), None, None, &[], &[]);
    check(None, Some("la%"), None, &[], &["failures", "my-trail", "my_trail"]);
    check(None, Some(""), None, &[], &[]);
    check(None, None, Some("my_trail"), &[], &["my-trail", "my_trail"]);
    check(None, None, Some("my\\_trail"), &[], &["my_trail"]);
    check(None, None, Some("%rail"), &["BASE TABLE", "table"], &["my-trail", "my_trail"]);
    check(None, None, None, &["view"], &["failures"]);
    check(None, None, None, &["SYSTEM TABLE"], &[]);
}

#[test]
fn columns_of_tables_are_schema_messages() {
    let command = CommandGetTables { include_schema: true, ..command(None, None, Some("queries"), &[]) };
    let batch = tables(&command, &listings(), WireOptions::default()).unwrap();
    assert_eq!(batch.schema(), tables_schema(true));
    let bytes = batch.column(4).as_binary::<i32>().value(0);
    let length = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    assert_eq!((&bytes[..4], length + 8), (&[0xff; 4][..], bytes.len()));
    let schema = try_schema_from_flatbuffer_bytes(&bytes[8..]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(schema.field(0).data_type(), &DataType::Utf8);
    assert_eq!(schema.field(0).metadata()[TYPE_NAME], "varchar");
    // It travels as text, and is named so.
    assert_eq!(schema.field(1).metadata()[TYPE_NAME], "varchar");
    assert_eq!(schema.field(1).metadata()[REMARKS], "JSON text of array(varchar)");
    let mut missing = listings();
    missing[0].columns = None;
    assert!(tables(&command, &missing, WireOptions::default()).is_err());
}

#[test]
fn schemas_are_filtered_and_sorted() {
    let check = |catalog: Option<&str>, pattern: Option<&str>, expected: &[&str]| {
        let command = CommandGetDbSchemas {
            catalog: catalog.map(ToOwned::to_owned),
            db_schema_filter_pattern: pattern.map(ToOwned::to_owned),
        };
        let batch = db_schemas(&command, &["system", "lake"]).unwrap();
        assert_eq!(batch.schema(), db_schemas_schema());
        let names: Vec<&str> = batch.column(1).as_string::<i32>().iter().flatten().collect();
        assert_eq!(names, expected);
    };
    check(None, None, &["lake", "system"]);
    check(Some("AUDITLAKE"), Some("s%"), &["system"]);
    check(Some("other"), None, &[]);
    check(Some(""), None, &[]);
}

#[test]
fn lists_have_the_schemas_of_the_protocol() {
    let nullable = |schema: SchemaRef| -> Vec<(String, bool)> {
        schema.fields().iter().map(|field| (field.name().clone(), field.is_nullable())).collect()
    };
    assert_eq!(nullable(catalogs().unwrap().schema()), [("catalog_name".to_owned(), false)]);
    assert_eq!(nullable(table_types().unwrap().schema()), [("table_type".to_owned(), false)]);
    assert_eq!(primary_keys().schema(), primary_keys_schema());
    assert_eq!(foreign_keys().schema(), foreign_keys_schema());
    assert_eq!(foreign_keys_schema().fields().len(), 13);
    let types = table_types().unwrap();
    assert_eq!(types.column(0).as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["TABLE", "VIEW"]);
}
