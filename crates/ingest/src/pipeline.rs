//! Fetch, decode and commit at the same time, with bounded memory.
//!
//! ```text
//! batches --fetch (async)--> --decode (blocking threads)--> chunks --gather--> append (one at a time)
//!                    ordered, a few in flight                      up to buffer_bytes
//! ```
//! While one commit is written the next is gathered; a third waits. So about twice `buffer_bytes` is held,
//! whatever the size of the import.

use std::sync::Arc;

use auditlake_events::Decoder;
use auditlake_model::{Error, ImportId, Result};
use auditlake_store::{AppendOutcome, EdsWriter, EventChunk, TakingRules};
use futures::{StreamExt, stream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::batch::{DecodedBatch, Loaded, batches, decode, fetch};
use crate::discover::Found;
use crate::progress::ImportProgress;
use crate::request::ImportLimits;
use crate::summary::ImportSummary;

/// Memory that a decoded row takes beside its text: views, hashes, bookkeeping.
const ROW_OVERHEAD_BYTES: u64 = 1_500;
/// Memory that an object takes beside its rows.
const OBJECT_OVERHEAD_BYTES: u64 = 600;

/// What the steps of one import share.
#[derive(Debug, Clone)]
pub(crate) struct ImportJob {
    pub(crate) decoder: Arc<Decoder>,
    pub(crate) import_id: ImportId,
    /// The rules that `decoder` follows.
    pub(crate) rules: TakingRules,
    pub(crate) limits: ImportLimits,
    pub(crate) progress: Arc<ImportProgress>,
    pub(crate) cancel: CancellationToken,
}

/// Gathers chunks and commits them, one commit at a time.
#[derive(Debug)]
pub(crate) struct Committer {
    /// At rest here, or inside `running`.
    writer: Option<EdsWriter>,
    running: Option<JoinHandle<(EdsWriter, Result<AppendOutcome>)>>,
    chunks: Vec<EventChunk>,
    gathered_bytes: u64,
    gathered_objects: usize,
    limits: ImportLimits,
    progress: Arc<ImportProgress>,
    cancel: CancellationToken,
}

impl Committer {
    pub(crate) fn new(writer: EdsWriter, job: &ImportJob) -> Self {
        Self {
            writer: Some(writer),
            running: None,
            chunks: Vec::new(),
            gathered_bytes: 0,
            gathered_objects: 0,
            limits: job.limits,
            progress: Arc::clone(&job.progress),
            cancel: job.cancel.clone(),
        }
    }

    /// Takes a chunk; starts a commit when enough is gathered.
    pub(crate) async fn add(
        &mut self,
        chunk: EventChunk,
        bytes: u64,
        summary: &mut ImportSummary,
    ) -> Result<()> {
        self.gathered_bytes += bytes
            + ROW_OVERHEAD_BYTES * chunk.rows.num_rows() as u64
            + OBJECT_OVERHEAD_BYTES * chunk.objects.len() as u64;
        self.gathered_objects += chunk.objects.len();
        self.chunks.push(chunk);
        if self.gathered_bytes >= self.limits.buffer_bytes
            || self.gathered_objects >= self.limits.commit_objects
        {
            self.start_commit(summary).await?;
        }
        Ok(())
    }

    /// Commits what is gathered and gives the writer back.
    pub(crate) async fn settle(&mut self, summary: &mut ImportSummary) -> Result<&mut EdsWriter> {
        self.start_commit(summary).await?;
        self.wait(summary).await?;
        self.writer.as_mut().ok_or_else(|| Error::internal("the writer of the import is lost"))
    }

    /// Lets go of what is gathered; a commit that has begun is finished.
    pub(crate) async fn abandon(&mut self, summary: &mut ImportSummary) -> Result<()> {
        self.chunks.clear();
        self.wait(summary).await
    }

    async fn start_commit(&mut self, summary: &mut ImportSummary) -> Result<()> {
        if self.chunks.is_empty() {
            return Ok(());
        }
        self.wait(summary).await?;
        let chunks = Arc::new(std::mem::take(&mut self.chunks));
        (self.gathered_bytes, self.gathered_objects) = (0, 0);
        let mut writer =
            self.writer.take().ok_or_else(|| Error::internal("the writer of the import is lost"))?;
        let (pace, cancel) = (Arc::clone(self.progress.pace()), self.cancel.clone());
        self.running = Some(tokio::spawn(async move {
            let outcome = pace.step(&cancel, writer.append(chunks)).await;
            (writer, outcome)
        }));
        Ok(())
    }

    async fn wait(&mut self, summary: &mut ImportSummary) -> Result<()> {
        let Some(running) = self.running.take() else { return Ok(()) };
        let (writer, outcome) = running.await.map_err(|e| Error::internal("commit events").with_source(e))?;
        self.writer = Some(writer);
        let outcome = outcome?;
        ImportProgress::add(&self.progress.events_stored, outcome.objects.iter().map(|o| o.stored).sum());
        summary.add_commit(&outcome);
        Ok(())
    }
}

/// Reads `objects` into the committer. Failed objects go to the summary; only storage of the lake itself
/// fails the import.
pub(crate) async fn read_objects(
    job: &ImportJob,
    objects: Vec<Found>,
    committer: &mut Committer,
    summary: &mut ImportSummary,
    on_failure: &mut (dyn FnMut(&crate::failure::ImportFailure) + Send),
) -> Result<()> {
    let in_flight = job.limits.decode_threads.max(1) + 1;
    let mut decoded = stream::iter(batches(objects, job.limits.commit_objects))
        .map(|batch| load_and_decode(job.clone(), batch))
        .buffered(in_flight);
    while let Some(batch) = decoded.next().await {
        if job.cancel.is_cancelled() {
            return Ok(());
        }
        take_batch(job, batch?, committer, summary, on_failure).await?;
    }
    Ok(())
}

async fn load_and_decode(job: ImportJob, batch: Vec<Found>) -> Result<DecodedBatch> {
    let fetches = job.limits.concurrent_fetches;
    let (loaded, failures) = fetch(batch, fetches, job.limits.decode.max_decompressed_bytes).await;
    let mut decoded = decode_loaded(&job, loaded).await?;
    decoded.files += failures.len() as u64;
    decoded.failures.extend(failures);
    Ok(decoded)
}

/// Decodes on a blocking thread.
pub(crate) async fn decode_loaded(job: &ImportJob, loaded: Vec<Loaded>) -> Result<DecodedBatch> {
    let (decoder, import_id, rules) = (Arc::clone(&job.decoder), job.import_id, job.rules);
    let decoding =
        async { tokio::task::spawn_blocking(move || decode(&decoder, loaded, import_id, rules)).await };
    let decoded = job.progress.pace().step(&job.cancel, decoding).await;
    decoded.map_err(|e| Error::internal("decode log files").with_source(e))?
}

/// Books a decoded batch and hands its events on.
pub(crate) async fn take_batch(
    job: &ImportJob,
    batch: DecodedBatch,
    committer: &mut Committer,
    summary: &mut ImportSummary,
    on_failure: &mut (dyn FnMut(&crate::failure::ImportFailure) + Send),
) -> Result<()> {
    let progress = &job.progress;
    ImportProgress::add(&progress.files_read, batch.files);
    ImportProgress::add(&progress.bytes_read, batch.bytes_read);
    ImportProgress::add(&progress.events_read, batch.records);
    ImportProgress::add(&progress.files_failed, batch.failures.len() as u64);
    for failure in batch.failures {
        on_failure(&failure);
        summary.add_failure(failure);
    }
    match batch.chunk {
        Some(chunk) => committer.add(chunk, batch.uncompressed_bytes, summary).await,
        None => Ok(()),
    }
}
