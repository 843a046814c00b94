//! What a server is told: addresses, certificates, bounds, imports of its own.
//!
//! | setting | default |
//! |---|---|
//! | `listen` | `127.0.0.1:31337` |
//! | `http` | `127.0.0.1:9464` |
//! | `max_connections` | 16,384 |
//! | `handshake_timeout` | 10 s, for TLS and then for the first bytes |
//! | `shutdown_grace` | 30 s |
//! | `stall_limit` | 5 min |
//! | `session_ttl` | 24 h |
//! | `ticket_ttl` | 1 h |

use std::fmt::{self, Debug, Formatter};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use auditlake_ingest::ImportLimits;
use auditlake_model::{Error, Result, StoreRef};
use auditlake_store::{ObjectStoreConfig, SourceLocation};

/// Port of Flight SQL and gRPC.
pub const DEFAULT_FLIGHT_PORT: u16 = 31_337;
/// Port of metrics and probes.
pub const DEFAULT_HTTP_PORT: u16 = 9_464;

/// Everything that a server is told.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where Flight SQL and gRPC listen; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Where metrics and probes listen.
    pub http: SocketAddr,
    /// Certificates; without them connections are not encrypted.
    pub tls: Option<TlsFiles>,
    /// Listens on any address without users.
    pub insecure: bool,
    /// How long running requests may go on once the server is to stop.
    pub shutdown_grace: Duration,
    /// Connections that are open at once; more are closed as they come.
    pub max_connections: usize,
    /// How long a TLS handshake may take, and then the first bytes of HTTP/2.
    pub handshake_timeout: Duration,
    /// Age at which a connection is asked to be made anew, so that load spreads over replicas.
    pub max_connection_age: Duration,
    /// How long a stream waits for a client that takes nothing.
    pub stall_limit: Duration,
    /// How long a login lasts.
    pub session_ttl: Duration,
    /// How long a ticket can be redeemed.
    pub ticket_ttl: Duration,
    /// How old a query's view of a store may be; the lake's kind decides when `None`.
    pub snapshot_max_age: Option<Duration>,
    /// Keys that sign tickets and sessions, each `id:base64`; made at start when empty.
    pub signing_keys: Secrets,
    /// Where imports that clients ask for may read.
    pub allowed_sources: Vec<SourceLocation>,
    /// Imports that the server runs by itself.
    pub imports: Vec<ScheduledImport>,
    /// Bounds of imports in the server.
    pub import_limits: ImportLimits,
    /// How imports reach their sources.
    pub source_config: ObjectStoreConfig,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            listen: loopback(DEFAULT_FLIGHT_PORT),
            http: loopback(DEFAULT_HTTP_PORT),
            tls: None,
            insecure: false,
            shutdown_grace: Duration::from_secs(30),
            max_connections: 16_384,
            handshake_timeout: Duration::from_secs(10),
            max_connection_age: Duration::from_secs(3_600),
            stall_limit: Duration::from_secs(300),
            session_ttl: Duration::from_secs(86_400),
            ticket_ttl: Duration::from_secs(3_600),
            snapshot_max_age: None,
            signing_keys: Secrets::default(),
            allowed_sources: Vec::new(),
            imports: Vec::new(),
            import_limits: ImportLimits::default(),
            source_config: ObjectStoreConfig::default(),
        }
    }
}

impl ServerConfig {
    /// Checks that the server may listen where it is told to, and returns what its owner should know.
    ///
    /// # Errors
    ///
    /// `Invalid` for an address that others can reach, when there is no user and it is not `insecure`.
    pub fn check_binding(&self, has_users: bool) -> Result<Vec<String>> {
        let local = self.listen.ip().is_loopback();
        let mut notices = Vec::new();
        match (has_users, local) {
            (false, true) => notices.push(
                "the lake has no users: everybody on this machine may use the server; add one with \
                 `auditlake user add`"
                    .to_owned(),
            ),
            (false, false) if self.insecure => notices.push(format!(
                "--insecure and no users: everybody who reaches {} may do everything",
                self.listen
            )),
            (false, false) => return Err(self.nobody_would_be_asked()),
            (true, false) if self.tls.is_none() => notices.push(format!(
                "passwords and results travel unencrypted to {}: give --tls-cert and --tls-key",
                self.listen
            )),
            (true, _) => {}
        }
        if !self.http.ip().is_loopback() {
            notices.push(format!("metrics on {} are for everybody who reaches it", self.http));
        }
        Ok(notices)
    }

    fn nobody_would_be_asked(&self) -> Error {
        Error::invalid("listen on an address that others can reach, without any user")
            .with_context("address", self.listen)
            .with_hint("Add a user with `auditlake user add NAME`, listen on 127.0.0.1, or say --insecure.")
    }
}

/// The files of a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
    /// Authorities of client certificates, PEM; with it every client must have one.
    pub client_ca: Option<PathBuf>,
}

/// An import that the server runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledImport {
    /// Where it reads.
    pub source: SourceLocation,
    /// Event data store that it imports into.
    pub store: StoreRef,
    /// Time from the start of one run to the start of the next.
    pub interval: Duration,
}

/// Texts that no log may show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(pub Vec<String>);

impl Debug for Secrets {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str) -> ServerConfig {
        ServerConfig { listen: listen.parse().unwrap(), ..ServerConfig::default() }
    }

    #[test]
    fn without_users_only_loopback_is_listened_on() {
        for local in ["127.0.0.1:0", "127.8.8.8:1", "[::1]:31337"] {
            let notices = config(local).check_binding(false).unwrap();
            assert!(notices[0].contains("everybody on this machine"), "{notices:?}");
        }
        for open in ["0.0.0.0:31337", "[::]:0", "10.0.0.1:5"] {
            let error = config(open).check_binding(false).unwrap_err();
            assert!(error.hint().unwrap().contains("auditlake user add"), "{error:?}");
            let insecure = ServerConfig { insecure: true, ..config(open) };
            assert!(insecure.check_binding(false).unwrap()[0].contains("may do everything"));
        }
    }

    #[test]
    fn passwords_in_the_clear_are_warned_of() {
        let notices = config("0.0.0.0:1").check_binding(true).unwrap();
        assert!(notices[0].contains("unencrypted"), "{notices:?}");
        let tls = TlsFiles { cert: "c".into(), key: "k".into(), client_ca: None };
        let encrypted = ServerConfig { tls: Some(tls), ..config("0.0.0.0:1") };
        assert!(encrypted.check_binding(true).unwrap().is_empty());
        assert!(config("127.0.0.1:1").check_binding(true).unwrap().is_empty());
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = ServerConfig { signing_keys: Secrets(vec!["a:hunter2".into()]), ..config("[::1]:1") };
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
