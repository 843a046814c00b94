//! From a port to connections that are worth serving.
//!
//! ```text
//! port --accept--> slot? --TLS, at most 10 s--> first bytes, at most 10 s --> HTTP/2
//!                    `-- none left: closed at once, counted
//! ```
//! Nothing that a client does or leaves out holds up the accepting of others: handshakes run in tasks of their
//! own, each with a time limit, and whoever has a connection holds one of a bounded number of slots.
//!
//! | module | its one idea |
//! |---|---|
//! | [`accept`] | a port, its slots, and the stream of its connections |
//! | [`connection`] | a connection that ends when its time is up, or when the server says so |
//! | [`tls`] | certificates, read again when they change |

pub mod accept;
pub mod connection;
pub mod tls;

use std::net::SocketAddr;

use auditlake_model::{Error, Result};
use tokio::net::TcpListener;

pub use self::accept::{Acceptor, Limits};
pub use self::connection::Connection;
pub use self::tls::Certificates;

/// Handles that the process needs beside those of connections: files of queries, the lake, logs.
const OTHER_HANDLES: u64 = 1_024;

/// Opens a port.
///
/// # Errors
///
/// `Unavailable` or `PermissionDenied`, naming the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let attempt = "listen";
        let (ours, hint) = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                (Error::unavailable(attempt), "Another program listens there; choose another port, or 0.")
            }
            std::io::ErrorKind::PermissionDenied => {
                (Error::permission_denied(attempt), "Ports below 1024 need a privilege; choose a higher one.")
            }
            _ => (Error::unavailable(attempt), "Choose an address of this machine."),
        };
        ours.with_context("address", address).with_source(error).with_hint(hint)
    })
}

/// Raises the process's limit of open files as far as it goes, and returns what the owner should know: a limit
/// that is too low for `connections`.
pub fn raise_file_limit(connections: usize) -> Option<String> {
    let needed = connections as u64 + OTHER_HANDLES;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < needed => Some(format!(
            "the limit of open files is {limit}, too low for {connections} connections: raise it (systemd: \
             LimitNOFILE={needed})"
        )),
        Ok(_) => None,
        Err(error) => Some(format!("the limit of open files cannot be raised: {error}")),
    }
}
