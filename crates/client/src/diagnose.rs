//! Why a connection did not come about, in words.
//!
//! The two ends of a connection that disagree about TLS tell each other nothing readable. So when a connection
//! fails for no plain reason, the server is asked once more, over bare TCP, what it speaks.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use auditlake_model::{Error, ErrorKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::Status;

use crate::address::ServerAddress;
use crate::login::Credentials;
use crate::status::from_status;

/// How long the server may take to show what it speaks.
const LISTEN: Duration = Duration::from_secs(2);
/// The first bytes of every HTTP/2 client, and empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Alerts of TLS with which a server refuses a client's certificate, or that there is none.
const REFUSALS: [&str; 10] = [
    "AccessDenied",
    "BadCertificate",
    "CertificateExpired",
    "CertificateRequired",
    "CertificateRevoked",
    "CertificateUnknown",
    "DecryptError",
    "HandshakeFailure",
    "UnknownCA",
    "UnsupportedCertificate",
];

/// What a server answers to somebody who speaks HTTP/2 without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Http2,
    Tls,
    Http1,
    Unknown,
}

/// Tells why connecting failed.
pub(crate) async fn connecting(address: &ServerAddress, error: &tonic::transport::Error) -> Error {
    match find_io(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            return Error::unavailable(format!("nobody listens at `{address}`"))
                .with_hint("Check host and port, and that `auditlake serve` runs there.");
        }
        Some(io::ErrorKind::TimedOut) => return silent(address),
        _ => {}
    }
    let text = chain(error);
    if text.contains("dns error") || text.contains("failed to lookup") {
        return Error::unavailable(format!("no host is known by the name `{}`", address.host()))
            .with_hint("Check the name and the network.");
    }
    if text.contains("deadline has elapsed") || text.contains("timed out") {
        return silent(address);
    }
    let general = || Error::unavailable(format!("connect to `{address}`")).with_source(text.clone());
    other_language(address).await.or_else(|| certificate(address, &text)).unwrap_or_else(general)
}

/// Tells why the first call failed, which is the handshake.
pub(crate) async fn first_call(address: &ServerAddress, credentials: &Credentials, status: &Status) -> Error {
    if status.code() == tonic::Code::Unauthenticated {
        return unknown(address, credentials, status);
    }
    if !status.details().is_empty() {
        return from_status(status);
    }
    let text = format!("{} {}", status.message(), chain(status));
    match other_language(address).await.or_else(|| certificate(address, &text)) {
        Some(error) => error,
        None => from_status(status).with_context("server", address),
    }
}

/// Tells that a server takes no notice.
pub(crate) fn silent(address: &ServerAddress) -> Error {
    Error::unavailable(format!("`{address}` does not answer"))
        .with_hint("Check host and port, and that no firewall stands between.")
}

fn unknown(address: &ServerAddress, credentials: &Credentials, status: &Status) -> Error {
    let theirs = from_status(status);
    let hint = match credentials {
        Credentials::Nobody => "Log in with --user and a password, or with --token.",
        Credentials::Basic { .. } => "Check user name and password.",
        Credentials::Token(_) => "Check the token: it may be mistyped, expired or revoked.",
    };
    let error = Error::new(ErrorKind::Unauthenticated, theirs.message()).with_context("server", address);
    match (theirs.hint(), credentials) {
        // Ours names the flags.
        (None, _) | (_, Credentials::Nobody) => error.with_hint(hint),
        (Some(said), _) => error.with_hint(said.to_owned()),
    }
}

/// Says so when the server speaks TLS and we do not, or the reverse.
async fn other_language(address: &ServerAddress) -> Option<Error> {
    let other = address.with_tls(!address.has_tls());
    match (address.has_tls(), listen(address).await) {
        (true, Speaks::Http2) => Some(
            Error::unavailable(format!("`{address}` has no TLS"))
                .with_hint(format!("Connect to {other}, or start the server with --tls-cert and --tls-key.")),
        ),
        (false, Speaks::Tls) => Some(
            Error::unavailable(format!("`{address}` wants TLS")).with_hint(format!("Connect to {other}.")),
        ),
        (_, Speaks::Http1) => Some(Error::unavailable(format!("`{address}` is no gRPC server")).with_hint(
            "It speaks HTTP/1; `auditlake serve` prints two addresses, the one with `grpc` is right.",
        )),
        _ => None,
    }
}

async fn listen(address: &ServerAddress) -> Speaks {
    let talk = async {
        let host = address.host().trim_start_matches('[').trim_end_matches(']');
        let mut stream = TcpStream::connect((host, address.port())).await?;
        stream.write_all(HELLO).await?;
        let mut answer = [0; 9];
        let mut length = 0;
        while length < answer.len() {
            match stream.read(&mut answer[length..]).await? {
                0 => break,
                read => length += read,
            }
        }
        io::Result::Ok(understand(&answer[..length]))
    };
    match tokio::time::timeout(LISTEN, talk).await {
        Ok(Ok(speaks)) => speaks,
        _ => Speaks::Unknown,
    }
}

fn understand(answer: &[u8]) -> Speaks {
    match answer {
        // A TLS alert.
        [0x15, 0x03, ..] => Speaks::Tls,
        [b'H', b'T', b'T', b'P', ..] => Speaks::Http1,
        // A frame of settings on stream 0.
        [_, _, _, 0x04, _, 0, 0, 0, 0] => Speaks::Http2,
        _ => Speaks::Unknown,
    }
}

/// Says what is wrong with the certificates of either side.
fn certificate(address: &ServerAddress, text: &str) -> Option<Error> {
    if !address.has_tls() {
        return None;
    }
    let wrong = |message: String, hint: &str| Some(Error::unavailable(message).with_hint(hint));
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["UnknownIssuer", "CaUsedAsEndEntity", "BadSignature", "UnhandledCriticalExtension"]) {
        let message = format!("the certificate of `{address}` comes from no authority that is trusted here");
        return wrong(message, "Name the certificate of its authority with --tls-ca.");
    }
    if has(&["NotValidForName"]) {
        let message = format!("the certificate of `{address}` is for another host");
        return wrong(message, "Connect to a host that the certificate names.");
    }
    if has(&["certificate expired", "Expired", "NotValidYet"]) && text.contains("invalid peer certificate") {
        let message = format!("the certificate of `{address}` is not valid at this time");
        return wrong(message, "Renew it on the server, and check the clocks of both machines.");
    }
    // A server judges the client's certificate after the client counts the handshake as done. Then it hangs up, and
    // its alert may be overtaken by that.
    let hung_up = ["broken pipe", "connection closed", "connection reset", "Connection reset"];
    let refused = REFUSALS.iter().any(|alert| text.contains(&format!("fatal alert: {alert}")));
    if refused || has(&hung_up) {
        let message = format!("`{address}` does not accept the client's certificate, or wants one");
        return wrong(
            message,
            "Give one that its authority signed, with --tls-client-cert and --tls-client-key.",
        );
    }
    None
}

/// Returns an error and everything underneath it.
pub(crate) fn sources<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut found = vec![error];
    let mut next = error.source();
    while let Some(source) = next {
        found.push(source);
        next = source.source();
    }
    found
}

fn find_io<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    sources(error).into_iter().find_map(|error| error.downcast_ref())
}

/// Joins what an error and its sources say.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for error in sources(error) {
        let text = error.to_string();
        if !texts.iter().any(|said| said.contains(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_language() {
        assert_eq!(understand(&[0, 0, 24, 4, 0, 0, 0, 0, 0]), Speaks::Http2);
        assert_eq!(understand(&[0x15, 3, 3, 0, 2, 2, 50]), Speaks::Tls);
        assert_eq!(understand(b"HTTP/1.1 "), Speaks::Http1);
        assert_eq!(understand(&[]), Speaks::Unknown);
    }
}
