//! Keys that sign what clients carry for the server: bearer tokens, tickets, handles of prepared statements.
//!
//! ```text
//! byte 0       version, 1
//! byte 1       length n of the key's id
//! n bytes      id of the key
//! 32 bytes     HMAC-SHA256 of: bytes 0 to n+1, length of the purpose (4 bytes, big end first), purpose, payload
//! the rest     payload, readable by everybody
//! ```
//! The purpose is part of what is signed, so that what was signed for one is worth nothing for another.

use std::fmt::{self, Debug, Formatter};

use auditlake_model::{Error, Result};
use auditlake_store::hex;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hmac;

use crate::secret::random_bytes;

/// The form that is written, and the only one that is read.
const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
/// The fewest bytes of a key: as many as the hash has.
const MIN_KEY_BYTES: usize = 32;
const MAX_ID_BYTES: usize = 32;
/// One signs, one is on its way out; more would only be forgotten.
const MAX_KEYS: usize = 8;

/// Base64 as `openssl rand -base64` and others write it, padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Keys of a server. The first signs; all verify, so that a new key can be put in front while what the old one
/// signed is still in use. `Debug` shows ids only.
pub struct SigningKeys {
    keys: Vec<SigningKey>,
}

struct SigningKey {
    id: String,
    key: hmac::Key,
}

impl SigningKeys {
    /// Makes one key that lasts as long as this process.
    ///
    /// # Errors
    /// `Unavailable` when there are no random bytes.
    pub fn random() -> Result<Self> {
        let id = format!("start-{}", hex(&random_bytes::<4>()?));
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random_bytes::<MIN_KEY_BYTES>()?);
        Ok(Self { keys: vec![SigningKey { id, key }] })
    }

    /// Reads keys, each `id:base64` of at least 32 bytes, the signing one first.
    ///
    /// # Errors
    /// `Invalid`, naming the key by its place; the text of a key is never repeated.
    pub fn parse(keys: &[String]) -> Result<Self> {
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(Error::invalid(format!(
                "there must be 1 to {MAX_KEYS} signing keys, not {}",
                keys.len()
            )));
        }
        let mut parsed: Vec<SigningKey> = Vec::with_capacity(keys.len());
        for (index, text) in keys.iter().enumerate() {
            let key = parse_key(text).map_err(|problem| refused_key(index, problem))?;
            if parsed.iter().any(|other| other.id == key.id) {
                return Err(refused_key(index, "has the id of another one"));
            }
            parsed.push(key);
        }
        Ok(Self { keys: parsed })
    }

    /// Returns the ids, that of the signing key first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// Signs `payload` for `purpose`; see the [module](self) for the form.
    pub fn sign(&self, purpose: &str, payload: &[u8]) -> Vec<u8> {
        // There is at least one key; both constructors see to that.
        let Some(SigningKey { id, key }) = self.keys.first() else { return Vec::new() };
        let mut signed = header(id);
        let mac = hmac::sign(key, &signed_text(id, purpose, payload));
        signed.extend_from_slice(mac.as_ref());
        signed.extend_from_slice(payload);
        signed
    }

    /// Returns the payload of what [`SigningKeys::sign`] made for `purpose` with one of these keys. Takes the same
    /// time whatever is wrong with the signature.
    ///
    /// # Errors
    /// `Invalid` when it is altered, of another purpose, signed by others, or no such thing at all.
    pub fn verify<'a>(&self, purpose: &str, signed: &'a [u8]) -> Result<&'a [u8]> {
        let foreign = || Error::invalid("the signature is not of this server");
        let Some((id, mac, payload)) = split(signed) else { return Err(foreign()) };
        let key = self.keys.iter().find(|key| key.id.as_bytes() == id).ok_or_else(foreign)?;
        let text = signed_text(&key.id, purpose, payload);
        hmac::verify(&key.key, &text, mac).map_err(|_| foreign())?;
        Ok(payload)
    }
}

impl Debug for SigningKeys {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKeys").field(&self.ids().collect::<Vec<_>>()).finish()
    }
}

fn parse_key(text: &str) -> Result<SigningKey, &'static str> {
    let (id, key) = text.trim().split_once(':').ok_or("has no id")?;
    let is_id = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(is_id) {
        return Err("has an id that is not 1 to 32 of a-z A-Z 0-9 . _ -");
    }
    let bytes = BASE64.decode(key.trim()).map_err(|_| "is no base64")?;
    if bytes.len() < MIN_KEY_BYTES {
        return Err("is shorter than 32 bytes");
    }
    Ok(SigningKey { id: id.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &bytes) })
}

fn refused_key(index: usize, problem: &str) -> Error {
    Error::invalid(format!("signing key {} {problem}", index + 1))
        .with_hint("Write a key as id:base64; `openssl rand -base64 32` makes the second half.")
}

/// Returns version, length and id of a key. Ids are at most [`MAX_ID_BYTES`] long.
fn header(id: &str) -> Vec<u8> {
    let mut header = vec![VERSION, id.len() as u8];
    header.extend_from_slice(id.as_bytes());
    header
}

/// Returns what the MAC is over.
fn signed_text(id: &str, purpose: &str, payload: &[u8]) -> Vec<u8> {
    let mut text = header(id);
    text.extend_from_slice(&(purpose.len() as u32).to_be_bytes());
    text.extend_from_slice(purpose.as_bytes());
    text.extend_from_slice(payload);
    text
}

/// Splits into key id, MAC and payload.
fn split(signed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (&[version, id_bytes], rest) = signed.split_first_chunk::<2>()?;
    if version != VERSION {
        return None;
    }
    let (id, rest) = rest.split_at_checked(usize::from(id_bytes))?;
    let (mac, payload) = rest.split_at_checked(MAC_BYTES)?;
    Some((id, mac, payload))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(ids: &[&str]) -> SigningKeys {
        let text = |id: &&str| {
            let secret = sha256_of(id);
            format!("{id}:{}", BASE64.encode(secret))
        };
        SigningKeys::parse(&ids.iter().map(text).collect::<Vec<_>>()).unwrap()
    }

    fn sha256_of(text: &str) -> [u8; 32] {
        auditlake_store::sha256(text.as_bytes())
    }

    proptest! {
        #[test]
        fn what_was_signed_verifies_and_nothing_else(
            payload in proptest::collection::vec(any::<u8>(), 0..200),
            purpose in "[a-z]{0,12}",
            other in "[a-z]{0,12}",
            place in any::<prop::sample::Index>(),
            flip in 1u8..,
        ) {
            let keys = keys(&["new", "old"]);
            let signed = keys.sign(&purpose, &payload);
            prop_assert_eq!(keys.verify(&purpose, &signed).unwrap(), &payload[..]);
            if other != purpose {
                prop_assert!(keys.verify(&other, &signed).is_err());
            }
            let mut altered = signed.clone();
            altered[place.index(signed.len())] ^= flip;
            prop_assert!(keys.verify(&purpose, &altered).is_err());
            let cut = place.index(signed.len());
            prop_assert!(keys.verify(&purpose, &signed[..cut]).is_err());
            let mut longer = signed.clone();
            longer.push(flip);
            prop_assert!(keys.verify(&purpose, &longer).is_err());
        }

        #[test]
        fn garbage_never_verifies(garbage in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(keys(&["a"]).verify("ticket", &garbage).is_err());
        }
    }

    #[test]
    fn purpose_and_payload_cannot_be_shifted_into_each_other() {
        let keys = keys(&["a"]);
        let mut signed = keys.sign("ab", b"c");
        signed.truncate(signed.len() - 1);
        signed.extend_from_slice(b"bc");
        assert!(keys.verify("a", &signed).is_err());
    }

    #[test]
    fn a_key_on_its_way_out_still_verifies() {
        let (before, both, after) = (keys(&["old"]), keys(&["new", "old"]), keys(&["new"]));
        let signed = before.sign("ticket", b"x");
        assert_eq!(both.verify("ticket", &signed).unwrap(), b"x");
        assert!(after.verify("ticket", &signed).is_err());
        assert_eq!(after.verify("ticket", &both.sign("ticket", b"y")).unwrap(), b"y");
        let stranger = SigningKeys::random().unwrap();
        assert!(after.verify("ticket", &stranger.sign("ticket", b"x")).is_err());
    }

    #[test]
    fn keys_are_refused_without_being_repeated() {
        let good = format!("a:{}", BASE64.encode([7; 32]));
        let short = format!("b:{}", BASE64.encode([7; 31]));
        for (list, problem) in [
            (vec![], "1 to 8"),
            (vec!["c2VjcmV0c2VjcmV0".to_owned()], "signing key 1 has no id"),
            (vec![good.clone(), "b:c2Vjc*".to_owned()], "signing key 2 is no base64"),
            (vec![short], "signing key 1 is shorter than 32 bytes"),
            (vec![good.clone(), good.clone()], "signing key 2 has the id of another one"),
            (vec!["a b:AAAA".to_owned()], "signing key 1 has an id"),
        ] {
            let error = SigningKeys::parse(&list).unwrap_err();
            assert!(error.message().contains(problem), "{error:?}");
            assert!(!format!("{error:?}").contains("c2Vjc"), "{error:?}");
        }
        assert_eq!(format!("{:?}", SigningKeys::parse(&[good]).unwrap()), r#"SigningKeys(["a"])"#);
    }
}
