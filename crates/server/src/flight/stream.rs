//! A result on its way to a client.
//!
//! ```text
//! query handle --task: convert, encode--> two messages wait --> response body --> client
//! ```
//!
//! The client sets the pace: when it does not take messages, the task waits, and behind it the plan. A client that
//! stalls too long loses its result, and the memory and files of the plan are given back whatever it does. One that
//! goes away ends the task, and the query with it.

//!
//! A client that asks for it (`x-auditlake-progress: on`) also gets messages of metadata alone, every
//! [`PROGRESS_EVERY`] and at the end: a JSON object with `events_scanned`, `events_matched`, `bytes_scanned`,
//! `files_total`, `files_read`, `files_done`. Others never do, since many know no message without a header.

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::FlightData;
use auditlake_model::{Error, Result};
use auditlake_query::{Progress, QueryHandle};
use futures::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::encode::encode;
use super::running::Fetch;
use super::wire::WireSchema;
use crate::caller::Caller;

/// Messages that wait for the client.
const WAITING_MESSAGES: usize = 2;
/// Time between two messages of progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// How a client takes a result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How long it may take no rows.
    pub(crate) stall_limit: Duration,
    /// Whether it wants to know how far the query is.
    pub(crate) progress: bool,
}

/// Sends the rows of a query.
pub(crate) fn send(
    query: QueryHandle,
    wire: WireSchema,
    fetch: Fetch,
    caller: Arc<Caller>,
    pace: Pace,
) -> ReceiverStream<Result<FlightData, Status>> {
    let (messages, body) = mpsc::channel(WAITING_MESSAGES);
    tokio::spawn(async move {
        let gone = messages.clone();
        tokio::select! {
            () = gone.closed() => {}
            () = produce(query, wire, caller, &messages, pace) => {}
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
    Pace { stall_limit, progress }: Pace,
) {
    let watched = query.canceller();
    let mut ticks = tokio::time::interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ended = false;
    let batches = stream::try_unfold(query, async |mut query| {
        Ok::<_, Error>(query.next_batch().await?.map(|batch| (batch, query)))
    });
    let asked = Arc::clone(&caller);
    let batches = batches.map(move |batch| batch.map_err(|error| asked.status(&error)));
    let mut encoded = Box::pin(encode(wire, Box::pin(batches)));
    while !ended {
        let message = tokio::select! {
            biased;
            _ = ticks.tick(), if progress => Ok(progress_message(&watched.progress())),
            message = encoded.next() => match message {
                Some(message) => message,
                None if !progress => return,
                // The last word.
                None => {
                    ended = true;
                    Ok(progress_message(&watched.progress()))
                }
            },
        };
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

fn progress_message(progress: &Progress) -> FlightData {
    let told = serde_json::json!({
        "events_scanned": progress.events_scanned,
        "events_matched": progress.events_matched,
        "bytes_scanned": progress.bytes_scanned,
        "files_total": progress.files_total,
        "files_read": progress.files_read,
        "files_done": progress.files_done,
    });
    FlightData { app_metadata: told.to_string().into(), ..FlightData::default() }
}

fn stalled(limit: Duration) -> Error {
    Error::timed_out(format!("the client took no rows for {limit:?}"))
        .with_context("limit", "stall_limit")
        .with_hint("Read the result faster, or run the statement again.")
}
