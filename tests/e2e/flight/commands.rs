//! Metadata commands: catalogs, schemas, tables, types and keys.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys,
    CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetTableTypes, CommandGetTables,
    CommandGetXdbcTypeInfo,
};

use super::client::{Answer, Client, schema_of};
use super::server::Server;

const TYPE_NAME: &str = "ARROW:FLIGHT:SQL:TYPE_NAME";
const REMARKS: &str = "ARROW:FLIGHT:SQL:REMARKS";

fn texts(answer: &Answer, name: &str) -> Vec<String> {
    answer.texts(name).into_iter().map(Option::unwrap).collect()
}

fn check_schema(answer: &Answer, expected: &[(&str, DataType, bool)]) {
    let expected: Vec<Field> =
        expected.iter().map(|(name, data_type, null)| Field::new(*name, data_type.clone(), *null)).collect();
    assert_eq!(answer.schema.as_ref(), &Schema::new(expected));
}

fn tables() -> CommandGetTables {
    CommandGetTables::default()
}

async fn table_names(client: &Client, command: CommandGetTables) -> Vec<String> {
    texts(&client.fetch(&command).await.unwrap(), "table_name")
}

#[tokio::test]
async fn catalogs_schemas_and_table_types_are_listed() {
    let server = Server::start();
    let client = server.connect().await;
    let catalogs = client.fetch(&CommandGetCatalogs {}).await.unwrap();
    check_schema(&catalogs, &[("catalog_name", DataType::Utf8, false)]);
    assert_eq!(texts(&catalogs, "catalog_name"), ["auditlake"]);

    let types = client.fetch(&CommandGetTableTypes {}).await.unwrap();
    check_schema(&types, &[("table_type", DataType::Utf8, false)]);
    assert_eq!(texts(&types, "table_type"), ["TABLE", "VIEW"]);

    let schemas = async |catalog: Option<&str>, pattern: Option<&str>| {
        let command = CommandGetDbSchemas {
            catalog: catalog.map(ToOwned::to_owned),
            db_schema_filter_pattern: pattern.map(ToOwned::to_owned),
        };
        let answer = client.fetch(&command).await.unwrap();
        check_schema(
            &answer,
            &[("catalog_name", DataType::Utf8, true), ("db_schema_name", DataType::Utf8, false)],
        );
        texts(&answer, "db_schema_name")
    };
    assert_eq!(schemas(None, None).await, ["lake", "system"]);
    assert_eq!(schemas(Some("auditlake"), Some("s%")).await, ["system"]);
    assert_eq!(schemas(Some(""), None).await, [""; 0]);
}

#[tokio::test]
async fn tables_are_filtered_as_tools_ask() {
    let server = Server::start();
    server.env.ok(&["store", "create", "my_store"]);
    server.env.ok(&["store", "create", "my-store"]);
    let client = server.connect().await;
    let all = client.fetch(&tables()).await.unwrap();
    check_schema(
        &all,
        &[
            ("catalog_name", DataType::Utf8, true),
            ("db_schema_name", DataType::Utf8, true),
            ("table_name", DataType::Utf8, false),
            ("table_type", DataType::Utf8, false),
        ],
    );
    let mut rows: Vec<(String, String)> =
        texts(&all, "db_schema_name").into_iter().zip(texts(&all, "table_name")).collect();
    let listed = rows.clone();
    rows.sort();
    assert_eq!(listed, rows, "tables come in order");
    for table in ["my-store", "my_store", "trail"] {
        assert!(listed.contains(&("lake".to_owned(), table.to_owned())), "{listed:?}");
    }
    assert!(listed.contains(&("system".to_owned(), "queries".to_owned())), "{listed:?}");

    let of = |schema: &str, table: &str| CommandGetTables {
        db_schema_filter_pattern: Some(schema.to_owned()),
        table_name_filter_pattern: Some(table.to_owned()),
        ..tables()
    };
    assert_eq!(table_names(&client, of("lake", "my_store")).await, ["my-store", "my_store"]);
    assert_eq!(table_names(&client, of("lake", "my\\_store")).await, ["my_store"]);
    assert_eq!(table_names(&client, of("l%", "t%l")).await, ["trail"]);
    assert_eq!(table_names(&client, of("", "%")).await, [""; 0]);
    let typed = |names: &[&str]| CommandGetTables {
        catalog: Some("auditlake".to_owned()),
        table_types: names.iter().map(|name| (*name).to_owned()).collect(),
        ..of("lake", "trail")
    };
    for names in [&["TABLE", "VIEW"][..], &["BASE TABLE", "table"], &["table"], &[]] {
        assert_eq!(table_names(&client, typed(names)).await, ["trail"], "{names:?}");
    }
    assert_eq!(table_names(&client, typed(&["VIEW"])).await, [""; 0]);
    let nowhere = CommandGetTables { catalog: Some(String::new()), ..tables() };
    assert_eq!(table_names(&client, nowhere).await, [""; 0]);
}

#[tokio::test]
async fn columns_of_a_table_are_those_of_its_rows() {
    let server = Server::start();
    let client = server.connect().await;
    let command = CommandGetTables {
        table_name_filter_pattern: Some("trail".to_owned()),
        include_schema: true,
        ..tables()
    };
    let answer = client.fetch(&command).await.unwrap();
    assert_eq!(answer.schema.field(4), &Field::new("table_schema", DataType::Binary, false));
    let column = answer.column("table_schema");
    let table = schema_of(column.as_binary::<i32>().value(0));
    let rows = client.query("SELECT * FROM trail LIMIT 1").await.unwrap();
    for field in rows.schema.fields() {
        let listed = table.field_with_name(field.name()).unwrap();
        assert_eq!((listed.data_type(), listed.is_nullable()), (field.data_type(), true), "{}", field.name());
        assert_eq!(listed.metadata().get(TYPE_NAME), field.metadata().get(TYPE_NAME), "{}", field.name());
        assert!(field.metadata().contains_key(TYPE_NAME), "{field}");
        assert!(!field.metadata().contains_key(REMARKS), "JDBC takes remarks for labels");
    }
    let type_of = |name: &str| table.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(type_of("eventTime"), DataType::Timestamp(TimeUnit::Microsecond, None));
    for text in ["eventName", "userIdentity", "requestParameters", "resources"] {
        assert_eq!(type_of(text), DataType::Utf8, "{text}");
    }
    assert_eq!(type_of("readOnly"), DataType::Boolean);
}

#[tokio::test]
async fn every_listed_name_resolves_in_all_its_forms() {
    let server = Server::start();
    let client = server.connect().await;
    let listed = client.fetch(&tables()).await.unwrap();
    let names = texts(&listed, "db_schema_name").into_iter().zip(texts(&listed, "table_name"));
    for (schema, table) in names {
        for name in [
            format!("{schema}.\"{table}\""),
            format!("\"{schema}\".\"{table}\""),
            format!("auditlake.{schema}.\"{table}\""),
            format!("\"AUDITLAKE\".\"{}\".\"{}\"", schema.to_uppercase(), table.to_uppercase()),
        ] {
            let count = client.query(&format!("SELECT count(*) AS n FROM {name}")).await;
            assert!(count.is_ok(), "{name}: {}", count.unwrap_err());
        }
    }
}

#[tokio::test]
async fn there_are_no_keys_but_lists_of_them() {
    let server = Server::start();
    let client = server.connect().await;
    let table = || "trail".to_owned();
    let primary = CommandGetPrimaryKeys { catalog: None, db_schema: Some("lake".to_owned()), table: table() };
    let primary = client.fetch(&primary).await.unwrap();
    assert_eq!(primary.rows(), 0);
    check_schema(
        &primary,
        &[
            ("catalog_name", DataType::Utf8, true),
            ("db_schema_name", DataType::Utf8, true),
            ("table_name", DataType::Utf8, false),
            ("column_name", DataType::Utf8, false),
            ("key_sequence", DataType::Int32, false),
            ("key_name", DataType::Utf8, true),
        ],
    );
    let exported = CommandGetExportedKeys { catalog: None, db_schema: None, table: table() };
    let imported = CommandGetImportedKeys { catalog: None, db_schema: None, table: table() };
    let cross = CommandGetCrossReference {
        pk_table: table(),
        fk_table: table(),
        ..CommandGetCrossReference::default()
    };
    let answers = [
        client.fetch(&exported).await.unwrap(),
        client.fetch(&imported).await.unwrap(),
        client.fetch(&cross).await.unwrap(),
    ];
    for answer in answers {
        assert_eq!(answer.rows(), 0);
        check_schema(
            &answer,
            &[
                ("pk_catalog_name", DataType::Utf8, true),
                ("pk_db_schema_name", DataType::Utf8, true),
                ("pk_table_name", DataType::Utf8, false),
                ("pk_column_name", DataType::Utf8, false),
                ("fk_catalog_name", DataType::Utf8, true),
                ("fk_db_schema_name", DataType::Utf8, true),
                ("fk_table_name", DataType::Utf8, false),
                ("fk_column_name", DataType::Utf8, false),
                ("key_sequence", DataType::Int32, false),
                ("fk_key_name", DataType::Utf8, true),
                ("pk_key_name", DataType::Utf8, true),
                ("update_rule", DataType::UInt8, false),
                ("delete_rule", DataType::UInt8, false),
            ],
        );
    }
}

#[tokio::test]
async fn types_are_listed_by_code_and_every_column_has_one_of_them() {
    let server = Server::start();
    let client = server.connect().await;
    let all = client.fetch(&CommandGetXdbcTypeInfo { data_type: None }).await.unwrap();
    let codes = all.column("data_type").as_primitive::<Int32Type>().values().to_vec();
    let names = texts(&all, "type_name");
    let rows: Vec<(i32, String)> = codes.into_iter().zip(names.clone()).collect();
    let mut sorted = rows.clone();
    sorted.sort();
    assert_eq!(rows, sorted);
    assert_eq!(all.schema.fields().len(), 19);
    for (code, expected) in [(12, 1), (93, 1), (4_711, 0)] {
        let some = client.fetch(&CommandGetXdbcTypeInfo { data_type: Some(code) }).await.unwrap();
        assert_eq!(some.rows(), expected, "{code}");
    }
    let command = CommandGetTables { include_schema: true, ..tables() };
    let listed = client.fetch(&command).await.unwrap().column("table_schema");
    for bytes in listed.as_binary::<i32>().iter().flatten() {
        for field in Arc::new(schema_of(bytes)).fields() {
            assert!(names.contains(&field.metadata()[TYPE_NAME]), "{field}");
        }
    }
}
