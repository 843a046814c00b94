//! Takes one query from its start to its kept result.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use auditlake_model::{Error, ErrorKind, QueryId, Result};
use auditlake_query::{QueryCanceller, QueryHandle};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::document::{KeptColumn, KeptQuery};
use super::part::{Part, PartWriter};
use super::storage::ResultStorage;

/// How often a running query says that it still runs.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Most bytes of one kept result.
const MAX_RESULT_BYTES: u64 = 4 << 30;

/// A query that runs here.
#[derive(Debug)]
pub(super) struct Live {
    /// What is known of it; its last value is an end.
    pub(super) query: watch::Sender<Arc<KeptQuery>>,
}

impl Live {
    pub(super) fn new(query: KeptQuery) -> Self {
        Self { query: watch::Sender::new(Arc::new(query)) }
    }

    fn update(&self, change: impl FnOnce(&mut KeptQuery)) {
        self.query.send_modify(|query| change(Arc::make_mut(query)));
    }
}

/// Reads the rows of `handle` into the storage, and writes how the query ended.
pub(super) async fn run(
    mut handle: QueryHandle,
    live: Arc<Live>,
    storage: ResultStorage,
    closed: CancellationToken,
) {
    let id = handle.id();
    let canceller = handle.canceller();
    let mut keeper = Keeper { live: &live, storage: &storage, parts: 0, bytes: 0 };
    let kept = tokio::select! {
        kept = keeper.keep(&mut handle) => kept,
        never = watch_over(id, &storage, &canceller, &closed) => match never {},
    };
    // It has ended, or nobody reads it any more.
    canceller.cancel();
    let (status, now) = (handle.status(), storage.lake().clock().now());
    let mut ended = (**live.query.borrow()).clone();
    ended.end(&status, kept.as_ref().err(), now);
    if let Err(error) = storage.put_status(&ended).await {
        tracing::error!(query_id = %id, error = %error.report(), "state of query not kept");
    }
    storage.remove_alive(id).await;
    live.query.send_replace(Arc::new(ended));
}

/// Says now and then that the query still runs, and cancels it when the server stops.
async fn watch_over(
    id: QueryId,
    storage: &ResultStorage,
    canceller: &QueryCanceller,
    closed: &CancellationToken,
) -> Infallible {
    loop {
        tokio::select! {
            () = closed.cancelled() => {
                canceller.cancel();
                return std::future::pending().await;
            }
            () = tokio::time::sleep(HEARTBEAT) => {}
        }
        if let Err(error) = storage.put_alive(id).await {
            tracing::warn!(query_id = %id, error = %error.report(), "sign of life not written");
        }
    }
}

/// Writes rows as they come.
struct Keeper<'a> {
    live: &'a Live,
    storage: &'a ResultStorage,
    parts: usize,
    bytes: u64,
}

impl Keeper<'_> {
    /// Writes all rows. Those that a query came to before its time was over are kept too.
    async fn keep(&mut self, handle: &mut QueryHandle) -> Result<()> {
        let schema = handle.schema().await?;
        let columns = schema
            .fields()
            .iter()
            .map(|field| KeptColumn { name: field.name().clone(), data_type: field.data_type().to_string() });
        let columns: Vec<_> = columns.collect();
        let tables = handle.pinned_tables();
        let mut writer = PartWriter::try_new(columns.len())?;
        self.live.update(|query| {
            query.columns = columns;
            query.set_tables(&tables);
        });
        let last = loop {
            match handle.next_batch().await {
                Ok(Some(batch)) => writer = self.write(writer, batch).await?,
                Ok(None) => break Ok(()),
                Err(error) if error.kind() == ErrorKind::TimedOut => break Err(error),
                Err(error) => return Err(error),
            }
        };
        if let Some(part) = writer.take()? {
            self.put(part).await?;
        }
        last
    }

    async fn write(&mut self, mut writer: PartWriter, batch: RecordBatch) -> Result<PartWriter> {
        // Text is made where it holds nobody up.
        let written = tokio::task::spawn_blocking(move || {
            let full = writer.push(&batch)?;
            Ok::<_, Error>((writer, full))
        });
        let (writer, full) =
            written.await.map_err(|e| Error::internal("write rows of result").with_source(e))??;
        for part in full {
            self.put(part).await?;
        }
        Ok(writer)
    }

    async fn put(&mut self, part: Part) -> Result<()> {
        let rows = part.rows;
        self.bytes += part.bytes.len() as u64;
        if self.bytes > MAX_RESULT_BYTES {
            return Err(Error::resources_exhausted(format!(
                "the result has more than {MAX_RESULT_BYTES} bytes"
            ))
            .with_detail("Query response is too large.")
            .with_hint("Select less, or read the result over Arrow Flight SQL."));
        }
        let id = self.live.query.borrow().id;
        self.storage.put_part(id, self.parts, part).await?;
        self.parts += 1;
        self.live.update(|query| {
            query.parts.push(rows);
            query.rows += rows;
        });
        Ok(())
    }
}
