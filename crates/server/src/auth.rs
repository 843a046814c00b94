//! Says who asks, before anything of a request is parsed.
//!
//! Everybody is `anonymous` with all rights: it stands in for the layer that asks for credentials.

use std::sync::Arc;
use std::task::{Context, Poll};

use auditlake_model::Principal;
use http::Request;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use crate::caller::Caller;
use crate::ops::rpc::{CallerSlot, RequestId};

/// Puts a [`Caller`] into the extensions of every request.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    principal: Arc<Principal>,
}

impl AuthLayer {
    /// Creates the layer for which everybody is `anonymous`.
    pub fn anonymous() -> Self {
        Self { principal: Arc::new(Principal::owner("anonymous")) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { inner, layer: self.clone() }
    }
}

/// A service behind [`AuthLayer`].
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    inner: S,
    layer: AuthLayer,
}

impl<S, B> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let extensions = request.extensions();
        let info = extensions.get::<TcpConnectInfo>();
        let user_agent = request.headers().get(http::header::USER_AGENT);
        let caller = Caller {
            principal: Arc::clone(&self.layer.principal),
            session: None,
            address: info.and_then(TcpConnectInfo::remote_addr),
            user_agent: user_agent.and_then(|value| value.to_str().ok()).map(ToOwned::to_owned),
            request_id: extensions.get::<RequestId>().map_or_else(|| "-".into(), |id| Arc::clone(&id.0)),
        };
        if let Some(slot) = extensions.get::<CallerSlot>() {
            slot.set(&caller);
        }
        request.extensions_mut().insert(caller);
        self.inner.call(request)
    }
}
