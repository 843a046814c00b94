//! SqlInfo as drivers read it: all of it, cast without looking.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type, Int64Type, UInt32Type};
use arrow_flight::sql::CommandGetSqlInfo;

use super::client::Client;
use super::server::Server;

const STRING: i8 = 0;
const BOOL: i8 = 1;
const BIGINT: i8 = 2;
const BITMASK: i8 = 3;
const LIST: i8 = 4;
const MAP: i8 = 5;

/// Asks for codes; gives each one's kind and value.
async fn ask(client: &Client, info: &[u32]) -> BTreeMap<u32, (i8, ArrayRef)> {
    let answer = client.fetch(&CommandGetSqlInfo { info: info.to_vec() }).await.unwrap();
    assert_eq!(answer.schema.field(0).data_type(), &DataType::UInt32);
    assert!(answer.schema.fields().iter().all(|field| !field.is_nullable()));
    let mut values = BTreeMap::new();
    for batch in &answer.batches {
        let codes = batch.column(0).as_primitive::<UInt32Type>();
        let union = batch.column(1).as_union();
        for row in 0..batch.num_rows() {
            let before = values.insert(codes.value(row), (union.type_id(row), union.value(row)));
            assert!(before.is_none(), "{} came twice", codes.value(row));
        }
    }
    values
}

/// The kind to which JDBC casts a code.
fn kind(code: u32) -> i8 {
    match code {
        0..=2 | 504 | 513 | 514 | 529..=531 => STRING,
        8 | 100 | 101 | 503 | 505 | 507 | 522 | 525 | 526 | 528 | 533..=535 | 538 | 540 | 564 | 567..=571 => {
            BITMASK
        }
        508..=512 => LIST,
        517 => MAP,
        541..=555 | 557..=562 => BIGINT,
        _ => BOOL,
    }
}

#[tokio::test]
async fn all_of_it_has_the_kinds_that_jdbc_casts_to() {
    let server = Server::start();
    let client = server.connect().await;
    let all = ask(&client, &[]).await;
    let expected: Vec<u32> = (0..=5).chain(8..=10).chain([100, 101]).chain(500..=576).collect();
    assert_eq!(all.keys().copied().collect::<Vec<_>>(), expected);
    for (code, (found, value)) in &all {
        assert_eq!(*found, kind(*code), "{code}");
        assert_eq!((value.len(), value.null_count()), (1, 0), "{code}");
    }
    let text = |code: u32| all[&code].1.as_string::<i32>().value(0).to_owned();
    let truth = |code: u32| all[&code].1.as_boolean().value(0);
    let mask = |code: u32| all[&code].1.as_primitive::<Int32Type>().value(0);
    let number = |code: u32| all[&code].1.as_primitive::<Int64Type>().value(0);
    assert!(!text(0).is_empty());
    assert_eq!(text(1).split('.').filter(|part| part.parse::<u32>().is_ok()).count(), 3, "ODBC reads x.y.z");
    assert_eq!([text(2), text(504), text(513), text(514)], ["1.3", "\"", "\\", ""]);
    assert_eq!([text(529), text(530), text(531)], ["schema", "procedure", "catalog"]);
    for code in [3, 4, 9, 506, 515, 516, 518, 520, 521, 523, 524, 532, 539, 556] {
        assert!(truth(code), "{code}");
    }
    for code in [5, 10, 500, 501, 502, 519, 527, 536, 537, 563, 565, 566, 572, 573, 574, 575, 576] {
        assert!(!truth(code), "{code}");
    }
    let masks =
        [(8, 0), (101, 0), (503, 1), (505, 1), (507, 3), (522, 3), (525, 3), (526, 1), (528, 6), (535, 0)];
    let more = [(538, 15), (540, 3), (564, 1), (567, 2), (568, 0), (569, 2), (570, 0), (571, 0)];
    for (code, expected) in masks.into_iter().chain(more) {
        assert_eq!(mask(code), expected, "{code}");
    }
    for code in (541..=555).chain(557..=562) {
        assert_eq!(number(code), 0, "{code}");
    }
    for code in 508..=512 {
        assert!(!all[&code].1.as_list::<i32>().value(0).is_empty(), "{code}");
    }
}

#[tokio::test]
async fn subsets_are_exactly_what_was_asked_for() {
    let server = Server::start();
    let client = server.connect().await;
    let codes = async |info: &[u32]| ask(&client, info).await.into_keys().collect::<Vec<_>>();
    // ADBC, flightsql-dbapi, and somebody from the future.
    assert_eq!(codes(&[8]).await, [8]);
    assert_eq!(codes(&[0, 2, 3, 504]).await, [0, 2, 3, 504]);
    assert_eq!(codes(&[8, 8, 99_999]).await, [8]);
    assert_eq!(codes(&[99_999]).await, [0; 0]);
}

#[tokio::test]
async fn functions_that_are_listed_exist() {
    let server = Server::start();
    let client = server.connect().await;
    let lists = ask(&client, &[509, 510, 512]).await;
    let names: Vec<String> = lists
        .values()
        .flat_map(|(_, list)| {
            let names = list.as_list::<i32>().value(0);
            names.as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect::<Vec<_>>()
        })
        .collect();
    for name in &names {
        let error = client.query(&format!("SELECT {name}(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)")).await;
        let Err(error) = error else { continue };
        let message = error.message().to_lowercase();
        assert!(
            !message.contains("no function") && !message.contains("unknown function"),
            "{name}: {message}"
        );
    }
}
