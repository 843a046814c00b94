//! The stored form of a roster, version 1: JSON, a promise to all later versions.
//!
//! ```json
//! { "formatVersion": 1, "minAuditlakeVersion": "0.1.0",
//!   "users": [ { "name": "ann", "passwordHash": "$argon2id$...", "generation": "...", "createdAt": "...",
//!                "grants": [ { "role": "reader", "store": "<uuid> or *" } ] } ],
//!   "tokens": [ { "id": "...", "user": "ann", "sha256": "...", "label": "...", "createdAt": "...", "expiresAt": "..." } ],
//!   "changes": [ "..." ] }
//! ```
//! A key that is not known is refused: a right that an older program cannot see must not be read as no restriction.

use auditlake_model::{Error, EventDataStoreId, Grant, Result, Role, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::name::UserName;
use crate::password::PasswordHash;
use crate::roster::{Roster, Token, User};
use crate::token::{TokenHash, TokenId};

/// The format that this program reads and writes.
const FORMAT_VERSION: u32 = 1;
/// The oldest version of Auditlake that reads [`FORMAT_VERSION`].
const MIN_AUDITLAKE_VERSION: &str = "0.1.0";
/// How a grant over the whole lake is written.
const EVERY_STORE: &str = "*";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RosterV1 {
    format_version: u32,
    min_auditlake_version: String,
    users: Vec<UserV1>,
    tokens: Vec<TokenV1>,
    changes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserV1 {
    name: String,
    password_hash: Option<String>,
    generation: String,
    grants: Vec<GrantV1>,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantV1 {
    role: String,
    store: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenV1 {
    id: String,
    user: String,
    sha256: String,
    label: Option<String>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
}

/// The part that every format version keeps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormatHeader {
    format_version: u32,
    min_auditlake_version: Option<String>,
}

/// Reads the stored form.
///
/// # Errors
/// `Unsupported` when the format is newer than this program; `Corrupt` when it is damaged.
pub(super) fn read(bytes: &[u8]) -> Result<Roster> {
    let header: FormatHeader = serde_json::from_slice(bytes).map_err(damaged)?;
    if header.format_version > FORMAT_VERSION {
        return Err(newer_format(&header));
    }
    let v1: RosterV1 = serde_json::from_slice(bytes).map_err(damaged)?;
    let users = v1.users.into_iter().map(user).collect::<Result<_>>()?;
    let tokens = v1.tokens.into_iter().map(token).collect::<Result<_>>()?;
    Roster { users, tokens, changes: v1.changes }.checked()
}

/// Returns the stored form.
///
/// # Errors
/// `Internal` when it has none.
pub(super) fn write(roster: &Roster) -> Result<Vec<u8>> {
    let v1 = RosterV1 {
        format_version: FORMAT_VERSION,
        min_auditlake_version: MIN_AUDITLAKE_VERSION.to_owned(),
        users: roster.users.iter().map(user_v1).collect(),
        tokens: roster.tokens.iter().map(token_v1).collect(),
        changes: roster.changes.clone(),
    };
    let mut json =
        serde_json::to_vec_pretty(&v1).map_err(|e| Error::internal("write users").with_source(e))?;
    json.push(b'\n');
    Ok(json)
}

fn user(v1: UserV1) -> Result<User> {
    let password = v1.password_hash.as_deref().map(PasswordHash::parse).transpose()?;
    let grants = v1.grants.iter().map(grant).collect::<Result<_>>()?;
    Ok(User { name: name(&v1.name)?, password, generation: v1.generation, grants, created_at: v1.created_at })
}

fn grant(v1: &GrantV1) -> Result<Grant> {
    let role = Role::ALL.iter().copied().find(|role| role.as_str() == v1.role);
    let role = role.ok_or_else(|| Error::corrupt("a grant is of an unknown role"))?;
    let scope = match v1.store.as_str() {
        EVERY_STORE => Scope::All,
        id => {
            Scope::Store(EventDataStoreId::parse(id).map_err(|_| Error::corrupt("a grant is over no store"))?)
        }
    };
    Ok(Grant { role, scope })
}

fn token(v1: TokenV1) -> Result<Token> {
    let id = TokenId::parse(&v1.id).map_err(|_| Error::corrupt("a token has no id"))?;
    let hash = TokenHash::parse(&v1.sha256).ok_or_else(|| Error::corrupt("a token has no hash"))?;
    let TokenV1 { user, label, created_at, expires_at, .. } = v1;
    Ok(Token { id, user: name(&user)?, hash, label, created_at, expires_at })
}

fn name(text: &str) -> Result<UserName> {
    UserName::parse(text).map_err(|_| Error::corrupt("a user has a name that is none"))
}

fn user_v1(user: &User) -> UserV1 {
    UserV1 {
        name: user.name.to_string(),
        password_hash: user.password.as_ref().map(|hash| hash.as_str().to_owned()),
        generation: user.generation.clone(),
        grants: user.grants.iter().map(|grant| grant_v1(*grant)).collect(),
        created_at: user.created_at,
    }
}

fn grant_v1(grant: Grant) -> GrantV1 {
    let store = match grant.scope {
        Scope::All => EVERY_STORE.to_owned(),
        Scope::Store(id) => id.to_string(),
    };
    GrantV1 { role: grant.role.as_str().to_owned(), store }
}

fn token_v1(token: &Token) -> TokenV1 {
    TokenV1 {
        id: token.id.to_string(),
        user: token.user.to_string(),
        sha256: token.hash.to_hex(),
        label: token.label.clone(),
        created_at: token.created_at,
        expires_at: token.expires_at,
    }
}

/// Tells the place of the damage and not what is there: it may be half of a hash.
fn damaged(error: serde_json::Error) -> Error {
    Error::corrupt("parse users and tokens")
        .with_context("line", error.line())
        .with_context("column", error.column())
}

fn newer_format(header: &FormatHeader) -> Error {
    let install = match &header.min_auditlake_version {
        Some(version) => format!("Install auditlake {version} or newer."),
        None => "Install the newest auditlake.".to_owned(),
    };
    let format = header.format_version;
    Error::unsupported(format!("the users have format {format}, newer than this program reads"))
        .with_hint(install)
}

#[cfg(test)]
mod tests {
    use auditlake_model::ErrorKind;

    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../testdata/formats/v1/accounts.json");

    /// Samples of all formats ever written must be read for ever.
    #[test]
    fn the_v1_sample_reads_and_writes_back_byte_for_byte() {
        let roster = read(SAMPLE).unwrap();
        assert_eq!((roster.users().len(), roster.tokens().len()), (2, 1));
        assert_eq!(roster.users()[0].grants().len(), 2);
        let written = write(&roster).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(SAMPLE.to_vec()).unwrap());
    }

    #[test]
    fn a_newer_format_is_refused_with_the_version_to_install() {
        let error = read(br#"{"formatVersion": 2, "minAuditlakeVersion": "0.7.0"}"#).unwrap_err();
        assert_eq!(
            (error.kind(), error.hint()),
            (ErrorKind::Unsupported, Some("Install auditlake 0.7.0 or newer."))
        );
    }

    #[test]
    fn every_kind_of_damage_is_corrupt_and_shows_no_secret() {
        let sample = String::from_utf8(SAMPLE.to_vec()).unwrap();
        let damage = [
            ("{", "["),
            ("\"name\": \"bob\"", "\"name\": \"ANN\""),
            ("\"name\": \"bob\"", "\"name\": \"b b\""),
            ("\"role\": \"reader\"", "\"role\": \"owner\""),
            ("\"role\": \"reader\"", "\"role\": \"admin\""),
            ("$argon2id$", "$argon2x$"),
            ("\"user\": \"ann\"", "\"user\": \"eve\""),
            ("\"sha256\": \"", "\"sha256\": \"00"),
            ("\"tokens\": [", "\"more\": 1, \"tokens\": ["),
            ("\"store\": \"*\"", "\"store\": \"**\""),
        ];
        for (before, after) in damage {
            let damaged = sample.replacen(before, after, 1);
            assert_ne!(damaged, sample, "{before}");
            let error = read(damaged.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{before}: {error:?}");
            assert!(!format!("{error:?}").contains("argon2"), "{error:?}");
        }
        for length in 0..sample.len() - 2 {
            assert_eq!(
                read(&sample.as_bytes()[..length]).unwrap_err().kind(),
                ErrorKind::Corrupt,
                "{length}"
            );
        }
    }
}
