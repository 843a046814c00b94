//! One connection to a server.

use std::future::Future;
use std::sync::Arc;

use auditlake_model::{Error, ErrorKind, Result};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::address::ServerAddress;
use crate::login::{Authorize, Login};
use crate::session::Session;
use crate::status::from_status;

/// What stubs are made over: every call carries the credentials.
///
/// ```no_run
/// # async fn doc(connection: auditlake_client::Connection) {
/// let stub = arrow_flight::flight_service_client::FlightServiceClient::new(connection.service());
/// # }
/// ```
pub type Service = InterceptedService<Channel, Authorize>;

/// A connection that was tried and is logged in. Clones share it; it reconnects by itself.
#[derive(Debug, Clone)]
pub struct Connection {
    channel: Channel,
    login: Arc<Login>,
    address: ServerAddress,
}

impl Connection {
    pub(crate) fn new(channel: Channel, login: Login, address: ServerAddress) -> Self {
        Self { channel, login: Arc::new(login), address }
    }

    /// Returns where the server is.
    pub fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Returns what a stub of any service is made over.
    pub fn service(&self) -> Service {
        InterceptedService::new(self.channel.clone(), Authorize(Arc::clone(&self.login)))
    }

    /// Returns a session for queries.
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// Makes one call; when the server no longer knows the session, logs in again and makes it once more.
    ///
    /// `make` may be called twice, with what a stub is made over.
    ///
    /// # Errors
    ///
    /// What the server says, as [`from_status`] reads it.
    pub async fn call<T, F>(&self, make: impl Fn(Service) -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Status>>,
    {
        let token = self.login.generation();
        let status = match make(self.service()).await {
            Ok(answer) => return Ok(answer),
            Err(status) => status,
        };
        if status.code() != Code::Unauthenticated || !self.login.can_renew() {
            return Err(self.error(&status));
        }
        self.login.renew(&self.channel, token).await.map_err(|status| self.error(&status))?;
        make(self.service()).await.map_err(|status| self.error(&status))
    }

    /// Returns a status as an error; that the server cannot be reached names the server.
    pub fn error(&self, status: &Status) -> Error {
        let error = from_status(status);
        match error.kind() {
            ErrorKind::Unavailable if status.details().is_empty() => error
                .with_context("server", &self.address)
                .with_hint("Check that the server still runs, then try again."),
            _ => error,
        }
    }
}
