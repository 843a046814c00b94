//! Multipart uploads under the same rules as any other call.

use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::call::CallKind;
use super::script::Script;
use super::store::run;

/// A multipart upload whose parts, completion and abort are logged and can be made to fail.
#[derive(Debug)]
pub(crate) struct FaultUpload {
    pub(crate) upload: Box<dyn MultipartUpload>,
    pub(crate) script: Arc<Script>,
    pub(crate) path: Path,
}

#[async_trait]
impl MultipartUpload for FaultUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        // Parts are numbered in the order of these calls, not of the futures' first polls.
        let bytes = data.content_length() as u64;
        let ticket = match self.script.begin(CallKind::MultipartPart, &self.path, None, bytes) {
            Ok(ticket) => ticket,
            Err(error) => return async { Err(error) }.boxed(),
        };
        let script = Arc::clone(&self.script);
        if ticket.is_stopped() {
            return async move { script.finish(&ticket, None) }.boxed();
        }
        let part = self.upload.put_part(data);
        async move { run(&script, ticket, part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let ticket = self.script.begin(CallKind::MultipartComplete, &self.path, None, 0)?;
        run(&self.script, ticket, self.upload.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        let ticket = self.script.begin(CallKind::MultipartAbort, &self.path, None, 0)?;
        run(&self.script, ticket, self.upload.abort()).await
    }
}
