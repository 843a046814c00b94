//! Runs one import from its sources to the last commit.

use std::sync::Arc;
use std::time::Instant;

use auditlake_events::{DecodeOptions, Decoder, EventFilter};
use auditlake_model::{Error, ErrorKind, ImportState, ObjectKind, Result};
use auditlake_store::{
    DigestFile, EdsWriter, KeepOutcome, Lake, SourceLocation, SourceObject, TakingRules, hex, sha256,
};
use bytes::Bytes;
use object_store::Attribute;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::batch::Loaded;
use crate::discover::{Found, discover};
use crate::failure::ImportFailure;
use crate::pipeline::{Committer, ImportJob, decode_loaded, read_objects, take_batch};
use crate::progress::ImportProgress;
use crate::recorder::Recorder;
use crate::request::{ImportRequest, ImportSource};
use crate::source::OpenSource;
use crate::summary::ImportSummary;
use crate::triage::{Triage, triage};

/// Objects that are put into the order of their days at once. More would hold more keys in memory, fewer
/// would make more and smaller data files.
const WINDOW_OBJECTS: usize = 100_000;
/// Listed objects that may wait.
const LISTING_QUEUE: usize = 4_096;

/// Runs an import.
///
/// Objects that cannot be read are reported through `on_failure` and counted; the others are stored, and the
/// summary's state is then `FAILED`. When `cancel` fires, a commit that has begun is finished and the rest is
/// left for the next run; the state is then `STOPPED`.
///
/// # Errors
/// What makes the import as a whole impossible: the store does not exist or takes no events, the lake
/// cannot be written, a source does not exist. Commits made before stay, and the record of the import tells
/// them and the error.
pub async fn run_import(
    lake: &Lake,
    request: ImportRequest,
    progress: Arc<ImportProgress>,
    cancel: CancellationToken,
    on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
) -> Result<ImportSummary> {
    let started = Instant::now();
    let record_as = request.record_as.clone().filter(|_| !request.dry_run);
    let recorder = Arc::new(Recorder::open(lake, record_as)?);
    let mut import = Import::prepare(lake, request, progress, cancel, Arc::clone(&recorder)).await?;
    recorder.begin(&import.summary).await?;
    let mut on_failure = |failure: &ImportFailure| {
        recorder.note(failure);
        on_failure(failure);
    };
    let done = import.read_all(&mut on_failure).await;
    let mut summary = import.end(&done).await;
    summary.seconds = started.elapsed().as_secs_f64();
    let recorded = recorder.end(&summary, done.as_ref().err()).await;
    done?;
    // The events are stored, so a record that cannot be kept does not fail the import.
    summary.record_error = recorded.err().map(|error| error.report());
    Ok(summary)
}

struct Import {
    lake: Lake,
    request: ImportRequest,
    job: ImportJob,
    committer: Committer,
    summary: ImportSummary,
    recorder: Arc<Recorder>,
}

impl Import {
    async fn prepare(
        lake: &Lake,
        request: ImportRequest,
        progress: Arc<ImportProgress>,
        cancel: CancellationToken,
        recorder: Arc<Recorder>,
    ) -> Result<Self> {
        lake.ensure_writable().await?;
        let writer = EdsWriter::open(lake, request.store).await?;
        writer.refuse_closed_store()?;
        let settings = writer.settings();
        let now = lake.clock().now();
        let import_id = progress.start(lake.ids().as_ref());
        let options = DecodeOptions {
            class: settings.category_class,
            promoted: settings.promoted.clone(),
            limits: request.limits.decode,
            import_id: import_id.to_string(),
        };
        let filter = EventFilter {
            selectors: settings.selectors.clone(),
            retention_cutoff: settings.retention.cutoff(now),
            range: request.narrowing.range,
        };
        let summary =
            ImportSummary::new(import_id, request.store, settings.name.as_str(), request.dry_run, now);
        let decoder = Arc::new(Decoder::new(options, filter));
        let rules = TakingRules::of(settings);
        let job = ImportJob { decoder, import_id, rules, limits: request.limits, progress, cancel };
        let committer = Committer::new(writer, &job);
        Ok(Self { lake: lake.clone(), request, job, committer, summary, recorder })
    }

    /// Reads every source and commits what it held.
    async fn read_all(&mut self, on_failure: &mut (dyn FnMut(&ImportFailure) + Send)) -> Result<()> {
        for source in std::mem::take(&mut self.request.sources) {
            self.read_source(source, on_failure).await?;
        }
        if self.job.cancel.is_cancelled() {
            return self.committer.abandon(&mut self.summary).await;
        }
        let writer = self.committer.settle(&mut self.summary).await?;
        if self.summary.commits > 0 {
            writer.finish().await?;
        }
        Ok(())
    }

    async fn read_source(
        &mut self,
        source: ImportSource,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        match source {
            ImportSource::Bytes { name, bytes } => self.read_bytes(&name, bytes, on_failure).await,
            ImportSource::Location(location) => {
                let source = OpenSource::open(&location, &self.request.source_config).await?;
                self.read_place(source, on_failure).await
            }
            ImportSource::Object(location) => self.read_object(&location, on_failure).await,
        }
    }

    /// Imports the one object at `location`.
    async fn read_object(
        &mut self,
        location: &SourceLocation,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        let found = async {
            let source = OpenSource::open(location, &self.request.source_config).await?;
            let meta = source.head().await?;
            Ok(Found { source, meta })
        };
        match found.await {
            Ok(found) => self.read_window(vec![found], on_failure).await,
            Err(error) => {
                self.fail(ImportFailure::new(location.to_string(), &error), on_failure);
                Ok(())
            }
        }
    }

    /// Books an object that failed before it was read.
    fn fail(&mut self, failure: ImportFailure, on_failure: &mut (dyn FnMut(&ImportFailure) + Send)) {
        on_failure(&failure);
        self.summary.files_found += 1;
        self.summary.add_failure(failure);
    }

    /// Imports bytes that have no place; their hash is their address, so the same bytes are read once.
    async fn read_bytes(
        &mut self,
        name: &str,
        bytes: Bytes,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        let object = SourceObject {
            uri: format!("{name}:{}", hex(&sha256(&bytes))),
            bucket: None,
            key: name.to_owned(),
            version_id: None,
            etag: None,
            size_bytes: bytes.len() as u64,
            modified_at_ms: 0,
        };
        self.summary.files_found += 1;
        if self.committer.settle(&mut self.summary).await?.has_taken(&object.identity()) {
            self.summary.files_skipped += 1;
            return Ok(());
        }
        if self.request.dry_run {
            self.summary.files_read += 1;
            self.summary.bytes_read += object.size_bytes;
            return Ok(());
        }
        let batch = decode_loaded(&self.job, vec![Loaded { object, bytes }]).await?;
        take_batch(&self.job, batch, &mut self.committer, &mut self.summary, on_failure).await
    }

    async fn read_place(
        &mut self,
        source: Arc<OpenSource>,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        let (sender, mut listed) = mpsc::channel(LISTING_QUEUE);
        let narrowing = self.request.narrowing.clone();
        let listing = tokio::spawn(discover(Arc::clone(&source), narrowing, sender));
        let mut any = false;
        while !self.job.cancel.is_cancelled() {
            let (window, digests) = self.next_window(&mut listed, &mut any).await?;
            if window.is_empty() && digests.is_empty() {
                break;
            }
            for digest in digests {
                self.keep_digest(&digest, on_failure).await?;
            }
            self.read_window(window, on_failure).await?;
        }
        drop(listed);
        let listed = listing.await.map_err(|e| Error::internal("list objects").with_source(e))?;
        match listed {
            Err(error) if error.kind() != ErrorKind::Cancelled => Err(error),
            _ if !any && !self.job.cancel.is_cancelled() => self.nothing_found(&source),
            _ => Ok(()),
        }
    }

    /// An empty place is a mistake, unless the import was limited to days that may well be empty.
    fn nothing_found(&self, source: &OpenSource) -> Result<()> {
        let narrowing = &self.request.narrowing;
        if !narrowing.range.is_all() || !narrowing.accounts.is_empty() || !narrowing.regions.is_empty() {
            return Ok(());
        }
        Err(Error::not_found("import from an empty place")
            .with_context("source", source.root.uri(&source.root.prefix))
            .with_hint("Give a folder or prefix that holds log files, for example s3://BUCKET/AWSLogs."))
    }

    /// Receives the next objects to read, and the digest files among them. Both empty: the listing ended.
    async fn next_window(
        &mut self,
        listed: &mut mpsc::Receiver<Found>,
        any: &mut bool,
    ) -> Result<(Vec<Found>, Vec<Found>)> {
        let class = self.committer.settle(&mut self.summary).await?.settings().category_class;
        let (mut window, mut digests) = (Vec::new(), Vec::new());
        while window.len() + digests.len() < WINDOW_OBJECTS {
            let Some(found) = listed.recv().await else { break };
            *any = true;
            let key = found.source.grammar_key(&found.meta.location);
            match triage(&key, class, &self.request.narrowing) {
                Triage::Decode => window.push(found),
                Triage::KeepDigest => digests.push(found),
                Triage::NotAsked => {}
                Triage::Other { kind, hint } => self.summary.add_other(&kind, hint),
            }
        }
        Ok((window, digests))
    }

    async fn read_window(
        &mut self,
        mut window: Vec<Found>,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        self.summary.files_found += window.len() as u64;
        let writer = self.committer.settle(&mut self.summary).await?;
        let before = window.len();
        window.retain(|found| !writer.has_taken(&found.source.describe(&found.meta).identity()));
        self.summary.files_skipped += (before - window.len()) as u64;
        // Days together: a commit then adds few large parts instead of many small ones.
        window.sort_by_cached_key(sort_key);
        ImportProgress::add(&self.job.progress.files_found, window.len() as u64);
        ImportProgress::add(&self.job.progress.bytes_found, window.iter().map(|f| f.meta.size).sum());
        if self.request.dry_run {
            self.summary.files_read += window.len() as u64;
            self.summary.bytes_read += window.iter().map(|found| found.meta.size).sum::<u64>();
            return Ok(());
        }
        read_objects(&self.job, window, &mut self.committer, &mut self.summary, on_failure).await?;
        self.recorder.flush(&self.summary).await
    }

    async fn keep_digest(
        &mut self,
        found: &Found,
        on_failure: &mut (dyn FnMut(&ImportFailure) + Send),
    ) -> Result<()> {
        if self.request.dry_run {
            return Ok(());
        }
        let limit = self.request.limits.decode.max_decompressed_bytes;
        let fetched = match found.source.fetch(&found.meta.location, limit).await {
            Ok(fetched) => fetched,
            Err(error) => {
                let uri = found.source.root.uri(&found.meta.location);
                self.fail(ImportFailure::new(uri, &error), on_failure);
                return Ok(());
            }
        };
        let metadata = fetched.attributes.iter().filter_map(|(name, value)| match name {
            Attribute::Metadata(name) => Some((name.to_string(), value.to_string())),
            _ => None,
        });
        let digest = DigestFile {
            bucket: fetched.object.bucket.clone(),
            key: found.meta.location.clone(),
            uri: fetched.object.uri,
            e_tag: fetched.object.etag,
            version: fetched.object.version_id,
            modified_at: Some(auditlake_model::Timestamp::from_millis(fetched.object.modified_at_ms)),
            metadata: metadata.collect(),
            bytes: fetched.bytes,
        };
        if self.lake.keep_digest(&digest).await? != KeepOutcome::Known {
            self.summary.digests_kept += 1;
        }
        Ok(())
    }

    /// Sums up an import that is `done`.
    async fn end(mut self, done: &Result<()>) -> ImportSummary {
        if done.is_err() {
            // What a commit under way comes to still counts; that it fails too says nothing new.
            let _ = self.committer.abandon(&mut self.summary).await;
        }
        self.summary.state = match done {
            Err(_) => ImportState::Failed,
            Ok(()) if self.job.cancel.is_cancelled() => ImportState::Stopped,
            Ok(()) if self.summary.files_failed > 0 => ImportState::Failed,
            Ok(()) => ImportState::Completed,
        };
        self.summary
    }
}

/// Objects of one day together, then by key.
fn sort_key(found: &Found) -> (Option<auditlake_model::EventDate>, String) {
    let key = found.source.grammar_key(&found.meta.location);
    (ObjectKind::of(&key).log_key().map(|key| key.date), key)
}
