//! Who asks: what the authentication layer found out about a request, for every service behind it.

use std::net::SocketAddr;
use std::sync::Arc;

use auditlake_model::{Error, Principal};
use tonic::{Request, Status};

use crate::status::{to_status, to_status_of};

/// One caller, put into the extensions of a request before any of it is parsed.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is, with their rights as they are now.
    pub principal: Arc<Principal>,
    /// The session that their token names, if it was minted by a handshake.
    pub session: Option<String>,
    /// Where the request came from.
    pub address: Option<SocketAddr>,
    /// What sent it, as it calls itself.
    pub user_agent: Option<String>,
    /// The id that logs and errors name the request by.
    pub request_id: Arc<str>,
}

impl Caller {
    /// Returns the caller of a request.
    ///
    /// # Errors
    ///
    /// `UNAUTHENTICATED` when the request did not pass the authentication layer, so that a service which was
    /// mounted without it answers nobody.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Self>();
        caller.cloned().ok_or_else(|| to_status(&Error::unauthenticated("nobody knows who asks")))
    }

    /// Returns the status that says what `error` says, and which request it was.
    pub fn status(&self, error: &Error) -> Status {
        to_status_of(error, &self.request_id)
    }
}
