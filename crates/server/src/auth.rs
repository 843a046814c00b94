//! Says who asks, before anything of a request is parsed.
//!
//! Every RPC passes [`AuthLayer`], but for two: health probes, which tell nothing, and the handshake, which is
//! how one logs in ([`login_of`]).

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arrow_flight::{BasicAuth, HandshakeRequest};
use auditlake_access::Authenticator;
use auditlake_model::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, Response};
use prost::Message as _;
use tonic::transport::server::TcpConnectInfo;
use tonic::{Status, Streaming};
use tower::{Layer, Service};

use crate::caller::Caller;
use crate::ops::rpc::{CallerSlot, RequestId};
use crate::status::to_status_of;

/// Paths that need no credentials.
const OPEN: &[&str] = &["/grpc.health.v1.Health/", "/arrow.flight.protocol.FlightService/Handshake"];
/// How long a login may take to send its first message.
const LOGIN_TIME: Duration = Duration::from_secs(10);

/// Puts a [`Caller`] into the extensions of every request, or answers `UNAUTHENTICATED`.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    authenticator: Arc<Authenticator>,
}

impl AuthLayer {
    /// Creates the layer.
    pub fn new(authenticator: Arc<Authenticator>) -> Self {
        Self { authenticator }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { inner, authenticator: Arc::clone(&self.authenticator) }
    }
}

/// A service behind [`AuthLayer`].
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    inner: S,
    authenticator: Arc<Authenticator>,
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone that was polled ready serves; the other waits for its own turn.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        if OPEN.iter().any(|path| request.uri().path().starts_with(path)) {
            return Box::pin(inner.call(request));
        }
        let authenticator = Arc::clone(&self.authenticator);
        Box::pin(async move {
            let (header, origin) = (authorization(request.headers()), Origin::of(&request));
            let address = origin.address.map(|address| address.ip());
            let known = match header {
                Ok(header) => authenticator.authenticate(header.as_deref(), address).await,
                Err(error) => Err(error),
            };
            let known = match known {
                Ok(known) => known,
                Err(error) => return Ok(to_status_of(&error, &origin.request_id).into_http()),
            };
            let caller = origin.caller(known);
            if let Some(slot) = request.extensions().get::<CallerSlot>() {
                slot.set(&caller);
            }
            request.extensions_mut().insert(caller);
            inner.call(request).await
        })
    }
}

/// Where a request came from.
struct Origin {
    address: Option<SocketAddr>,
    user_agent: Option<String>,
    request_id: Arc<str>,
}

impl Origin {
    fn of<B>(request: &Request<B>) -> Self {
        let extensions = request.extensions();
        let user_agent = request.headers().get(http::header::USER_AGENT);
        Self {
            address: extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr),
            user_agent: user_agent
                .and_then(|value| value.to_str().ok())
                .map(|text| crate::status::short(text, 200)),
            request_id: extensions.get::<RequestId>().map_or_else(|| "-".into(), |id| Arc::clone(&id.0)),
        }
    }

    fn caller(self, known: auditlake_access::Authenticated) -> Caller {
        let Self { address, user_agent, request_id } = self;
        Caller { principal: known.principal, session: known.session, address, user_agent, request_id }
    }
}

fn authorization(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get(http::header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::unauthenticated("the authorization header is no text"))?;
    Ok(Some(text.to_owned()))
}

/// Logs in by a handshake, and returns the bearer token of the session.
///
/// Credentials come as a header, as drivers send them, or as `BasicAuth` in the first message.
///
/// # Errors
///
/// `UNAUTHENTICATED` for wrong credentials.
pub async fn login_of(
    authenticator: &Authenticator,
    request: tonic::Request<Streaming<HandshakeRequest>>,
) -> Result<String, Status> {
    let address = request.remote_addr();
    let request_id =
        request.extensions().get::<RequestId>().map_or_else(|| "-".into(), |id| Arc::clone(&id.0));
    let failed = |error: Error| to_status_of(&error, &request_id);
    let header = authorization(request.metadata().as_ref()).map_err(failed)?;
    let mut messages = request.into_inner();
    let header = match header {
        Some(header) => Some(header),
        None => match tokio::time::timeout(LOGIN_TIME, messages.message()).await {
            Ok(Ok(Some(first))) => basic_of(&first),
            _ => None,
        },
    };
    let address = address.map(|address| address.ip());
    match authenticator.handshake(header.as_deref(), address).await {
        Ok((_, token)) => Ok(token),
        Err(error) => Err(failed(error)),
    }
}

/// Returns the credentials of a handshake's message as a header would have them.
fn basic_of(message: &HandshakeRequest) -> Option<String> {
    let basic = BasicAuth::decode(&*message.payload).ok().filter(|basic| !basic.username.is_empty())?;
    Some(format!("Basic {}", STANDARD.encode(format!("{}:{}", basic.username, basic.password))))
}
