//! The layer that every RPC passes: a request id, counters, and a line in the log.
//!
//! ```text
//! request --RequestId, CallerSlot--> auth --fills the slot--> service --> response --trailers--> code, log line
//! ```
//! It stands outside of authentication, so that requests of nobody are counted and logged too.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use auditlake_model::IdGenerator;
use bytes::{Buf as _, Bytes};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::Message as _;
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::metrics::{Counted, Metrics, OTHER, code_name};
use crate::caller::Caller;

/// Header of a response that names its request.
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// RPCs whose calls are many and tell little.
const QUIET: &[&str] = &["/grpc.health.v1.Health/"];
/// RPCs of services whose descriptors are not ours.
const FOREIGN_METHODS: &[&str] = &[
    "/arrow.flight.protocol.FlightService/Handshake",
    "/arrow.flight.protocol.FlightService/ListFlights",
    "/arrow.flight.protocol.FlightService/GetFlightInfo",
    "/arrow.flight.protocol.FlightService/PollFlightInfo",
    "/arrow.flight.protocol.FlightService/GetSchema",
    "/arrow.flight.protocol.FlightService/DoGet",
    "/arrow.flight.protocol.FlightService/DoPut",
    "/arrow.flight.protocol.FlightService/DoExchange",
    "/arrow.flight.protocol.FlightService/DoAction",
    "/arrow.flight.protocol.FlightService/ListActions",
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The id of a request, in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// Where authentication says who asks, for the log.
#[derive(Debug, Clone, Default)]
pub struct CallerSlot(Arc<OnceLock<Caller>>);

impl CallerSlot {
    /// Says who asks; only the first call counts.
    pub fn set(&self, caller: &Caller) {
        let _ = self.0.set(caller.clone());
    }
}

/// Wraps services; see the [module](self).
#[derive(Debug, Clone)]
pub struct RpcLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Arc<Metrics>,
    ids: Arc<dyn IdGenerator>,
    /// Methods that are labels; a client can ask for any path.
    methods: HashMap<String, Arc<str>>,
    other: Arc<str>,
}

impl RpcLayer {
    /// Creates the layer; `descriptors` is an encoded `FileDescriptorSet` with the services of ours.
    pub fn new(metrics: Arc<Metrics>, ids: Arc<dyn IdGenerator>, descriptors: &[u8]) -> Self {
        let foreign = FOREIGN_METHODS.iter().map(|method| (*method).to_owned());
        let methods = foreign.chain(methods_of(descriptors)).map(|method| (method.clone(), method.into()));
        let shared = Shared { metrics, ids, methods: methods.collect(), other: OTHER.into() };
        Self { shared: Arc::new(shared) }
    }
}

/// Returns the paths of the RPCs of a `FileDescriptorSet`; none when it is not one.
fn methods_of(descriptors: &[u8]) -> Vec<String> {
    let files = prost_types::FileDescriptorSet::decode(descriptors).unwrap_or_default().file;
    let mut methods = Vec::new();
    for file in &files {
        for service in &file.service {
            for method in &service.method {
                methods.push(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    methods
}

impl<S> Layer<S> for RpcLayer {
    type Service = RpcService<S>;

    fn layer(&self, inner: S) -> RpcService<S> {
        RpcService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// A service whose RPCs are counted and logged.
#[derive(Debug, Clone)]
pub struct RpcService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, A, B> Service<Request<A>> for RpcService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<CountedBody<B>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let mut call = Call::begin(&self.shared, request.uri().path());
        request.extensions_mut().insert(RequestId(Arc::clone(&call.id)));
        request.extensions_mut().insert(call.caller.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = match answer.await {
                Ok(response) => response,
                Err(error) => {
                    call.end(Code::Unknown, "");
                    return Err(error);
                }
            };
            if let Ok(id) = HeaderValue::from_str(&call.id) {
                response.headers_mut().insert(REQUEST_ID_HEADER, id);
            }
            call.see(response.headers());
            Ok(response.map(|inner| CountedBody { inner, call }))
        })
    }
}

/// One RPC, from its request to the end of its answer.
///
/// When it is dropped without an end, its client went away.
#[derive(Debug)]
struct Call {
    shared: Arc<Shared>,
    method: Arc<str>,
    id: Arc<str>,
    caller: CallerSlot,
    began_at: Instant,
    sent_bytes: u64,
    ended: bool,
    _counted: Counted,
}

impl Call {
    fn begin(shared: &Arc<Shared>, path: &str) -> Self {
        let method = shared.methods.get(path).unwrap_or(&shared.other);
        Self {
            method: Arc::clone(method),
            id: shared.ids.uuid().to_string().into(),
            caller: CallerSlot::default(),
            began_at: Instant::now(),
            sent_bytes: 0,
            ended: false,
            _counted: shared.metrics.call(),
            shared: Arc::clone(shared),
        }
    }

    /// Looks for the status in headers or trailers.
    fn see(&mut self, headers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(headers) {
            self.end(status.code(), status.message());
        }
    }

    fn end(&mut self, code: Code, message: &str) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let elapsed = self.began_at.elapsed();
        self.shared.metrics.called(&self.method, code, elapsed, self.sent_bytes);
        self.log(code, message, elapsed.as_millis());
    }

    fn log(&self, code: Code, message: &str, elapsed_ms: u128) {
        let caller = self.caller.0.get();
        let principal = caller.map_or("-", |caller| caller.principal.name());
        let address = caller.and_then(|caller| caller.address).map(tracing::field::display);
        let (request_id, method, code_name) = (&*self.id, &*self.method, code_name(code));
        let sent_bytes = self.sent_bytes;
        // What went well has nothing to say.
        let message = (code != Code::Ok).then_some(message);
        let is_ours = matches!(code, Code::Internal | Code::Unknown | Code::DataLoss);
        if QUIET.iter().any(|quiet| method.starts_with(quiet)) {
            tracing::debug!(request_id, principal, method, code = code_name, elapsed_ms, "rpc");
        } else if is_ours {
            tracing::warn!(
                request_id,
                principal,
                address,
                method,
                code = code_name,
                elapsed_ms,
                sent_bytes,
                message,
                "rpc"
            );
        } else {
            tracing::info!(
                request_id,
                principal,
                address,
                method,
                code = code_name,
                elapsed_ms,
                sent_bytes,
                message,
                "rpc"
            );
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Code::Cancelled, "the client went away");
    }
}

/// A body whose bytes and trailers are looked at.
#[derive(Debug)]
pub struct CountedBody<B> {
    inner: B,
    call: Call,
}

impl<B> HttpBody for CountedBody<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            if let Some(data) = frame.data_ref() {
                self.call.sent_bytes += data.remaining() as u64;
            } else if let Some(trailers) = frame.trailers_ref() {
                self.call.see(trailers);
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
