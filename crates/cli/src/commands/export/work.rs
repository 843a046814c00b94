//! Runs the query of an export and writes its events on a thread that may block.

use std::time::Instant;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use auditlake_evidence::Provenance;
use auditlake_model::{Error, Result};
use auditlake_query::provenance::{split, visible};
use auditlake_query::{Format, QueryHandle, QueryRequest, QueryService};
use auditlake_store::Lake;
use tokio::sync::mpsc;

use super::parts::{PartFacts, PartPlan, PartWriter, Unwritten};
use super::target::ExportFormat;
use crate::context::Context;
use crate::error::Failure;
use crate::evidence::{ProvenanceWriter, provenance_of};
use crate::numbers::{human_bytes, thousands};
use crate::outlet::Outlet;
use crate::progress::Ticker;

/// Batches that wait for the thread.
const WAITING_BATCHES: usize = 2;

/// The files of an export, whole but not yet in their places.
pub(super) struct Files {
    pub(super) outlet: Outlet,
    pub(super) parts: Vec<PartFacts>,
    /// Where the events came from, if that was asked for.
    pub(super) provenance: Option<Provenance>,
}

/// An export whose place is open.
pub(super) struct Job<'a> {
    pub(super) plan: PartPlan,
    pub(super) outlet: Outlet,
    pub(super) lake: &'a Lake,
    /// Whether a program reads the summary; then there is no progress.
    pub(super) json: bool,
}

enum Message {
    Batch(RecordBatch),
    /// All batches were sent; without it the query has failed.
    End,
}

impl Job<'_> {
    /// Runs the query to its end. When that fails, nothing is left of the files.
    ///
    /// # Errors
    /// As query, disk and S3 give them.
    pub(super) async fn run(
        self,
        service: &QueryService,
        request: QueryRequest,
        ctx: &Context,
    ) -> Result<(Files, QueryHandle), Failure> {
        let sql = request.sql.clone();
        let failed = |error| Failure::Sql { error, sql: sql.clone() };
        let has_provenance = request.provenance;
        let Self { plan, outlet, lake, json } = self;
        let mut handle = service.start(request).map_err(failed)?;
        let canceller = handle.canceller();
        let interrupt = ctx.interrupt.clone();
        let stopper = tokio::spawn(async move {
            interrupt.cancelled().await;
            canceller.cancel();
        });
        let begun = async {
            let schema = handle.schema().await.map_err(failed)?;
            let provenance = match (&outlet, has_provenance) {
                (Outlet::Folder(folder), true) => {
                    let format = match plan.format {
                        ExportFormat::Parquet => Format::Parquet,
                        _ => Format::Ndjson,
                    };
                    let work = provenance_of(&handle, lake, folder, format);
                    let writer = ctx.or_interrupted(work).await?;
                    Some(writer.map_err(|_| Error::internal("the events of an export have no provenance"))?)
                }
                _ => None,
            };
            let schema = if provenance.is_some() { visible(&schema)? } else { schema };
            Ok::<_, Failure>((schema, provenance))
        }
        .await;
        let (schema, provenance) = match begun {
            Ok(begun) => begun,
            Err(failure) => {
                stopper.abort();
                outlet.discard().await;
                return Err(failure);
            }
        };
        let (sender, receiver) = mpsc::channel(WAITING_BATCHES);
        let writer = PartWriter::new(plan, outlet);
        let thread = tokio::task::spawn_blocking(move || write(writer, provenance, &schema, receiver));
        let progress = (!json).then(|| Ticker::start(&ctx.output));
        let sent = send(&mut handle, sender, progress).await.map_err(failed);
        let written = thread.await.map_err(|e| Error::internal("write events").with_source(e))?;
        stopper.abort();
        let (failure, outlet) = match (sent, written) {
            (Ok(()), Ok(files)) => return Ok((files, handle)),
            (Ok(()), Err(unwritten)) => (unwritten.failure, unwritten.outlet),
            // The thread is cut off then, and does not know why.
            (Err(failure), Err(unwritten)) => (failure, unwritten.outlet),
            (Err(failure), Ok(files)) => (failure, files.outlet),
        };
        outlet.discard().await;
        Err(failure)
    }
}

/// Hands all batches to the thread; ends early, and well, when the thread has ended.
async fn send(
    handle: &mut QueryHandle,
    sender: mpsc::Sender<Message>,
    mut progress: Option<Ticker>,
) -> Result<()> {
    let began = Instant::now();
    while let Some(batch) = handle.next_batch().await? {
        if sender.send(Message::Batch(batch)).await.is_err() {
            return Ok(());
        }
        if let Some(progress) = &mut progress {
            let read = handle.progress();
            let per_second = read.rows_returned as f64 / began.elapsed().as_secs_f64().max(0.001);
            progress.tell(|| {
                format!(
                    "{} events, {} events/s; {} of {} files, {} read",
                    thousands(read.rows_returned),
                    thousands(per_second as u64),
                    thousands(read.files_read),
                    thousands(read.files_total),
                    human_bytes(read.bytes_scanned)
                )
            });
        }
    }
    // Whoever does not take it has failed, and says so.
    let _ = sender.send(Message::End).await;
    Ok(())
}

fn write(
    mut writer: PartWriter,
    mut provenance: Option<ProvenanceWriter>,
    schema: &SchemaRef,
    mut receiver: mpsc::Receiver<Message>,
) -> Result<Files, Box<Unwritten>> {
    if let Err(failure) = write_all(&mut writer, provenance.as_mut(), &mut receiver) {
        // Its file must be gone before the folder is.
        drop(provenance);
        return Err(Box::new(Unwritten { failure, outlet: writer.into_outlet() }));
    }
    let (parts, mut outlet) = writer.finish(schema)?;
    let provenance = match (provenance.take(), &mut outlet) {
        (Some(provenance), Outlet::Folder(folder)) => match provenance.finish(folder) {
            Ok(provenance) => Some(provenance),
            Err(failure) => return Err(Box::new(Unwritten { failure, outlet })),
        },
        _ => None,
    };
    Ok(Files { outlet, parts, provenance })
}

fn write_all(
    writer: &mut PartWriter,
    mut provenance: Option<&mut ProvenanceWriter>,
    receiver: &mut mpsc::Receiver<Message>,
) -> Result<(), Failure> {
    loop {
        let batch = match receiver.blocking_recv() {
            Some(Message::Batch(batch)) => batch,
            Some(Message::End) => return Ok(()),
            None => return Err(Error::cancelled("the query of an export ended early").into()),
        };
        match &mut provenance {
            None => writer.write(&batch)?,
            Some(provenance) => {
                let (events, origins) = split(&batch)?;
                writer.write(&events)?;
                provenance.write(&origins)?;
            }
        }
    }
}
