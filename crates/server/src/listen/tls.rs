//! Certificates, read again when they change.
//!
//! Connections keep the certificate they began with. Files that cannot be used are logged, once for each content,
//! and the certificate before them stays in use.

use std::fmt::{self, Debug, Formatter};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Error, Result};
use parking_lot::RwLock;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::config::TlsFiles;

/// The one protocol that is spoken.
const ALPN_HTTP2: &[u8] = b"h2";
/// How often the files are looked at.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// Largest file that is read; a chain of certificates is a few kB.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// The certificates of a server.
pub struct Certificates {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

/// The content of the files, together.
#[derive(Clone, PartialEq, Eq)]
struct Content {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied` or `Unavailable` for a file that cannot be read, `Invalid` for one that
    /// holds no certificate or key, or a key of another certificate.
    pub async fn read(files: TlsFiles) -> Result<Self> {
        let content = read_content(&files).await?;
        let current = RwLock::new(Arc::new(server_config(&files, &content)?));
        Ok(Self { files, current })
    }

    /// Returns what shakes hands with the certificate of this moment.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.current.read()))
    }

    /// Looks at the files again and again, until `stop`.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        self.watch_every(WATCH_INTERVAL, stop).await;
    }

    pub(super) async fn watch_every(self: Arc<Self>, interval: Duration, stop: CancellationToken) {
        let mut seen = read_content(&self.files).await.ok();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            let content = match read_content(&self.files).await {
                Ok(content) => content,
                // Files are replaced one after the other: the next look finds them.
                Err(error) => {
                    tracing::debug!(error = %error.report(), "certificate files not readable");
                    continue;
                }
            };
            if seen.as_ref() != Some(&content) {
                self.take(&content);
                seen = Some(content);
            }
        }
    }

    fn take(&self, content: &Content) {
        match server_config(&self.files, content) {
            Ok(config) => {
                *self.current.write() = Arc::new(config);
                tracing::info!(file = %self.files.cert.display(), "certificate replaced");
            }
            Err(error) => tracing::warn!(
                error = %error.report(),
                "certificate files changed and cannot be used: the certificate before them stays"
            ),
        }
    }
}

impl Debug for Certificates {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

async fn read_content(files: &TlsFiles) -> Result<Content> {
    let client_ca = match &files.client_ca {
        Some(path) => Some(read_file(path).await?),
        None => None,
    };
    Ok(Content { cert: read_file(&files.cert).await?, key: read_file(&files.key).await?, client_ca })
}

async fn read_file(path: &Path) -> Result<Vec<u8>> {
    let attempt = "read certificate file";
    let failed = |error: std::io::Error| {
        let ours = match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(attempt),
            std::io::ErrorKind::PermissionDenied => Error::permission_denied(attempt),
            _ => Error::unavailable(attempt),
        };
        ours.with_context("file", path.display()).with_source(error)
    };
    if tokio::fs::metadata(path).await.map_err(failed)?.len() > MAX_FILE_BYTES {
        return Err(Error::invalid("the file is too large for certificates")
            .with_context("file", path.display())
            .with_context("limit_bytes", MAX_FILE_BYTES));
    }
    tokio::fs::read(path).await.map_err(failed)
}

fn server_config(files: &TlsFiles, content: &Content) -> Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::internal("choose TLS versions").with_source(e))?;
    let builder = match (&files.client_ca, &content.client_ca) {
        (Some(path), Some(pem)) => {
            let roots = Arc::new(authorities(path, pem)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder
                .with_client_cert_verifier(verifier.map_err(|e| invalid("use client authorities", path, e))?)
        }
        _ => builder.with_no_client_auth(),
    };
    let chain = certificates(&files.cert, &content.cert)?;
    let key = PrivateKeyDer::from_pem_slice(&content.key)
        .map_err(|e| invalid("find a private key in the PEM file", &files.key, e))?;
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|e| invalid("use certificate and key together", &files.cert, e))?;
    config.alpn_protocols = vec![ALPN_HTTP2.to_vec()];
    Ok(config)
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let chain: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|e| invalid("read certificates of the PEM file", path, e))?;
    match chain.is_empty() {
        false => Ok(chain),
        true => Err(Error::invalid("the file has no certificate")
            .with_context("file", path.display())
            .with_hint("Give a PEM file: it has a line `-----BEGIN CERTIFICATE-----`.")),
    }
}

fn authorities(path: &Path, pem: &[u8]) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, pem)? {
        roots.add(certificate).map_err(|e| invalid("use client authorities", path, e))?;
    }
    Ok(roots)
}

fn invalid(
    attempt: &'static str,
    path: &Path,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    Error::invalid(attempt).with_context("file", path.display()).with_source(error)
}
