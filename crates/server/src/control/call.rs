//! What is the same for every request: who asks, until when, and errors as statuses.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Error, Result};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::caller::Caller;
use crate::status::to_status_of;

/// The header by which a client says how long it waits.
const TIMEOUT_HEADER: &str = "grpc-timeout";

/// Answers one request: finds out who asks, and does `work` unless the client's deadline passes before.
///
/// The work is dropped then, which stops it.
pub(super) async fn answer<Q, A, F>(
    request: Request<Q>,
    work: impl FnOnce(Caller, Q) -> F,
) -> Result<Response<A>, Status>
where
    F: Future<Output = Result<A>>,
{
    let caller = Caller::of(&request)?;
    let deadline = deadline(request.metadata());
    let request_id = Arc::clone(&caller.request_id);
    let work = within(deadline, work(caller, request.into_inner()));
    match Box::pin(work).await {
        Ok(answer) => Ok(Response::new(answer)),
        Err(error) => Err(to_status_of(&error, &request_id)),
    }
}

/// Returns how long the client waits, if it said so. A value of another form counts as none, as gRPC asks.
pub(super) fn deadline(metadata: &MetadataMap) -> Option<Duration> {
    parse_timeout(metadata.get(TIMEOUT_HEADER)?.to_str().ok()?)
}

/// Reads one to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let unit_at = text.len().checked_sub(1)?;
    let (digits, unit) = (text.get(..unit_at)?, text.get(unit_at..)?);
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3_600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

/// Does `work` unless `deadline` passes before; then it is dropped.
///
/// # Errors
///
/// `TimedOut` when the deadline passed, else those of `work`.
async fn within<T>(deadline: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match deadline {
        None => work.await,
        Some(deadline) => tokio::time::timeout(deadline, work).await.unwrap_or_else(|_| Err(too_late())),
    }
}

/// Returns the error of a request whose deadline passed.
pub(super) fn too_late() -> Error {
    Error::timed_out("the deadline of the request passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        for (text, expected) in [
            ("100m", Some(Duration::from_millis(100))),
            ("2S", Some(Duration::from_secs(2))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3_600))),
            ("5u", Some(Duration::from_micros(5))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("-1S", None),
            ("1ä", None),
            ("1x", None),
        ] {
            assert_eq!(parse_timeout(text), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn work_beyond_its_deadline_is_dropped() {
        struct Tell(Arc<std::sync::atomic::AtomicBool>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        }
        let dropped = Arc::default();
        let tell = Tell(Arc::clone(&dropped));
        let work = async move {
            let _tell = tell;
            std::future::pending::<Result<()>>().await
        };
        let error = within(Some(Duration::from_millis(1)), work).await.unwrap_err();
        assert_eq!(error.kind(), auditlake_model::ErrorKind::TimedOut);
        assert!(dropped.load(std::sync::atomic::Ordering::Relaxed));
    }
}
