//! One query on a server: a task that makes the calls, and the end of it that the caller holds.
//!
//! ```text
//! task: prepare, bind, info --schema--> get --batches--> caller; a slow caller slows the server down
//!       ^------------------------- stop: cancel on the server, close the statement
//! ```

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_flight::FlightInfo;
use auditlake_model::{Error, Result};
use tokio::sync::{mpsc, watch};

use crate::flight::{Flight, Prepared};
use crate::parameters;
use crate::progress::{Counter, RemoteProgress};
use crate::session::Question;

/// Batches that wait for the caller.
const BUFFERED_BATCHES: usize = 2;

/// What the task tells.
enum News {
    Schema(SchemaRef),
    Batch(RecordBatch),
    Failed(Error),
}

/// A query that was started. Dropping it cancels it, on the server too.
pub struct Query {
    news: mpsc::Receiver<News>,
    stop: watch::Sender<bool>,
    schema: Option<SchemaRef>,
    counter: Arc<Counter>,
}

impl Query {
    pub(crate) fn start(flight: Flight, question: Question) -> Self {
        let (sender, news) = mpsc::channel(BUFFERED_BATCHES);
        let (stop, stopped) = watch::channel(false);
        let counter = Arc::new(Counter::default());
        tokio::spawn(run(flight, question, sender, stopped, Arc::clone(&counter)));
        Self { news, stop, schema: None, counter }
    }

    /// Returns the schema of the result, once the server planned the query.
    ///
    /// # Errors
    /// What ended the query before, the first time it is asked for.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn schema(&mut self) -> Result<SchemaRef> {
        if let Some(schema) = &self.schema {
            return Ok(Arc::clone(schema));
        }
        match self.hear().await? {
            Some(News::Schema(schema)) => {
                self.schema = Some(Arc::clone(&schema));
                Ok(schema)
            }
            Some(News::Failed(error)) => Err(error),
            _ => Err(Error::internal("the query ended without a schema")),
        }
    }

    /// Returns the next rows; `None` after the last.
    ///
    /// # Errors
    /// `Cancelled` at once when it was cancelled; else what the server or the connection gives.
    ///
    /// # Cancel safety
    /// May be dropped and called again; no batch is lost.
    pub async fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match self.hear().await? {
                Some(News::Schema(schema)) => self.schema = Some(schema),
                Some(News::Batch(batch)) => return Ok(Some(batch)),
                Some(News::Failed(error)) => return Err(error),
                None => return Ok(None),
            }
        }
    }

    /// Returns what the query has cost so far.
    pub fn progress(&self) -> RemoteProgress {
        self.counter.get()
    }

    /// Asks the query to stop; whoever waits for it gets `Cancelled` at once.
    pub fn cancel(&self) {
        self.stop.send_replace(true);
    }

    async fn hear(&mut self) -> Result<Option<News>> {
        let mut stopped = self.stop.subscribe();
        let heard = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => None,
            news = self.news.recv() => Some(news),
        };
        heard.ok_or_else(|| Error::cancelled("query cancelled"))
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Debug for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query").field("progress", &self.progress()).finish_non_exhaustive()
    }
}

/// What a query has open on the server.
#[derive(Default)]
struct Open {
    prepared: Option<Prepared>,
    info: Option<FlightInfo>,
}

async fn run(
    flight: Flight,
    question: Question,
    news: mpsc::Sender<News>,
    mut stopped: watch::Receiver<bool>,
    counter: Arc<Counter>,
) {
    let mut open = Open::default();
    let ended = tokio::select! {
        biased;
        // Whoever held the other end is gone, or said so.
        _ = stopped.wait_for(|stop| *stop) => None,
        result = answer(&flight, &question, &mut open, &news, &counter) => Some(result),
    };
    match ended {
        Some(Ok(())) => {}
        // The caller may be gone, which is why it ended.
        Some(Err(error)) => drop(news.send(News::Failed(error)).await),
        None => {
            if let Some(info) = open.info.take() {
                flight.cancel(info).await;
            }
        }
    }
    // The caller need not wait for the goodbye.
    drop(news);
    if let Some(prepared) = &open.prepared {
        flight.close(prepared).await;
    }
}

async fn answer(
    flight: &Flight,
    question: &Question,
    open: &mut Open,
    news: &mpsc::Sender<News>,
    counter: &Arc<Counter>,
) -> Result<()> {
    let gone = |_| Error::cancelled("query cancelled");
    let prepared = open.prepared.insert(flight.prepare(&question.sql).await?);
    if !prepared.parameters.fields().is_empty() {
        let row = parameters::row(&prepared.parameters, &question.parameters)?;
        flight.bind(prepared, row).await?;
    }
    let info = open.info.insert(flight.info(prepared.descriptor()).await?);
    news.send(News::Schema(Flight::schema(info)?)).await.map_err(gone)?;
    for ticket in Flight::tickets(info)? {
        let mut rows = flight.get(ticket, counter).await?;
        while let Some(batch) = rows.next().await? {
            news.send(News::Batch(batch)).await.map_err(gone)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
