//! The `authorization` header, read: whatever a client may send there, sense or not.

use auditlake_model::{Error, Result};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::secret::Secret;
use crate::token;

/// The longest header that is looked at, in bytes.
const MAX_BYTES: usize = 16 << 10;
/// Base64 of Basic credentials, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a client shows to be let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Name and password.
    Password {
        /// The name as it was sent; it may be none.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An API token, as bearer or in the place of a password. The user name beside it does not count: tools that
    /// know only name and password put anything there.
    ApiToken(Secret),
    /// A bearer token of a handshake.
    Session(Secret),
}

impl Credentials {
    /// Reads a header.
    ///
    /// # Errors
    /// `Unauthenticated`, telling the form that is missing and nothing of the content.
    pub(super) fn parse(header: &str) -> Result<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        let rest = rest.trim();
        if header.len() > MAX_BYTES {
            return Err(malformed("the credentials are too long"));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return basic(rest);
        }
        if !scheme.eq_ignore_ascii_case("bearer") || rest.is_empty() {
            return Err(malformed("the credentials are neither Basic nor Bearer"));
        }
        let token = Secret::new(rest);
        match token::looks_like_one(rest) {
            true => Ok(Self::ApiToken(token)),
            false => Ok(Self::Session(token)),
        }
    }
}

fn basic(encoded: &str) -> Result<Credentials> {
    let bytes = BASE64.decode(encoded).map_err(|_| malformed("the Basic credentials are no base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| malformed("the Basic credentials are not UTF-8"))?;
    let (user, password) =
        text.split_once(':').ok_or_else(|| malformed("the Basic credentials have no password"))?;
    let secret = Secret::new(password);
    match token::looks_like_one(password) {
        true => Ok(Credentials::ApiToken(secret)),
        false => Ok(Credentials::Password { user: user.to_owned(), password: secret }),
    }
}

fn malformed(message: &str) -> Error {
    Error::unauthenticated(message)
}

#[cfg(test)]
mod tests {
    use auditlake_model::ErrorKind;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_form_is_read() {
        let password = |user: &str, password: &str| Credentials::Password {
            user: user.to_owned(),
            password: Secret::new(password),
        };
        for (header, expected) in [
            ("Basic YW5uOnNlY3JldA==", password("ann", "secret")),
            ("basic YW5uOnNlY3JldA", password("ann", "secret")),
            ("BASIC  YW5uOmE6Yg== ", password("ann", "a:b")),
            ("Basic Og==", password("", "")),
            ("Basic dG9rZW46YWxfMTIz", Credentials::ApiToken(Secret::new("al_123"))),
            ("bearer al_123", Credentials::ApiToken(Secret::new("al_123"))),
            ("Bearer AQdzdGFydA", Credentials::Session(Secret::new("AQdzdGFydA"))),
        ] {
            assert_eq!(Credentials::parse(header).unwrap(), expected, "{header}");
        }
    }

    #[test]
    fn garbage_is_unauthenticated() {
        let long = format!("Bearer {}", "x".repeat(20_000));
        for header in ["", "Basic", "Basic ???", "Basic YW5u", "Basic /////w==", "Bearer", "Digest x", &long]
        {
            assert_eq!(
                Credentials::parse(header).unwrap_err().kind(),
                ErrorKind::Unauthenticated,
                "{header}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_reader(header in "\\PC{0,60}", scheme in "(Basic|bearer) ") {
            let _ = Credentials::parse(&header);
            let _ = Credentials::parse(&format!("{scheme}{header}"));
        }
    }
}
