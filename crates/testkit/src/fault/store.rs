//! The object store that tests hand to the code under test.

use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error as StoreError, GetOptions, GetResult, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, RenameTargetMode, Result,
};

use super::call::{Call, CallKind, When};
use super::error::Failure;
use super::script::{Fault, Rule, Script, Ticket};
use super::upload::FaultUpload;

/// An object store that passes every call on to another one, logs it, and fails or crashes where told to.
///
/// - Clones share one log and one set of rules: hand a clone (or [`as_dyn`](Self::as_dyn)) to the code
///   under test and keep one to ask.
/// - Mutating calls are numbered from 1, from creation or from the last [`reset`](Self::reset).
/// - After a crash every later call fails with an error that [`is_crash`](crate::is_crash) knows, and never
///   reaches the store beneath. Calls under way at the crash may take effect, but their callers hear the
///   crash only. Reopen the lake on [`inner`](Self::inner) to look at what is left.
/// - Of several rules that pick a call, the oldest strikes.
/// - Predicates run under the lock of the log: they must not ask this store anything.
///
/// # Examples
/// ```
/// use std::sync::Arc;
///
/// use auditlake_testkit::{CallKind, FaultStore, PathClass, When, is_crash};
/// use object_store::memory::InMemory;
/// use object_store::{ObjectStoreExt as _, path::Path};
///
/// # futures::executor::block_on(async {
/// let store = FaultStore::new(Arc::new(InMemory::new()));
/// store.crash_when(|call| call.is(CallKind::Put, PathClass::KeyFile), When::After);
///
/// let path = Path::from("stores/1/_index/part-1.keys");
/// let error = store.put(&path, "keys".into()).await.unwrap_err();
/// assert!(is_crash(&error) && store.is_crashed());
/// assert!(store.inner().head(&path).await.is_ok(), "the effect stays, the process is gone");
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct FaultStore {
    inner: Arc<dyn ObjectStore>,
    script: Arc<Script>,
}

impl FaultStore {
    /// Wraps `inner`. Nothing fails until a rule is added.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, script: Arc::default() }
    }

    /// Returns a clone in the form that the code under test takes.
    pub fn as_dyn(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.clone())
    }

    /// Returns the store beneath, which neither logs nor fails.
    pub fn inner(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.inner)
    }

    /// Kills the process at mutating call `mutation` (from 1).
    pub fn crash_at(&self, mutation: usize, when: When) {
        self.crash_when(move |call| call.mutation == Some(mutation), when);
    }

    /// Kills the process at the first call, reads included, that `picks` picks.
    pub fn crash_when(&self, picks: impl Fn(&Call) -> bool + Send + Sync + 'static, when: When) {
        self.script.add(Rule { picks: Box::new(picks), when, fault: Fault::Crash, times: Some(1) });
    }

    /// Makes mutating call `mutation` (from 1) fail.
    pub fn fail_at(&self, mutation: usize, when: When, failure: Failure) {
        self.fail_once(move |call| call.mutation == Some(mutation), when, failure);
    }

    /// Makes the first call that `picks` picks fail. Later ones go through.
    pub fn fail_once(
        &self,
        picks: impl Fn(&Call) -> bool + Send + Sync + 'static,
        when: When,
        failure: Failure,
    ) {
        self.fail_times(1, picks, when, failure);
    }

    /// Makes the first `times` calls that `picks` picks fail.
    pub fn fail_times(
        &self,
        times: usize,
        picks: impl Fn(&Call) -> bool + Send + Sync + 'static,
        when: When,
        failure: Failure,
    ) {
        if times > 0 {
            self.fail(Some(times), picks, when, failure);
        }
    }

    /// Makes every call that `picks` picks fail, until [`reset`](Self::reset) or [`disarm`](Self::disarm).
    pub fn fail_always(
        &self,
        picks: impl Fn(&Call) -> bool + Send + Sync + 'static,
        when: When,
        failure: Failure,
    ) {
        self.fail(None, picks, when, failure);
    }

    fn fail(
        &self,
        times: Option<usize>,
        picks: impl Fn(&Call) -> bool + Send + Sync + 'static,
        when: When,
        failure: Failure,
    ) {
        self.script.add(Rule { picks: Box::new(picks), when, fault: Fault::Fail(failure), times });
    }

    /// Returns all logged calls in the order in which they began. Calls refused after a crash are not
    /// among them.
    pub fn calls(&self) -> Vec<Call> {
        self.script.calls()
    }

    /// Returns the logged calls that can change what is stored, whether they did or not.
    pub fn mutations(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(Call::is_mutation);
        calls
    }

    /// Returns how many calls of `kind` were logged.
    pub fn count(&self, kind: CallKind) -> usize {
        self.count_where(|call| call.kind == kind)
    }

    /// Returns how many logged calls `picks` picks.
    pub fn count_where(&self, picks: impl Fn(&Call) -> bool) -> usize {
        self.script.count(picks)
    }

    /// Returns whether the process has crashed.
    pub fn is_crashed(&self) -> bool {
        self.script.is_crashed()
    }

    /// Returns how many calls were refused because the process had crashed.
    pub fn refused(&self) -> usize {
        self.script.refused()
    }

    /// Drops the log, the rules and the crash, and numbers calls from 1 again.
    pub fn reset(&self) {
        self.script.reset();
    }

    /// Drops the rules and the crash, and keeps the log and its numbering.
    pub fn disarm(&self) {
        self.script.disarm();
    }
}

impl Display for FaultStore {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "FaultStore({})", self.inner)
    }
}

/// Does `operation` as far as the fault of `ticket` lets it, and returns what the caller gets to see.
pub(crate) async fn run<T>(
    script: &Script,
    ticket: Ticket,
    operation: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    let result = if ticket.is_stopped() { None } else { Some(operation.await) };
    script.finish(&ticket, result)
}

/// Returns the first half of the bytes of `payload`.
fn first_half(payload: &PutPayload) -> PutPayload {
    let mut left = payload.content_length() / 2;
    let mut kept = Vec::new();
    for bytes in payload {
        let length = bytes.len().min(left);
        kept.push(bytes.slice(..length));
        left -= length;
    }
    kept.into_iter().collect()
}

#[async_trait]
#[deny(clippy::missing_trait_methods, reason = "a default method would hide calls from the log")]
impl ObjectStore for FaultStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let kind = match opts.mode {
            PutMode::Overwrite => CallKind::Put,
            PutMode::Create => CallKind::PutIfAbsent,
            PutMode::Update(_) => CallKind::PutIfMatch,
        };
        let ticket = self.script.begin(kind, location, None, payload.content_length() as u64)?;
        let payload = if ticket.is_torn() { first_half(&payload) } else { payload };
        run(&self.script, ticket, self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let ticket = self.script.begin(CallKind::MultipartStart, location, None, 0)?;
        let upload = run(&self.script, ticket, self.inner.put_multipart_opts(location, opts)).await?;
        Ok(Box::new(FaultUpload { upload, script: Arc::clone(&self.script), path: location.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let head = options.head;
        let kind = if head { CallKind::Head } else { CallKind::Get };
        let ticket = self.script.begin(kind, location, None, 0)?;
        if ticket.is_stopped() {
            return self.script.finish(&ticket, None);
        }
        let result = self.inner.get_opts(location, options).await;
        if let (Ok(found), false) = (&result, head) {
            self.script.set_bytes(&ticket, found.range.end - found.range.start);
        }
        self.script.finish(&ticket, Some(result))
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let ticket = self.script.begin(CallKind::GetRanges, location, None, 0)?;
        if ticket.is_stopped() {
            return self.script.finish(&ticket, None);
        }
        let result = self.inner.get_ranges(location, ranges).await;
        if let Ok(found) = &result {
            self.script.set_bytes(&ticket, found.iter().map(|bytes| bytes.len() as u64).sum());
        }
        self.script.finish(&ticket, Some(result))
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // One by one, so that a crash can strike between any two paths of a bulk delete.
        let store = self.clone();
        locations
            .and_then(move |path| {
                let store = store.clone();
                async move {
                    let ticket = store.script.begin(CallKind::Delete, &path, None, 0)?;
                    run(&store.script, ticket, store.inner.delete(&path)).await?;
                    Ok(path)
                }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listing(prefix, |inner, prefix| inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        self.listing(prefix, move |inner, prefix| inner.list_with_offset(prefix, &offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let ticket = self.script.begin(CallKind::ListWithDelimiter, &path, None, 0)?;
        run(&self.script, ticket, self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let kind = match options.mode {
            CopyMode::Overwrite => CallKind::Copy,
            CopyMode::Create => CallKind::CopyIfAbsent,
        };
        let ticket = self.script.begin(kind, to, Some(from), 0)?;
        run(&self.script, ticket, self.inner.copy_opts(from, to, options)).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let kind = match options.target_mode {
            RenameTargetMode::Overwrite => CallKind::Rename,
            RenameTargetMode::Create => CallKind::RenameIfAbsent,
        };
        let ticket = self.script.begin(kind, to, Some(from), 0)?;
        run(&self.script, ticket, self.inner.rename_opts(from, to, options)).await
    }
}

impl FaultStore {
    /// Lists through `list`. The call begins when the stream is first polled, as requests do; a fault
    /// stands for the whole listing, and one that strikes after the effect loses all of it.
    fn listing<F>(&self, prefix: Option<&Path>, list: F) -> BoxStream<'static, Result<ObjectMeta>>
    where
        F: FnOnce(&dyn ObjectStore, Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> + Send + 'static,
    {
        let store = self.clone();
        let prefix = prefix.cloned();
        let begin = async move {
            let path = prefix.clone().unwrap_or_default();
            let ticket = store.script.begin(CallKind::List, &path, None, 0)?;
            store.script.finish(&ticket, Some(Ok(())))?;
            Ok::<_, StoreError>(list(store.inner.as_ref(), prefix.as_ref()))
        };
        stream::once(begin).try_flatten().boxed()
    }
}
