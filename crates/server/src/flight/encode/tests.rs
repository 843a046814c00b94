//! Messages are small, complete and in order.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use arrow_flight::FlightData;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use tonic::{Code, Status};

use super::size::batch_bytes;
use super::*;
use crate::flight::wire::{TypeProfile, WireOptions};

const NATIVE: WireOptions =
    WireOptions { types: TypeProfile::Native, timestamp_unit: crate::flight::wire::TimestampUnit::Micro };

async fn messages(batches: Vec<RecordBatch>, options: WireOptions) -> Result<Vec<FlightData>, Status> {
    let wire = WireSchema::new(&batches[0].schema(), options);
    let batches = stream::iter(batches.into_iter().map(Ok::<_, Error>));
    let messages: Vec<FlightData> = encode(wire, batches).try_collect().await?;
    for message in &messages {
        assert!(message.encoded_len() < MAX_MESSAGE_BYTES, "{}", message.encoded_len());
    }
    Ok(messages)
}

/// Reads messages as a client does.
async fn read(messages: Vec<FlightData>) -> Vec<RecordBatch> {
    let messages = stream::iter(messages.into_iter().map(Ok::<_, FlightError>));
    FlightRecordBatchStream::new_from_flight_data(messages).try_collect().await.unwrap()
}

fn texts(lengths: impl Iterator<Item = usize>) -> RecordBatch {
    let values: Vec<String> = lengths.map(|length| "x".repeat(length)).collect();
    let array: ArrayRef = Arc::new(StringViewArray::from_iter_values(&values));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
    RecordBatch::try_from_iter([("n", numbers), ("text", array)]).unwrap()
}

fn numbers(batches: &[RecordBatch]) -> Vec<i64> {
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

#[tokio::test]
async fn the_schema_comes_alone_when_there_are_no_rows() {
    let batch = texts(std::iter::empty());
    let messages = messages(vec![batch.clone(), batch], WireOptions::default()).await.unwrap();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].data_body.is_empty());
}

#[tokio::test]
async fn no_batch_is_empty_and_all_rows_come_in_order() {
    let rows = texts((0..20_000).map(|row| row % 50));
    let batches = vec![rows.slice(0, 0), rows.slice(0, 5), rows.slice(5, 0), rows.slice(5, 19_995)];
    let read = read(messages(batches, WireOptions::default()).await.unwrap()).await;
    assert!(read.iter().all(|batch| (1..=MAX_MESSAGE_ROWS).contains(&batch.num_rows())));
    assert_eq!(numbers(&read), (0..20_000).collect::<Vec<_>>());
    assert_eq!(read.len(), 4);
}

#[tokio::test]
async fn skewed_rows_are_split_where_they_are_large() {
    let rows = texts((0..8_192).map(|row| if row % 1_000 == 999 { 1_500_000 } else { 10 }));
    let sent = messages(vec![rows], WireOptions::default()).await.unwrap();
    assert!((6..100).contains(&sent.len()), "{}", sent.len());
    let read = read(sent).await;
    assert_eq!(numbers(&read), (0..8_192).collect::<Vec<_>>());
}

#[tokio::test]
async fn slices_do_not_send_what_they_leave_out() {
    let rows = texts(std::iter::repeat_n(1_000, 8_000));
    let sent = messages(vec![rows.slice(4_000, 10)], WireOptions::default()).await.unwrap();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].encoded_len() < 12_000, "{}", sent[1].encoded_len());
}

#[tokio::test]
async fn a_row_that_is_too_large_names_its_widest_column() {
    let rows = texts([10, 5 << 20].into_iter());
    let error = messages(vec![rows], WireOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().contains("`text`"), "{}", error.message());
}

#[tokio::test]
async fn a_row_just_below_the_limit_is_sent() {
    let rows = texts([10, (4 << 20) - 1_500, 10].into_iter());
    let read = read(messages(vec![rows], WireOptions::default()).await.unwrap()).await;
    assert_eq!(numbers(&read), [0, 1, 2]);
}

#[tokio::test]
async fn rows_without_columns_are_sent() {
    let options = RecordBatchOptions::new().with_row_count(Some(10_000));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), vec![], &options).unwrap();
    let read = read(messages(vec![batch], WireOptions::default()).await.unwrap()).await;
    assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
}

#[tokio::test]
async fn json_that_grows_is_split_again() {
    // Many small structs share one dictionary value, which each JSON text repeats.
    let long = "y".repeat(10_000);
    let shared: DictionaryArray<Int32Type> = std::iter::repeat_n(long.as_str(), 1_500).collect();
    let shared: ArrayRef = Arc::new(shared);
    let field = Arc::new(Field::new("s", shared.data_type().clone(), true));
    let objects: ArrayRef = Arc::new(StructArray::from(vec![(field, shared)]));
    let order: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1_500));
    let batch = RecordBatch::try_from_iter([("n", order), ("o", objects)]).unwrap();
    for options in [WireOptions::default(), NATIVE] {
        let read = read(messages(vec![batch.clone()], options).await.unwrap()).await;
        assert_eq!(numbers(&read), (0..1_500).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_error_of_the_plan_ends_the_stream() {
    let rows = texts([1].into_iter());
    let wire = WireSchema::new(&rows.schema(), WireOptions::default());
    let batches = vec![Ok(rows.clone()), Err(Error::not_found("no store")), Ok(rows)];
    let all: Vec<Result<FlightData, Status>> = encode(wire, stream::iter(batches)).collect().await;
    let codes: Vec<Option<Code>> = all.iter().map(|item| item.as_ref().err().map(Status::code)).collect();
    assert_eq!(codes, [None, None, Some(Code::NotFound)]);
}

#[tokio::test]
async fn sizes_are_foreseen_exactly() {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("abc"), None, Some(""), Some("longer text")]));
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![
        Some(vec![Some(1), None, Some(3)]),
        None,
        Some(vec![]),
        Some(vec![Some(4)]),
    ]));
    let truth: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), None]));
    let number: ArrayRef = Arc::new(Decimal128Array::from(vec![1, 2, 3, 4]));
    let object: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("t", DataType::Utf8, true)), Arc::clone(&text)),
        (Arc::new(Field::new("l", list.data_type().clone(), true)), Arc::clone(&list)),
    ]));
    let columns = [("t", text), ("l", list), ("b", truth), ("d", number), ("o", object)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    for (start, length) in [(0, 4), (1, 3), (2, 1), (3, 1), (1, 2)] {
        let slice = batch.slice(start, length);
        let wire = WireSchema::new(&slice.schema(), NATIVE);
        let slice = wire.convert(&slice).unwrap();
        let message = Encoder::default().encode(&slice).unwrap();
        assert_eq!(message.data_body.len(), batch_bytes(&slice), "{start} {length}");
    }
}

#[tokio::test]
async fn answers_of_metadata_commands_keep_their_schema() {
    let schema = Arc::new(Schema::new(vec![Field::new("table_type", DataType::Utf8, false)]));
    let column: ArrayRef = Arc::new(StringArray::from(vec!["TABLE"]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap();
    let sent: Vec<FlightData> = encode_exact(batch.clone()).try_collect().await.unwrap();
    assert_eq!(read(sent).await, [batch]);
}

#[tokio::test]
async fn small_batches_travel_together_and_the_first_waits_for_none() {
    let rows = texts((0..10_000).map(|row| row % 7));
    let small = (0..200).map(|part| rows.slice(part * 50, 50)).collect();
    let messages = messages(small, WireOptions::default()).await.unwrap();
    // The schema, the first fifty rows, then thousands at once.
    assert!(messages.len() <= 6, "{}", messages.len());
    let batches = read(messages).await;
    assert_eq!(batches[0].num_rows(), 50);
    assert_eq!(numbers(&batches), (0..10_000).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_error_behind_small_batches_comes_after_their_rows() {
    let rows = texts((0..100).map(|_| 3));
    let wire = WireSchema::new(&rows.schema(), WireOptions::default());
    let batches = vec![Ok(rows.slice(0, 50)), Ok(rows.slice(50, 50)), Err(Error::cancelled("stop"))];
    let sent: Vec<_> = encode(wire, stream::iter(batches)).collect().await;
    assert_eq!(sent.iter().filter(|message| message.is_ok()).count(), 3);
    assert_eq!(sent.last().unwrap().as_ref().unwrap_err().code(), Code::Cancelled);
}
