//! A result on its way to a client.
//!
//! ```text
//! query handle --task: convert, encode--> two messages wait --> response body --> client
//! ```
//!
//! The client sets the pace: when it does not take messages, the task waits, and behind it the plan. A client that
//! stalls too long loses its result, and the memory and files of the plan are given back whatever it does. One that
//! goes away ends the task, and the query with it.

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::FlightData;
use auditlake_model::{Error, Result};
use auditlake_query::QueryHandle;
use futures::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::encode::encode;
use super::running::Fetch;
use super::wire::WireSchema;
use crate::caller::Caller;

/// Messages that wait for the client.
const WAITING_MESSAGES: usize = 2;

/// Sends the rows of a query.
pub(crate) fn send(
    query: QueryHandle,
    wire: WireSchema,
    fetch: Fetch,
    caller: Arc<Caller>,
    stall_limit: Duration,
) -> ReceiverStream<Result<FlightData, Status>> {
    let (messages, body) = mpsc::channel(WAITING_MESSAGES);
    tokio::spawn(async move {
        let gone = messages.clone();
        tokio::select! {
            () = gone.closed() => {}
            () = produce(query, wire, caller, &messages, stall_limit) => {}
        }
        drop(fetch);
    });
    ReceiverStream::new(body)
}

async fn produce(
    query: QueryHandle,
    wire: WireSchema,
    caller: Arc<Caller>,
    messages: &mpsc::Sender<Result<FlightData, Status>>,
    stall_limit: Duration,
) {
    let batches = stream::try_unfold(query, async |mut query| {
        Ok::<_, Error>(query.next_batch().await?.map(|batch| (batch, query)))
    });
    let asked = Arc::clone(&caller);
    let batches = batches.map(move |batch| batch.map_err(|error| asked.status(&error)));
    let mut encoded = Box::pin(encode(wire, Box::pin(batches)));
    loop {
        let Some(message) = encoded.next().await else { return };
        match tokio::time::timeout(stall_limit, messages.reserve()).await {
            Ok(Ok(room)) => room.send(message),
            Ok(Err(_closed)) => return,
            Err(_elapsed) => {
                tracing::warn!(request_id = %caller.request_id, ?stall_limit, "client does not read: its query is ended");
                drop(encoded);
                // It may never read this either; then its connection is all that is left of it.
                let _ = messages.send(Err(caller.status(&stalled(stall_limit)))).await;
                return;
            }
        }
    }
}

fn stalled(limit: Duration) -> Error {
    Error::timed_out(format!("the client took no rows for {limit:?}"))
        .with_context("limit", "stall_limit")
        .with_hint("Read the result faster, or run the statement again.")
}
