use std::time::Duration;

use auditlake_model::{ErrorKind, Timestamp};

use crate::connect::connect;
use crate::parameters::Value;
use crate::query::Query;
use crate::session::Question;
use crate::testing::{ENDLESS, Fake, WRONG, options};

async fn ask(question: Question) -> (Fake, Query) {
    let (fake, address) = Fake::start().await;
    let session = connect(options(address)).await.unwrap().session();
    (fake, session.start(question))
}

#[tokio::test]
async fn rows_and_counts_arrive_and_the_statement_is_closed() {
    let question = Question {
        since: Some(Timestamp::EPOCH),
        time_limit: Some(Duration::from_millis(1_500)),
        ..Question::new("SELECT 1")
    };
    let (fake, mut query) = ask(question).await;
    assert_eq!(query.schema().await.unwrap().field(0).name(), "n");
    let mut rows = 0;
    while let Some(batch) = query.next_batch().await.unwrap() {
        rows += batch.num_rows();
    }
    assert_eq!((rows, query.progress().rows_received, query.progress().events_scanned), (6, 6, 9));
    fake.wait_for("ClosePreparedStatement").await;
    let calls = fake.calls();
    assert!(calls.contains(&"info native".to_owned()), "{calls:?}");
    assert!(calls.contains(&"CreatePreparedStatement 1970-01-01T00:00:00Z 1.500".to_owned()), "{calls:?}");
}

#[tokio::test]
async fn parameters_are_bound_under_the_new_handle() {
    let parameters = vec![("a".to_owned(), Value::Text("x".to_owned()))];
    let (fake, mut query) = ask(Question { parameters, ..Question::new("SELECT :a") }).await;
    assert!(query.next_batch().await.unwrap().is_some());
    assert!(fake.calls().contains(&"get bound".to_owned()), "{:?}", fake.calls());
}

#[tokio::test]
async fn cancelling_answers_at_once_and_tells_the_server() {
    let (fake, mut query) = ask(Question::new(ENDLESS)).await;
    assert!(query.next_batch().await.unwrap().is_some());
    query.cancel();
    assert_eq!(query.next_batch().await.unwrap_err().kind(), ErrorKind::Cancelled);
    fake.wait_for("CancelFlightInfo").await;
    fake.wait_for("ClosePreparedStatement").await;
}

#[tokio::test]
async fn a_dropped_query_is_cancelled_on_the_server() {
    let (fake, mut query) = ask(Question::new(ENDLESS)).await;
    query.schema().await.unwrap();
    drop(query);
    fake.wait_for("CancelFlightInfo").await;
}

#[tokio::test]
async fn a_refused_statement_is_an_error_of_its_own() {
    let (_fake, mut query) = ask(Question::new(WRONG)).await;
    let error = query.schema().await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, "no column `wrong`"));
    assert!(query.next_batch().await.unwrap().is_none());
}
