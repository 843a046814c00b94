//! The users and tokens of a lake: read, and changed one document version at a time.
//!
//! ```text
//! read the highest version n --edit--> put n+1 if absent --look: is it the highest, or in it?--> remove older files
//!          ^                                  | taken                    | no
//!          +----------------------------------+--------------------------+
//! ```
//! The look is needed because older files are removed: a slow writer's n+1 can be free again while n+2 is there.
//! Then its file counts for nobody, and it begins anew. As the highest number only grows, a file that is the highest
//! right after it was put follows on what its writer had read.

mod format;
mod root;

use std::sync::Arc;
use std::time::Duration;

use auditlake_model::{Clock, Error, Grant, Result, Role, Scope, Timestamp};
use auditlake_store::{ObjectStoreConfig, StoreLocation, hex};
use object_store::ObjectStore;
use tracing::{info, warn};

use crate::name::UserName;
use crate::password::{self, PasswordHash};
use crate::roster::{Roster, Token, User};
use crate::secret::{Secret, random_bytes};
use crate::token::{self, TokenHash, TokenId};

use root::Root;
pub(crate) use root::Stamp;

/// Folder of the users below a lake's root, unless the configuration names another place.
const AUTH_FOLDER: &str = "auth";
/// How often a change is tried while others change too. Each time at least one of them gets through.
const ATTEMPTS: usize = 64;
/// The longest label of a token, in characters.
const MAX_LABEL_CHARS: usize = 128;
/// How old the users that a server goes by may be, from a local folder.
const LOCAL_REFRESH: Duration = Duration::from_secs(1);
/// How old they may be from S3, where each look costs a request.
const REMOTE_REFRESH: Duration = Duration::from_secs(5);

/// The users and tokens of a lake. Clones share one place.
///
/// Local files and folders are made for their owner alone. Several processes may change users at once; every change
/// takes effect on what the one before it left.
#[derive(Debug, Clone)]
pub struct Accounts {
    root: Arc<Root>,
    clock: Arc<dyn Clock>,
}

/// A user to be added.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: UserName,
    /// The password; without one the user has only tokens.
    pub password: Option<Secret>,
    /// The rights.
    pub grants: Vec<Grant>,
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Whose it is.
    pub user: UserName,
    /// What it is for.
    pub label: Option<String>,
    /// The first instant at which it is worth nothing; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// A token that was made, to be shown once.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// The token itself; only its hash is kept.
    pub secret: Secret,
    /// What is kept.
    pub token: Token,
}

impl Accounts {
    /// Returns where the users of a lake are unless the configuration says otherwise: `<lake>/auth`.
    pub fn default_root(lake: &StoreLocation) -> StoreLocation {
        match lake {
            StoreLocation::Local(folder) => StoreLocation::Local(folder.join(AUTH_FOLDER)),
            StoreLocation::S3 { bucket, prefix } => {
                StoreLocation::S3 { bucket: bucket.clone(), prefix: prefix.clone().join(AUTH_FOLDER) }
            }
        }
    }

    /// Names the place; nothing is opened yet. A folder that is missing holds no users.
    pub fn new(root: StoreLocation, config: ObjectStoreConfig, clock: Arc<dyn Clock>) -> Self {
        Self { root: Arc::new(Root::at(root, config)), clock }
    }

    /// Takes a store that is rooted at the place. For tests; put-if-absent is taken for granted.
    pub fn with_object_store(store: Arc<dyn ObjectStore>, clock: Arc<dyn Clock>) -> Self {
        Self { root: Arc::new(Root::opened(store)), clock }
    }

    /// Returns what people call the place.
    pub fn location(&self) -> String {
        self.root.name()
    }

    /// Returns how old the users that a server goes by may be.
    pub fn refresh_interval(&self) -> Duration {
        if self.root.is_remote() { REMOTE_REFRESH } else { LOCAL_REFRESH }
    }

    /// Reads all users and tokens.
    ///
    /// # Errors
    /// `Corrupt` when the document is damaged, `Unsupported` when it is of a newer format, those of the object store.
    pub async fn load(&self) -> Result<Roster> {
        Ok(self.read().await?.1)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// `AlreadyExists`; `Invalid` for a password or grant against the rules; as [`Accounts::load`].
    ///
    /// # Cancel safety
    /// As of every change here: dropped, it took effect as a whole or not at all.
    pub async fn add_user(&self, new: NewUser) -> Result<User> {
        let mut grants = new.grants;
        grants.sort_unstable();
        grants.dedup();
        let user = User {
            password: hash(new.password).await?,
            generation: random_id()?,
            name: new.name,
            grants,
            created_at: self.clock.now(),
        };
        let user = self.change(|roster| roster.add_user(user.clone()).map(|()| user.clone())).await?;
        info!(user = %user.name, "added user");
        Ok(user)
    }

    /// Sets or, with `None`, removes a password; sessions that a password opened end.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for a password against the rules; as [`Accounts::load`].
    pub async fn set_password(&self, name: &UserName, password: Option<Secret>) -> Result<User> {
        let (password, generation) = (hash(password).await?, random_id()?);
        let user = self.change(|roster| roster.set_password(name, password.clone(), &generation)).await?;
        info!(user = %user.name, "changed password");
        Ok(user)
    }

    /// Removes a user with their grants and tokens; their sessions end.
    ///
    /// # Errors
    /// `NotFound`; as [`Accounts::load`].
    pub async fn remove_user(&self, name: &UserName) -> Result<User> {
        let user = self.change(|roster| roster.remove_user(name)).await?;
        info!(user = %user.name, "removed user");
        Ok(user)
    }

    /// Gives a user a right; one they have already changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for an admin over one store; as [`Accounts::load`].
    pub async fn grant(&self, name: &UserName, grant: Grant) -> Result<User> {
        let user = self.change(|roster| roster.grant(name, grant)).await?;
        info!(user = %user.name, role = %grant.role, "granted");
        Ok(user)
    }

    /// Takes the rights of `role` over `scope` from a user; `None` stands for any.
    ///
    /// # Errors
    /// `NotFound` when there is no such user or they have no such right; as [`Accounts::load`].
    pub async fn ungrant(&self, name: &UserName, role: Option<Role>, scope: Option<Scope>) -> Result<User> {
        let user = self.change(|roster| roster.ungrant(name, role, scope)).await?;
        info!(user = %user.name, "took grants away");
        Ok(user)
    }

    /// Makes a token.
    ///
    /// # Errors
    /// `NotFound` when there is no such user; `Invalid` when it would be expired already, or the label is too long;
    /// as [`Accounts::load`].
    pub async fn create_token(&self, new: NewToken) -> Result<IssuedToken> {
        let now = self.clock.now();
        check_new_token(&new, now)?;
        let secret = token::generate()?;
        let token = Token {
            id: TokenId::generate()?,
            user: new.user,
            hash: TokenHash::of(&secret),
            label: new.label,
            created_at: now,
            expires_at: new.expires_at,
        };
        let token = self.change(|roster| roster.add_token(token.clone())).await?;
        info!(user = %token.user, token = %token.id, "created token");
        Ok(IssuedToken { secret, token })
    }

    /// Revokes a token; sessions that it opened end.
    ///
    /// # Errors
    /// `NotFound`; as [`Accounts::load`].
    pub async fn revoke_token(&self, id: &TokenId) -> Result<Token> {
        let token = self.change(|roster| roster.revoke_token(id)).await?;
        info!(user = %token.user, token = %token.id, "revoked token");
        Ok(token)
    }

    /// Reads the document if it is not the one at `known`; `None` when it is, also when there is none as before.
    pub(crate) async fn read_unless(&self, known: Option<&Stamp>) -> Result<Option<(Option<Stamp>, Roster)>> {
        match self.root.newest().await?.as_ref() == known {
            true => Ok(None),
            false => self.read().await.map(Some),
        }
    }

    async fn read(&self) -> Result<(Option<Stamp>, Roster)> {
        let Some((stamp, bytes)) = self.root.read_newest().await? else {
            return Ok((None, Roster::default()));
        };
        let roster = format::read(&bytes).map_err(|error| self.damaged(error, stamp.version))?;
        Ok((Some(stamp), roster))
    }

    fn damaged(&self, error: Error, version: u64) -> Error {
        let error = error.with_context("path", self.root.uri(version));
        match error.hint() {
            Some(_) => error,
            None => error.with_hint("Put back a good copy of this file; until then nobody is let in."),
        }
    }

    /// Applies `edit` to the document until it takes effect.
    async fn change<T>(&self, mut edit: impl FnMut(&mut Roster) -> Result<T>) -> Result<T> {
        let id = random_id()?;
        let mut done = None;
        for _ in 0..ATTEMPTS {
            let (stamp, mut roster) = self.read().await?;
            // Told that the name was taken, a client that had sent its request twice may have taken it itself.
            if let Some(outcome) = done.take_if(|_| roster.has_change(&id)) {
                self.tidy(stamp.map_or(0, |stamp| stamp.version)).await;
                return Ok(outcome);
            }
            done = Some(edit(&mut roster)?);
            roster.prune(self.clock.now());
            roster.note_change(&id);
            let version = stamp.map_or(0, |stamp| stamp.version) + 1;
            let put = self.root.put(version, format::write(&roster)?).await?;
            if put
                && self.root.newest().await?.is_some_and(|newest| newest.version == version)
                && let Some(outcome) = done.take()
            {
                self.tidy(version).await;
                return Ok(outcome);
            }
        }
        Err(Error::conflict("the users change too fast")
            .with_context("root", self.location())
            .with_retryable(true))
    }

    /// Removes older files. The next change does it when this one cannot.
    async fn tidy(&self, version: u64) {
        if let Err(error) = self.root.remove_before(version).await {
            warn!(error = error.report(), "older users remain");
        }
    }
}

/// Checks a password and hashes it, off the runtime's threads.
async fn hash(password: Option<Secret>) -> Result<Option<PasswordHash>> {
    let Some(password) = password else { return Ok(None) };
    password::check_new(&password)?;
    let hashed = tokio::task::spawn_blocking(move || PasswordHash::of(&password)).await;
    hashed.map_err(|e| Error::internal("hash password").with_source(e))?.map(Some)
}

fn random_id() -> Result<String> {
    Ok(hex(&random_bytes::<8>()?))
}

fn check_new_token(new: &NewToken, now: Timestamp) -> Result<()> {
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("the token would be expired already"));
    }
    let label = new.label.as_deref().unwrap_or_default();
    if label.chars().count() > MAX_LABEL_CHARS || label.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "a label has at most {MAX_LABEL_CHARS} characters, all of them printable"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
