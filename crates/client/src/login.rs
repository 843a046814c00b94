//! Who asks: the handshake, and the header that every call carries.

use std::sync::Arc;
use std::time::Duration;

use arrow_flight::HandshakeRequest;
use arrow_flight::flight_service_client::FlightServiceClient;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::stream;
use parking_lot::RwLock;
use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use crate::secret::Secret;

/// How long the server may take to look credentials up; failed ones are slowed down.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
const AUTHORIZATION: &str = "authorization";
const BEARER: &str = "Bearer ";

/// What a client logs in with.
#[derive(Debug, Clone)]
pub(crate) enum Credentials {
    /// Nothing: the server may have no users.
    Nobody,
    /// A user and their password.
    Basic {
        /// Who.
        user: String,
        /// Their password, or an API token.
        password: Secret,
    },
    /// An API token.
    Token(Secret),
}

impl Credentials {
    /// Returns the header that proves them.
    fn header(&self) -> Result<Option<MetadataValue<Ascii>>, Status> {
        match self {
            Self::Nobody => Ok(None),
            Self::Basic { user, password } => {
                let pair = BASE64_STANDARD.encode(format!("{user}:{}", password.reveal()));
                header(&format!("Basic {pair}")).map(Some)
            }
            Self::Token(token) => header(&format!("{BEARER}{}", token.reveal().trim())).map(Some),
        }
    }
}

/// Credentials, and the token that the server gave for them.
#[derive(Debug)]
pub(crate) struct Login {
    credentials: Credentials,
    current: RwLock<Current>,
    /// One renewal at a time.
    renewal: tokio::sync::Mutex<()>,
}

/// What calls carry at the moment.
#[derive(Debug, Default)]
struct Current {
    header: Option<MetadataValue<Ascii>>,
    /// Grows with every login.
    generation: u64,
}

impl Login {
    /// Creates a login that was not tried.
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials, current: RwLock::default(), renewal: tokio::sync::Mutex::default() }
    }

    /// Returns the credentials.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Returns a number that changes with every login.
    pub(crate) fn generation(&self) -> u64 {
        self.current.read().generation
    }

    /// Tells whether logging in again can help: a token that was refused stays refused.
    pub(crate) fn can_renew(&self) -> bool {
        matches!(self.credentials, Credentials::Basic { .. } | Credentials::Nobody)
    }

    /// Logs in.
    pub(crate) async fn handshake(&self, channel: &Channel) -> Result<(), Status> {
        let own = self.credentials.header()?;
        let work = ask(channel.clone(), own.clone());
        let given = tokio::time::timeout(HANDSHAKE_TIMEOUT, work)
            .await
            .map_err(|_| Status::unavailable("the server does not answer the handshake"))??;
        let header = match self.credentials {
            // A token of its own lives longer than one for a session.
            Credentials::Token(_) => own,
            Credentials::Basic { .. } | Credentials::Nobody => given.or(own),
        };
        let mut current = self.current.write();
        *current = Current { header, generation: current.generation + 1 };
        Ok(())
    }

    /// Logs in again, unless somebody did since the login of that generation.
    pub(crate) async fn renew(&self, channel: &Channel, generation: u64) -> Result<(), Status> {
        let _one = self.renewal.lock().await;
        match self.generation() == generation {
            true => self.handshake(channel).await,
            false => Ok(()),
        }
    }
}

/// Makes the handshake; returns the header with the token that the server gave.
async fn ask(
    channel: Channel,
    header: Option<MetadataValue<Ascii>>,
) -> Result<Option<MetadataValue<Ascii>>, Status> {
    let hello = HandshakeRequest { protocol_version: 0, payload: Bytes::new() };
    let mut request = Request::new(stream::iter([hello]));
    if let Some(header) = header {
        request.metadata_mut().insert(AUTHORIZATION, header);
    }
    let response = match FlightServiceClient::new(channel).handshake(request).await {
        // Other Flight servers may know no handshake; the first question tells what they think of the header.
        Err(status) if status.code() == Code::Unimplemented => return Ok(None),
        other => other?,
    };
    if let Some(given) = bearer(response.metadata())? {
        return Ok(Some(given));
    }
    let payload = response.into_inner().message().await?.map(|answer| answer.payload).unwrap_or_default();
    match std::str::from_utf8(&payload) {
        Ok(token) if !token.is_empty() => header_of_token(token).map(Some),
        _ => Ok(None),
    }
}

/// Returns the bearer token in the headers of an answer.
fn bearer(headers: &MetadataMap) -> Result<Option<MetadataValue<Ascii>>, Status> {
    let Some(text) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    match text.get(..BEARER.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(BEARER)) {
        true => header_of_token(&text[BEARER.len()..]).map(Some),
        false => Ok(None),
    }
}

fn header_of_token(token: &str) -> Result<MetadataValue<Ascii>, Status> {
    header(&format!("{BEARER}{token}"))
}

fn header(text: &str) -> Result<MetadataValue<Ascii>, Status> {
    let wrong = |_| Status::unauthenticated("the token holds characters that no token has");
    let mut value: MetadataValue<Ascii> = text.parse().map_err(wrong)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Puts the credentials on every call.
#[derive(Debug, Clone)]
pub struct Authorize(pub(crate) Arc<Login>);

impl Interceptor for Authorize {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = self.0.current.read().header.clone() {
            request.metadata_mut().insert(AUTHORIZATION, header);
        }
        Ok(request)
    }
}
