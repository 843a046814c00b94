//! From options to a connection that was tried: reached, encrypted as asked, and logged in.

use std::time::Duration;

use auditlake_model::{Error, Result};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::address::ServerAddress;
use crate::connection::Connection;
use crate::diagnose;
use crate::login::{Credentials, Login};
use crate::secret::Secret;

/// How long a server may take to take a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time between two signs of life, and how long the answer may take: well below what firewalls forget after.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// What a stream may send ahead of its reader.
const WINDOW_BYTES: u32 = 4 << 20;

/// How to reach a server, and who asks.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Where it is.
    pub address: ServerAddress,
    /// The name to log in with.
    pub user: Option<String>,
    /// The password of that user, or an API token.
    pub password: Option<Secret>,
    /// An API token; goes without a user.
    pub token: Option<Secret>,
    /// Certificates (PEM) of the authorities to trust, in place of the system's.
    pub tls_ca: Option<Vec<u8>>,
    /// The certificate (PEM) that tells the server who the client is.
    pub client_certificate: Option<Vec<u8>>,
    /// The key (PEM) of that certificate.
    pub client_key: Option<Secret>,
    /// What the client calls itself, for the history of queries: `auditlake-shell/0.1.0`.
    pub user_agent: String,
}

impl ConnectOptions {
    /// Creates options for a server that wants no credentials.
    pub fn new(address: ServerAddress) -> Self {
        Self {
            address,
            user: None,
            password: None,
            token: None,
            tls_ca: None,
            client_certificate: None,
            client_key: None,
            user_agent: concat!("auditlake/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    fn credentials(&self) -> Result<Credentials> {
        match (&self.token, &self.user, &self.password) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(Error::invalid("there are a token and a user or password")
                    .with_hint("Log in with one of them: a token needs no user."))
            }
            (Some(token), None, None) => Ok(Credentials::Token(token.clone())),
            (None, None, None) => Ok(Credentials::Nobody),
            (None, user, password) => Ok(Credentials::Basic {
                user: user.clone().unwrap_or_default(),
                password: password.clone().unwrap_or_else(|| Secret::new("")),
            }),
        }
    }
}

/// Connects and logs in.
///
/// # Errors
///
/// `Invalid` for options that do not go together; `Unavailable` when nobody answers; `Unauthenticated` when the server
/// does not know who asks; each with a hint.
pub async fn connect(options: ConnectOptions) -> Result<Connection> {
    let credentials = options.credentials()?;
    let endpoint = endpoint(&options)?;
    let channel = reach(&endpoint, &options.address).await?;
    let login = Login::new(credentials);
    if let Err(status) = login.handshake(&channel).await {
        return Err(diagnose::first_call(&options.address, login.credentials(), &status).await);
    }
    Ok(Connection::new(channel, login, options.address))
}

async fn reach(endpoint: &Endpoint, address: &ServerAddress) -> Result<Channel> {
    // The endpoint's own limit is for TCP alone.
    match tokio::time::timeout(2 * CONNECT_TIMEOUT, endpoint.connect()).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => Err(diagnose::connecting(address, &error).await),
        Err(_) => Err(diagnose::silent(address)),
    }
}

fn endpoint(options: &ConnectOptions) -> Result<Endpoint> {
    let invalid = |error: tonic::transport::Error| {
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        Error::invalid("the settings of the connection are of no use")
            .with_context("server", &options.address)
            .with_source(source)
    };
    let endpoint = Endpoint::from_shared(options.address.to_http()).map_err(invalid)?;
    let endpoint = endpoint
        .user_agent(options.user_agent.clone())
        .map_err(invalid)?
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
        .tcp_keepalive(Some(KEEPALIVE))
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(2 * WINDOW_BYTES);
    match tls(options)? {
        Some(tls) => endpoint.tls_config(tls).map_err(invalid),
        None => Ok(endpoint),
    }
}

fn tls(options: &ConnectOptions) -> Result<Option<ClientTlsConfig>> {
    let has_files =
        options.tls_ca.is_some() || options.client_certificate.is_some() || options.client_key.is_some();
    if !options.address.has_tls() {
        return match has_files {
            false => Ok(None),
            true => {
                Err(Error::invalid(format!("there are certificates, but `{}` has no TLS", options.address))
                    .with_hint(format!("Connect to {}.", options.address.with_tls(true))))
            }
        };
    }
    let config = ClientTlsConfig::new().timeout(CONNECT_TIMEOUT);
    let config = match &options.tls_ca {
        Some(pem) => {
            config.ca_certificate(Certificate::from_pem(with_label(pem, "CERTIFICATE", "authority")?))
        }
        None => config.with_native_roots(),
    };
    match (&options.client_certificate, &options.client_key) {
        (None, None) => Ok(Some(config)),
        (Some(certificate), Some(key)) => {
            let certificate = with_label(certificate, "CERTIFICATE", "client certificate")?;
            let key = with_label(key.reveal().as_bytes(), "PRIVATE KEY", "client key")?;
            Ok(Some(config.identity(Identity::from_pem(certificate, key))))
        }
        _ => Err(Error::invalid("a client certificate and its key go together")
            .with_hint("Give both --tls-client-cert and --tls-client-key.")),
    }
}

/// Checks that a file holds what it should: TLS libraries skip what they cannot read.
fn with_label<'a>(pem: &'a [u8], label: &str, what: &str) -> Result<&'a [u8]> {
    let is_there = String::from_utf8_lossy(pem).contains(&format!("{label}-----"));
    match is_there {
        true => Ok(pem),
        false => Err(Error::invalid(format!("the file of the {what} holds no {label}"))
            .with_hint("It must be in PEM form, with a line `-----BEGIN ...-----`.")),
    }
}

#[cfg(test)]
mod tests;
