//! Where a server is: `grpc://HOST[:PORT]`, or `grpc+tls://HOST[:PORT]`.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use auditlake_model::{Error, Result};
use url::Url;

/// The port of a server that names none.
pub const DEFAULT_PORT: u16 = 31337;
const PLAIN: &str = "grpc";
const TLS: &str = "grpc+tls";
const FORM: &str = "Write grpc://HOST:PORT, or grpc+tls://HOST:PORT for a server with TLS.";

/// The address of a server.
///
/// - The host is a name or an IP address, IPv6 in brackets.
/// - It holds no credentials: addresses are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    host: String,
    port: u16,
    tls: bool,
}

impl ServerAddress {
    /// Parses an address.
    ///
    /// # Errors
    /// `Invalid` for another scheme, and for credentials, paths and queries, which have no place in it.
    pub fn parse(text: &str) -> Result<Self> {
        let shown = without_credentials(text);
        let wrong = |what: &str| Error::invalid(format!("`{shown}` {what}")).with_hint(FORM);
        if !text.contains("://") {
            let hint = format!("Write grpc://{shown}, or grpc+tls://{shown} for a server with TLS.");
            return Err(Error::invalid(format!("`{shown}` names no scheme")).with_hint(hint));
        }
        let url = Url::parse(text).map_err(|error| wrong("is no address of a server").with_source(error))?;
        let tls = match url.scheme() {
            PLAIN => false,
            TLS => true,
            other => return Err(wrong(&format!("has the scheme `{other}`, which no server of ours speaks"))),
        };
        if !url.username().is_empty() || url.password().is_some() {
            let hint = "Give them with --user and AUDITLAKE_PASSWORD, or with AUDITLAKE_TOKEN: addresses are shown and logged.";
            return Err(Error::invalid(format!("`{shown}` must not hold credentials")).with_hint(hint));
        }
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !is_bare {
            return Err(wrong("goes on behind host and port"));
        }
        match url.host_str().filter(|host| !host.is_empty()) {
            Some(host) => Ok(Self { host: host.to_owned(), port: url.port().unwrap_or(DEFAULT_PORT), tls }),
            None => Err(wrong("names no host")),
        }
    }

    /// Returns the host; an IPv6 address has brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Tells whether the connection is to be encrypted.
    pub fn has_tls(&self) -> bool {
        self.tls
    }

    /// Returns the same place, with TLS or without.
    pub(crate) fn with_tls(&self, tls: bool) -> Self {
        Self { tls, ..self.clone() }
    }

    /// Returns the address as HTTP clients want it.
    pub(crate) fn to_http(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

/// Cuts out what may be a password, for messages.
fn without_credentials(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return text.to_owned() };
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}…{}", &rest[at..])
}

impl FromStr for ServerAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl Display for ServerAddress {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { TLS } else { PLAIN };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_written() {
        let cases = [
            ("grpc://localhost:1234", "grpc://localhost:1234", "http://localhost:1234"),
            ("grpc://lake.example.com", "grpc://lake.example.com:31337", "http://lake.example.com:31337"),
            ("grpc+tls://10.0.0.1:443/", "grpc+tls://10.0.0.1:443", "https://10.0.0.1:443"),
            ("grpc+tls://[::1]", "grpc+tls://[::1]:31337", "https://[::1]:31337"),
        ];
        for (text, shown, http) in cases {
            let address = ServerAddress::parse(text).unwrap();
            assert_eq!((address.to_string().as_str(), address.to_http().as_str()), (shown, http));
        }
    }

    #[test]
    fn others_are_refused_with_a_hint_and_without_secrets() {
        let cases = [
            ("localhost:31337", "names no scheme"),
            ("https://lake", "scheme `https`"),
            ("grpcs://lake", "scheme `grpcs`"),
            ("grpc://", "names no host"),
            ("grpc://lake/trail", "goes on"),
            ("grpc://lake:x", "no address"),
            ("grpc://ann:hunter2@lake", "credentials"),
            ("grpc://ann:hunter2@lake:x", "no address"),
            ("ann:hunter2@lake", "names no scheme"),
        ];
        for (text, message) in cases {
            let error = ServerAddress::parse(text).unwrap_err();
            assert!(error.message().contains(message), "{text}: {error:?}");
            assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
