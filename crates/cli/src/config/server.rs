//! Settings of `auditlake serve`.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use auditlake_ingest::ImportLimits;
use auditlake_model::{Error, Result, StoreRef};
use auditlake_server::{ScheduledImport, Secrets, ServerConfig, TlsFiles};
use auditlake_store::{ObjectStoreConfig, SourceLocation};

use super::layers::ImportText;
use super::{Key, Layers, duration, positive, switch};

/// Imports run at most this often, so that a mistyped interval does not keep the server busy.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// Reads what a server is told.
///
/// # Errors
/// `Invalid`, naming setting, value and where it came from.
pub(super) fn server(
    layers: &Layers,
    object_store: &ObjectStoreConfig,
    import_limits: ImportLimits,
) -> Result<ServerConfig> {
    let default = ServerConfig::default();
    let time = |key, default| Ok::<_, Error>(layers.parse(key, duration)?.unwrap_or(default));
    // An import in a server is never in a hurry; who wants it to be says how many threads it may have.
    let threads = layers.parse(Key::ImportThreads, positive)?.map_or(1, usize::from);
    let connections = layers.parse(Key::ServerMaxConnections, positive)?;
    Ok(ServerConfig {
        listen: layers.parse(Key::ServerListen, address)?.unwrap_or(default.listen),
        http: layers.parse(Key::ServerHttp, address)?.unwrap_or(default.http),
        tls: tls(layers)?,
        insecure: layers.parse(Key::ServerInsecure, switch)?.unwrap_or(default.insecure),
        shutdown_grace: time(Key::ServerShutdownGrace, default.shutdown_grace)?,
        max_connections: connections.map_or(default.max_connections, usize::from),
        stall_limit: time(Key::ServerStallLimit, default.stall_limit)?,
        session_ttl: time(Key::ServerSessionTtl, default.session_ttl)?,
        ticket_ttl: time(Key::ServerTicketTtl, default.ticket_ttl)?,
        snapshot_max_age: layers.parse(Key::ServerSnapshotMaxAge, duration)?,
        signing_keys: Secrets(layers.parse_list(Key::ServerSigningKeys, |text| Ok(text.to_owned()))?),
        allowed_sources: layers.parse_list(Key::ImportAllowedSources, place)?,
        imports: layers.parse_imports(import)?,
        import_limits: ImportLimits { decode_threads: threads, ..import_limits },
        source_config: ObjectStoreConfig { sse_kms_key_id: None, ..object_store.clone() },
        ..default
    })
}

/// Reads `host:port`; of a name with several addresses the first counts.
fn address(text: &str) -> Result<SocketAddr> {
    let found = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    found.ok_or_else(|| {
        Error::invalid(format!("`{text}` is no address"))
            .with_hint("Write HOST:PORT, for example 127.0.0.1:31337, 0.0.0.0:31337 or [::1]:31337.")
    })
}

fn tls(layers: &Layers) -> Result<Option<TlsFiles>> {
    let path = |key| layers.parse(key, |text| Ok(PathBuf::from(text)));
    let client_ca = path(Key::ServerTlsClientCa)?;
    match (path(Key::ServerTlsCert)?, path(Key::ServerTlsPrivate)?) {
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key, client_ca })),
        (None, None) if client_ca.is_none() => Ok(None),
        _ => Err(Error::invalid("TLS needs a certificate and its key")
            .with_hint("Give --tls-cert and --tls-key together; --tls-client-ca comes on top.")),
    }
}

fn place(text: &str) -> Result<SourceLocation> {
    match SourceLocation::parse(text)? {
        SourceLocation::Stdin => Err(Error::invalid("a server has no standard input to read")),
        place @ SourceLocation::Place(_) => Ok(place),
    }
}

fn import(text: &ImportText) -> Result<ScheduledImport> {
    let named = |name: &'static str, value: &str, error: Error| {
        error.with_context("key", format!("import.{name}")).with_context("value", value)
    };
    let interval = duration(&text.interval).and_then(|interval| match interval < SHORTEST_INTERVAL {
        true => Err(Error::invalid("an import runs at most once a second")),
        false => Ok(interval),
    });
    Ok(ScheduledImport {
        source: place(&text.source).map_err(|e| named("source", &text.source, e))?,
        store: StoreRef::parse(&text.store).map_err(|e| named("store", &text.store, e))?,
        interval: interval.map_err(|e| named("interval", &text.interval, e))?,
    })
}
