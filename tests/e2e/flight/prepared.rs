//! Prepared statements and parameters, as JDBC, ODBC, ADBC and flightsql-dbapi send them.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int8Array, Int32Array, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray, UnionArray, new_null_array,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, UnionFields};
use tonic::Code;

use super::client::{Client, prepared, schema_of};
use super::server::Server;

/// A row of values under names that a driver gives.
fn row(values: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        values.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let columns = values.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn int(value: i64) -> ArrayRef {
    Arc::new(Int64Array::from(vec![value]))
}

/// A dense union of one value, as flightsql-dbapi sends every parameter.
fn dense(value: ArrayRef) -> ArrayRef {
    let fields = vec![Field::new("0", value.data_type().clone(), true)];
    let fields = UnionFields::try_new(vec![0], fields).unwrap();
    let offsets = Some(ScalarBuffer::from(vec![0]));
    Arc::new(UnionArray::try_new(fields, ScalarBuffer::from(vec![0_i8]), offsets, vec![value]).unwrap())
}

async fn only(client: &Client, sql: &str, values: Vec<(&str, ArrayRef)>) -> String {
    client.run(sql, Some(row(values))).await.unwrap_or_else(|e| panic!("{sql}: {e}")).only()
}

#[tokio::test]
async fn a_prepared_statement_tells_its_columns_and_parameters() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT eventName, count(*) AS n FROM trail WHERE eventTime > ? AND eventName = ? AND readOnly = ? \
               AND awsRegion LIKE ? GROUP BY eventName HAVING count(*) > ? LIMIT 10";
    let statement = client.prepare(sql).await.unwrap();
    let columns = schema_of(&statement.dataset_schema);
    assert_eq!(columns.fields().len(), 2);
    let parameters = schema_of(&statement.parameter_schema);
    assert_eq!(parameters.fields().len(), 5);
    for field in parameters.fields() {
        assert!(field.is_nullable(), "JDBC refuses to bind NULL otherwise: {field}");
        let plain = !field.data_type().is_nested()
            && !matches!(
                field.data_type(),
                DataType::Null | DataType::Utf8View | DataType::BinaryView | DataType::Dictionary(..)
            );
        assert!(plain, "{field}");
    }
    assert!(matches!(parameters.field(0).data_type(), DataType::Timestamp(..)), "{}", parameters.field(0));
    assert_eq!(parameters.field(1).data_type(), &DataType::Utf8);
    assert_eq!(parameters.field(2).data_type(), &DataType::Boolean);
    // GetSchema of a statement whose parameters have no values yet.
    let handle = statement.prepared_statement_handle;
    let declared = client.schema(&prepared(&handle)).await.unwrap();
    assert_eq!(schema_of(&declared.schema), columns);
    client.close(&handle).await.unwrap();
    client.close(&handle).await.unwrap();
    client.close(b"nonsense").await.unwrap();
}

#[tokio::test]
async fn a_statement_without_parameters_has_an_empty_parameter_schema_and_columns() {
    let server = Server::start();
    let client = server.connect().await;
    let statement = client.prepare("SELECT 1 AS one").await.unwrap();
    assert!(!statement.dataset_schema.is_empty(), "JDBC runs an update otherwise");
    let parameters = &statement.parameter_schema;
    assert!(parameters.is_empty() || schema_of(parameters).fields().is_empty());
    let other = client.prepare("SELECT 1 AS one").await.unwrap();
    assert_ne!(statement.prepared_statement_handle, other.prepared_statement_handle);
}

#[tokio::test]
async fn more_than_nine_parameters_keep_their_order() {
    let server = Server::start();
    let client = server.connect().await;
    let marks: Vec<String> = (1..=12).map(|n| format!("? AS c{n}")).collect();
    let sql = format!("SELECT {}", marks.join(", "));
    let statement = client.prepare(&sql).await.unwrap();
    let parameters = schema_of(&statement.parameter_schema);
    assert_eq!(parameters.fields().len(), 12);
    let names: Vec<String> = (1..=12).map(|n| format!("param_{n}")).collect();
    let values =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), text(&format!("v{}", n + 1)))).collect();
    let answer = client.run(&sql, Some(row(values))).await.unwrap();
    for n in 1..=12 {
        assert_eq!(answer.texts(&format!("c{n}")), [Some(format!("v{n}"))]);
    }
}

#[tokio::test]
async fn values_are_bound_by_position_whatever_they_are_called() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT count(*) AS n FROM trail WHERE eventName = ? AND awsRegion = ?";
    let expected = |name: &str, region: &str| {
        let sql =
            format!("SELECT count(*) AS n FROM trail WHERE eventName = '{name}' AND awsRegion = '{region}'");
        server.env.number(&sql).to_string()
    };
    let rows = server.env.rows("SELECT eventName AS e, awsRegion AS r FROM trail LIMIT 1");
    let (name, region) = (rows[0]["e"].as_str().unwrap(), rows[0]["r"].as_str().unwrap());
    let expected = expected(name, region);
    assert_ne!(expected, "0");
    for names in [["", ""], ["0", "1"], ["param_0", "param_1"], ["$1", "$2"], ["b", "a"]] {
        let values = vec![(names[0], text(name)), (names[1], text(region))];
        assert_eq!(only(&client, sql, values).await, expected, "{names:?}");
    }
    let swapped = "SELECT count(*) AS n FROM trail WHERE awsRegion = $2 AND eventName = $1";
    assert_eq!(only(&client, swapped, vec![("1", text(name)), ("2", text(region))]).await, expected);
}

#[tokio::test]
async fn values_are_cast_to_what_the_statement_needs() {
    let server = Server::start();
    let client = server.connect().await;
    let rows =
        server.env.rows("SELECT eventName AS e, count(*) AS n FROM trail GROUP BY 1 ORDER BY 2 DESC LIMIT 1");
    let name = rows[0]["e"].as_str().unwrap();
    let count = rows[0]["n"].as_u64().unwrap().to_string();
    let by_name = "SELECT count(*) AS n FROM trail WHERE eventName = ?";
    let dictionary: DictionaryArray<Int32Type> = [name].into_iter().collect();
    let forms: Vec<ArrayRef> = vec![
        text(name),
        Arc::new(LargeStringArray::from(vec![name])),
        Arc::new(StringViewArray::from(vec![name])),
        Arc::new(dictionary),
        dense(text(name)),
    ];
    for form in forms {
        let data_type = form.data_type().clone();
        assert_eq!(only(&client, by_name, vec![("0", form)]).await, count, "{data_type}");
    }
    let all = server.env.number("SELECT count(*) AS n FROM trail").to_string();
    let later = "SELECT count(*) AS n FROM trail WHERE eventTime > ?";
    for form in [
        Arc::new(TimestampMillisecondArray::from(vec![0])) as ArrayRef,
        Arc::new(TimestampMillisecondArray::from(vec![0]).with_timezone("UTC")),
        text("1970-01-01 00:00:00"),
    ] {
        let data_type = form.data_type().clone();
        assert_eq!(only(&client, later, vec![("0", form)]).await, all, "{data_type}");
    }
    let limited = "SELECT count(*) AS n FROM (SELECT eventID FROM trail WHERE readOnly = ? OR 1 = ? LIMIT 7)";
    for one in
        [int(1), Arc::new(Int8Array::from(vec![1])), Arc::new(Int32Array::from(vec![1])), dense(int(1))]
    {
        let truth: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
        assert_eq!(only(&client, limited, vec![("0", truth), ("1", one)]).await, "7");
    }
}

#[tokio::test]
async fn null_and_hostile_values_are_values() {
    let server = Server::start();
    let client = server.connect().await;
    let count = "SELECT count(*) AS n FROM trail WHERE eventName = ?";
    for nothing in [new_null_array(&DataType::Utf8, 1), new_null_array(&DataType::Null, 1)] {
        assert_eq!(only(&client, count, vec![("0", nothing)]).await, "0");
    }
    for hostile in ["' OR '1'='1", "?", "$1", "x'; DROP TABLE trail; --", "\u{0}", "ä\"\\"] {
        assert_eq!(only(&client, "SELECT ? AS v", vec![("0", text(hostile))]).await, hostile);
        assert_eq!(only(&client, count, vec![("0", text(hostile))]).await, "0");
    }
}

#[tokio::test]
async fn marks_in_literals_names_and_comments_are_no_parameters() {
    let server = Server::start();
    let client = server.connect().await;
    let sql =
        "SELECT '?' AS a, '$1' AS b, \"eventName\" AS \"c?\", ? AS d -- and ?\nFROM trail /* ? $2 */ LIMIT 1";
    let statement = client.prepare(sql).await.unwrap();
    assert_eq!(schema_of(&statement.parameter_schema).fields().len(), 1);
    let answer = client.run(sql, Some(row(vec![("0", text("v"))]))).await.unwrap();
    assert_eq!(answer.texts("a"), [Some("?".to_owned())]);
    assert_eq!(answer.texts("d"), [Some("v".to_owned())]);
}

#[tokio::test]
async fn wrong_bindings_are_refused() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT count(*) AS n FROM trail WHERE eventName = ?";
    let refused = async |sql: &str, values: Option<RecordBatch>| {
        let status = client.run(sql, values).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{sql}: {status}");
    };
    refused(sql, None).await;
    refused(sql, Some(row(vec![("0", text("a")), ("1", text("b"))]))).await;
    refused("SELECT ? AS a, ? AS b", Some(row(vec![("0", text("a"))]))).await;
    let two: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    refused(sql, Some(row(vec![("0", two)]))).await;
    refused("SELECT ? AS a, $1 AS b", Some(row(vec![("0", text("a"))]))).await;
    refused("SELECT count(*) AS n FROM trail WHERE eventTime > ?", Some(row(vec![("0", text("no time"))])))
        .await;
    let status = client.query(sql).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "unbound: {status}");
}

#[tokio::test]
async fn a_client_that_keeps_the_old_handle_gets_its_values() {
    let server = Server::start();
    let client = server.connect().await;
    let sql = "SELECT ? AS v";
    let (one, two) = (client.prepare(sql).await.unwrap(), client.prepare(sql).await.unwrap());
    let handles = [one.prepared_statement_handle, two.prepared_statement_handle];
    for (handle, value) in handles.iter().zip(["first", "second"]) {
        client.bind(handle, &row(vec![("", dense(text(value)))])).await.unwrap();
    }
    for (handle, value) in handles.iter().zip(["first", "second"]) {
        assert_eq!(client.fetch(&prepared(handle)).await.unwrap().only(), value);
    }
    let bound = client.bind(&handles[0], &row(vec![("", text("third"))])).await.unwrap();
    assert_eq!(client.fetch(&prepared(&bound)).await.unwrap().only(), "third");
}

#[tokio::test]
async fn handles_that_are_not_ours_are_refused() {
    let server = Server::start();
    let client = server.connect().await;
    let statement = client.prepare("SELECT 1 AS one").await.unwrap();
    let mut altered = statement.prepared_statement_handle.to_vec();
    let middle = altered.len() / 2;
    altered[middle] ^= 0x40;
    for handle in [&altered[..], b"", b"nonsense"] {
        let status = client.info(&prepared(handle)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
        let status = client.bind(handle, &row(vec![("0", text("a"))])).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    }
}

#[tokio::test]
async fn a_prepared_statement_sees_a_view_as_it_is_saved_now() {
    let server = Server::start();
    let client = server.connect().await;
    server.env.ok(&["view", "create", "words", "-c", "SELECT 'old' AS word WHERE :take = 'all'"]);
    let statement = client.prepare("SELECT * FROM words").await.unwrap();
    assert_eq!(schema_of(&statement.parameter_schema).field(0).name(), "take");
    assert_eq!(only(&client, "SELECT * FROM words", vec![("take", text("all"))]).await, "old");
    server.env.ok(&["view", "create", "words", "-c", "SELECT 'old' AS word", "--replace"]);
    let statement = client.prepare("SELECT * FROM words").await.unwrap();
    server.env.ok(&["view", "create", "words", "-c", "SELECT 'new' AS word", "--replace"]);
    let handle = statement.prepared_statement_handle;
    assert_eq!(client.fetch(&prepared(&handle)).await.unwrap().only(), "new");
    server.env.ok(&["view", "delete", "words"]);
    assert_eq!(client.fetch(&prepared(&handle)).await.unwrap_err().code(), Code::NotFound);
}
