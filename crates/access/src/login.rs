//! Logins: from the `authorization` header of a request to the principal behind it.
//!
//! ```text
//! Basic name:password ----> throttle --> argon2id, 2 at once --+
//! Basic anything:al_... --> SHA-256 of the token --------------+--> user --> Principal, rights as they are now
//! Bearer al_... ----------> the same                           |
//! Bearer of a handshake --> signature, expiry, still valid? ---+
//! ```
//! Whatever is wrong is `Unauthenticated`, and an unknown user takes as long as a wrong password. On a server that
//! has had no user since its start, and was told so, everybody is `anonymous` and may do everything.

mod config;
mod credentials;
mod known;
mod session;
mod throttle;
mod verified;

use std::fmt::{self, Debug, Formatter};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use auditlake_model::{Clock, Error, Principal, Result, Timestamp};
use auditlake_store::hex;
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use crate::accounts::Accounts;
use crate::keys::SigningKeys;
use crate::name::ANONYMOUS;
use crate::password::PasswordHash;
use crate::secret::{Secret, random_bytes};
use crate::token::{self, TokenHash};
use credentials::Credentials;
use known::{Cache, Known, KnownUser};
use session::{OpenedBy, Session, ended};
use throttle::Throttle;
use verified::Verified;

pub use config::LoginConfig;

/// Passwords that are checked at once: each takes a core and 19 MiB.
const PASSWORD_CHECKS: usize = 2;
/// Logins that wait for such a check, those being checked included.
const MAX_WAITING: usize = 64;

/// Whom a request is from.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who it is, with their rights as they are now.
    pub principal: Arc<Principal>,
    /// Id of the session, if the request came with a bearer token of a handshake.
    pub session: Option<String>,
}

/// Judges the credentials of requests.
pub struct Authenticator {
    users: Cache,
    keys: Arc<SigningKeys>,
    clock: Arc<dyn Clock>,
    config: LoginConfig,
    anonymous: Arc<Principal>,
    throttle: Throttle,
    verified: Verified,
    /// Checked in the place of unknown users' passwords.
    nobodys_password: PasswordHash,
    waiting: Arc<Semaphore>,
    checking: Arc<Semaphore>,
    failed_logins: AtomicU64,
}

/// Somebody who was let in.
struct Login {
    principal: Arc<Principal>,
    how: How,
}

/// What let them in.
enum How {
    Fresh { opened_by: OpenedBy, until: Option<Timestamp> },
    Session(Session),
}

impl Authenticator {
    /// Reads the users, and makes ready to judge.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub async fn open(
        accounts: Accounts,
        keys: Arc<SigningKeys>,
        clock: Arc<dyn Clock>,
        config: LoginConfig,
    ) -> Result<Self> {
        let users = Cache::open(accounts, Arc::clone(&clock), config.refresh, config.grace).await?;
        let password = token::generate()?;
        let nobodys_password = blocking(move || PasswordHash::of(&password)).await??;
        Ok(Self {
            users,
            keys,
            clock,
            config,
            anonymous: Arc::new(Principal::owner(ANONYMOUS)),
            throttle: Throttle::default(),
            verified: Verified::try_new()?,
            nobodys_password,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            checking: Arc::new(Semaphore::new(PASSWORD_CHECKS)),
            failed_logins: AtomicU64::new(0),
        })
    }

    /// Tells whether there are users.
    ///
    /// # Errors
    /// As [`Accounts::load`].
    pub async fn has_users(&self) -> Result<bool> {
        Ok(self.users.current().await?.has_users())
    }

    /// Judges the `authorization` header of a request: Basic, a bearer token of a handshake, or an API token.
    ///
    /// # Errors
    /// `Unauthenticated` for credentials that are missing, wrong, expired or no credentials at all, and for those
    /// that come too soon after wrong ones; `ResourcesExhausted` when too many log in at once; as [`Accounts::load`].
    pub async fn authenticate(
        &self,
        authorization: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Authenticated> {
        let Login { principal, how } = self.login(authorization, address).await?;
        let session = match how {
            How::Session(session) => Some(session.id),
            How::Fresh { .. } => None,
        };
        Ok(Authenticated { principal, session })
    }

    /// Judges the header of a handshake, and returns the bearer token of a session: a new one, or the one that was
    /// shown. A session never outlasts the API token that opened it.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`].
    pub async fn handshake(
        &self,
        authorization: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<(Authenticated, String)> {
        let Login { principal, how } = self.login(authorization, address).await?;
        let session = match how {
            How::Session(session) => session,
            How::Fresh { opened_by, until } => self.new_session(&principal, opened_by, until)?,
        };
        let token = session.to_token(&self.keys)?;
        Ok((Authenticated { principal, session: Some(session.id) }, token))
    }

    /// Returns how many logins failed since the start: those with wrong or foreign credentials, not those without any
    /// and not sessions that had ended.
    pub fn failed_logins(&self) -> u64 {
        self.failed_logins.load(Ordering::Relaxed)
    }

    async fn login(&self, authorization: Option<&str>, address: Option<IpAddr>) -> Result<Login> {
        let known = self.users.current().await?;
        if !self.users.had_users() {
            return self.login_without_users(authorization);
        }
        let credentials = Credentials::parse(authorization.ok_or_else(missing)?);
        let credentials = credentials.map_err(|error| self.failed(error, address, None))?;
        let is_stranger = match &credentials {
            Credentials::Password { user, .. } => known.user(user).is_none(),
            Credentials::ApiToken(token) => known.token(&TokenHash::of(token)).is_none(),
            Credentials::Session(_) => false,
        };
        let known = if is_stranger { self.users.newest().await? } else { known };
        match credentials {
            Credentials::Password { user, password } => {
                self.login_by_password(&known, &user, password, address).await
            }
            Credentials::ApiToken(token) => self.login_by_token(&known, &token, address),
            Credentials::Session(token) => self.login_by_session(&known, &token, address),
        }
    }

    /// Whatever a client of a server without users sends, it is let in; tools that insist on a password have one.
    fn login_without_users(&self, authorization: Option<&str>) -> Result<Login> {
        if !self.config.anonymous {
            return Err(Error::unauthenticated("this server has no users")
                .with_hint("Add one with `auditlake user add NAME`; the server sees it at once."));
        }
        let principal = Arc::clone(&self.anonymous);
        let session = match authorization.map(Credentials::parse) {
            Some(Ok(Credentials::Session(token))) => {
                Session::from_token(&token, &self.keys, self.clock.now()).ok()
            }
            _ => None,
        };
        let how = match session.filter(|session| session.opened_by == OpenedBy::Nothing) {
            Some(session) => How::Session(session),
            None => How::Fresh { opened_by: OpenedBy::Nothing, until: None },
        };
        Ok(Login { principal, how })
    }

    async fn login_by_password(
        &self,
        known: &Known,
        name: &str,
        password: Secret,
        address: Option<IpAddr>,
    ) -> Result<Login> {
        let user = known.user(name);
        let wrong = || Error::unauthenticated("the user name or the password is wrong");
        if let Some(user) = user
            && self.verified.contains(user.principal.name(), &password, &user.generation, self.clock.now())
        {
            return Ok(by_password(user));
        }
        if !self.is_password_of(user, name, &password, address).await? {
            return Err(self.failed(wrong(), address, Some((name, user))));
        }
        let Some(user) = user else { return Err(self.failed(wrong(), address, Some((name, None)))) };
        self.throttle.succeeded(address, name);
        self.verified.insert(user.principal.name(), &password, &user.generation, self.clock.now());
        Ok(by_password(user))
    }

    /// Checks a password once it is its turn; for a user who has none, and for nobody, it is wrong after the same time.
    async fn is_password_of(
        &self,
        user: Option<&KnownUser>,
        name: &str,
        password: &Secret,
        address: Option<IpAddr>,
    ) -> Result<bool> {
        let busy = |_| Error::resources_exhausted("too many are logging in").with_retryable(true);
        let closed = |_| Error::internal("wait for a password check");
        self.check_wait(name, address)?;
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(busy)?;
        let checking = Arc::clone(&self.checking).acquire_owned().await.map_err(closed)?;
        // Others may have failed for this name meanwhile.
        self.check_wait(name, address)?;
        let stored = user.and_then(|user| user.password.as_ref());
        let (is_somebodys, hash) = (stored.is_some(), stored.unwrap_or(&self.nobodys_password).clone());
        let password = password.clone();
        let is_right = blocking(move || {
            // A caller that goes away does not let more checks run at once.
            let _permits = (waiting, checking);
            hash.is_of(&password)
        });
        Ok(is_right.await? && is_somebodys)
    }

    fn check_wait(&self, name: &str, address: Option<IpAddr>) -> Result<()> {
        let Some(wait) = self.throttle.wait(address, name, self.clock.now()) else { return Ok(()) };
        self.failed_logins.fetch_add(1, Ordering::Relaxed);
        debug!(address = shown(address), wait_ms = wait.as_millis(), "login refused unseen");
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Err(Error::unauthenticated("too many failed logins").with_hint(format!("Try again in {seconds} s.")))
    }

    fn login_by_token(&self, known: &Known, token: &Secret, address: Option<IpAddr>) -> Result<Login> {
        let refused = |message: &str| self.failed(Error::unauthenticated(message), address, None);
        let token = known.token(&TokenHash::of(token));
        let token = token.ok_or_else(|| refused("the token is unknown or was revoked"))?;
        if token.is_expired(self.clock.now()) {
            return Err(refused("the token has expired"));
        }
        let user = known.user(token.user.as_str());
        let user = user.ok_or_else(|| refused("the token is unknown or was revoked"))?;
        let how = How::Fresh { opened_by: OpenedBy::Token(token.id.to_string()), until: token.expires_at };
        Ok(Login { principal: Arc::clone(&user.principal), how })
    }

    fn login_by_session(&self, known: &Known, token: &Secret, address: Option<IpAddr>) -> Result<Login> {
        let now = self.clock.now();
        let session = Session::from_token(token, &self.keys, now).map_err(|error| match error.hint() {
            // It was a session of ours.
            Some(_) => error,
            None => self.failed(error, address, None),
        })?;
        let user = known.user(&session.user).ok_or_else(ended)?;
        let is_valid = match &session.opened_by {
            OpenedBy::Nothing => false,
            OpenedBy::Password(generation) => *generation == user.generation,
            OpenedBy::Token(id) => known
                .token_by_id(id)
                .is_some_and(|token| token.user.as_str() == user.principal.name() && !token.is_expired(now)),
        };
        match is_valid {
            true => Ok(Login { principal: Arc::clone(&user.principal), how: How::Session(session) }),
            false => Err(ended()),
        }
    }

    fn new_session(
        &self,
        principal: &Principal,
        opened_by: OpenedBy,
        until: Option<Timestamp>,
    ) -> Result<Session> {
        let expires_at = self.clock.now().saturating_add(self.config.session_ttl);
        Ok(Session {
            user: principal.name().to_owned(),
            id: hex(&random_bytes::<16>()?),
            expires_at: until.map_or(expires_at, |until| until.min(expires_at)).as_micros(),
            opened_by,
        })
    }

    /// Counts and logs a failed login. What was sent as a user name is not logged unless there is such a user: it may
    /// be a password that went into the wrong field. Of many failures the powers of two are logged.
    fn failed(
        &self,
        error: Error,
        address: Option<IpAddr>,
        who: Option<(&str, Option<&KnownUser>)>,
    ) -> Error {
        self.failed_logins.fetch_add(1, Ordering::Relaxed);
        let now = self.clock.now();
        let (failures, user) = match who {
            Some((name, user)) => (self.throttle.failed(address, name, now), user),
            None => (self.throttle.failed_token(address, now), None),
        };
        if failures.is_power_of_two() {
            let user = user.map_or("unknown", |user| user.principal.name());
            let address = shown(address);
            warn!(user, address, failures, reason = error.message(), "login failed");
        }
        error
    }
}

impl Debug for Authenticator {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("keys", &self.keys)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

fn by_password(user: &KnownUser) -> Login {
    let how = How::Fresh { opened_by: OpenedBy::Password(user.generation.clone()), until: None };
    Login { principal: Arc::clone(&user.principal), how }
}

fn shown(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "-".to_owned(), |address| address.to_string())
}

fn missing() -> Error {
    Error::unauthenticated("credentials are missing")
        .with_hint("Log in with a user name and a password, or with a token (`auditlake token create`).")
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal("check password").with_source(e))
}

#[cfg(test)]
mod tests;
